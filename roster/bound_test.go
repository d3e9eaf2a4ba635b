package roster

import (
	"strings"
	"testing"
	"time"

	"detente/key"
)

// A record follows so many key acts of one role and no more, and those of the
// transport key, which no proof needs, without end.
func TestChangesAreBounded(t *testing.T) {
	k, a := keysFor(t, region(t)), authorOf(t, "alatau")
	for i := range int64(MaxChanges) {
		apply(t, k, a.rotate(key.Mirror, i))
	}
	if err := k.Change(a.rotate(key.Mirror, MaxChanges)); err == nil || !strings.Contains(err.Error(), "has been changed 64 times") {
		t.Errorf("one more: %v", err)
	}
	apply(t, k, a.rotate(key.Record, MaxChanges+1))
	// One role's change does not begin another's count again.
	if err := k.Change(a.rotate(key.Mirror, MaxChanges+2)); err == nil || !strings.Contains(err.Error(), "has been changed 64 times") {
		t.Errorf("after a change of the record key: %v", err)
	}
	for i := range int64(MaxChanges + 2) {
		c, _ := a.batch(key.Transport, 3*MaxChanges+i, time.Unix(1_800_000_000+i*3600, 0).UTC())
		apply(t, k, c)
	}
}
