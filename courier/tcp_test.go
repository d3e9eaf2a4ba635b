package courier_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"detente/courier"
)

// The same over real sockets of the loopback interface.
func TestOverTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := courier.NewServer(newHost(secret(1)), secret(9), time.Now)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	endpoint := []string{"https://" + l.Addr().String()}
	c := courier.NewClient(endpoint, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now), nil)
	defer c.Close()
	if got, err := exchange(c, "hello"); err != nil || got != "alatau: hello" {
		t.Errorf("exchange = %q, %v", got, err)
	}
	stranger := courier.NewClient(endpoint, courier.ClientTLS(secret(2), secret(9).Pin(), time.Now), nil)
	defer stranger.Close()
	_, err = exchange(stranger, "hello")
	wantKind(t, err, courier.ErrNotKnown)
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	_, err = exchange(c, "hello")
	wantKind(t, err, courier.ErrUnreachable)
}

// A party that opens connection after connection loses its own oldest ones, and takes
// no place of another.
func TestOnePartyCannotHoldEveryConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := courier.NewServer(newHost(secret(1), secret(2)), secret(9), time.Now)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	open := func(who byte) *tls.Conn {
		c, err := tls.Dial("tcp", l.Addr().String(), courier.ClientTLS(secret(who), secret(9).Pin(), time.Now))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
			t.Fatal(err)
		}
		for head := make([]byte, 9); head[3] != 4 || head[4] != 1; { // until the server has taken the settings
			if _, err := io.ReadFull(c, head); err != nil {
				t.Fatalf("connection of %d: %v", who, err)
			}
			if _, err := io.CopyN(io.Discard, c, int64(head[0])<<16|int64(head[1])<<8|int64(head[2])); err != nil {
				t.Fatal(err)
			}
		}
		return c
	}
	// Who shows the certificate of another and proves no key pushes nobody out.
	genuine := open(1)
	for range courier.MaxConnsPerPeer + 1 {
		line, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { line.Close() })
		if err := tls.Client(&unproven{Conn: line}, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now)).Handshake(); err != nil {
			t.Fatal(err)
		}
	}
	ended := func(c *tls.Conn) bool {
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := io.Copy(io.Discard, c)
		var late net.Error
		return !errors.As(err, &late) || !late.Timeout()
	}
	if ended(genuine) {
		t.Error("a connection was pushed out by some that had proved no key")
	}
	genuine.Close()
	other := open(2)
	var held []*tls.Conn
	for range courier.MaxConnsPerPeer + 3 {
		held = append(held, open(1))
	}
	for i, c := range held {
		if got, want := ended(c), i < 3; got != want {
			t.Errorf("connection %d of %d has ended: %t", i+1, len(held), got)
		}
	}
	if ended(other) {
		t.Error("the connection of another party has ended")
	}
	for _, c := range append(held, other) {
		c.Close()
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-served
}

// unproven passes of what a client says in its handshake the certificate on, and not the
// signature that would prove its key.
type unproven struct {
	net.Conn
	sealed int // records under keys of the handshake
}

func (u *unproven) Write(b []byte) (int, error) {
	for rest := b; len(rest) >= 5 && u.sealed < 1; {
		n := 5 + int(rest[3])<<8 + int(rest[4])
		if rest[0] == 23 {
			u.sealed++
		}
		if _, err := u.Conn.Write(rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(b), nil
}

// A round trip of 4 KiB each way over a warm connection.
func BenchmarkExchange(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := courier.NewServer(newHost(secret(1)), secret(9), time.Now)
	go s.Serve(l)
	c := courier.NewClient([]string{"https://" + l.Addr().String()}, courier.ClientTLS(secret(1), secret(9).Pin(), time.Now), nil)
	defer c.Close()
	body := strings.Repeat("x", 4<<10)
	for b.Loop() {
		if _, err := exchange(c, body); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Shutdown(b.Context()); err != nil && b.Context().Err() == nil {
		b.Error(err)
	}
}
