package party

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"detente/internal/canon"
)

const (
	// maxOrigin is the length of the longest Origin in bytes. A C2SP key name in
	// an ML-DSA-44 cosignature has at most 255; a role follows the origin there.
	maxOrigin = 120

	// maxOriginName is the length of the first segment in bytes: the longest
	// label of a domain name.
	maxOriginName = 63

	// maxVolume is the number of the last volume of one record: a new one every
	// day for 27 years.
	maxVolume = 9999

	tagDigits = 8 // hexadecimal digits that keep two records of one name apart
)

// Origin is the C2SP origin line of one record: "<name>/<8 hex>", where the name
// is [a-z0-9] with dots and hyphens inside, and "/v2" and so on for further
// volumes; at most 120 bytes.
type Origin string

// GenerateOrigin makes an origin of a party's name and four bytes of random.
func GenerateOrigin(random io.Reader, id ID) (Origin, error) {
	var tag [tagDigits / 2]byte
	if _, err := io.ReadFull(random, tag[:]); err != nil {
		return "", fmt.Errorf("generate origin: %w", err)
	}
	return ParseOrigin(string(id) + "/" + hex.EncodeToString(tag[:]))
}

// ParseOrigin checks that s is the origin of a record.
func ParseOrigin(s string) (Origin, error) {
	if len(s) > maxOrigin {
		return "", fmt.Errorf("origin has %d bytes where %d is the most", len(s), maxOrigin)
	}
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return "", fmt.Errorf("origin %q is not of the form name/8 hexadecimal digits, with /v2 and so on for a further volume", s)
	}
	if err := checkOriginName(parts[0]); err != nil {
		return "", fmt.Errorf("origin %q: %w", s, err)
	}
	var tag [tagDigits / 2]byte
	if err := canon.ParseHex(parts[1], tag[:]); err != nil {
		return "", fmt.Errorf("origin %q: second part: %w", s, err)
	}
	if len(parts) == 3 {
		if _, err := parseVolume(parts[2]); err != nil {
			return "", fmt.Errorf("origin %q: %w", s, err)
		}
	}
	return Origin(s), nil
}

func checkOriginName(s string) error {
	if len(s) == 0 || len(s) > maxOriginName {
		return fmt.Errorf("name has %d bytes where 1 to %d belong", len(s), maxOriginName)
	}
	for i := range len(s) {
		c := s[i]
		inner := (c == '.' || c == '-') && i > 0 && i < len(s)-1
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !inner {
			return fmt.Errorf("name has %q at position %d", c, i+1)
		}
	}
	return nil
}

func parseVolume(s string) (int, error) {
	digits, ok := strings.CutPrefix(s, "v")
	if !ok {
		return 0, fmt.Errorf("volume %q does not begin with v", s)
	}
	n, err := canon.ParseDecimal(digits, maxVolume)
	if err != nil {
		return 0, fmt.Errorf("volume: %w", err)
	}
	if n < 2 {
		return 0, fmt.Errorf("volume %d has no suffix of its own; the first is the origin alone", n)
	}
	return int(n), nil
}

// Base is the origin of the first volume.
func (o Origin) Base() Origin {
	parts := strings.SplitN(string(o), "/", 3)
	if len(parts) < 3 {
		return o
	}
	return Origin(parts[0] + "/" + parts[1])
}

// Volume is the number of o's volume, from 1; 0 for the zero value or an origin
// that ParseOrigin would refuse.
func (o Origin) Volume() int {
	parts := strings.SplitN(string(o), "/", 3)
	switch len(parts) {
	case 2:
		return 1
	case 3:
		n, err := parseVolume(parts[2])
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}

// AtVolume is the origin of volume n of the same record. n must be 1 to 9,999;
// outside of that it is the zero value.
func (o Origin) AtVolume(n int) Origin {
	switch {
	case o == "" || n < 1 || n > maxVolume:
		return ""
	case n == 1:
		return o.Base()
	}
	return Origin(fmt.Sprintf("%s/v%d", o.Base(), n))
}

// UnmarshalText reads an Origin from JSON; an empty text is the zero value.
func (o *Origin) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*o = ""
		return nil
	}
	p, err := ParseOrigin(string(b))
	if err != nil {
		return err
	}
	*o = p
	return nil
}
