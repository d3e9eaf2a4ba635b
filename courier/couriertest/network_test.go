package couriertest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"detente/courier"
	"detente/courier/couriertest"
	"detente/internal/canon"
	"detente/party"

	"golang.org/x/mod/sumdb/tlog"
)

// pair makes one connection from a to b.
func pair(t *testing.T, n *couriertest.Network) (near, far net.Conn) {
	t.Helper()
	l, err := n.Listen("b")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() { c, _ := l.Accept(); accepted <- c }()
	near, err = n.Dial("a")(t.Context(), "tcp", "b:1")
	if err != nil {
		t.Fatal(err)
	}
	far = <-accepted
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func TestListenerIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		l, _ := n.Listen("b")
		if _, err := n.Listen("b"); err == nil {
			t.Error("two listen at one name")
		}
		ended := make(chan error)
		go func() { _, err := l.Accept(); ended <- err }()
		synctest.Wait()
		l.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept = %v", err)
		}
		if _, err := n.Dial("a")(t.Context(), "tcp", "b"); err == nil {
			t.Error("somebody answered")
		}
		if _, err := n.Listen("b"); err != nil {
			t.Error(err)
		}
	})
}

func TestBytesArriveInOrderAndLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		near, far := pair(t, n)
		n.Line("b", "a").Delay(300 * time.Millisecond)
		start := time.Now()
		for _, s := range []string{"one ", "two ", "three"} {
			if _, err := io.WriteString(near, s); err != nil {
				t.Fatal(err)
			}
		}
		near.Close()
		if time.Since(start) != 0 {
			t.Error("writing waits for the delay")
		}
		got, err := io.ReadAll(far)
		if err != nil || string(got) != "one two three" {
			t.Errorf("read %q, %v", got, err)
		}
		if took := time.Since(start); took != 300*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestCutSilenceDamage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		near, far := pair(t, n)
		line := n.Line("a", "b")
		buf := make([]byte, 16)

		line.Damage(1)
		_, _ = io.WriteString(near, "abc")
		if k, _ := far.Read(buf); string(buf[:k]) != "acc" {
			t.Errorf("damaged: %q", buf[:k])
		}
		line.Silence()
		_, _ = io.WriteString(near, "lost")
		_ = far.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := far.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("silent: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Dial("a")(ctx, "tcp", "b"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("dial over a silent line: %v", err)
		}
		line.Mend()
		_ = far.SetReadDeadline(time.Time{})
		_, _ = io.WriteString(near, "again")
		if k, _ := far.Read(buf); string(buf[:k]) != "again" {
			t.Errorf("mended: %q", buf[:k])
		}
		n.Cut("a")
		if _, err := far.Read(buf); err == nil {
			t.Error("cut: no error")
		}
		if _, err := n.Dial("a")(t.Context(), "tcp", "b"); err == nil {
			t.Error("dial over a cut line: no error")
		}
		n.Mend("a")
		pair(t, n)
	})
}

// A writer waits for a reader that does not read, and no longer than its deadline.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pair(t, couriertest.New())
		_ = near.SetWriteDeadline(time.Now().Add(time.Second))
		written, err := near.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || written != 256<<10 {
			t.Errorf("wrote %d, %v", written, err)
		}
		_ = near.SetWriteDeadline(time.Time{})
		go func() { _, _ = io.Copy(io.Discard, far) }()
		if _, err := near.Write(make([]byte, 1<<20)); err != nil {
			t.Error(err)
		}
	})
}

// echo is a Host that answers with what it got.
type echo struct {
	mu  sync.Mutex
	got []string
}

func (*echo) Peer(canon.Digest) (party.ID, bool) { return "alatau", true }
func (e *echo) Exchange(_ context.Context, _ party.ID, _ time.Duration, in io.Reader, out io.Writer) error {
	b, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, string(b))
	_, err = out.Write(b)
	return err
}
func (*echo) AddCheckpoint(context.Context, party.ID, int64, tlog.TreeProof, []byte) ([]byte, error) {
	return nil, courier.ErrNotHeld
}
func (*echo) Checkpoint(context.Context, party.ID, party.Origin) ([]byte, error) {
	return nil, courier.ErrNotHeld
}
func (*echo) Tile(context.Context, party.ID, party.Origin, tlog.Tile) ([]byte, error) {
	return nil, courier.ErrNotHeld
}

func ask(t *testing.T, h courier.Host, body string) string {
	var answer strings.Builder
	if err := h.Exchange(t.Context(), "alatau", 0, strings.NewReader(body), &answer); err != nil {
		t.Error(err)
	}
	return answer.String()
}

func TestReordered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &echo{}
		h := &couriertest.Reordered{Host: inner, Group: 3, Hold: time.Minute}
		start := time.Now()
		var group sync.WaitGroup
		for _, body := range []string{"a", "b", "c", "d"} {
			group.Go(func() {
				if got := ask(t, h, body); got != body {
					t.Errorf("%s was answered %s", body, got)
				}
			})
			synctest.Wait()
		}
		group.Wait()
		if got := strings.Join(inner.got, ""); got != "cbad" {
			t.Errorf("they arrived as %s", got)
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the last was held for %v", took)
		}
	})
}

func TestAltered(t *testing.T) {
	inner := &echo{}
	h := &couriertest.Altered{
		Host: inner,
		In:   func(_ party.ID, b []byte) []byte { return append(b, '+') },
		Out:  func(_ party.ID, b []byte) []byte { return append(b, '-') },
	}
	if got := ask(t, h, "x"); got != "x+-" || inner.got[0] != "x+" {
		t.Errorf("answered %s, the host saw %s", got, inner.got)
	}
	if got := ask(t, &couriertest.Altered{Host: inner}, "x"); got != "x" {
		t.Errorf("answered %s", got)
	}
}
