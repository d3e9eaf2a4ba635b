package screen

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"detente/control"
	"detente/party"
)

// Config says what a site serves.
type Config struct {
	// Party is the state whose desk it is; its cookies are named by it, since a browser
	// keeps one jar for all ports of a machine.
	Party party.ID
	// Name is that of the state in a language, for the page of the sign-in.
	Name func(lang string) string
	// Door calls verbs of the running node under the session of a token.
	Door func(token string) control.Caller
	// Own calls verbs for the program itself: only to see whether there is something new.
	Own control.Caller
	// Changed returns a channel that is closed when the node has something new.
	Changed func() <-chan struct{}
	// Now is the clock, for what a page says about its own age.
	Now func() time.Time
	// Log takes what operators read. Optional: discarded.
	Log *slog.Logger
	// Cast are the officers of a demonstration, offered in place of typing; the
	// passphrases of a demonstration are no secret. Optional: none.
	Cast []Part
}

// Part is an officer of a demonstration.
type Part struct {
	Officer, Name, Passphrase string
}

// Site is the desk of one node as an http.Handler.
type Site struct {
	Config
	languages map[string]*template.Template // by language, every page
	assets    map[string]asset              // by path
	names     map[string]string             // of assets: their paths
	watch     *watch
	packers   sync.Pool // of *gzip.Writer
	handler   http.Handler
}

// New prepares the pages of a node; an error is a fault of a template or of a text.
func New(c Config) (*Site, error) { return newSite(c, routes()) }

// NewAwaiting prepares the pages of a home that awaits the roster of its group: its
// fingerprint, the cards of others, and the roster.
func NewAwaiting(c Config) (*Site, error) { return newSite(c, awaitingRoutes()) }

func newSite(c Config, all []route) (*Site, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Site{Config: c, watch: newWatch()}
	var err error
	if s.assets, s.names, err = readAssets(); err != nil {
		return nil, err
	}
	if s.languages, err = s.templates(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, r := range all {
		mux.Handle(r.pattern, s.handle(r))
	}
	mux.HandleFunc("GET /asset/{file}", s.asset)
	mux.Handle("/", s.handle(route{"/", func(*visit) error { return errNoPage }, true}))
	same := http.NewCrossOriginProtection()
	same.SetDenyHandler(s.handle(route{"", func(*visit) error { return errElsewhere }, true}))
	s.handler = guard(same.Handler(mux))
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// policy lets a page load from its own origin alone, and be framed by nobody.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets what every answer carries, and bounds what is sent.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()")
		h.Set("Cache-Control", "no-store")
		most := int64(maxBody)
		if carriesFiles(r) {
			most = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// Server serves a site until it is stopped.
type Server struct {
	http  *http.Server
	site  *Site
	loops sync.WaitGroup
}

// NewServer prepares a server with bounds in size and time: the pages of a site, and
// below /api/ the interface for programs, to which no cookie reaches; nil: none.
func NewServer(s *Site, programs http.Handler) *Server {
	all := http.NewServeMux()
	all.Handle("/", s)
	if programs != nil {
		all.Handle("/api/", programs)
	}
	return &Server{site: s, http: &http.Server{Handler: all, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)}}
}

// Serve answers until Stop: under TLS with the two files of a certificate, or in the
// clear without, which is for a listener that Listen made.
func (s *Server) Serve(l net.Listener, cert, key string) error {
	s.loops.Go(s.site.run)
	var err error
	if cert != "" {
		err = s.http.ServeTLS(l, cert, key)
	} else {
		err = s.http.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop takes no further requests and waits a little for those under way. It is called
// once.
func (s *Server) Stop() error {
	close(s.site.watch.done) // ends the streams
	defer s.loops.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// Listen opens the listener of a desk. Without a certificate it refuses every
// address but those of the machine itself: passphrases would cross the network.
func Listen(address string, certificate bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of the desk %q: write host:port, e.g. 127.0.0.1:8443", address)
	}
	if ip := net.ParseIP(host); !certificate && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the desk at %s needs a certificate: passphrases would cross the network in the clear; "+
			"set desk_certificate and desk_key in the settings, or listen on 127.0.0.1 behind a proxy with TLS", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the desk: %w", err)
	}
	return l, nil
}
