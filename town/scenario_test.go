package town_test

import (
	"testing"
	"time"
)

// The first sign that the town lives in a bubble at all.
func TestNoticeIsReceipted(t *testing.T) {
	live(t, setting{who: "ABC"}, func(w *world) {
		ref := w.say('A', "BC", "ALA/1")
		took := w.until("receipts", time.Minute, func() bool { return w.receipted("alatau", ref, "BC") })
		t.Log("receipts after", took)
		time.Sleep(time.Minute)
		l, err := w.node("cintra").Lodged(w.ctx, ref)
		must(t, err)
		if l.Bounds.NotAfter == 0 {
			t.Errorf("not shown to be lodged: %+v", l.Bounds)
		}
	})
}
