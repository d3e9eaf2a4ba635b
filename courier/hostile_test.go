package courier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"detente/courier"
	"detente/courier/couriertest"
	"detente/party"
	"detente/witness"
)

const bundleType = "application/vnd.detente.bundle"

// endless writes until it cannot.
func endless(w http.ResponseWriter) {
	block := []byte(strings.Repeat("x", 64<<10))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// pause waits, or returns when the request is over.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func TestHostileAnswers(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   error
		within time.Duration
	}{
		{"endless body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", bundleType)
			endless(w)
		}, courier.ErrTooLarge, time.Second},
		{"too large by its own word", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", bundleType)
			w.Header().Set("Content-Length", strconv.Itoa(courier.MaxAnswer+1))
			w.WriteHeader(200)
		}, courier.ErrTooLarge, time.Second},
		{"endless refusal", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(422)
			endless(w)
		}, courier.ErrRefused, time.Second},
		{"slow body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", bundleType)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				pause(r.Context(), 20*time.Second)
			}
		}, courier.ErrSlow, 40 * time.Second},
		{"slow refusal", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(422)
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				pause(r.Context(), 20*time.Second)
			}
		}, courier.ErrRefused, 40 * time.Second},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}, courier.ErrSlow, 3 * time.Minute},
		{"wrong media type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
		}, courier.ErrAnswer, time.Second},
		{"no media type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
		}, courier.ErrAnswer, time.Second},
		{"encoded", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", bundleType)
			w.Header().Set("Content-Encoding", "gzip")
		}, courier.ErrAnswer, time.Second},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere/exchange", http.StatusTemporaryRedirect)
		}, courier.ErrAnswer, time.Second},
		{"no content", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}, courier.ErrAnswer, time.Second},
		{"teapot", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		}, courier.ErrAnswer, time.Second},
		{"large header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", bundleType)
			for i := range 200 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("y", 100))
			}
		}, courier.ErrUnreachable, time.Second},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", bundleType)
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, courier.ErrUnreachable, time.Second},
		{"conflict without a size", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/x.tlog.size")
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "007\n")
		}, courier.ErrAnswer, time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := couriertest.New()
				hostile(t, n, test.answer)
				start := time.Now()
				_, err := exchange(client(t, n, 1), "hello")
				wantKind(t, err, test.kind)
				if took := time.Since(start); took > test.within {
					t.Errorf("it took %v", took)
				}
				if err != nil && len(err.Error()) > 600 {
					t.Errorf("an error of %d bytes", len(err.Error()))
				}
			})
		})
	}
}

func TestGarbageInsteadOfServer(t *testing.T) {
	for name, garbage := range map[string]string{
		"HTTP/1": "HTTP/1.1 200 OK\r\nContent-Type: " + bundleType + "\r\n\r\nhello",
		"noise":  strings.Repeat("\xff\x00", 9000),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := couriertest.New()
				l, _ := n.Listen("server")
				go func() {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					defer conn.Close()
					_, _ = io.ReadFull(conn, make([]byte, 16))
					_, _ = io.WriteString(conn, garbage)
				}()
				_, err := exchange(client(t, n, 1), "")
				wantKind(t, err, courier.ErrUnreachable)
				l.Close()
			})
		})
	}
}

// A line that goes dead under a long poll is noticed well before its time.
func TestDeadLineIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		h.exchange = func(ctx context.Context, _ party.ID, wait time.Duration, _ io.Reader, _ io.Writer) error {
			<-ctx.Done()
			return ctx.Err()
		}
		serve(t, n, h)
		c := client(t, n, 1)
		failed := make(chan error, 1)
		start := time.Now()
		go func() { _, err := exchangeWait(c, 55*time.Second, ""); failed <- err }()
		synctest.Wait()
		n.Line("client", "server").Silence()
		wantKind(t, <-failed, courier.ErrUnreachable)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("it took %v", took)
		}
		n.Line("client", "server").Break()
	})
}

// A peer that comes back behind a line that swallowed everything is found within
// 2 s, however long the line was silent; no attempt that hangs is waited for.
func TestSilentLineComesBack(t *testing.T) {
	for _, outage := range []time.Duration{100 * time.Millisecond, 7 * time.Second, 7900 * time.Millisecond, 8100 * time.Millisecond, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			n := couriertest.New()
			serve(t, n, newHost(secret(1)))
			var hanging, most atomic.Int64
			dial := n.Dial("client")
			c := courier.NewClient([]string{"https://server:1"}, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now),
				func(ctx context.Context, network, addr string) (net.Conn, error) {
					most.Store(max(most.Load(), hanging.Add(1)))
					defer hanging.Add(-1)
					return dial(ctx, network, addr)
				})
			defer c.Close()
			n.Line("client", "server").Silence()
			answered := make(chan time.Time)
			go func() {
				for {
					if _, err := exchange(c, ""); err == nil {
						answered <- time.Now()
						return
					}
				}
			}()
			time.Sleep(outage)
			back := time.Now()
			n.Line("client", "server").Mend()
			if took := (<-answered).Sub(back); took > 2*time.Second {
				t.Errorf("silent for %v: answered %v after", outage, took)
			}
			if most.Load() > 12 {
				t.Errorf("%d attempts at a time", most.Load())
			}
		})
	}
}

// A sign of life begins an attempt at once.
func TestHurry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		c := client(t, n, 1)
		n.Line("client", "server").Silence()
		answered := make(chan error)
		go func() { _, err := exchange(c, ""); answered <- err }()
		time.Sleep(2 * time.Second)
		n.Line("client", "server").Mend()
		start := time.Now()
		c.Hurry()
		if err := <-answered; err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// What a peer says of its refusal is quoted as one clean line.
