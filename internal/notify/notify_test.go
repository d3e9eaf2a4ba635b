package notify

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// manager is a stand-in for the service manager's end of the socket.
func manager(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func heard(t *testing.T, conn *net.UnixConn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2*MaxMessage)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

// socketDir is short: a socket path holds 107 bytes, and test folders are long.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestMessages(t *testing.T) {
	names := []string{filepath.Join(socketDir(t), "s")}
	if runtime.GOOS == "linux" {
		names = append(names, "@detente-notify-test/"+filepath.Base(socketDir(t)))
	}
	for _, name := range names {
		conn := manager(t, name)
		s, err := Dial(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []struct {
			want string
			send func() error
		}{
			{"READY=1\nSTATUS=5 peers", func() error { return s.Ready("5 peers") }},
			{"READY=1", func() error { return s.Ready("") }},
			{"STATUS=4 of 5 peers reachable", func() error { return s.Status("4 of 5 peers reachable") }},
			{"WATCHDOG=1", s.Watchdog},
			{"EXTEND_TIMEOUT_USEC=30000000", func() error { return s.Extend(30 * time.Second) }},
			{"STOPPING=1\nSTATUS=finishing", func() error { return s.Stopping("finishing") }},
			{"STATUS=" + strings.Repeat("x", MaxMessage-7), func() error { return s.Status(strings.Repeat("x", MaxMessage-7)) }},
		} {
			if err := m.send(); err != nil {
				t.Fatal(err)
			}
			if got := heard(t, conn); got != m.want {
				t.Errorf("%s: heard %q, want %q", name, got, m.want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Watchdog(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestRefused(t *testing.T) {
	name := filepath.Join(socketDir(t), "s")
	conn := manager(t, name)
	s, err := Dial(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"second field":    s.Status("all is well\nMAINPID=1"),
		"zero byte":       s.Ready("a\x00b"),
		"empty status":    s.Status(""),
		"too long":        s.Status(strings.Repeat("x", MaxMessage-6)),
		"negative extend": s.Extend(-time.Second),
	} {
		if err == nil {
			t.Errorf("%s: sent", what)
		}
	}
	if err := s.Watchdog(); err != nil {
		t.Fatal(err)
	}
	if got := heard(t, conn); got != "WATCHDOG=1" {
		t.Errorf("a refused message was sent: %q", got)
	}
	for _, path := range []string{"relative/socket", "vsock:2:1234", "/" + strings.Repeat("x", maxPath), filepath.Join(socketDir(t), "absent")} {
		if _, err := Dial(path); err == nil {
			t.Errorf("connected to %q", path)
		}
	}
}

func TestWithoutSocket(t *testing.T) {
	s, err := Dial("")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Socket{s, nil, {}} {
		if err := errors.Join(s.Ready("x"), s.Status("x"), s.Watchdog(), s.Extend(time.Second), s.Stopping(""), s.Close()); err != nil {
			t.Error(err)
		}
		if s.Status("two\nlines") == nil {
			t.Error("two lines accepted where there is no socket")
		}
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
		bad       bool
	}{
		{usec: "", want: 0},
		{usec: "60000000", want: 30 * time.Second},
		{usec: "60000000", pid: "77", want: 30 * time.Second},
		{usec: "60000000", pid: "78", want: 0},
		{usec: "1", want: 500 * time.Nanosecond},
		{usec: "86400000000", want: 12 * time.Hour},
		{usec: "86400000001", bad: true},
		{usec: "0", bad: true},
		{usec: "-1", bad: true},
		{usec: "30s", bad: true},
		{usec: "99999999999999999999", bad: true},
	} {
		got, err := Interval(c.usec, c.pid, 77)
		if (err != nil) != c.bad || got != c.want {
			t.Errorf("Interval(%q, %q) = %v, %v", c.usec, c.pid, got, err)
		}
	}
}
