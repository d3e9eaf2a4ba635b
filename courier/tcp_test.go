package courier_test

import (
	"context"
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
