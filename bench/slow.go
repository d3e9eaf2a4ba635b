package main

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// slowLine is a line with a delay and a rate, as a distant embassy has: what is sent
// arrives half of the delay later, and no more than the rate lets through. The opening
// of a connection takes one delay.
type slowLine struct {
	delay time.Duration // there and back
	rate  float64       // bytes in a second, each way
}

// slowPacket is how much travels at once, in bytes.
const slowPacket = 1400

// dial opens a connection over the line.
func (s slowLine) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	real, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	time.Sleep(s.delay)
	near, far := net.Pipe()
	go s.carry(far, real)
	go s.carry(real, far)
	return near, nil
}

// carry brings what it reads to the other end in its time.
func (s slowLine) carry(to, from net.Conn) {
	type packet struct {
		at   time.Time
		body []byte
	}
	way := make(chan packet, 4096)
	go func() {
		for p := range way {
			time.Sleep(time.Until(p.at))
			if _, err := to.Write(p.body); err != nil {
				from.Close()
			}
		}
		to.Close()
	}()
	defer close(way)
	var free time.Time // when the line has carried all so far
	for {
		b := make([]byte, slowPacket)
		n, err := from.Read(b)
		if now := time.Now(); free.Before(now) {
			free = now
		}
		free = free.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
		if n > 0 {
			way <- packet{free.Add(s.delay / 2), b[:n]}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				to.Close()
			}
			return
		}
	}
}
