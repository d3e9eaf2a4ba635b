package courier

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/party"
)

const (
	// typeBundle is the media type of an exchange, both ways.
	typeBundle = "application/vnd.detente.bundle"
	typeText   = "text/plain; charset=utf-8"
	typeTile   = "application/octet-stream"
	typeSize   = "text/x.tlog.size"
)

// handler serves a Host.
type handler struct {
	host      Host
	exchanges *gate
	soundings *gate
	reads     *queue
}

// Handler serves h. The peer of a request is taken from its TLS state, so the
// handler belongs behind ServerTLS; a request without a proven key is refused.
func Handler(h Host) http.Handler {
	return &handler{host: h, exchanges: newGate(PeerExchanges), soundings: newGate(PeerSoundings), reads: newQueue(PeerReads, PeerWaits)}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	from, ok := h.peer(r.TLS)
	if !ok {
		tell(w, &Refusal{Kind: ErrForbidden, Sentence: "no party here has this transport key"})
		return
	}
	serve, methods := h.read, []string{http.MethodGet, http.MethodHead}
	switch r.URL.Path {
	case pathExchange:
		serve, methods = h.exchange, []string{http.MethodPost}
	case pathAddCheckpoint:
		serve, methods = h.addCheckpoint, []string{http.MethodPost}
	case pathSounding:
		serve, methods = h.sounding, []string{http.MethodPost}
	}
	if !slices.Contains(methods, r.Method) {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		tell(w, &Refusal{Kind: ErrMalformed, Sentence: "this path takes another method"})
		return
	}
	switch r.URL.Path {
	case pathExchange:
		if !h.exchanges.enter(from) {
			tell(w, &Refusal{Kind: ErrBusy, Sentence: "too many exchanges of this peer are under way"})
			return
		}
		defer h.exchanges.leave(from)
	case pathSounding:
		if !h.soundings.enter(from) {
			tell(w, &Refusal{Kind: ErrBusy, Sentence: "too many soundings of this peer are under way"})
			return
		}
		defer h.soundings.leave(from)
	default:
		if !h.reads.enter(r.Context(), from) {
			tell(w, ErrBusy)
			return
		}
		defer h.reads.leave(from)
	}
	serve(w, r, from)
}

// peer resolves the key that the other end proved.
func (h *handler) peer(state *tls.ConnectionState) (party.ID, bool) {
	if state == nil {
		return "", false
	}
	pin, err := provenPin(*state)
	if err != nil {
		return "", false
	}
	return h.host.Peer(pin)
}

// exchange serves POST /exchange?wait=SECONDS.
func (h *handler) exchange(w http.ResponseWriter, r *http.Request, from party.ID) {
	wait, err := parseWait(r.URL.RawQuery)
	if err != nil {
		tell(w, &Refusal{Kind: ErrMalformed, Sentence: err.Error()})
		return
	}
	if r.Header.Get("Content-Type") != typeBundle || r.Header.Get("Content-Encoding") != "" {
		tell(w, &Refusal{Kind: ErrMalformed, Sentence: "the body is not a plain " + typeBundle})
		return
	}
	if r.ContentLength > MaxBody {
		tell(w, ErrTooLarge)
		return
	}
	in, out := newBody(w, r, MaxBody), newAnswer(w)
	err = h.host.Exchange(r.Context(), from, time.Duration(wait)*time.Second, in, out)
	switch {
	case err == nil && out.failed == nil:
		out.begin() // an empty answer has a type too
	case out.begun:
		panic(http.ErrAbortHandler) // breaks the answer off: the peer must not take it for whole
	case in.failed != nil:
		tell(w, in.failed)
	default:
		tell(w, err)
	}
}

