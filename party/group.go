package party

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"detente/internal/canon"
)

// Group is the random identifier of a group, 16 bytes, written as 32
// lower-case hexadecimal digits.
type Group [16]byte

// GenerateGroup takes a new identifier from random.
func GenerateGroup(random io.Reader) (Group, error) {
	var g Group
	if _, err := io.ReadFull(random, g[:]); err != nil {
		return Group{}, fmt.Errorf("generate group: %w", err)
	}
	if g.IsZero() {
		return Group{}, errors.New("generate group: the source of randomness gave only zeros")
	}
	return g, nil
}

// String returns the one spelling of g.
func (g Group) String() string { return hex.EncodeToString(g[:]) }

// IsZero reports whether g is the zero value, which names no group.
func (g Group) IsZero() bool { return g == Group{} }

// ParseGroup reads what String writes; the zero value is refused.
func ParseGroup(s string) (Group, error) {
	var g Group
	if err := canon.ParseHex(s, g[:]); err != nil {
		return Group{}, fmt.Errorf("group: %w", err)
	}
	if g.IsZero() {
		return Group{}, errors.New("group: zero names no group")
	}
	return g, nil
}

// MarshalText writes g as String does, for JSON.
func (g Group) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads what MarshalText writes, for JSON.
func (g *Group) UnmarshalText(b []byte) error {
	p, err := ParseGroup(string(b))
	if err != nil {
		return err
	}
	*g = p
	return nil
}
