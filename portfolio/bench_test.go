package portfolio

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"detente/act"
	"detente/node"
	"detente/party"
	"detente/provision"
)

var measured = flag.Int("measured", 2_000, "statements under a measure in the record of BenchmarkFirst; each is answered by a receipt")

// BenchmarkFirst is the first question after a start: the records hold sealed
// notices under a text in force, each with the receipt of its addressee.
func BenchmarkFirst(b *testing.B) {
	w := found(b, []string{"vd11"}, "alatau", "borovia", "cintra")
	var all sync.WaitGroup
	turn := make(chan int)
	for range 64 {
		all.Go(func() {
			for i := range turn {
				r := node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, Thread: fmt.Sprintf("ALA/2026/%d", i), Measure: "vd11.unusual-activity",
					To: []party.ID{"borovia"}, Values: asks("borovia")}
				if _, err := w.node("alatau").TestOnlySay(context.Background(), r); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range *measured {
		turn <- i + 1
	}
	close(turn)
	all.Wait()
	w.await("all receipts are here", func() bool {
		return w.size(w.node("alatau"), w.node("borovia").Origin()) >= int64(*measured)
	})
	w.quiet()
	for b.Loop() {
		p := New(w.node("alatau"))
		start := time.Now()
		err := p.Look(context.Background(), act.Actual, func(v *View) error {
			b.Log(len(v.filings), "filings read in", time.Since(start))
			v.Book.Items(provision.Query{Party: v.Self, Open: true}, provision.Moment{Now: v.Now.Unix()})
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
