package couriertest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// errSilent is for connect alone: the caller waits in vain.
var errSilent = errors.New("couriertest: the line is silent")

// window is how many bytes may be on their way in one direction before a
// writer waits, as with a socket.
const window = 256 << 10

// Line is the line between two places. Its methods may be called at any time.
type Line struct {
	mu     sync.Mutex
	cut    bool               // guarded by mu
	silent bool               // guarded by mu
	delay  time.Duration      // guarded by mu
	damage int                // guarded by mu: how many writes are still to be damaged
	ends   map[*conn]struct{} // guarded by mu: both ends of the open connections
}

// Cut breaks all connections and lets none be made.
func (l *Line) Cut() {
	l.mu.Lock()
	l.cut = true
	l.mu.Unlock()
	l.Break()
}

// Break breaks all connections; new ones can be made at once.
func (l *Line) Break() {
	l.mu.Lock()
	ends := l.ends
	l.ends = make(map[*conn]struct{})
	l.mu.Unlock()
	for end := range ends {
		end.in.fail(errCut)
		end.out.fail(errCut)
	}
}

// Silence keeps connections and loses what is written to them; new ones do not
// come about. What was lost stays lost after Mend.
func (l *Line) Silence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = true
}

// Mend ends Cut, Silence and Damage; the delay stays.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.silent, l.damage = false, false, 0
}

// Delay makes every write arrive that much later, in order.
func (l *Line) Delay(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.delay = d
}

// Damage flips one bit in each of the next n writes.
func (l *Line) Damage(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.damage = n
}

// open makes a connection; both ends are returned.
func (l *Line) open(sleep func(time.Duration), near, far address) (*conn, *conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.cut:
		return nil, nil, errCut
	case l.silent:
		return nil, nil, errSilent
	}
	there, back := newStream(l, sleep), newStream(l, sleep)
	a := &conn{line: l, in: back, out: there, local: near, remote: far}
	b := &conn{line: l, in: there, out: back, local: far, remote: near}
	l.ends[a], l.ends[b] = struct{}{}, struct{}{}
	return a, b, nil
}

// conditions is what the line does to a write now.
func (l *Line) conditions() (delay time.Duration, lose, damage bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.damage > 0 {
		l.damage--
		damage = true
	}
	return l.delay, l.silent, damage
}

// conn is one end of a connection.
type conn struct {
	line          *Line
	in, out       *stream
	local, remote address
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *conn) LocalAddr() net.Addr         { return c.local }
func (c *conn) RemoteAddr() net.Addr        { return c.remote }

func (c *conn) Close() error {
	c.line.mu.Lock()
	delete(c.line.ends, c)
	c.line.mu.Unlock()
	c.out.end()
	c.in.close()
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	c.out.writeBy.set(c.out, t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writeBy.set(c.out, t)
	return nil
}

// stream is one direction of a connection: bytes on their way, then bytes
// that arrived.
type stream struct {
	line  *Line
	sleep func(time.Duration)

	mu      sync.Mutex
	changed *sync.Cond // on mu
	arrived []byte
	coming  []chunk
	flying  int  // bytes in coming
	carried bool // a goroutine delivers what is coming
	ended   bool // the writer closed; what is coming still arrives
	closed  bool // the reader closed; what is written is lost, as it is at first with a socket
	err     error
	readBy  deadline
	writeBy deadline
}

// chunk is one write and when it arrives.
type chunk struct {
	data []byte
	due  time.Time
}

func newStream(line *Line, sleep func(time.Duration)) *stream {
	s := &stream{line: line, sleep: sleep}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.err != nil:
			return 0, s.err
		case s.closed:
			return 0, net.ErrClosed
		case s.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(s.arrived) > 0:
			n := copy(p, s.arrived)
			s.arrived = s.arrived[n:]
			s.changed.Broadcast()
			return n, nil
		case s.ended && len(s.coming) == 0:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

func (s *stream) write(p []byte) (int, error) {
	delay, lose, damage := s.line.conditions()
	s.mu.Lock()
	defer s.mu.Unlock()
	written := 0
	for written < len(p) {
		room := window - len(s.arrived) - s.flying
		switch {
		case s.err != nil:
			return written, s.err
		case s.ended:
			return written, net.ErrClosed
		case s.writeBy.passed:
			return written, os.ErrDeadlineExceeded
		case lose || s.closed:
			return len(p), nil
		case room <= 0:
			s.changed.Wait()
			continue
		}
		data := append([]byte(nil), p[written:min(len(p), written+room)]...)
		written += len(data)
		if damage {
			data[len(data)/2] ^= 1
			damage = false
		}
		s.carry(data, delay)
	}
	return written, nil
}

// carry puts data on its way; s.mu is held.
func (s *stream) carry(data []byte, delay time.Duration) {
	if delay == 0 && len(s.coming) == 0 {
		s.arrived = append(s.arrived, data...)
		s.changed.Broadcast()
		return
	}
	s.coming = append(s.coming, chunk{data: data, due: time.Now().Add(delay)})
	s.flying += len(data)
	if !s.carried {
		s.carried = true
		go s.deliver()
	}
}

// deliver lets what is coming arrive, each piece at its time and in order.
func (s *stream) deliver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.coming) > 0 && s.err == nil && !s.closed {
		next := s.coming[0]
		s.mu.Unlock()
		if wait := time.Until(next.due); wait > 0 {
			s.sleep(wait)
		}
		s.mu.Lock()
		s.arrived = append(s.arrived, next.data...)
		s.coming = s.coming[1:]
		s.flying -= len(next.data)
		s.changed.Broadcast()
	}
	s.carried = false
}

// end lets the reader come to the end of what was written.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.changed.Broadcast()
}

// close is end from the side of the reader.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.arrived = true, nil
	s.changed.Broadcast()
}

// fail ends the stream for both sides at once.
func (s *stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	s.changed.Broadcast()
}

// deadline is one deadline of a stream, guarded by its mu.
type deadline struct {
	timer  *time.Timer
	passed bool
}

func (d *deadline) set(s *stream, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer, d.passed = nil, false
	if t.IsZero() {
		return
	}
	if wait := time.Until(t); wait > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if d.timer == timer {
				d.passed = true
				s.changed.Broadcast()
			}
		})
		d.timer = timer
		return
	}
	d.passed = true
	s.changed.Broadcast()
}
