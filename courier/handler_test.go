package courier_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"detente/courier"
	"detente/courier/couriertest"
	"detente/party"

	"golang.org/x/mod/sumdb/tlog"
)

// raw sends one request to "server" as key 1, past the checks of Client.
func raw(t *testing.T, n *couriertest.Network, method, target string, header http.Header, body string) (*http.Response, string) {
	t.Helper()
	return rawReader(t, n, method, target, header, strings.NewReader(body))
}

func rawReader(t *testing.T, n *couriertest.Network, method, target string, header http.Header, body io.Reader) (*http.Response, string) {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	transport := &http.Transport{Protocols: &protocols, DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		plain, err := n.Dial("client")(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(plain, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now))
		return conn, conn.HandshakeContext(ctx)
	}}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest(method, "https://server"+target, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return answer, string(text)
}

func TestRequestsThatAreRefused(t *testing.T) {
	bundle := http.Header{"Content-Type": {bundleType}}
	tests := []struct {
		name, method, target string
		header               http.Header
		body                 string
		status               int
	}{
		{"another method", "GET", "/exchange", nil, "", 400},
		{"post to a record", "POST", "/record/alatau/1f2e3d4c/checkpoint", nil, "", 400},
		{"connect-like method", "BREW", "/exchange", bundle, "", 400},
		{"no media type", "POST", "/exchange", nil, "", 400},
		{"another media type", "POST", "/exchange", http.Header{"Content-Type": {"application/json"}}, "", 400},
		{"media type with a parameter", "POST", "/exchange", http.Header{"Content-Type": {bundleType + "; v=1"}}, "", 400},
		{"encoded body", "POST", "/exchange", http.Header{"Content-Type": {bundleType}, "Content-Encoding": {"gzip"}}, "", 400},
		{"wait too long", "POST", "/exchange?wait=56", bundle, "", 400},
		{"wait with a zero", "POST", "/exchange?wait=05", bundle, "", 400},
		{"wait with a sign", "POST", "/exchange?wait=-1", bundle, "", 400},
		{"wait without number", "POST", "/exchange?wait=", bundle, "", 400},
		{"two waits", "POST", "/exchange?wait=1&wait=2", bundle, "", 400},
		{"another query", "POST", "/exchange?x=1", bundle, "", 400},
		{"query to witness", "POST", "/add-checkpoint?x=1", nil, "old 0\n\nnote", 400},
		{"no submission", "POST", "/add-checkpoint", nil, "", 400},
		{"unknown path", "GET", "/", nil, "", 404},
		{"unknown record path", "GET", "/record/alatau/1f2e3d4c/secrets", nil, "", 404},
		{"escaped path", "GET", "/record/alatau%2F1f2e3d4c/checkpoint", nil, "", 404},
		{"path with dots", "GET", "/record/../record/alatau/1f2e3d4c/checkpoint", nil, "", 404},
		{"doubled slash", "GET", "/record//alatau/1f2e3d4c/checkpoint", nil, "", 404},
		{"query to a record", "GET", "/record/alatau/1f2e3d4c/checkpoint?x", nil, "", 404},
		{"tile level 64", "GET", "/record/alatau/1f2e3d4c/tile/64/000", nil, "", 404},
	}
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		h.addCheckpoint = func(party.ID, int64, tlog.TreeProof, []byte) ([]byte, error) {
			t.Error("the host was asked")
			return nil, nil
		}
		h.checkpoint = func(party.Origin) ([]byte, error) { t.Error("the host was asked"); return nil, nil }
		h.tile = func(party.Origin, tlog.Tile) ([]byte, error) { t.Error("the host was asked"); return nil, nil }
		h.exchange = func(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error {
			t.Error("the host was asked")
			return nil
		}
		serve(t, n, h)
		for _, test := range tests {
			answer, body := raw(t, n, test.method, test.target, test.header, test.body)
			if answer.StatusCode != test.status {
				t.Errorf("%s: status %d, want %d (%q)", test.name, answer.StatusCode, test.status, body)
			}
			if answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasSuffix(body, "\n") {
				t.Errorf("%s: the refusal is %q", test.name, body)
			}
		}
	})
}

