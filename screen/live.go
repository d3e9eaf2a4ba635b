package screen

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"detente/control"
)

func liveRoutes() []route {
	return []route{
		{"GET /live", live, false},
		{"GET /healthz", healthy, true},
	}
}

// watch tells every open page that there is something new: one look at the node for
// all of them.
type watch struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next change
	done chan struct{} // closed when the server stops
	open int           // streams
}

func newWatch() *watch {
	return &watch{next: make(chan struct{}), done: make(chan struct{})}
}

// changed returns a channel that is closed at the next change.
func (w *watch) changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

func (w *watch) announce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.next)
	w.next = make(chan struct{})
}

// enter takes a place for a stream, or reports that there is none.
func (w *watch) enter() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open >= maxStreams {
		return false
	}
	w.open++
	return true
}

func (w *watch) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
}

// run looks at the node whenever it changed, at most every restFor and at least every
// beatEvery, until the server stops.
func (s *Site) run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	var last control.Pulse
	for {
		changed := s.Changed()
		var now control.Pulse
		if err := s.Own.Call(ctx, "pulse", nil, nil, nil, &now); err == nil && now != last {
			last = now
			s.watch.announce()
		}
		rest := time.NewTimer(restFor)
		select {
		case <-rest.C:
		case <-s.watch.done:
			return
		}
		select {
		case <-changed:
		case <-beat.C:
		case <-s.watch.done:
			return
		}
	}
}

// live is the stream of one browser: an event "beat" with the time of the node at
// once and every beatEvery, and an event "change" whenever there is something new. A
// page that hears no beat says so.
func live(v *visit) error {
	w := v.site.watch
	if !w.enter() {
		return &control.Error{Code: control.Unreachable, Message: fmt.Sprintf("%d pages are live already; this one asks again by itself", maxStreams)}
	}
	defer w.leave()
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no") // a proxy in front passes on at once
	out := http.NewResponseController(v.w)
	if err := out.SetReadDeadline(time.Time{}); err != nil { // nothing more is read; the bound on a form does not end it
		return err
	}
	send := func(event string) error {
		if err := out.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(v.w, "event: %s\ndata: %s\n\n", event, v.site.Now().UTC().Format(time.RFC3339)); err != nil {
			return err
		}
		return out.Flush()
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	event := "beat"
	for {
		changed := w.changed()
		if err := send(event); err != nil {
			return nil // the browser is gone
		}
		select {
		case <-changed:
			event = "change"
		case <-beat.C:
			if err := v.call("masthead", control.MastheadArgs{}, nil); err != nil {
				return nil // the session ended: the page finds out when it connects again
			}
			event = "beat"
		case <-v.r.Context().Done():
			return nil
		case <-w.done:
			return nil
		}
	}
}

// healthy says that the server of the pages answers; nothing more.
func healthy(v *visit) error {
	v.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(v.w, "ok")
	return nil
}
