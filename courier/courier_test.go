package courier_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"detente/courier"
	"detente/courier/couriertest"
	"detente/internal/canon"
	"detente/key"
	"detente/party"

	"golang.org/x/mod/sumdb/tlog"
)

// secret is a transport key made from one byte.
func secret(n byte) key.TransportSecret {
	return key.TransportSecret{Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))}
}

// host is a Host whose methods are fields.
type host struct {
	mu    sync.Mutex
	peers map[canon.Digest]party.ID // guarded by mu

	exchange      func(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error
	addCheckpoint func(from party.ID, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error)
	checkpoint    func(o party.Origin) ([]byte, error)
	tile          func(o party.Origin, t tlog.Tile) ([]byte, error)
}

func newHost(known ...key.TransportSecret) *host {
	h := &host{peers: make(map[canon.Digest]party.ID)}
	for i, s := range known {
		h.peers[s.Pin()] = party.ID([]string{"alatau", "borovia", "cintra"}[i])
	}
	h.exchange = func(_ context.Context, from party.ID, _ time.Duration, in io.Reader, out io.Writer) error {
		body, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		_, err = out.Write(append([]byte(from+": "), body...))
		return err
	}
	return h
}

func (h *host) Peer(pin canon.Digest) (party.ID, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id, ok := h.peers[pin]
	return id, ok
}

func (h *host) forget(s key.TransportSecret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.peers, s.Pin())
}

func (h *host) Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
	return h.exchange(ctx, from, wait, in, out)
}

func (h *host) AddCheckpoint(_ context.Context, from party.ID, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error) {
	return h.addCheckpoint(from, oldSize, proof, note)
}

func (h *host) Checkpoint(_ context.Context, _ party.ID, o party.Origin) ([]byte, error) {
	return h.checkpoint(o)
}

func (h *host) Tile(_ context.Context, _ party.ID, o party.Origin, t tlog.Tile) ([]byte, error) {
	return h.tile(o, t)
}

// serve starts a server of h named "server", with key 9, and stops it at the
// end of the test.
func serve(t *testing.T, n *couriertest.Network, h courier.Host) *courier.Server {
	t.Helper()
	l, err := n.Listen("server")
	if err != nil {
		t.Fatal(err)
	}
	s := courier.NewServer(h, secret(9), time.Now)
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

// hostile serves handler as "server" with key 9, whatever it answers.
func hostile(t *testing.T, n *couriertest.Network, handler http.HandlerFunc) {
	t.Helper()
	l, err := n.Listen("server")
	if err != nil {
		t.Fatal(err)
	}
	anyone := func(canon.Digest) (party.ID, bool) { return "anyone", true }
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	s := &http.Server{Handler: handler, TLSConfig: courier.ServerTLS(secret(9), anyone, time.Now), Protocols: &protocols}
	done := make(chan error)
	go func() { done <- s.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
}

// client is a client of "server" as key n.
func client(t *testing.T, n *couriertest.Network, as byte, endpoints ...string) *courier.Client {
	t.Helper()
	if len(endpoints) == 0 {
		endpoints = []string{"https://server:443"}
	}
	c := courier.NewClient(endpoints, courier.ClientTLS(secret(as), secret(9).Pin(), time.Now), n.Dial("client"))
	t.Cleanup(c.Close)
	return c
}

// exchange sends one body and reads the whole answer.
func exchange(c *courier.Client, body string) (string, error) {
	return exchangeWait(c, 0, body)
}

func exchangeWait(c *courier.Client, wait time.Duration, body string) (string, error) {
	answer, err := c.Exchange(context.Background(), wait, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer answer.Close()
	b, err := io.ReadAll(answer)
	return string(b), err
}

// wantKind checks the class of an error, and that it says something.
func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error is %v; want one of kind %q", err, kind)
	}
}

func TestExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1), secret(2)))
		for as, want := range map[byte]string{1: "alatau: hello", 2: "borovia: hello"} {
			c := client(t, n, as)
			for range 3 {
				if got, err := exchange(c, "hello"); err != nil || got != want {
					t.Fatalf("exchange = %q, %v; want %q", got, err, want)
				}
			}
		}
	})
}