func TestRequestWithoutTLS(t *testing.T) {
	w := new(discardWriter)
	r, _ := http.NewRequest("POST", "/exchange", nil)
	courier.Handler(newHost()).ServeHTTP(w, r)
	if w.status != http.StatusForbidden {
		t.Errorf("status %d, want 403", w.status)
	}
}

type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}
func (w *discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *discardWriter) WriteHeader(status int)      { w.status = status }

// zeros is a reader without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// drip gives one byte each 20 s until it is closed.
type drip struct{ closed chan struct{} }

func (d *drip) Read(p []byte) (int, error) {
	select {
	case <-time.After(20 * time.Second):
		p[0] = 'x'
		return 1, nil
	case <-d.closed:
		return 0, io.ErrClosedPipe
	}
}

func (d *drip) Close() error {
	close(d.closed)
	return nil
}

func TestBodiesAreBounded(t *testing.T) {
	bundle := http.Header{"Content-Type": {bundleType}}
	tests := []struct {
		name, target string
		header       http.Header
		body         func() io.Reader
		status       int
		within       time.Duration
	}{
		{"endless exchange", "/exchange", bundle, func() io.Reader { return zeros{} }, 413, time.Second},
		{"exchange too large by its own word", "/exchange", bundle, func() io.Reader { return bytes.NewReader(make([]byte, courier.MaxBody+1)) }, 413, time.Second},
		{"largest exchange", "/exchange", bundle, func() io.Reader { return bytes.NewReader(make([]byte, courier.MaxBody)) }, 200, time.Second},
		{"endless submission", "/add-checkpoint", nil, func() io.Reader { return zeros{} }, 413, time.Second},
		{"slow exchange", "/exchange", bundle, func() io.Reader { return &drip{make(chan struct{})} }, 408, 40 * time.Second},
		{"slow submission", "/add-checkpoint", nil, func() io.Reader { return &drip{make(chan struct{})} }, 408, 40 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := couriertest.New()
				h := newHost(secret(1))
				h.exchange = func(_ context.Context, _ party.ID, _ time.Duration, in io.Reader, _ io.Writer) error {
					if _, err := io.Copy(io.Discard, in); err != nil {
						return errors.New("a host that loses the kind of the error")
					}
					return nil
				}
				serve(t, n, h)
				start := time.Now()
				answer, body := rawReader(t, n, "POST", test.target, test.header, test.body())
				if answer.StatusCode != test.status {
					t.Errorf("status %d, want %d (%q)", answer.StatusCode, test.status, body)
				}
				if took := time.Since(start); took > test.within {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A host that answers too much, or errs half way, must not look as if it had
// answered whole; a peer that does not read is let go.
func TestAnswersThatBreakOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		var wrote error
		h.exchange = func(_ context.Context, _ party.ID, _ time.Duration, _ io.Reader, out io.Writer) error {
			block := make([]byte, 1<<20)
			for range 65 {
				if _, wrote = out.Write(block); wrote != nil {
					return nil // even a host that does not mind
				}
			}
			return nil
		}
		serve(t, n, h)
		c := client(t, n, 1)
		_, err := exchange(c, "")
		wantKind(t, err, courier.ErrUnreachable)
		wantKind(t, wrote, courier.ErrTooLarge)

		h.exchange = func(_ context.Context, _ party.ID, _ time.Duration, _ io.Reader, out io.Writer) error {
			_, _ = out.Write([]byte("half"))
			return errors.New("an error half way")
		}
		_, err = exchange(c, "")
		wantKind(t, err, courier.ErrUnreachable)

		ended := make(chan time.Duration, 1)
		h.exchange = func(_ context.Context, _ party.ID, _ time.Duration, _ io.Reader, out io.Writer) error {
			start := time.Now()
			block := make([]byte, 1<<20)
			for {
				if _, err := out.Write(block); err != nil {
					ended <- time.Since(start)
					return err
				}
			}
		}
		answer, err := c.Exchange(t.Context(), 0, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Close()
		// 1 MiB fits the window; it earned 256 s beside the first 30.
		if took := <-ended; took > 10*time.Minute || took < 30*time.Second {
			t.Errorf("a peer that does not read was kept for %v", took)
		}
	})
}

func TestRecordsAreServed(t *testing.T) {
	bundle := make([]byte, 5000)
	for i := range bundle {
		bundle[i] = byte(i)
	}
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		h.checkpoint = func(o party.Origin) ([]byte, error) {
			if o != "alatau/1f2e3d4c/v2" {
				return nil, courier.ErrNotHeld
			}
			return []byte("note of " + string(o)), nil
		}
		h.tile = func(o party.Origin, tile tlog.Tile) ([]byte, error) {
			if tile.L == -1 {
				return bundle, nil
			}
			return []byte(string(o) + " " + tile.Path()), nil
		}
		serve(t, n, h)
		c := client(t, n, 1)
		if note, err := c.Checkpoint(t.Context(), "alatau/1f2e3d4c/v2"); err != nil || string(note) != "note of alatau/1f2e3d4c/v2" {
			t.Errorf("Checkpoint = %q, %v", note, err)
		}
		_, err := c.Checkpoint(t.Context(), "cintra/1f2e3d4c")
		wantKind(t, err, courier.ErrNotHeld)

		tests := []struct{ path, body, cache string }{
			{"0/000", "alatau/1f2e3d4c tile/8/0/000", "max-age=31536000, immutable"},
			{"1/x001/234.p/17", "alatau/1f2e3d4c tile/8/1/x001/234.p/17", "max-age=60"},
			{"entries/x001/000", string(bundle), "max-age=31536000, immutable"},
			{"entries/000.p/3", string(bundle), "max-age=60"},
		}
		for _, test := range tests {
			answer, body := raw(t, n, "GET", "/record/alatau/1f2e3d4c/tile/"+test.path, nil, "")
			if answer.StatusCode != 200 || body != test.body || answer.Header.Get("Cache-Control") != test.cache ||
				answer.Header.Get("Content-Type") != "application/octet-stream" {
				t.Errorf("%s: %d %v %d bytes", test.path, answer.StatusCode, answer.Header, len(body))
			}
		}
		answer, body := raw(t, n, "GET", "/record/alatau/1f2e3d4c/tile/entries/000.p/9", http.Header{"Range": {"bytes=4990-"}}, "")
		if answer.StatusCode != 206 || body != string(bundle[4990:]) || answer.Header.Get("Content-Range") != "bytes 4990-4999/5000" {
			t.Errorf("range: %d %v %q", answer.StatusCode, answer.Header, body)
		}
		if answer, _ := raw(t, n, "GET", "/record/alatau/1f2e3d4c/tile/entries/000.p/9", http.Header{"Range": {"bytes=5000-"}}, ""); answer.StatusCode != 416 {
			t.Errorf("range behind the end: %d", answer.StatusCode)
		}
		if answer, body := raw(t, n, "HEAD", "/record/alatau/1f2e3d4c/tile/entries/000", nil, ""); answer.StatusCode != 200 || body != "" || answer.ContentLength != 5000 {
			t.Errorf("HEAD: %d %d %q", answer.StatusCode, answer.ContentLength, body)
		}
	})
}

func TestAddCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		var answer error
		h.addCheckpoint = func(from party.ID, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error) {
			if answer != nil {
				return nil, answer
			}
			return []byte(string(from) + " " + strconv.FormatInt(oldSize, 10) + " " + proof[1].String() + " " + string(note)), nil
		}
		serve(t, n, h)
		c := client(t, n, 1)
		proof := tlog.TreeProof{{1}, {2}}
		lines, err := c.AddCheckpoint(t.Context(), 7, proof, []byte("note\n"))
		if want := "alatau 7 " + proof[1].String() + " note\n"; err != nil || string(lines) != want {
			t.Errorf("AddCheckpoint = %q, %v; want %q", lines, err, want)
		}
		for _, kind := range []error{courier.ErrMalformed, courier.ErrForbidden, courier.ErrNotHeld, courier.ErrRefused, courier.ErrBusy} {
			answer = kind
			_, err := c.AddCheckpoint(t.Context(), 7, nil, []byte("note\n"))
			wantKind(t, err, kind)
		}
		answer = &courier.ConflictError{Size: 9}
		_, err = c.AddCheckpoint(t.Context(), 7, nil, []byte("note\n"))
		if conflict, ok := errors.AsType[*courier.ConflictError](err); !ok || conflict.Size != 9 {
			t.Errorf("a conflict arrives as %v", err)
		}
		got, body := raw(t, n, "POST", "/add-checkpoint", nil, "old 7\n\nnote\n")
		if got.StatusCode != 409 || got.Header.Get("Content-Type") != "text/x.tlog.size" || body != "9\n" {
			t.Errorf("conflict: %d %q %q", got.StatusCode, got.Header.Get("Content-Type"), body)
		}
	})
}

