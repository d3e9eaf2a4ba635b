package control

import (
	"path/filepath"
	"strconv"
	"testing"

	"detente/act"
	"detente/node"
)

// TestSentIsTheNewestOnceEach: the list of what was sent is that of the newest acts,
// without a gap and nothing twice, also of those that claim the same second.
func TestSentIsTheNewestOnceEach(t *testing.T) {
	h, server := running(t, filepath.Join(t.TempDir(), "home"))
	const said = 520
	for i := range said {
		r := node.Request{Kind: act.Statement, Status: act.Test, Life: act.New, Thread: "T/" + strconv.Itoa(i), Text: "x", Values: []byte("null")}
		if _, err := h.Node.TestOnlySay(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int{3, 505, MaxList} {
		var got []Progress
		if err := server.Own().Call(t.Context(), "sent-list", LimitArgs{Limit: limit}, nil, nil, &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != min(limit, said) {
			t.Fatalf("%d of at most %d", len(got), limit)
		}
		for i, p := range got {
			if want := "T/" + strconv.Itoa(said-1-i); p.Thread != want {
				t.Fatalf("place %d has %s, not %s", i, p.Thread, want)
			}
		}
	}
}
