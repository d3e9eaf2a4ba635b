package control

import (
	"context"
	"crypto/rand"
	"fmt"

	"detente/act"
	"detente/internal/canon"
	"detente/key"
)

func keyVerbs() map[string]verb {
	return map[string]verb{
		"key-list": reads(keyList),
		"rotate":   writes(rotate),
	}
}

// Key is one key of the own party, in use or retired.
type Key struct {
	Role        key.Role     `json:"role"`
	Fingerprint canon.Digest `json:"fingerprint"`
	Since       string       `json:"since"` // sealing keys alone; empty: not noted
	State       string       `json:"state"` // in use, kept for the grace period, retired
	Next        canon.Digest `json:"next"`  // committed to; zero: none
}

func keyList(ctx context.Context, c *call, _ nothing) (any, error) {
	keys := c.home.Keys()
	now := c.node.Keys()
	next, _ := now.Commitments(c.node.Origin())
	const inUse = "in use"
	out := []Key{{Role: key.Record, Fingerprint: keys.Set.Record.Public.Digest(), State: inUse, Next: next.Record}}
	for role, d := range map[key.Role]canon.Digest{key.Witness: next.Witness, key.Mirror: next.Mirror} {
		for _, k := range now.Cosigners(c.node.Self(), role) {
			one := Key{Role: role, Fingerprint: k.Key.Digest(), State: inUse, Next: d}
			if k.Retired {
				one.State, one.Next = "retired", canon.Digest{}
			}
			out = append(out, one)
		}
	}
	for i, id := range keys.Set.Sealing {
		one := Key{Role: key.Sealing, Fingerprint: canon.DigestOf([]byte(id.Recipient().String())), State: inUse, Since: canon.FormatTime(keys.Since[i]), Next: next.Sealing}
		if i > 0 {
			one.State, one.Next = "kept for the grace period", canon.Digest{}
		}
		out = append(out, one)
	}
	out = append(out, Key{Role: key.Transport, Fingerprint: keys.Set.Transport.Pin(), State: inUse, Next: next.Sealing})
	return out, nil
}

// RotateArgs carry the next keys, opened, and those that are committed to after
// them.
type RotateArgs struct {
	Role    key.Role `json:"role"`
	Next    []byte   `json:"next"`  // key.Next.Bytes
	After   []byte   `json:"after"` // the same of what follows; for sealing and transport empty
	Console bool     `json:"console"`
}

func rotate(ctx context.Context, c *call, a RotateArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	if _, err := key.ParseRole(string(a.Role)); err != nil {
		return nil, refuse(Usage, "", "%v", err)
	}
	var ref act.Ref
	err = c.home.Rotate(func() error {
		ref, err = c.rotate(ctx, by, a)
		return err
	})
	return c.appended(ref, err)
}

func (c *call) rotate(ctx context.Context, by string, a RotateArgs) (act.Ref, error) {
	next, err := c.next(a.Next)
	if err != nil {
		return act.Ref{}, err
	}
	switch a.Role {
	case key.Sealing:
		id, err := key.GenerateSealing(rand.Reader)
		if err != nil {
			return act.Ref{}, err
		}
		return c.node.RotateBatch(ctx, by, a.Role, c.home.Keys().Set.EnterSealing(id), next)
	case key.Transport:
		t, err := key.GenerateTransport(rand.Reader)
		if err != nil {
			return act.Ref{}, err
		}
		return c.node.RotateBatch(ctx, by, a.Role, c.home.Keys().Set.EnterTransport(t), next)
	}
	after, err := key.ParseNext(a.After)
	if err != nil {
		return act.Ref{}, fmt.Errorf("the keys after the next: %w", err)
	}
	return c.node.Rotate(ctx, by, a.Role, next, after.Commitments())
}

// next reads the next keys and compares them with what the record commits to.
func (c *call) next(b []byte) (*key.Next, error) {
	n, err := key.ParseNext(b)
	if err != nil {
		return nil, err
	}
	if n.Origin.Base() != c.node.Origin().Base() {
		return nil, refuse(Verification, "", "the next keys are of the record %s, this home is of %s", n.Origin, c.node.Origin())
	}
	if in, ok := c.node.Keys().Commitments(c.node.Origin()); !ok || n.Commitments() != in {
		return nil, refuse(Verification, "take the file that was written at the last rotation", "these are not the next keys that the record commits to")
	}
	return n, nil
}
