package control

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// shared keeps answers that are the same for every officer, for as long as nothing
// changed and the clock shows the same second. At one event all open pages ask the
// same, and the node is read once for them. The zero value is ready; it is safe for
// concurrent use.
type shared struct {
	writes atomic.Int64 // verbs that changed something, in this process

	mu   sync.Mutex
	as   standing
	kept map[string]*keptAnswer
}

// standing names a state of the node: as long as it is the same, so are the answers.
type standing struct {
	changed <-chan struct{} // another one after each change of what is held
	writes  int64
	second  int64
}

// keptAnswer is one answer, or one that is being worked out.
type keptAnswer struct {
	done  chan struct{} // closed when value is there
	value any
	good  bool // it may be told to others
}

// standing is how it stands now.
func (c *call) standing() standing {
	return standing{c.node.Changed(), c.shared.writes.Load(), c.node.Now().Unix()}
}

// once answers with f, or with what f came to for somebody who asked the same of the
// same state; good tells whether that may be told to others.
func (s *shared) once(ctx context.Context, as standing, key string, f func() (value any, good bool)) any {
	s.mu.Lock()
	if s.as != as || s.kept == nil {
		s.as, s.kept = as, map[string]*keptAnswer{}
	}
	k, other := s.kept[key]
	if !other {
		k = &keptAnswer{done: make(chan struct{})}
		s.kept[key] = k
	}
	s.mu.Unlock()
	if !other {
		defer close(k.done)
		k.value, k.good = f()
		return k.value
	}
	select {
	case <-k.done:
		if k.good {
			return k.value
		}
	case <-ctx.Done():
	}
	value, _ := f()
	return value
}

// alike reports whether a verb answers every officer alike.
func alike(verb string) bool {
	switch verb {
	case "due", "areas", "watch", "line-list", "peer-list", "measure-list", "roster-show":
		return true
	}
	return false
}

// answer is outcome of a verb, shared where it is alike for all.
func (s *shared) answer(ctx context.Context, c *call, verb string, args []byte, f func() outcome) outcome {
	if s == nil || !alike(verb) {
		return f()
	}
	key := fmt.Sprintf("%s %t %s", verb, c.remote, args)
	return s.once(ctx, c.standing(), key, func() (any, bool) {
		o := f()
		return o, o.Error == nil
	}).(outcome)
}