// addCheckpoint serves POST /add-checkpoint of C2SP tlog-witness.
func (h *handler) addCheckpoint(w http.ResponseWriter, r *http.Request, from party.ID) {
	if r.URL.RawQuery != "" {
		tell(w, &Refusal{Kind: ErrMalformed, Sentence: "this path takes no query"})
		return
	}
	in := newBody(w, r, maxSubmission)
	body, err := io.ReadAll(in)
	if err != nil {
		tell(w, in.failed)
		return
	}
	s, err := ParseSubmission(body)
	if err != nil {
		tell(w, &Refusal{Kind: ErrMalformed, Sentence: err.Error()})
		return
	}
	lines, err := h.host.AddCheckpoint(r.Context(), from, s.OldSize, s.Proof, s.Note)
	if err != nil {
		tell(w, err)
		return
	}
	send(w, r, typeText, "no-store", lines)
}

// read serves tlog-tiles below /record/.
func (h *handler) read(w http.ResponseWriter, r *http.Request, from party.ID) {
	resource, err := ParseResource(r.URL.Path)
	if err != nil || r.URL.RawPath != "" || r.URL.RawQuery != "" {
		tell(w, ErrNotHeld)
		return
	}
	if resource.IsCheckpoint() {
		note, err := h.host.Checkpoint(r.Context(), from, resource.Origin)
		if err != nil {
			tell(w, err)
			return
		}
		send(w, r, typeText, "no-store", note)
		return
	}
	data, err := h.host.Tile(r.Context(), from, resource.Origin, resource.Tile)
	if err != nil {
		tell(w, err)
		return
	}
	// A full tile never changes. A partial one does not either, but gives way
	// to the full one.
	cache := "max-age=31536000, immutable"
	if resource.Tile.W < 1<<tileHeight {
		cache = "max-age=60"
	}
	send(w, r, typeTile, cache, data)
}

// send answers with data, or with the range of it that was asked for.
func send(w http.ResponseWriter, r *http.Request, kind, cache string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	out := newAnswer(w)
	http.ServeContent(out, r, "", time.Time{}, bytes.NewReader(data))
}

// body is the body of a request, bounded in size and slowness.
type body struct {
	from   io.Reader
	pace   pace
	failed error // what the peer did wrong, once it did; a Refusal
}

func newBody(w http.ResponseWriter, r *http.Request, limit int64) *body {
	b := &body{from: http.MaxBytesReader(w, r.Body, limit)}
	b.pace.expire = func() { _ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) }
	return b
}

func (b *body) Read(p []byte) (int, error) {
	if b.failed != nil {
		return 0, b.failed
	}
	n, err := b.pace.during(func() (int, error) { return b.from.Read(p) })
	if err == nil || err == io.EOF {
		return n, err
	}
	b.failed = &Refusal{Kind: ErrMalformed, Sentence: "the body broke off", Cause: err}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		b.failed = &Refusal{Kind: ErrTooLarge, Sentence: "the body is too large", Cause: err}
	}
	if errors.Is(err, ErrSlow) {
		b.failed = &Refusal{Kind: ErrSlow, Sentence: "the body came too slowly"}
	}
	return n, b.failed
}

// answer is the body of an answer, bounded in size and slowness.
type answer struct {
	http.ResponseWriter
	pace   pace
	begun  bool
	failed error
}

func newAnswer(w http.ResponseWriter) *answer {
	a := &answer{ResponseWriter: w}
	a.pace.expire = func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) }
	return a
}

// begin sends the header of an exchange that went well.
func (a *answer) begin() {
	if !a.begun && a.Header().Get("Content-Type") == "" {
		a.Header().Set("Content-Type", typeBundle)
		a.Header().Set("Cache-Control", "no-store")
	}
	a.begun = true
}

func (a *answer) Write(p []byte) (int, error) {
	if a.failed != nil {
		return 0, a.failed
	}
	if a.pace.bytes+int64(len(p)) > MaxAnswer {
		a.failed = fmt.Errorf("answer: %w: more than %s bytes", ErrTooLarge, strconv.Itoa(MaxAnswer))
		return 0, a.failed
	}
	a.begin()
	n, err := a.pace.during(func() (int, error) { return a.ResponseWriter.Write(p) })
	if err != nil {
		a.failed = fmt.Errorf("write the answer: %w", err)
	}
	return n, a.failed
}
