package courier

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// boundListener closes at once what exceeds maxConns and maxConnsPerHost, so
// that strangers cannot use up the descriptors of the process.
type boundListener struct {
	net.Listener

	mu     sync.Mutex
	all    int            // guarded by mu
	byHost map[string]int // guarded by mu; no zero values
}

func newBoundListener(l net.Listener) *boundListener {
	return &boundListener{Listener: l, byHost: make(map[string]int)}
}

func (l *boundListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := hostOf(conn.RemoteAddr())
		if l.enter(host) {
			return &boundConn{Conn: conn, left: sync.OnceFunc(func() { l.leave(host) })}, nil
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

func (l *boundListener) leave(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.byHost[host]--; l.byHost[host] == 0 {
		delete(l.byHost, host)
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
	left    func()
	refused atomic.Bool
}

// Close of a refused connection first takes what the other end has sent: a
// socket closed with unread bytes resets the line, and the reset overtakes the
// alert that says why.
func (c *boundConn) Close() error {
	defer c.left()
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.refused.Load() && half.CloseWrite() == nil {
		_ = c.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
	}
	return c.Conn.Close()
}