func TestConnectionIsWarmAndHybrid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		config := courier.ClientTLS(secret(1), secret(9).Pin(), time.Now)
		var states []tls.ConnectionState
		check := config.VerifyConnection
		config.VerifyConnection = func(s tls.ConnectionState) error {
			states = append(states, s)
			return check(s)
		}
		c := courier.NewClient([]string{"https://server:443"}, config, n.Dial("client"))
		defer c.Close()
		for range 5 {
			if _, err := exchange(c, "x"); err != nil {
				t.Fatal(err)
			}
		}
		if len(states) != 1 {
			t.Fatalf("%d connections for 5 exchanges, want 1", len(states))
		}
		s := states[0]
		if s.Version != tls.VersionTLS13 || s.CurveID != tls.X25519MLKEM768 || s.NegotiatedProtocol != "h2" {
			t.Errorf("version %x, curve %v, protocol %q", s.Version, s.CurveID, s.NegotiatedProtocol)
		}
	})
}

func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		h.exchange = func(ctx context.Context, _ party.ID, wait time.Duration, _ io.Reader, out io.Writer) error {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return ctx.Err()
			}
			_, err := io.WriteString(out, "waited")
			return err
		}
		serve(t, n, h)
		c := client(t, n, 1)
		start := time.Now()
		if got, err := exchangeWait(c, courier.MaxWait, ""); err != nil || got != "waited" {
			t.Fatalf("exchange = %q, %v", got, err)
		}
		if took := time.Since(start); took != courier.MaxWait {
			t.Errorf("took %v, want %v", took, courier.MaxWait)
		}
		for _, wait := range []time.Duration{-1, 56 * time.Second, 1500 * time.Millisecond} {
			if _, err := exchangeWait(c, wait, ""); err == nil {
				t.Errorf("a wait of %v was accepted", wait)
			}
		}
	})
}

func TestShutdownEndsLongPolls(t *testing.T) {
	for _, listens := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			n := couriertest.New()
			h := newHost(secret(1))
			h.exchange = func(ctx context.Context, _ party.ID, _ time.Duration, _ io.Reader, out io.Writer) error {
				var closing <-chan struct{}
				if listens {
					closing = courier.Closing(ctx)
				}
				select {
				case <-closing:
					_, err := io.WriteString(out, "closing")
					return err
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			l, _ := n.Listen("server")
			s := courier.NewServer(h, secret(9), time.Now)
			served := make(chan error, 1)
			go func() { served <- s.Serve(l) }()
			c := client(t, n, 1)
			type result struct {
				got string
				err error
			}
			done := make(chan result, 1)
			go func() {
				got, err := exchangeWait(c, 50*time.Second, "")
				done <- result{got, err}
			}()
			synctest.Wait()
			start := time.Now()
			if err := s.Shutdown(context.Background()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("Shutdown took %v", took)
			}
			r := <-done
			if listens && (r.err != nil || r.got != "closing") {
				t.Errorf("the poll got %q, %v", r.got, r.err)
			}
			if !listens {
				wantKind(t, r.err, courier.ErrBusy)
			}
			_, err := exchange(c, "")
			wantKind(t, err, courier.ErrUnreachable)
		})
	}
}

func TestShutdownWithADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		release := make(chan struct{})
		h.exchange = func(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error {
			<-release // a host that minds nothing
			return nil
		}
		l, _ := n.Listen("server")
		s := courier.NewServer(h, secret(9), time.Now)
		go s.Serve(l)
		c := client(t, n, 1)
		failed := make(chan error, 1)
		go func() { _, err := exchange(c, ""); failed <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown = %v, want the deadline", err)
		}
		wantKind(t, <-failed, courier.ErrUnreachable)
		close(release)
	})
}

func TestOnePeerCannotTakeEveryPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1), secret(2))
		release := make(chan struct{})
		plain := h.exchange
		h.exchange = func(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
			if wait > 0 {
				<-release
			}
			return plain(ctx, from, wait, in, out)
		}
		serve(t, n, h)
		c := client(t, n, 1)
		var group sync.WaitGroup
		for range courier.PeerExchanges {
			group.Go(func() {
				if _, err := exchangeWait(c, time.Second, ""); err != nil {
					t.Errorf("a request within the limit: %v", err)
				}
			})
		}
		synctest.Wait()
		_, err := exchange(c, "")
		wantKind(t, err, courier.ErrBusy)
		if _, err := exchange(client(t, n, 2), ""); err != nil {
			t.Errorf("another peer: %v", err)
		}
		close(release)
		group.Wait()
		if _, err := exchange(c, ""); err != nil {
			t.Errorf("after the others ended: %v", err)
		}
	})
}

func TestEndpointsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		other, _ := n.Listen("other") // answers with another key
		anyone := func(canon.Digest) (party.ID, bool) { return "anyone", true }
		wrong := &http.Server{ErrorLog: log.New(io.Discard, "", 0), TLSConfig: courier.ServerTLS(secret(7), anyone, time.Now)}
		go wrong.ServeTLS(other, "", "")
		defer wrong.Close()
		var dialled []string
		dial := n.Dial("client")
		c := courier.NewClient(
			[]string{"https://nowhere:1", "https://other:2", "https://server:3"},
			courier.ClientTLS(secret(1), secret(9).Pin(), time.Now),
			func(ctx context.Context, network, addr string) (net.Conn, error) {
				dialled = append(dialled, addr)
				return dial(ctx, network, addr)
			})
		defer c.Close()
		if _, err := exchange(c, ""); err != nil {
			t.Fatal(err)
		}
		n.Line("client", "server").Break()
		synctest.Wait()
		if _, err := exchange(c, ""); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(dialled, " ")
		if want := "nowhere:1 other:2 server:3 server:3"; got != want {
			t.Errorf("dialled %s; want %s", got, want)
		}
		n.Cut("server")
		_, err := exchange(c, "")
		wantKind(t, err, courier.ErrUnreachable)
	})
}

func TestNoEndpoint(t *testing.T) {
	c := courier.NewClient(nil, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now), nil)
	defer c.Close()
	_, err := exchange(c, "")
	wantKind(t, err, courier.ErrUnreachable)
}

func TestCloseEndsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		h.exchange = func(ctx context.Context, _ party.ID, _ time.Duration, _ io.Reader, _ io.Writer) error {
			<-ctx.Done()
			return ctx.Err()
		}
		serve(t, n, h)
		c := client(t, n, 1)
		failed := make(chan error, 1)
		go func() { _, err := exchangeWait(c, 55*time.Second, ""); failed <- err }()
		synctest.Wait()
		c.Close()
		wantKind(t, <-failed, courier.ErrUnreachable)
		_, err := exchange(c, "")
		wantKind(t, err, courier.ErrUnreachable)
	})
}

func TestCallerEndsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		ended := make(chan struct{})
		h.exchange = func(ctx context.Context, _ party.ID, _ time.Duration, _ io.Reader, _ io.Writer) error {
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		}
		serve(t, n, h)
		c := client(t, n, 1)
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_, err := c.Exchange(ctx, 0, strings.NewReader(""))
		wantKind(t, err, context.DeadlineExceeded)
		<-ended
	})
}

func TestStreamedBodyIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		h.exchange = func(context.Context, party.ID, time.Duration, io.Reader, io.Writer) error {
			return courier.Refuse("not today", nil) // without reading
		}
		serve(t, n, h)
		c := client(t, n, 1)
		r, w := io.Pipe()
		wrote := make(chan error, 1)
		go func() {
			for {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					wrote <- err
					return
				}
			}
		}()
		_, err := c.Exchange(context.Background(), 0, r)
		wantKind(t, err, courier.ErrRefused)
		<-wrote // else the bubble would end in a deadlock
	})
}
