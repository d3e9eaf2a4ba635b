package courier

import (
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"detente/internal/canon"
)

// boundListener closes at once what exceeds maxConns and maxConnsPerHost, so
// that strangers cannot use up the descriptors of the process. Of one party,
// once it has proved its key, it keeps the newest MaxConnsPerPeer: a party that
// opens more than that pushes out its own, and nobody else's.
type boundListener struct {
	net.Listener

	mu     sync.Mutex
	all    int                           // guarded by mu
	byHost map[string]int                // guarded by mu; no zero values
	byPeer map[canon.Digest][]*boundConn // by transport pin, oldest first; guarded by mu; no empty values
}

func newBoundListener(l net.Listener) *boundListener {
	return &boundListener{Listener: l, byHost: make(map[string]int), byPeer: make(map[canon.Digest][]*boundConn)}
}

func (l *boundListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := hostOf(conn.RemoteAddr())
		if l.enter(host) {
			return &boundConn{Conn: conn, from: l, host: host}, nil
		}
		_ = conn.Close()
	}
}

func (l *boundListener) enter(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == maxConns || l.byHost[host] == maxConnsPerHost {
		return false
	}
	l.all++
	l.byHost[host]++
	return true
}

// prove notes whose connection it is, and closes the oldest of the same party
// where there are too many.
func (l *boundListener) prove(c *boundConn, pin canon.Digest) {
	l.mu.Lock()
	if c.gone {
		l.mu.Unlock()
		return
	}
	held := append(l.byPeer[pin], c)
	var oldest *boundConn
	if len(held) > MaxConnsPerPeer {
		oldest, held = held[0], held[1:]
	}
	c.pin, l.byPeer[pin] = pin, held
	l.mu.Unlock()
	if oldest != nil {
		_ = oldest.Close()
	}
}

func (l *boundListener) leave(c *boundConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.gone = true
	l.all--
	if l.byHost[c.host]--; l.byHost[c.host] == 0 {
		delete(l.byHost, c.host)
	}
	held := slices.DeleteFunc(l.byPeer[c.pin], func(x *boundConn) bool { return x == c })
	if l.byPeer[c.pin] = held; len(held) == 0 {
		delete(l.byPeer, c.pin)
	}
}

// hostOf is the address without the port, where it has one.
func hostOf(addr net.Addr) string {
	if host, _, err := net.SplitHostPort(addr.String()); err == nil {
		return host
	}
	return addr.String()
}

// boundConn gives its place back when it is closed.
type boundConn struct {
	net.Conn
	from    *boundListener
	host    string
	pin     canon.Digest // zero until the key is proved; guarded by from.mu
	gone    bool         // guarded by from.mu
	proved  sync.Once
	left    sync.Once
	refused atomic.Bool
}

// Close of a refused connection first takes what the other end has sent: a
// socket closed with unread bytes resets the line, and the reset overtakes the
// alert that says why.
func (c *boundConn) Close() error {
	defer c.left.Do(func() { c.from.leave(c) })
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.refused.Load() && half.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}
