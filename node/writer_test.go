package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"detente/act"
)

// A change that is refused spoils nobody's, though it took the whole transaction
// with it, as an interrupted write does.
func TestRefusedChangeSpoilsNoOther(t *testing.T) {
	ctx := context.Background()
	_, n := lone(t, "alatau", "borovia", "cintra")
	if err := n.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	begun, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := n.update(ctx, func(*Tx) error { close(begun); <-goOn; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-begun // the others wait together
	var places sync.Map
	for i := range 8 {
		all.Go(func() {
			err := n.update(ctx, func(tx *Tx) error {
				if i%4 == 1 {
					if _, err := tx.ExecContext(ctx, "rollback"); err != nil {
						t.Error(err)
					}
					return refused
				}
				a := n.groupAct(act.Statement)
				a.Status, a.Life, a.Thread, a.PayloadType, a.Payload = act.Exercise, act.New, fmt.Sprintf("ALA/%d", i), TextType, []byte("x")
				ref, err := tx.Append(ctx, a)
				places.Store(i, ref.Index)
				return err
			})
			if want := i%4 == 1; errors.Is(err, refused) != want || (err != nil) != want {
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	close(goOn)
	all.Wait()
	seen := map[any]bool{}
	places.Range(func(_, index any) bool { seen[index] = true; return true })
	if held := n.SizeOf(ctx, n.origin); held != 6 || len(seen) != 6 {
		t.Errorf("%d acts at %d places", held, len(seen))
	}
	if err := n.CheckEverything(ctx); err != nil {
		t.Error(err)
	}
}
