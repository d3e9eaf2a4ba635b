package courier_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"detente/courier"
	"detente/courier/couriertest"
	"detente/internal/canon"
	"detente/party"
)

const soundingType = "application/vnd.detente.sounding+json"

// talker is a host that takes soundings.
type talker struct {
	*host
	sounding func(from party.ID, envelope []byte) ([]byte, error)
	collect  func(ctx context.Context, from party.ID, wait time.Duration, took canon.Digest) ([]byte, error)
}

func (h *talker) Sounding(_ context.Context, from party.ID, envelope []byte) ([]byte, error) {
	return h.sounding(from, envelope)
}

func (h *talker) Collect(ctx context.Context, from party.ID, wait time.Duration, took canon.Digest) ([]byte, error) {
	return h.collect(ctx, from, wait, took)
}

func TestSounding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := &talker{host: newHost(secret(1))}
		h.sounding = func(from party.ID, envelope []byte) ([]byte, error) {
			if string(envelope) == "refuse" {
				return nil, courier.Refuse("not in its place", nil)
			}
			return append([]byte(string(from)+": "), envelope...), nil
		}
		took := canon.DigestOf([]byte("before"))
		h.collect = func(_ context.Context, _ party.ID, wait time.Duration, d canon.Digest) ([]byte, error) {
			if wait != 50*time.Second || d != took {
				t.Errorf("asked to wait %v, took %v", wait, d)
			}
			return nil, nil
		}
		serve(t, n, h)
		c := client(t, n, 1)
		if back, err := c.Sounding(t.Context(), []byte("envelope")); err != nil || string(back) != "alatau: envelope" {
			t.Errorf("%q, %v", back, err)
		}
		if _, err := c.Sounding(t.Context(), []byte("refuse")); !errors.Is(err, courier.ErrRefused) {
			t.Errorf("refused: %v", err)
		}
		if back, err := c.Collect(t.Context(), 50*time.Second, took); err != nil || len(back) != 0 {
			t.Errorf("%q, %v", back, err)
		}
		for _, b := range [][]byte{nil, make([]byte, courier.MaxSounding+1)} {
			if _, err := c.Sounding(t.Context(), b); !errors.Is(err, courier.ErrTooLarge) {
				t.Errorf("%d bytes: %v", len(b), err)
			}
		}
		plain := http.Header{"Content-Type": {soundingType}}
		for _, bad := range []struct {
			name, method, target, body string
			header                     http.Header
			status                     int
		}{
			{"another method", "GET", "/sounding", "", plain, 400},
			{"another type", "POST", "/sounding", "x", http.Header{"Content-Type": {"text/plain"}}, 400},
			{"encoded", "POST", "/sounding", "x", http.Header{"Content-Type": {soundingType}, "Content-Encoding": {"gzip"}}, 400},
			{"too large", "POST", "/sounding", strings.Repeat("x", courier.MaxSounding+1), plain, 413},
			{"a query beside an envelope", "POST", "/sounding?wait=1", "x", plain, 400},
			{"neither", "POST", "/sounding", "", plain, 400},
			{"no number", "POST", "/sounding?wait=x", "", plain, 400},
			{"too long a wait", "POST", "/sounding?wait=56", "", plain, 400},
			{"no digest", "POST", "/sounding?wait=1&took=x", "", plain, 400},
			{"a digest of zeros", "POST", "/sounding?wait=1&took=" + canon.Digest{}.String(), "", plain, 400},
			{"in another order", "POST", "/sounding?took=" + took.String() + "&wait=50", "", plain, 400},
			{"below it", "POST", "/sounding/x", "x", plain, 400},
		} {
			if answer, _ := raw(t, n, bad.method, bad.target, bad.header, bad.body); answer.StatusCode != bad.status {
				t.Errorf("%s: %d", bad.name, answer.StatusCode)
			}
		}
	})
}

// A peer that takes no soundings says so, by whatever version it is of.
func TestSoundingIsNotSpoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		if _, err := client(t, n, 1).Sounding(t.Context(), []byte("x")); !errors.Is(err, courier.ErrNotHeld) {
			t.Errorf("a host without soundings: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		hostile(t, n, func(w http.ResponseWriter, _ *http.Request) { // as a server without the path answers
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "this path takes another method\n")
		})
		if _, err := client(t, n, 1).Sounding(t.Context(), []byte("x")); !errors.Is(err, courier.ErrMalformed) {
			t.Errorf("an older server: %v", err)
		}
	})
}

// What a hostile peer answers is bounded, and one that asks too often waits for nobody.
func TestHostileSoundingPeers(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", soundingType)
			endless(w)
		}, courier.ErrTooLarge},
		"another type": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", bundleType)
		}, courier.ErrAnswer},
		"never": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, courier.ErrSlow},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := couriertest.New()
			hostile(t, n, c.answer)
			if _, err := client(t, n, 1).Sounding(t.Context(), []byte("x")); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := &talker{host: newHost(secret(1))}
		h.collect = func(ctx context.Context, _ party.ID, wait time.Duration, _ canon.Digest) ([]byte, error) {
			pause(ctx, wait)
			return bytes.Repeat([]byte("x"), courier.MaxSounding+1), nil
		}
		serve(t, n, h)
		c := client(t, n, 1)
		busy := make(chan error, courier.PeerSoundings+1)
		for range courier.PeerSoundings + 1 {
			go func() {
				_, err := c.Collect(t.Context(), 10*time.Second, canon.Digest{})
				busy <- err
			}()
		}
		count := 0
		for range courier.PeerSoundings + 1 {
			if err := <-busy; errors.Is(err, courier.ErrBusy) {
				count++
			} else if !errors.Is(err, courier.ErrTooLarge) {
				t.Errorf("more than fits goes back: %v", err)
			}
		}
		if count != 1 {
			t.Errorf("%d of %d are too many", count, courier.PeerSoundings+1)
		}
	})
}
