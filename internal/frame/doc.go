// Package frame is the container that bundles and proof files share: a magic
// line, items in order, each "type argument… length" on a line followed by that
// many bytes and a newline, and a closing line with the number of items and the
// SHA-256 of all before it. It knows nothing of what the items mean, and the
// closing hash proves nothing but that the file is whole: who made it is for
// what the items carry.
//
// Invariant: reading then writing gives the same bytes. Spec: spec/frame.md.
package frame
