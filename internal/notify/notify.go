// Package notify tells a service manager how a service stands: ready, stopping,
// alive, and one sentence for people. It speaks systemd's notification protocol,
// one datagram per message to a Unix socket whose path it is given; it reads no
// environment, starts nothing, and hears no answer.
//
// Invariant: one call sends one datagram whole or returns an error; a line of
// text can never become a second field. Without a socket every call does nothing
// and returns nil, so that a node runs the same by hand and as a service.
// Source: sd_notify(3), sd_watchdog_enabled(3). Use: deploy/detente.service.
package notify

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxMessage is the largest datagram sent, in bytes: the service manager
	// reads no more than one page (NOTIFY_BUFFER_MAX in systemd's sources).
	MaxMessage = 4096

	// maxPath is the longest socket path, in bytes: sun_path holds 108, and
	// both the leading zero byte of an abstract name and the final one of a
	// path count.
	maxPath = 107

	// MaxWatchdog bounds the watchdog period that Interval accepts, one day:
	// a longer one guards nothing and would point to a mistake in the unit.
	MaxWatchdog = 24 * time.Hour
)

// Socket sends messages to a service manager. The zero value and nil send
// nothing. It is safe for concurrent use.
type Socket struct{ conn *net.UnixConn }

// Dial connects to the socket at path, as NOTIFY_SOCKET names it: an absolute
// path, or "@" and an abstract name. An empty path gives a Socket that sends nothing.
func Dial(path string) (*Socket, error) {
	if path == "" {
		return &Socket{}, nil
	}
	if path[0] != '/' && path[0] != '@' {
		return nil, fmt.Errorf("notify socket %q: neither an absolute path nor an abstract name", path)
	}
	if len(path) > maxPath {
		return nil, fmt.Errorf("notify socket: path of %d bytes, at most %d", len(path), maxPath)
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("connect to notify socket: %w", err)
	}
	return &Socket{conn: conn}, nil
}

// Ready says that start-up is done and the service answers.
func (s *Socket) Ready(status string) error { return s.send("READY=1", status) }

// Status shows one line of text beside the service, e.g. "5 peers, 4 reachable".
func (s *Socket) Status(status string) error { return s.send("", status) }

// Stopping says that the service began to stop.
func (s *Socket) Stopping(status string) error { return s.send("STOPPING=1", status) }

// Watchdog says that the service is alive. Call it twice per period at least:
// see Interval.
func (s *Socket) Watchdog() error { return s.send("WATCHDOG=1", "") }

// Extend asks for d more before the manager ends a long start or stop, e.g.
// while derived tables are rebuilt.
func (s *Socket) Extend(d time.Duration) error {
	if d <= 0 {
		return errors.New("extend start time: not a positive duration")
	}
	return s.send(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", d.Microseconds()), "")
}

// Close releases the socket; further calls return an error.
func (s *Socket) Close() error {
	if s == nil || s.conn == nil {
		return nil
	}
	return s.conn.Close()
}

// send writes field, status or both as one datagram.
func (s *Socket) send(field, status string) error {
	if strings.ContainsAny(status, "\n\x00") {
		return errors.New("notify status: more than one line")
	}
	if s == nil || s.conn == nil {
		return nil
	}
	var lines []string
	if field != "" {
		lines = append(lines, field)
	}
	if status != "" {
		lines = append(lines, "STATUS="+status)
	}
	message := strings.Join(lines, "\n")
	if message == "" {
		return errors.New("notify: nothing to say")
	}
	if len(message) > MaxMessage {
		return fmt.Errorf("notify: message of %d bytes, at most %d", len(message), MaxMessage)
	}
	if _, err := s.conn.Write([]byte(message)); err != nil {
		return fmt.Errorf("notify service manager: %w", err)
	}
	return nil
}

// Interval returns how often to call Watchdog: half of the period that the
// manager gave in WATCHDOG_USEC (microseconds), or zero where none is asked for.
// pid is WATCHDOG_PID, empty or the process the watchdog is meant for; ours is
// the calling process.
func Interval(usec, pid string, ours int) (time.Duration, error) {
	if usec == "" {
		return 0, nil
	}
	if pid != "" && pid != strconv.Itoa(ours) {
		return 0, nil
	}
	n, err := strconv.ParseUint(usec, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("watchdog period in microseconds: %w", err)
	}
	if n == 0 || n > uint64(MaxWatchdog.Microseconds()) {
		return 0, fmt.Errorf("watchdog period of %d microseconds: not between 1 and %d", n, MaxWatchdog.Microseconds())
	}
	return time.Duration(n) * time.Microsecond / 2, nil
}
