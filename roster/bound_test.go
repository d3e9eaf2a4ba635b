package roster

import (
	"strings"
	"testing"
	"time"

	"detente/key"
)

// A record follows so many key acts of one role and no more: fewer of those that
// proofs need than of sealing and transport keys.
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
	const from = 3 * MaxChanges
	for i := range int64(MaxBatches) {
		c, _ := a.batch(key.Transport, from+i, time.Unix(1_800_000_000+i*3600, 0).UTC())
		apply(t, k, c)
	}
	c, _ := a.batch(key.Transport, from+MaxBatches, time.Unix(1_900_000_000, 0).UTC())
	if err := k.Change(c); err == nil || !strings.Contains(err.Error(), "has been changed 512 times") {
		t.Errorf("one more batch: %v", err)
	}
	c, _ = a.batch(key.Sealing, from+MaxBatches+1, time.Unix(1_900_000_000, 0).UTC())
	apply(t, k, c)
}