// A stock client that reads many tiles at once is served, a few at a time.
func TestReadsWaitTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1), secret(2))
		var under, most atomic.Int64
		h.checkpoint = func(party.Origin) ([]byte, error) {
			most.Store(max(most.Load(), under.Add(1)))
			time.Sleep(time.Second)
			under.Add(-1)
			return []byte("note"), nil
		}
		serve(t, n, h)
		c := client(t, n, 1)
		start := time.Now()
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := c.Checkpoint(t.Context(), "alatau/1f2e3d4c"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if took := time.Since(start); most.Load() != courier.PeerReads || took != 20/courier.PeerReads*time.Second {
			t.Errorf("%d at a time, in %v", most.Load(), took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		for range courier.PeerReads {
			group.Go(func() { _, _ = c.Checkpoint(t.Context(), "alatau/1f2e3d4c") })
		}
		synctest.Wait()
		_, err := c.Checkpoint(ctx, "alatau/1f2e3d4c")
		wantKind(t, err, context.DeadlineExceeded)
		if _, err := client(t, n, 2).Checkpoint(t.Context(), "alatau/1f2e3d4c"); err != nil {
			t.Errorf("another peer: %v", err)
		}
		group.Wait()
	})
}

// What waits is bounded too: one peer cannot make the server hold thousands of
// requests that it never reads the answers of.
func TestReadsThatWaitAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1), secret(2))
		open := make(chan struct{})
		h.checkpoint = func(party.Origin) ([]byte, error) { <-open; return []byte("note"), nil }
		serve(t, n, h)
		var group sync.WaitGroup
		var busy, served atomic.Int64
		const more = 40
		var clients []*courier.Client // a connection each: the 32 streams of one are no bound
		for i := range courier.PeerReads + courier.PeerWaits + more {
			if i%16 == 0 {
				clients = append(clients, client(t, n, 1))
			}
			c := clients[len(clients)-1]
			group.Go(func() {
				switch _, err := c.Checkpoint(t.Context(), "alatau/1f2e3d4c"); {
				case errors.Is(err, courier.ErrBusy):
					busy.Add(1)
				case err == nil:
					served.Add(1)
				default:
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		if busy.Load() != more {
			t.Errorf("%d were told to come back, want %d", busy.Load(), more)
		}
		close(open)
		group.Wait()
		if served.Load() != courier.PeerReads+courier.PeerWaits {
			t.Errorf("%d were served", served.Load())
		}
		if _, err := clients[0].Checkpoint(t.Context(), "alatau/1f2e3d4c"); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
