package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"detente/key"
)

// Server serves a Host over HTTP/2 and mutual TLS, with bounds on headers,
// bodies, streams, connections and slowness.
type Server struct {
	// ErrorLog receives refused handshakes and panics of the Host. To be set
	// before Serve. Optional; nil discards them.
	ErrorLog *log.Logger

	http    http.Server
	shown   *atomic.Pointer[tls.Certificate]
	begin   sync.Once
	closing chan struct{}      // closed when Shutdown begins
	cancel  context.CancelFunc // ends the contexts of all requests
}

// NewServer makes a server of h with the transport key s. The clock now is for
// the TLS layer alone; timeouts use the process's own.
func NewServer(h Host, s key.TransportSecret, now func() time.Time) *Server {
	closing := make(chan struct{})
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), closingKey{}, (<-chan struct{})(closing)))
	var protocols http.Protocols
	protocols.SetHTTP2(true)
	shown := &atomic.Pointer[tls.Certificate]{}
	return &Server{
		shown:   shown,
		closing: closing,
		cancel:  cancel,
		http: http.Server{
			Handler:           Handler(h),
			TLSConfig:         audible(ServerTLS(s, h.Peer, now), shown),
			Protocols:         &protocols,
			ReadHeaderTimeout: handshakeTime,
			IdleTimeout:       idleTime,
			MaxHeaderBytes:    maxHeader,
			ConnState:         noteProven,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			HTTP2: &http.HTTP2Config{
				MaxConcurrentStreams: maxStreams,
				MaxReadFrameSize:     maxFrame,
				SendPingTimeout:      idleTime / 2,
				PingTimeout:          pongTime,
				WriteByteTimeout:     patience,
			},
		},
	}
}

// Show makes s the transport key of all connections that begin from now on.
func (s *Server) Show(k key.TransportSecret, now time.Time) {
	c := certificate(k, now)
	s.shown.Store(&c)
}

// audible makes refused connections close in such a way that the other end hears
// the refusal, and not only that the line broke. They show
// the certificate in shown, if there is one by then.
func audible(config *tls.Config, shown *atomic.Pointer[tls.Certificate]) *tls.Config {
	plain := config.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		conn, ok := hello.Conn.(*boundConn)
		if !ok {
			return nil, nil
		}
		marked := plain.Clone()
		if c := shown.Load(); c != nil {
			marked.Certificates = []tls.Certificate{*c}
		}
		marked.VerifyConnection = func(state tls.ConnectionState) error {
			err := plain.VerifyConnection(state)
			if err != nil {
				conn.refused.Store(true)
			}
			return err
		}
		return marked, nil
	}
	return config
}

// noteProven counts a connection for its party once the handshake is over: only then
// has the other end proved that it holds the key which it showed.
func noteProven(c net.Conn, state http.ConnState) {
	secure, ok := c.(*tls.Conn)
	if !ok || state != http.StateActive && state != http.StateIdle {
		return
	}
	shown := secure.ConnectionState()
	conn, ok := secure.NetConn().(*boundConn)
	if !ok || !shown.HandshakeComplete {
		return
	}
	if pin, err := provenPin(shown); err == nil {
		conn.proved.Do(func() { conn.from.prove(conn, pin) })
	}
}

// Serve accepts connections on l until Shutdown, and then returns nil. It
// closes l.
func (s *Server) Serve(l net.Listener) error {
	s.http.ErrorLog = s.ErrorLog
	if s.ErrorLog == nil {
		s.http.ErrorLog = log.New(io.Discard, "", 0)
	}
	err := s.http.ServeTLS(newBoundListener(l), "", "")
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown stops accepting, tells waiting requests by Closing, lets those under
// way finish, ends their contexts after two seconds, and closes all connections
// when ctx ends. It returns when nothing is under way any more.
func (s *Server) Shutdown(ctx context.Context) error {
	s.begin.Do(func() { close(s.closing) })
	timer := time.AfterFunc(closingTime, s.cancel)
	defer timer.Stop()
	err := s.http.Shutdown(ctx)
	s.cancel()
	if err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
