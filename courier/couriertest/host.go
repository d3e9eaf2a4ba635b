package couriertest

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"

	"detente/courier"
	"detente/party"
)

// Altered is a Host in front of another that sees its exchanges whole and may
// change them: a relay that damages, a peer that answers with garbage. TLS
// keeps the line itself from doing so.
type Altered struct {
	courier.Host

	// In changes what arrives, Out what is answered. Optional. They are called
	// concurrently.
	In, Out func(from party.ID, bundle []byte) []byte
}

// Exchange passes the altered bytes on.
func (h *Altered) Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
	body, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if h.In != nil {
		body = h.In(from, body)
	}
	var answer bytes.Buffer
	if err := h.Host.Exchange(ctx, from, wait, bytes.NewReader(body), &answer); err != nil {
		return err
	}
	sent := answer.Bytes()
	if h.Out != nil {
		sent = h.Out(from, sent)
	}
	_, err = out.Write(sent)
	return err
}

// Reordered is a Host in front of another that holds exchanges back until Group
// of them wait or the first has waited Hold, and then lets them in one by one,
// the last first.
type Reordered struct {
	courier.Host
	Group int           // how many are reordered together; at least 2
	Hold  time.Duration // how long the first may be held

	mu      sync.Mutex
	waiting []chan chan struct{} // guarded by mu: oldest first
	timer   *time.Timer          // guarded by mu: for the oldest
}

// Exchange reads the whole body, waits for its turn, and passes it on.
func (h *Reordered) Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
	body, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	done := <-h.queue()
	defer close(done)
	return h.Host.Exchange(ctx, from, wait, bytes.NewReader(body), out)
}

// queue returns the channel that gives the turn; what it gives is closed by
// the caller when the next may go.
func (h *Reordered) queue() <-chan chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	turn := make(chan chan struct{}, 1)
	h.waiting = append(h.waiting, turn)
	if len(h.waiting) >= h.Group {
		h.release()
	} else if len(h.waiting) == 1 {
		h.timer = time.AfterFunc(h.Hold, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.release()
		})
	}
	return turn
}

// release lets all who wait go, the last first; h.mu is held.
func (h *Reordered) release() {
	group := h.waiting
	h.waiting = nil
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	go func() {
		for i := len(group) - 1; i >= 0; i-- {
			done := make(chan struct{})
			group[i] <- done
			<-done
		}
	}()
}