func TestSentencesAreCleaned(t *testing.T) {
	said := "no\r\nSet-Cookie: a=b\r\n\r\n<b>\x1b[31m\u202eevil\u200b\xff " + strings.Repeat("ж", 400)
	check := func(t *testing.T, err error) {
		t.Helper()
		peer, ok := errors.AsType[*courier.PeerError](err)
		if !ok {
			t.Fatalf("error is %v", err)
		}
		if len(peer.Sentence) > 300 || len(peer.Sentence) < 200 {
			t.Errorf("a sentence of %d bytes", len(peer.Sentence))
		}
		for _, r := range peer.Sentence {
			if !unicode.IsPrint(r) {
				t.Errorf("the sentence contains %U", r)
			}
		}
		if !strings.HasPrefix(peer.Sentence, "no Set-Cookie: a=b <b> [31m evil") {
			t.Errorf("the sentence is %q", peer.Sentence)
		}
	}
	synctest.Test(t, func(t *testing.T) { // by the server's own code
		n := couriertest.New()
		h := newHost(secret(1))
		h.exchange = func(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error {
			return courier.Refuse(said, errors.New("the inner cause"))
		}
		serve(t, n, h)
		_, err := exchange(client(t, n, 1), "")
		wantKind(t, err, courier.ErrRefused)
		check(t, err)
		if strings.Contains(err.Error(), "inner") {
			t.Error("the cause left the house")
		}
	})
	synctest.Test(t, func(t *testing.T) { // by a server that does not clean
		n := couriertest.New()
		hostile(t, n, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(422)
			_, _ = io.WriteString(w, said)
		})
		_, err := exchange(client(t, n, 1), "")
		check(t, err)
	})
}

// Texts of the host never become header lines.
func TestHostTextStaysInBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		evil := "x\r\nX-Injected: yes\r\n\r\n"
		h.exchange = func(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error {
			return &courier.Refusal{Kind: courier.ErrNotHeld, Sentence: evil}
		}
		h.checkpoint = func(party.Origin) ([]byte, error) { return []byte(evil), nil }
		serve(t, n, h)
		for _, target := range []string{"POST /exchange", "GET /record/alatau/1f2e3d4c/checkpoint"} {
			method, path, _ := strings.Cut(target, " ")
			answer, body := raw(t, n, method, path, http.Header{"Content-Type": {bundleType}}, "")
			for name := range answer.Header {
				if strings.HasPrefix(name, "X-") && name != "X-Content-Type-Options" {
					t.Errorf("%s: the header has %s", target, name)
				}
			}
			if !strings.Contains(body, "X-Injected") {
				t.Errorf("%s: the body is %q", target, body)
			}
		}
	})
}

func TestErrorsCross(t *testing.T) {
	tests := []struct {
		from error
		kind error
		says string
	}{
		{courier.ErrMalformed, courier.ErrMalformed, "the request is malformed"},
		{courier.ErrForbidden, courier.ErrForbidden, "not allowed"},
		{fmt.Errorf("read /secret/place: %w", courier.ErrNotHeld), courier.ErrNotHeld, "not held here"},
		{courier.ErrTooLarge, courier.ErrTooLarge, "too large"},
		{courier.Refuse("entry 7 has another root", nil), courier.ErrRefused, "entry 7 has another root"},
		{fmt.Errorf("import: %w", courier.Refuse("part 3: too long", courier.ErrBusy)), courier.ErrRefused, "part 3: too long"},
		{&courier.Refusal{Kind: courier.ErrFull, Sentence: "the disk is full"}, courier.ErrFull, "the disk is full"},
		{courier.ErrBusy, courier.ErrBusy, "busy"},
		{courier.ErrFull, courier.ErrFull, "no room left to store what is sent"},
		{context.DeadlineExceeded, courier.ErrBusy, "context deadline exceeded"},
		{errors.New("open /secret/place: permission denied"), courier.ErrInternal, "internal error"},
		{witness.ErrMalformed, courier.ErrMalformed, "the submission is malformed"},
		{fmt.Errorf("%w: cintra/00000001", witness.ErrUnknown), courier.ErrNotHeld, "the log is not known here"},
		{witness.ErrSignature, courier.ErrForbidden, "the signature does not hold"},
		{witness.ErrProof, courier.ErrRefused, "the consistency proof does not hold"},
		{&witness.Fork{}, courier.ErrConflict, "another tree was cosigned before"},
		{&witness.ClockError{Wait: time.Minute}, courier.ErrBusy, "the clock here has not caught up"},
		{&courier.Refusal{Sentence: "without a kind"}, courier.ErrInternal, "without a kind"},
	}
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		var next error
		h.exchange = func(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error { return next }
		serve(t, n, h)
		c := client(t, n, 1)
		for _, test := range tests {
			next = test.from
			_, err := exchange(c, "")
			wantKind(t, err, test.kind)
			peer, ok := errors.AsType[*courier.PeerError](err)
			if !ok || peer.Sentence != test.says {
				t.Errorf("%v: the peer reads %v; want %q", test.from, err, test.says)
			}
		}
		for _, next = range []error{
			fmt.Errorf("witness: %w", &courier.ConflictError{Size: 77}),
			&witness.SizeError{Size: 77},
			&witness.Fork{Stale: &witness.SizeError{Size: 77}},
		} {
			_, err := exchange(c, "")
			wantKind(t, err, courier.ErrConflict)
			if conflict, ok := errors.AsType[*courier.ConflictError](err); !ok || conflict.Size != 77 {
				t.Errorf("a conflict arrives as %v", err)
			}
		}
	})
}
