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
		// The first frame of the server shows that it has taken the connection.
		if _, err := io.ReadFull(c, make([]byte, 9)); err != nil {
			t.Fatalf("connection of %d: %v", who, err)
		}
		return c
	}
	other := open(2)
	var held []*tls.Conn
	for range courier.MaxConnsPerPeer + 3 {
		held = append(held, open(1))
	}
	ended := func(c *tls.Conn) bool {
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := io.Copy(io.Discard, c)
		var late net.Error
		return !errors.As(err, &late) || !late.Timeout()
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
