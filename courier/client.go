package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"detente/party"

	"golang.org/x/mod/sumdb/tlog"
)

// Client is one peer over warm HTTP/2 connections. It is safe for concurrent
// use. Answers are untrusted bytes. A request that never left, because the
// warm connection was found closed, is sent on a new one; nothing else is
// sent twice.
type Client struct {
	endpoints []string
	config    *tls.Config
	dial      func(ctx context.Context, network, addr string) (net.Conn, error)
	transport *http.Transport

	mu     sync.Mutex
	first  int                   // guarded by mu: the endpoint to try first, the last that worked
	conns  map[net.Conn]struct{} // guarded by mu: the open connections
	fresh  *fresh                // guarded by mu: the newest, until something was answered
	spare  chan *fresh           // capacity 1: made by an attempt that its request no longer waited for
	begin  chan struct{}         // guarded by mu, closed and renewed by Hurry
	tries  int                   // guarded by mu: attempts under way
	live   context.Context       // of the attempts; ends with Close
	end    context.CancelFunc
	closed bool // guarded by mu
}

// NewClient makes a client that dials endpoints, "https://host:port", in turn,
// beginning with the one that worked last, under cfg of ClientTLS. It does not
// wait for an attempt that hangs: within 1.5 s another one begins. dial may be
// nil for a net.Dialer. Nothing is dialled before the first request.
func NewClient(endpoints []string, cfg *tls.Config, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *Client {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	c := &Client{
		endpoints: append([]string(nil), endpoints...),
		config:    cfg,
		dial:      dial,
		conns:     make(map[net.Conn]struct{}),
		spare:     make(chan *fresh, 1),
		begin:     make(chan struct{}),
	}
	c.live, c.end = context.WithCancel(context.Background())
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	c.transport = &http.Transport{
		DialTLSContext:         c.dialTLS,
		Protocols:              &protocols,
		DisableCompression:     true,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: maxHeader,
		HTTP2: &http.HTTP2Config{
			MaxReadFrameSize:          maxFrame,
			MaxReceiveBufferPerStream: 1 << 20,
			SendPingTimeout:           pingTime,
			PingTimeout:               pongTime,
			WriteByteTimeout:          patience,
		},
	}
	return c
}

// Exchange sends body, at most MaxBody bytes and closed at the end if it is an
// io.Closer, and returns the answer, at most
// MaxAnswer, to be closed. The peer may wait up to wait, whole seconds and at
// most MaxWait, before it answers. Reading past the bound, or too slow an
// answer, is an error of Read. The errors are those of errors.go.
func (c *Client) Exchange(ctx context.Context, wait time.Duration, body io.Reader) (io.ReadCloser, error) {
	if wait < 0 || wait > MaxWait || wait%time.Second != 0 {
		return nil, fmt.Errorf("exchange: a wait of %v; whole seconds up to %v", wait, MaxWait)
	}
	target := pathExchange
	if wait > 0 {
		target += "?wait=" + strconv.Itoa(int(wait/time.Second))
	}
	got, err := c.ask(ctx, request{
		method: http.MethodPost, target: target,
		kind: typeBundle, body: body, wait: wait,
		answer: typeBundle, limit: MaxAnswer,
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	return got, nil
}

// AddCheckpoint submits a checkpoint to the peer as a witness and returns its
// cosignature lines, at most 16 KiB, unverified. A *ConflictError tells the
// size that the witness cosigned last.
func (c *Client) AddCheckpoint(ctx context.Context, oldSize int64, proof tlog.TreeProof, note []byte) ([]byte, error) {
	s := Submission{OldSize: oldSize, Proof: proof, Note: note}
	lines, err := c.askAll(ctx, request{
		method: http.MethodPost, target: pathAddCheckpoint,
		kind: typeText, body: bytes.NewReader(s.Bytes()),
		answer: typeText, limit: maxCosignatures,
	})
	if err != nil {
		return nil, fmt.Errorf("add a checkpoint: %w", err)
	}
	return lines, nil
}

// Checkpoint reads the newest checkpoint that the peer holds of a record, at
// most MaxNote bytes, unverified.
func (c *Client) Checkpoint(ctx context.Context, o party.Origin) ([]byte, error) {
	note, err := c.askAll(ctx, request{
		method: http.MethodGet, target: Resource{Origin: o}.Path(),
		answer: typeText, limit: MaxNote,
	})
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint of %s: %w", o, err)
	}
	return note, nil
}

// Close ends all requests and connections. The client is of no use afterwards.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	conns := c.conns
	c.conns = make(map[net.Conn]struct{})
	c.mu.Unlock()
	c.end()
	for conn := range conns {
		_ = conn.Close()
	}
	c.transport.CloseIdleConnections()
}

// request is one question and the bounds of its answer.
type request struct {
	method string
	target string // path and query
	kind   string // media type of the body; empty without one
	body   io.Reader
	wait   time.Duration
	answer string // media type that the answer must have
	limit  int64  // bytes of the answer
}

// askAll is ask for small answers, read whole.
func (c *Client) askAll(ctx context.Context, q request) ([]byte, error) {
	got, err := c.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	defer got.Close()
	return io.ReadAll(got)
}

// ask sends one request and returns the answer's body, bounded.
func (c *Client) ask(ctx context.Context, q request) (*received, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	keep := false
	defer func() {
		if !keep {
			cancel(context.Canceled)
		}
	}()
	var answered atomic.Bool // the body may still be read after the answer began
	slack := dialTime + q.wait + answerTime
	timer := time.AfterFunc(slack+patience, func() {
		if !answered.Load() {
			cancel(ErrSlow)
		}
	})
	defer timer.Stop()
	var body io.Reader
	if q.body != nil {
		body = &sending{from: q.body, timer: timer, start: time.Now(), slack: slack}
	}
	r, err := http.NewRequestWithContext(ctx, q.method, "https://peer"+q.target, body)
	if err != nil {
		return nil, err
	}
	if known, ok := q.body.(interface{ Len() int }); ok {
		r.ContentLength = int64(known.Len())
	}
	r.Header.Set("User-Agent", "detente")
	r.Header.Set("Accept-Encoding", "identity")
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	answer, err := c.transport.RoundTrip(r)
	answered.Store(true)
	if err != nil {
		return nil, c.explain(ctx, err)
	}
	c.mu.Lock()
	c.fresh = nil
	c.mu.Unlock()
	got := &received{from: answer.Body, limit: q.limit, ctx: ctx, cancel: cancel}
	got.pace.expire = func() { cancel(ErrSlow) }
	if err := check(answer, q, got); err != nil {
		_ = got.Close()
		return nil, err
	}
	keep = true
	return got, nil
}

// fresh is a connection over which nothing was answered yet. A server of TLS 1.3
// judges our key after our part of the handshake is done, so that its refusal
// arrives as a line that breaks.
type fresh struct {
	plain    *tracked
	secure   *tls.Conn
	endpoint int
	made     time.Time
}

// refused reports whether the other end closed the connection with an alert.
func (f *fresh) refused() bool {
	if f == nil {
		return false
	}
	select {
	case <-f.plain.done: // else a read would take bytes that are the transport's
	case <-time.After(refusalTime):
		return false
	}
	_, err := f.secure.Read(make([]byte, 1)) // the error of the last read stays
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

// check refuses whatever is not the answer that was asked for.
func check(answer *http.Response, q request, got *received) error {
	kind := answer.Header.Get("Content-Type")
	switch {
	case answer.ProtoMajor != 2:
		return fmt.Errorf("%w: HTTP/%d", ErrAnswer, answer.ProtoMajor)
	case answer.StatusCode != http.StatusOK:
		got.limit = 4 * maxSentence
		said, err := io.ReadAll(got)
		if err != nil {
			said = nil // a refusal that does not end says nothing
		}
		return told(answer.StatusCode, kind, said)
	case kind != q.answer:
		return fmt.Errorf("%w: its media type is %q, not %q", ErrAnswer, clean(kind), q.answer)
	case answer.Header.Get("Content-Encoding") != "":
		return fmt.Errorf("%w: it is encoded as %q", ErrAnswer, clean(answer.Header.Get("Content-Encoding")))
	case answer.ContentLength > q.limit:
		return fmt.Errorf("%w: an answer of %d bytes; at most %d", ErrTooLarge, answer.ContentLength, q.limit)
	}
	return nil
}

// explain turns an error of the transport into one of this package.
func (c *Client) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	c.mu.Lock()
	newest := c.fresh
	if len(c.endpoints) > 0 {
		c.first = (c.first + 1) % len(c.endpoints) // what worked last does not now
	}
	c.mu.Unlock()
	if errors.Is(err, ErrUnreachable) {
		return err
	}
	if newest.refused() {
		return fmt.Errorf("%w: %w", ErrNotKnown, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// track notes an open connection; false after Close.
func (c *Client) track(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.conns[conn] = struct{}{}
	}
	return !c.closed
}

// tracked is a connection that Close of its client closes.
type tracked struct {
	net.Conn
	client *Client
	once   sync.Once
	done   chan struct{} // closed with the connection
}

func (t *tracked) Close() error {
	t.once.Do(func() { close(t.done) })
	t.client.mu.Lock()
	delete(t.client.conns, t)
	t.client.mu.Unlock()
	return t.Conn.Close()
}

// sending is the body of a request: each read of it says that the peer takes
// what it is sent, and moves the time by which the answer must begin.
type sending struct {
	from  io.Reader
	timer *time.Timer
	start time.Time
	slack time.Duration
	bytes int64
}

func (s *sending) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.bytes += int64(n)
	s.timer.Reset(allowance(s.bytes) + s.slack - time.Since(s.start))
	return n, err
}

func (s *sending) Close() error {
	if c, ok := s.from.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// received is the body of an answer, bounded in size and slowness.
type received struct {
	from   io.ReadCloser
	limit  int64
	pace   pace
	ctx    context.Context // of the request that is being answered
	cancel context.CancelCauseFunc
	failed error
}

func (r *received) Read(p []byte) (int, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.pace.during(func() (int, error) { return r.from.Read(p) })
	switch {
	case r.pace.bytes > r.limit:
		r.failed = fmt.Errorf("%w: an answer of more than %d bytes", ErrTooLarge, r.limit)
		r.cancel(r.failed)
		return 0, r.failed
	case err == nil || err == io.EOF:
		return n, err
	case context.Cause(r.ctx) != nil:
		r.failed = context.Cause(r.ctx)
	default:
		r.failed = fmt.Errorf("%w: the answer broke off: %w", ErrUnreachable, err)
	}
	return n, r.failed
}

func (r *received) Close() error {
	r.cancel(context.Canceled)
	return r.from.Close()
}
