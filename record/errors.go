package record

import (
	"errors"
	"fmt"

	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrNotHeld means that what was asked for lies beyond what is stored here. It
// says nothing about whether it exists elsewhere.
var ErrNotHeld = errors.New("not held here")

// ErrStale means that the stored record no longer stands where the Log or
// Extension does: another writer, or a commit whose outcome was unknown. Nothing
// was written. Load the record again.
var ErrStale = errors.New("the stored record has moved on")

// CorruptError means that the store does not hold what was written to it. The
// cause is the disk or another program, never a peer.
type CorruptError struct {
	Origin party.Origin // empty if the place is outside any record
	Place  string       // which row, and what does not agree
}

func (e *CorruptError) Error() string {
	if e.Origin == "" {
		return "the store is damaged: " + e.Place
	}
	return fmt.Sprintf("the store is damaged: record %s: %s", e.Origin, e.Place)
}

func corrupt(o party.Origin, format string, args ...any) error {
	return &CorruptError{Origin: o, Place: fmt.Sprintf(format, args...)}
}

// Contradiction means that a verified note does not agree with the entries or
// with the checkpoints that are held. It keeps the bytes; whether they prove
// misconduct, and of whom, is for package proof to say.
type Contradiction struct {
	Given []byte         // the note that was to be stored
	Size  int64          // its size
	Held  []byte         // a note of the same signer over Size entries or more; nil if there is none
	Root  tlog.Hash      // root of the first Size entries as held, or as Held says
	Proof tlog.TreeProof // from Size and Root to Held's tree, where that is larger
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("the note over %d entries has another root than what is held", c.Size)
}
