package checkpoint

import (
	"fmt"

	"detente/key"
)

// Cosigned is one verified cosignature over a head. The zero value is none, and
// every reader refuses it.
type Cosigned struct {
	head Head
	by   string
	time int64
	note []byte
}

// Head is the tree that was cosigned.
func (c Cosigned) Head() Head { return c.head }

// By is the key name of the cosigner.
func (c Cosigned) By() string { return c.by }

// Time is in Unix seconds, by the cosigner's clock.
func (c Cosigned) Time() int64 { return c.time }

// Bytes is a note with the head's text and the two lines only: it verifies
// alone. The caller must not change it.
func (c Cosigned) Bytes() []byte { return c.note }

// IsZero reports whether c is the zero value.
func (c Cosigned) IsZero() bool { return c.note == nil }

// Cosign makes k's cosignature over h at t (Unix seconds, > 0). The caller has
// seen to it that h extends what k cosigned before and that t does not fall, and
// releases the result only once it is stored.
func Cosign(h Head, k *key.CosignerSecret, t int64) (Cosigned, error) {
	if err := h.check(); err != nil {
		return Cosigned{}, fmt.Errorf("cosign: %w", err)
	}
	lines, err := k.Cosign(h.Text(), t)
	if err != nil {
		return Cosigned{}, err
	}
	return Cosigned{head: h, by: k.Public.Name, time: t, note: Note{Head: h, Lines: lines[:]}.Bytes()}, nil
}

// VerifyCosigned finds k's two lines in the note and verifies them; other lines
// are ignored and dropped.
func (n Note) VerifyCosigned(k key.Cosigner) (Cosigned, error) {
	if k.IsZero() {
		return Cosigned{}, fmt.Errorf("verify cosignature over %s: no key", n.Head.Origin)
	}
	var lines [2]key.Line
	for i, id := range k.IDs() {
		l, ok := n.line(k.Name, id)
		if !ok {
			return Cosigned{}, fmt.Errorf("verify cosignature over %s: the line of key %s %08x is missing", n.Head.Origin, k.Name, id)
		}
		lines[i] = l
	}
	t, err := k.Verify(n.Head.Text(), lines)
	if err != nil {
		return Cosigned{}, err
	}
	return Cosigned{head: n.Head, by: k.Name, time: t, note: Note{Head: n.Head, Lines: lines[:]}.Bytes()}, nil
}
