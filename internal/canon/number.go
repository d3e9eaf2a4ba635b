package canon

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
)

// ParseDecimal reads a decimal number without sign or leading zeros, at most max.
func ParseDecimal(s string, max uint64) (uint64, error) {
	if s == "" {
		return 0, errors.New("a number is missing")
	}
	if len(s) > maxDigits {
		return 0, fmt.Errorf("number of %d digits is too long", len(s))
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, fmt.Errorf("%q is not a decimal number", s)
		}
	}
	if s[0] == '0' && len(s) > 1 {
		return 0, fmt.Errorf("number %q has a leading zero", s)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > max {
		return 0, fmt.Errorf("number %s is above %d", s, max)
	}
	return n, nil
}

// Base64 writes b in standard base64 with padding (RFC 4648 §4).
func Base64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// ParseBase64 reads exactly what Base64 writes: no line breaks, full padding,
// unused bits zero.
func ParseBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	// The decoder skips line breaks; the length shows whether it did.
	if base64.StdEncoding.EncodedLen(len(b)) != len(s) {
		return nil, errors.New("base64 contains a line break")
	}
	return b, nil
}
