package courier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"detente/courier"
	"detente/courier/couriertest"
	"detente/internal/canon"
	"detente/party"
)

func TestPinsMismatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		serve(t, n, h)

		// The server is not who was pinned.
		c := courier.NewClient([]string{"https://server:443"}, courier.ClientTLS(secret(1), secret(8).Pin(), time.Now), n.Dial("client"))
		defer c.Close()
		_, err := exchange(c, "")
		wantKind(t, err, courier.ErrWrongKey)
		wantKind(t, err, courier.ErrUnreachable)

		// The client is nobody here.
		_, err = exchange(client(t, n, 3), "")
		wantKind(t, err, courier.ErrNotKnown)

		// A key is retired while its connection stands.
		known := client(t, n, 1)
		if _, err := exchange(known, ""); err != nil {
			t.Fatal(err)
		}
		h.forget(secret(1))
		_, err = exchange(known, "")
		wantKind(t, err, courier.ErrForbidden)
	})
}

// handshake dials the server with config and returns the first error up to and
// with one read, since a server of TLS 1.3 judges the client last.
func handshake(t *testing.T, n *couriertest.Network, config *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	plain, err := n.Dial("client")(t.Context(), "tcp", "server:443")
	if err != nil {
		t.Fatal(err)
	}
	conn := tls.Client(plain, config)
	defer conn.Close()
	if err := conn.Handshake(); err != nil {
		return tls.ConnectionState{}, err
	}
	_, err = conn.Read(make([]byte, 1))
	return conn.ConnectionState(), err
}

func TestServerRefusesHandshakes(t *testing.T) {
	base := func() *tls.Config { return courier.ClientTLS(secret(1), secret(9).Pin(), time.Now) }
	tests := []struct {
		name   string
		config func() *tls.Config
	}{
		{"no certificate", func() *tls.Config { c := base(); c.Certificates = nil; return c }},
		{"TLS 1.2", func() *tls.Config {
			c := base()
			c.MinVersion, c.MaxVersion, c.VerifyConnection = tls.VersionTLS12, tls.VersionTLS12, nil
			return c
		}},
		{"no ALPN", func() *tls.Config { c := base(); c.NextProtos, c.VerifyConnection = nil, nil; return c }},
		{"HTTP/1.1", func() *tls.Config {
			c := base()
			c.NextProtos, c.VerifyConnection = []string{"http/1.1"}, nil
			return c
		}},
		{"two certificates", func() *tls.Config {
			c := base()
			c.Certificates[0].Certificate = append(c.Certificates[0].Certificate, c.Certificates[0].Certificate[0])
			return c
		}},
		{"another kind of key", func() *tls.Config { c := base(); c.Certificates = []tls.Certificate{ecdsaCertificate(t)}; return c }},
		{"an unknown key", func() *tls.Config { return courier.ClientTLS(secret(3), secret(9).Pin(), time.Now) }},
		{"another's certificate", func() *tls.Config {
			c := base()
			c.Certificates[0].PrivateKey = secret(3).Key
			return c
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := couriertest.New()
				serve(t, n, newHost(secret(1)))
				if _, err := handshake(t, n, test.config()); err == nil || err == io.EOF {
					t.Errorf("handshake: %v; want a refusal", err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // the same steps with the right configuration
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		if _, err := handshake(t, n, base()); err != nil {
			t.Errorf("handshake: %v", err)
		}
	})
}

func ecdsaCertificate(t *testing.T) tls.Certificate {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

func TestClientRefusesOldTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		l, _ := n.Listen("server")
		anyone := func(canon.Digest) (party.ID, bool) { return "anyone", true }
		config := courier.ServerTLS(secret(9), anyone, time.Now)
		config.MinVersion, config.MaxVersion, config.VerifyConnection = tls.VersionTLS12, tls.VersionTLS12, nil
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			_ = tls.Server(conn, config).Handshake()
		}()
		_, err := exchange(client(t, n, 1), "")
		wantKind(t, err, courier.ErrUnreachable)
		l.Close()
	})
}

