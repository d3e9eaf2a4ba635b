package control

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"detente/home"
)

// ErrNotRunning means that no node runs in the home.
var ErrNotRunning = errors.New("no node runs in this home")

// Client calls verbs of a running node.
type Client struct {
	Token string // of a session; may be empty
	http  *http.Client
}

// Dial finds the running node of a home, or returns ErrNotRunning.
func Dial(ctx context.Context, dir string) (*Client, error) {
	path := filepath.Join(dir, home.SocketFile)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialUnix(ctx, path) }
	conn, err := dial(ctx, "", "")
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("reach the running node: %w", err)
	}
	conn.Close()
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial, MaxResponseHeaderBytes: 1 << 20}}}, nil
}

// Close lets go of the connection.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Call implements Caller.
func (c *Client) Call(ctx context.Context, verb string, args any, in io.Reader, out io.Writer, result any) error {
	b, err := marshal(args)
	if err != nil {
		return ErrorOf(err)
	}
	body := io.Reader(bytes.NewReader(b))
	if in != nil {
		body = in
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node"+pathPrefix+verb, body)
	if err != nil {
		return ErrorOf(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if in != nil || out != nil {
		req.Header.Set(argsHeader, base64.StdEncoding.EncodeToString(b))
		req.Header.Set(streamHeader, map[bool]string{true: "in", false: "out"}[in != nil])
	}
	res, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return ErrorOf(ctx.Err())
		}
		return refuse(Unreachable, "detente node status", "the running node did not answer: %v", err)
	}
	defer res.Body.Close()
	o, err := readOutcome(res, out)
	if err != nil {
		return refuse(Failed, "detente node status", "the answer of the running node: %v", err)
	}
	return o.decode(result)
}

func readOutcome(res *http.Response, out io.Writer) (outcome, error) {
	var o outcome
	var b []byte
	var err error
	if out != nil && res.Header.Get("Content-Type") == "application/octet-stream" {
		if _, err := io.Copy(out, res.Body); err != nil {
			return o, err
		}
		b, err = base64.StdEncoding.DecodeString(res.Trailer.Get(outcomeHeader))
	} else {
		b, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	}
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return o, fmt.Errorf("status %s: %w", res.Status, err)
	}
	return o, nil
}

// maxSocketPath is the longest path of a socket in bytes: sun_path holds 108
// with the final zero byte.
const maxSocketPath = 107

// listenUnix listens at a path of any length: a longer one goes through the
// folder's descriptor, where the system has such names.
func listenUnix(path string) (net.Listener, error) {
	if len(path) <= maxSocketPath {
		return net.Listen("unix", path)
	}
	short, done, err := shortPath(path)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.Listen("unix", short)
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the short name ends with this function
	}
	return l, err
}

func dialUnix(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	if len(path) <= maxSocketPath {
		return d.DialContext(ctx, "unix", path)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	short, done, err := shortPath(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return d.DialContext(ctx, "unix", short)
}

func shortPath(path string) (string, func() error, error) {
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("path of %d bytes for a socket, at most %d: choose a shorter home", len(path), maxSocketPath)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), dir.Close, nil
}
