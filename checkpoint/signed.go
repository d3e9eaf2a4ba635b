package checkpoint

import (
	"fmt"

	"detente/key"
)

// Signed is a checkpoint verified under its record's key. The zero value is
// none, and every reader refuses it.
type Signed struct {
	head Head
	time int64
	note []byte
}

// Head is the tree that was signed.
func (s Signed) Head() Head { return s.head }

// Time is in Unix seconds, by the author's own clock.
func (s Signed) Time() int64 { return s.time }

// Bytes is the note with exactly its three lines, 0x01, 0x04, 0x06. The caller
// must not change it.
func (s Signed) Bytes() []byte { return s.note }

// IsZero reports whether s is the zero value.
func (s Signed) IsZero() bool { return s.note == nil }

// Sign makes the checkpoint of h at t (Unix seconds, > 0). The caller has seen to
// it that t is not before the record's last checkpoint, and releases the result
// only once it is stored.
func Sign(h Head, k *key.RecordSecret, t int64) (Signed, error) {
	if err := h.check(); err != nil {
		return Signed{}, fmt.Errorf("sign checkpoint: %w", err)
	}
	lines, err := k.Sign(h.Text(), t)
	if err != nil {
		return Signed{}, err
	}
	return Signed{head: h, time: t, note: Note{Head: h, Lines: lines[:]}.Bytes()}, nil
}

// Verify needs the three lines of k; other lines are ignored and dropped.
func (n Note) Verify(k key.RecordKey) (Signed, error) {
	if k.IsZero() {
		return Signed{}, fmt.Errorf("verify checkpoint of %s: no key", n.Head.Origin)
	}
	var lines [3]key.Line
	for i, id := range k.IDs() {
		l, ok := n.line(string(k.Origin), id)
		if !ok {
			return Signed{}, fmt.Errorf("verify checkpoint of %s: the line of key %s %08x is missing", n.Head.Origin, k.Origin, id)
		}
		lines[i] = l
	}
	t, err := k.Verify(n.Head.Text(), lines)
	if err != nil {
		return Signed{}, err
	}
	return Signed{head: n.Head, time: t, note: Note{Head: n.Head, Lines: lines[:]}.Bytes()}, nil
}
