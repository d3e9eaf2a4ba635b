package witness

import (
	"crypto/ed25519"
	"fmt"

	"detente/checkpoint"
	"detente/key"
)

// Policy is what a log's note must carry to be believed. The zero value
// believes nothing.
type Policy struct {
	record    key.RecordKey
	plainOnly bool
}

// ThreeLines demands the three lines of a record of ours.
func ThreeLines(k key.RecordKey) Policy { return Policy{record: k} }

// PlainOnly admits a log that signs with the plain Ed25519 line alone, as those
// made with stock software do. It is an explicit decision about a log outside
// the group: records of a group are never admitted so. Of k only Origin and
// Plain are looked at.
func PlainOnly(k key.RecordKey) Policy { return Policy{record: k, plainOnly: true} }

// signed is a note whose signature was verified, without the lines that were not.
type signed struct {
	head checkpoint.Head
	note []byte
}

// read parses a note and verifies it under the policy of its log.
func read(note []byte, policy func(checkpoint.Head) (Policy, bool)) (signed, error) {
	n, err := checkpoint.ParseNote(note)
	if err != nil {
		return signed{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	p, ok := policy(n.Head)
	if !ok || p.record.Origin != n.Head.Origin {
		return signed{}, fmt.Errorf("%w: %s", ErrUnknown, n.Head.Origin)
	}
	if p.plainOnly {
		return p.readPlain(n)
	}
	s, err := n.Verify(p.record)
	if err != nil {
		return signed{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return signed{head: s.Head(), note: s.Bytes()}, nil
}

func (p Policy) readPlain(n checkpoint.Note) (signed, error) {
	if len(p.record.Plain) != ed25519.PublicKeySize {
		return signed{}, fmt.Errorf("%w: no key is known of %s", ErrSignature, n.Head.Origin)
	}
	for _, l := range n.Lines {
		if l.Name != string(p.record.Origin) || l.ID != p.record.PlainID() {
			continue
		}
		if !ed25519.Verify(p.record.Plain, []byte(n.Head.Text()), l.Sig) {
			break
		}
		alone := checkpoint.Note{Head: n.Head, Lines: []key.Line{l}}
		return signed{head: n.Head, note: alone.Bytes()}, nil
	}
	return signed{}, fmt.Errorf("%w: the plain line of %s", ErrSignature, n.Head.Origin)
}