// A ticket of an earlier connection must not carry a key past the pins: none
// is given, and one that were accepted all the same is refused.
func TestResumptionCannotSkipPins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		h := newHost(secret(1))
		serve(t, n, h)
		config := courier.ClientTLS(secret(1), secret(9).Pin(), time.Now)
		config.SessionTicketsDisabled = false
		cache := &countingCache{ClientSessionCache: tls.NewLRUClientSessionCache(8)}
		config.ClientSessionCache = cache
		config.ServerName = "server" // the key of the cache
		for range 2 {
			state, err := handshake(t, n, config)
			if err != nil || state.DidResume {
				t.Fatalf("handshake: %v, resumed %v", err, state.DidResume)
			}
		}
		if cache.put != 0 {
			t.Errorf("the server gave %d session tickets", cache.put)
		}
		h.forget(secret(1))
		if _, err := handshake(t, n, config); err == nil {
			t.Error("a retired key came in by an old session")
		}
	})
	for name, config := range map[string]*tls.Config{
		"client": courier.ClientTLS(secret(1), secret(9).Pin(), time.Now),
		"server": courier.ServerTLS(secret(9), func(canon.Digest) (party.ID, bool) { return "x", true }, time.Now),
	} {
		peer := secret(9)
		der, err := peer.Certificate(time.Now())
		if err != nil {
			t.Fatal(err)
		}
		shown, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		state := tls.ConnectionState{Version: tls.VersionTLS13, NegotiatedProtocol: "h2", PeerCertificates: []*x509.Certificate{shown}}
		if err := config.VerifyConnection(state); err != nil {
			t.Errorf("%s: a full handshake: %v", name, err)
		}
		state.DidResume = true
		if config.VerifyConnection(state) == nil {
			t.Errorf("%s: a resumed session was accepted", name)
		}
		if !config.SessionTicketsDisabled {
			t.Errorf("%s: session tickets are on", name)
		}
	}
}

type countingCache struct {
	tls.ClientSessionCache
	put int
}

func (c *countingCache) Put(name string, state *tls.ClientSessionState) {
	c.put++
	c.ClientSessionCache.Put(name, state)
}

// The dates of a certificate say nothing.
func TestClocksDoNotDecideTrust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		for _, year := range []int{1970, 1999, 2400, 9999} {
			clock := func() time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) }
			c := courier.NewClient([]string{"https://server:443"}, courier.ClientTLS(secret(1), secret(9).Pin(), clock), n.Dial("client"))
			if _, err := exchange(c, ""); err != nil {
				t.Errorf("in %d: %v", year, err)
			}
			c.Close()
		}
	})
}

func TestGarbageToServer(t *testing.T) {
	for name, send := range map[string]string{
		"HTTP/1":  "GET /record/alatau/1f2e3d4c/checkpoint HTTP/1.1\r\nHost: server\r\n\r\n",
		"noise":   strings.Repeat("\x16\x03\x01\xff\xff", 4000),
		"silence": "",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := couriertest.New()
				serve(t, n, newHost(secret(1)))
				conn, err := n.Dial("client")(t.Context(), "tcp", "server:443")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				start := time.Now()
				_, _ = io.WriteString(conn, send)
				answer, _ := io.ReadAll(conn)
				if strings.Contains(string(answer), "200") || len(answer) > 200 {
					t.Errorf("the server answered %q", answer)
				}
				if took := time.Since(start); took > 15*time.Second {
					t.Errorf("the connection lasted %v", took)
				}
			})
		})
	}
}

// A proven peer that then says nothing of HTTP/2 is let go.
func TestSilenceAfterHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		plain, err := n.Dial("client")(t.Context(), "tcp", "server:443")
		if err != nil {
			t.Fatal(err)
		}
		conn := tls.Client(plain, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now))
		defer conn.Close()
		start := time.Now()
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Logf("the connection ended with %v", err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("the connection lasted %v", took)
		}
	})
}

// Strangers may hold some connections, not all.
func TestConnectionsPerAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := couriertest.New()
		serve(t, n, newHost(secret(1)))
		open := 0
		var conns []net.Conn
		for range 300 {
			conn, err := n.Dial("stranger")(t.Context(), "tcp", "server:443")
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
		}
		synctest.Wait()
		for _, conn := range conns {
			_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
				open++
			}
		}
		if open != 256 {
			t.Errorf("%d connections of one address were kept, want 256", open)
		}
		if _, err := exchange(client(t, n, 1), ""); err != nil {
			t.Errorf("another address: %v", err)
		}
		for _, conn := range conns {
			conn.Close()
		}
		synctest.Wait()
		conn, err := n.Dial("stranger")(t.Context(), "tcp", "server:443")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); err == io.EOF {
			t.Error("places are not given back")
		}
	})
}
