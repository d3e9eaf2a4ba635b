// Package canon reads and writes the small canonical texts of the house:
// decimal numbers, whole-second UTC times, base64, hexadecimal digests, and
// canonical JSON. Each value has exactly one spelling; a reader accepts that
// spelling and no other, so what parses re-encodes to the same bytes.
//
// It knows no format of its own. Spec: spec/canon.md.
package canon
