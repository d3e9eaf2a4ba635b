// Package couriertest is a network in memory for tests of nodes: listeners and
// connections by name, and lines between them that can be cut, silenced,
// slowed and damaged, and hosts whose exchanges are altered or come in another
// order. It works inside testing/synctest bubbles; TLS runs on top as ever.
//
// Invariant: nothing of it outlives the connections and listeners that were
// closed. Spec: spec/courier.md.
package couriertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// errCut is what a connection over a cut line sees.
var errCut = errors.New("couriertest: the line is cut")

// Network is a set of named places, each of which may listen.
type Network struct {
	// Sleep is used for the delay of lines. To be set before use. Optional; nil
	// means time.Sleep.
	Sleep func(time.Duration)

	mu        sync.Mutex
	listeners map[string]*listener // guarded by mu
	lines     map[[2]string]*Line  // guarded by mu; keys in order
}

// New returns a network without places and with good lines.
func New() *Network {
	return &Network{listeners: make(map[string]*listener), lines: make(map[[2]string]*Line)}
}

// Listen listens at a name. Closing the listener makes its Accept return and
// frees the name; connections go on.
func (n *Network) Listen(name string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[name] != nil {
		return nil, fmt.Errorf("couriertest: %s listens already", name)
	}
	l := &listener{network: n, name: name, arrivals: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[name] = l
	return l, nil
}

// Dial returns the dialler of one place, for courier.NewClient. Its address is
// the name of another place, with or without a port, which is not looked at.
func (n *Network) Dial(from string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		to := addr
		if host, _, err := net.SplitHostPort(addr); err == nil {
			to = host
		}
		return n.connect(ctx, from, to)
	}
}

// connect makes a connection as the line between the two places allows.
func (n *Network) connect(ctx context.Context, from, to string) (net.Conn, error) {
	line := n.Line(from, to)
	near, far, err := line.open(n.sleep(), address(from), address(to))
	if errors.Is(err, errSilent) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	l := n.listeners[to]
	n.mu.Unlock()
	if l == nil {
		err = fmt.Errorf("couriertest: nobody listens at %s", to)
	} else {
		select {
		case l.arrivals <- far:
			return near, nil
		case <-l.closed:
			err = fmt.Errorf("couriertest: nobody listens at %s any more", to)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	near.Close()
	far.Close()
	return nil, err
}

func (n *Network) sleep() func(time.Duration) {
	if n.Sleep != nil {
		return n.Sleep
	}
	return time.Sleep
}

// Line is the line between two places, the same in both directions.
func (n *Network) Line(a, b string) *Line {
	if b < a {
		a, b = b, a
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	line := n.lines[[2]string{a, b}]
	if line == nil {
		line = &Line{ends: make(map[*conn]struct{})}
		n.lines[[2]string{a, b}] = line
	}
	return line
}

// Cut cuts a place off from all others that the network knows of by then.
func (n *Network) Cut(name string) { n.each(name, (*Line).Cut) }

// Mend undoes Cut and Silence on all lines of a place.
func (n *Network) Mend(name string) { n.each(name, (*Line).Mend) }

func (n *Network) each(name string, f func(*Line)) {
	n.mu.Lock()
	others := make(map[string]bool)
	for pair := range n.lines {
		others[pair[0]], others[pair[1]] = true, true
	}
	for other := range n.listeners {
		others[other] = true
	}
	n.mu.Unlock()
	for other := range others {
		if other != name {
			f(n.Line(name, other))
		}
	}
}

// listener hands out the far ends of connections.
type listener struct {
	network  *Network
	name     string
	arrivals chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.arrivals:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		delete(l.network.listeners, l.name)
		l.network.mu.Unlock()
	})
	return nil
}

func (l *listener) Addr() net.Addr { return address(l.name) }

// address is the name of a place.
type address string

func (a address) Network() string { return "memory" }
func (a address) String() string  { return string(a) }
