package gauge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"detente/control"
	"detente/internal/canon"
	"detente/line"
)

const (
	// askWithin bounds one question to the node, and with it one answer.
	askWithin = 5 * time.Second
	// headerWithin, idleFor and stopWithin bound a connection and the end of all.
	headerWithin = 5 * time.Second
	idleFor      = 2 * time.Minute
	stopWithin   = 2 * time.Second
	maxHeader    = 8 << 10
	// maxAsked is how many questions are under way at a time; the next get 503.
	maxAsked = 4
)

// Gauge answers for one node.
type Gauge struct {
	door    control.Caller
	version string
	started time.Time
	places  chan struct{}
	mux     *http.ServeMux
}

// New makes the gauge of a node that was started at a moment; the version is that
// of the program. The caller needs no session.
func New(door control.Caller, version string, started time.Time) *Gauge {
	g := &Gauge{door: door, version: version, started: started, places: make(chan struct{}, maxAsked), mux: http.NewServeMux()}
	g.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok\n") })
	g.mux.HandleFunc("GET /readyz", g.bounded(g.ready))
	g.mux.HandleFunc("GET /metrics", g.bounded(g.metrics))
	return g
}

// ServeHTTP implements http.Handler.
func (g *Gauge) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.mux.ServeHTTP(w, r) }

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(text))
}

// bounded lets a few through at a time, each for a while.
func (g *Gauge) bounded(f func(context.Context) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case g.places <- struct{}{}:
			defer func() { <-g.places }()
		default:
			say(w, http.StatusServiceUnavailable, "too many questions at a time\n")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), askWithin)
		defer cancel()
		text, err := f(ctx)
		if err != nil {
			say(w, http.StatusServiceUnavailable, control.ErrorOf(err).Message+"\n")
			return
		}
		say(w, http.StatusOK, text)
	}
}

// ready says whether the node can do its own work.
func (g *Gauge) ready(ctx context.Context) (string, error) {
	return "ready\n", g.door.Call(ctx, "ready", nil, nil, nil, nil)
}

// metrics gathers what the node says of itself.
func (g *Gauge) metrics(ctx context.Context) (string, error) {
	var s control.Status
	var peers []control.Peer
	var seen []control.Observation
	var w control.Watch
	for _, one := range []struct {
		verb         string
		args, answer any
	}{
		{"status", nil, &s},
		{"peer-list", nil, &peers},
		{"observations", control.LimitArgs{Limit: 1}, &seen},
		{"watch", nil, &w},
	} {
		if err := g.door.Call(ctx, one.verb, one.args, nil, nil, one.answer); err != nil {
			return "", err
		}
	}
	var t text
	t.gauge("detente_build_info", "The program that runs.", 1, "version", g.version)
	t.gauge("process_start_time_seconds", "When the program was started, in seconds since 1970.", float64(g.started.Unix()))
	t.gauge("detente_ready", "Whether the node can do its own work, as /readyz says.", truth(g.door.Call(ctx, "ready", nil, nil, nil, nil) == nil))
	t.gauge("detente_signs", "Whether the node may sign; it may not while it is unsure that it is the newest copy.", truth(s.Assured == ""))
	t.gauge("detente_roster_edition", "The edition of the roster in force.", float64(s.Edition))
	t.counter("detente_acts_total", "Acts in the own record.", float64(s.Acts))
	t.time("detente_signed_timestamp_seconds", "When the newest own head was signed.", s.Signed)
	t.gauge("detente_statements_open", "Statements to this party without a word of its own.", float64(s.Open))
	t.gauge("detente_contents_missing", "Contents that have not arrived.", float64(s.Missing))
	t.gauge("detente_records_frozen", "Records of which two versions were proven.", float64(len(s.Frozen)))
	observed := int64(0)
	if len(seen) > 0 {
		observed = seen[0].Seq
	}
	t.counter("detente_observations_total", "What did not fit, such as a signature that does not verify; never an accusation.", float64(observed))
	unacknowledged := map[line.Precedence]int{}
	for _, m := range w.Needs {
		unacknowledged[m.Precedence]++
	}
	for p := line.Immediate; p <= line.Routine; p++ {
		t.gauge("detente_messages_unacknowledged", "Messages on lines that nobody here has acknowledged.", float64(unacknowledged[p]), "precedence", strconv.Itoa(int(p)))
	}
	t.gauge("detente_messages_awaited", "Own messages on lines of which an acknowledgement is awaited or was not given.", float64(len(w.Sent)))
	for _, p := range peers {
		if p.Link == "no record" {
			continue
		}
		id := string(p.Party)
		t.gauge("detente_peer_linked", "Whether the peer answers on a line.", truth(p.Link == "direct" || p.Link == "dials in"), "peer", id)
		if !p.LastHeard.IsZero() {
			t.gauge("detente_peer_heard_timestamp_seconds", "When the peer was last heard.", float64(p.LastHeard.Unix()), "peer", id)
		}
		t.gauge("detente_peer_queue_acts", "Own acts that the peer does not say it holds.", float64(max(0, s.Acts-p.HoldsOurs)), "peer", id)
		if d, err := time.ParseDuration(p.Offset); err == nil {
			t.gauge("detente_peer_clock_offset_seconds", "The time that the peer states minus the own.", d.Seconds(), "peer", id)
		}
	}
	return t.String(), nil
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// time writes a moment as the node writes it, where there is one.
func (t *text) time(name, help, moment string) {
	if at, err := canon.ParseTime(moment); err == nil {
		t.gauge(name, help, float64(at.Unix()))
	}
}

// Listen opens the listener of a gauge, at an address of this machine alone: what it
// says of the peers is nobody's business outside.
func Listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of the monitoring %q: write host:port, e.g. 127.0.0.1:9443", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("the monitoring at %s would be open to others: listen on 127.0.0.1, and let the monitoring's own agent fetch it there", address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the monitoring: %w", err)
	}
	return l, nil
}

// Server serves a gauge until it is stopped.
type Server struct{ http *http.Server }

// NewServer prepares a server with bounds in size and time.
func NewServer(g *Gauge, log *slog.Logger) *Server {
	return &Server{&http.Server{Handler: g, ReadHeaderTimeout: headerWithin, ReadTimeout: headerWithin, WriteTimeout: 2 * askWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}}
}

// Serve answers until Stop.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop takes no further requests and waits a little for those under way.
func (s *Server) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		return s.http.Close()
	}
	return nil
}
