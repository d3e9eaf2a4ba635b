package party

import "fmt"

// maxID is the length of the longest ID or Post in bytes: long enough for the
// longest short name of a state, short enough to stand in a table.
const maxID = 32

// ID names a party inside a group: [a-z][a-z0-9-]{0,31}, no final hyphen.
type ID string

// ParseID checks that s names a party.
func ParseID(s string) (ID, error) {
	if err := checkName(s); err != nil {
		return "", fmt.Errorf("party: %w", err)
	}
	return ID(s), nil
}

// UnmarshalText reads an ID from JSON; an empty text is the zero value.
func (i *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = ""
		return nil
	}
	p, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*i = p
	return nil
}

// Post names an office, never a person: same form as ID.
type Post string

// ParsePost checks that s names a post.
func ParsePost(s string) (Post, error) {
	if err := checkName(s); err != nil {
		return "", fmt.Errorf("post: %w", err)
	}
	return Post(s), nil
}

// UnmarshalText reads a Post from JSON; an empty text is the zero value.
func (p *Post) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = ""
		return nil
	}
	q, err := ParsePost(string(b))
	if err != nil {
		return err
	}
	*p = q
	return nil
}

func checkName(s string) error {
	if len(s) == 0 || len(s) > maxID {
		return fmt.Errorf("name has %d bytes where 1 to %d belong", len(s), maxID)
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-') {
			return fmt.Errorf("name %q has %q at position %d; a name begins with a-z and goes on with a-z, 0-9 or hyphens", s, c, i+1)
		}
	}
	if s[len(s)-1] == '-' {
		return fmt.Errorf("name %q ends with a hyphen", s)
	}
	return nil
}
