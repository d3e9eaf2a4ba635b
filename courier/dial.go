package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// A line may swallow what is sent to it. A system then repeats the first packet
// of a connection more and more seldom, so that an attempt which began before the
// line came back learns of it late. Hence attempts are not waited for: another one
// begins every redialTime while older ones hang, and the first to come through is used.

// Hurry begins another attempt at once where a request waits for a connection: the
// peer gave a sign of life.
func (c *Client) Hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.begin)
	c.begin = make(chan struct{})
}

func (c *Client) hurried() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begin
}

// dialTLS connects to the first endpoint that shows the pinned key, within dialTime.
// An attempt that is still under way then goes on for the next request.
func (c *Client) dialTLS(ctx context.Context, network, _ string) (net.Conn, error) {
	if len(c.endpoints) == 0 {
		return nil, fmt.Errorf("%w: no endpoint is known", ErrUnreachable)
	}
	r := &round{client: c, network: network, done: make(chan outcome)}
	r.ctx, r.cancel = context.WithCancel(c.live)
	c.mu.Lock()
	r.next = c.first
	c.mu.Unlock()
	end, tick := time.NewTimer(dialTime), time.NewTicker(redialTime)
	defer end.Stop()
	defer tick.Stop()
	r.attempt()
	for {
		hurry := c.hurried()
		select {
		case o := <-r.done:
			r.pending--
			if o.err == nil {
				r.over()
				return c.use(o.conn), nil
			}
			r.failed = append(r.failed, fmt.Errorf("%s: %w", c.endpoints[o.endpoint], o.err))
			if len(r.failed) < len(c.endpoints) {
				r.attempt()
			} else if r.pending == 0 {
				r.cancel()
				return nil, fmt.Errorf("%w: %w", ErrUnreachable, errors.Join(r.failed...))
			}
		case conn := <-c.spare:
			if time.Since(conn.made) < spareTime {
				r.over()
				return c.use(conn), nil
			}
			_ = conn.secure.Close()
		case <-tick.C:
			r.attempt()
		case <-hurry:
			r.attempt()
		case <-end.C:
			go r.leave()
			return nil, fmt.Errorf("%w: %w", ErrUnreachable, errors.Join(append(r.failed, errors.New("the line is silent"))...))
		case <-ctx.Done():
			go r.leave()
			return nil, ctx.Err()
		}
	}
}

// use makes a connection the newest one, and its endpoint the first to try.
func (c *Client) use(conn *fresh) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first, c.fresh = conn.endpoint, conn
	return conn.secure
}

// round is the attempts for one request. One goroutine owns it.
type round struct {
	client  *Client
	ctx     context.Context // of the attempts, not of the request
	cancel  context.CancelFunc
	network string
	done    chan outcome
	next    int // endpoint of the next attempt
	pending int
	failed  []error
}

type outcome struct {
	conn     *fresh
	endpoint int
	err      error
}

// attempt begins an attempt at the next endpoint, unless maxTries are under way.
func (r *round) attempt() {
	c := r.client
	c.mu.Lock()
	full := c.tries >= maxTries && r.pending > 0
	if !full {
		c.tries++
	}
	c.mu.Unlock()
	if full {
		return
	}
	k := r.next % len(c.endpoints)
	r.next++
	r.pending++
	go func() {
		conn, err := c.dialOne(r.ctx, r.network, k)
		c.mu.Lock()
		c.tries--
		c.mu.Unlock()
		r.done <- outcome{conn, k, err}
	}()
}

// over ends the attempts that are not needed any more.
func (r *round) over() {
	r.cancel()
	go r.drain(func(conn *fresh) { _ = conn.secure.Close() })
}

// leave keeps the first connection that still comes about for the next request.
func (r *round) leave() {
	r.drain(func(conn *fresh) {
		select {
		case r.client.spare <- conn:
			r.cancel()
		default:
			_ = conn.secure.Close()
		}
	})
	r.cancel()
}

// drain waits for the attempts under way; each ends within dialTime.
func (r *round) drain(made func(*fresh)) {
	for ; r.pending > 0; r.pending-- {
		if o := <-r.done; o.err == nil {
			made(o.conn)
		}
	}
}

// dialOne connects to one endpoint and makes the TLS handshake.
func (c *Client) dialOne(ctx context.Context, network string, endpoint int) (*fresh, error) {
	addr := strings.TrimSuffix(strings.TrimPrefix(c.endpoints[endpoint], "https://"), "/")
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	plain, err := c.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := &tracked{Conn: plain, client: c, done: make(chan struct{})}
	if !c.track(conn) {
		_ = plain.Close()
		return nil, net.ErrClosed
	}
	secure := tls.Client(conn, c.config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &fresh{plain: conn, secure: secure, endpoint: endpoint, made: time.Now()}, nil
}
