package courier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"detente/witness"
)

// Errors that a Host returns (bare, wrapped, or inside a Refusal), that the
// server maps to an HTTP status, and that the client maps back.
var (
	ErrMalformed = errors.New("the request is malformed")           // 400
	ErrForbidden = errors.New("not allowed")                        // 403
	ErrNotHeld   = errors.New("not held here")                      // 404
	ErrConflict  = errors.New("something else was cosigned last")   // 409; with a size as ConflictError
	ErrTooLarge  = errors.New("too large")                          // 413
	ErrRefused   = errors.New("refused")                            // 422
	ErrInternal  = errors.New("internal error")                     // 500
	ErrBusy      = errors.New("busy")                               // 503
	ErrFull      = errors.New("no room left to store what is sent") // 507
)

// Errors of the client alone.
var (
	// ErrUnreachable: no endpoint could be connected to, or the line broke.
	ErrUnreachable = errors.New("not reachable")
	// ErrWrongKey: who answers does not hold the pinned transport key.
	ErrWrongKey = errors.New("the transport key is not the pinned one")
	// ErrNotKnown: the peer does not know our transport key.
	ErrNotKnown = errors.New("the peer does not know our transport key")
	// ErrAnswer: the answer is not one of this protocol.
	ErrAnswer = errors.New("the answer is not of this protocol")
	// ErrSlow: the peer took longer than the bounds allow.
	ErrSlow = errors.New("the peer is too slow")
)

// ConflictError is ErrConflict with the size that was cosigned last.
type ConflictError struct{ Size int64 }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: %d", ErrConflict, e.Size)
}

// Unwrap makes errors.Is(err, ErrConflict) hold.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// Refusal is an error of a Host with one sentence that the peer may read.
type Refusal struct {
	Kind     error  // one of the errors above; it decides the status
	Sentence string // for the peer; at most 300 bytes of it are sent
	Cause    error  // for the operator here; never sent. Optional.
}

// Refuse returns a Refusal of kind ErrRefused.
func Refuse(sentence string, cause error) error {
	return &Refusal{Kind: ErrRefused, Sentence: sentence, Cause: cause}
}

func (e *Refusal) Error() string {
	if e.Cause != nil {
		return e.Sentence + ": " + e.Cause.Error()
	}
	return e.Sentence
}

// Unwrap gives the kind and the cause, so far as there are any.
func (e *Refusal) Unwrap() []error {
	var all []error
	for _, err := range [...]error{e.Kind, e.Cause} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// PeerError is what a peer answered instead of what was asked. The sentence is
// the peer's own claim, cleaned of all but printable characters.
type PeerError struct {
	Kind     error // one of the errors of this package
	Status   int   // HTTP status
	Sentence string
}

func (e *PeerError) Error() string {
	if e.Sentence == "" {
		return fmt.Sprintf("the peer answered %d (%v)", e.Status, e.Kind)
	}
	return fmt.Sprintf("the peer answered %d (%v): %q", e.Status, e.Kind, e.Sentence)
}

// Unwrap makes errors.Is(err, kind) hold.
func (e *PeerError) Unwrap() error { return e.Kind }

// statuses is the one table between errors and HTTP, read in both directions.
// The first row that fits counts. A Host may return the errors of package
// witness as they are.
func statuses() []struct {
	kind   error
	status int
} {
	return []struct {
		kind   error
		status int
	}{
		{ErrMalformed, http.StatusBadRequest},
		{ErrForbidden, http.StatusForbidden},
		{ErrNotHeld, http.StatusNotFound},
		{ErrConflict, http.StatusConflict},
		{ErrTooLarge, http.StatusRequestEntityTooLarge},
		{ErrRefused, http.StatusUnprocessableEntity},
		{ErrBusy, http.StatusServiceUnavailable},
		{ErrFull, http.StatusInsufficientStorage},
		{ErrSlow, http.StatusRequestTimeout},
		{ErrInternal, http.StatusInternalServerError},
		{witness.ErrMalformed, http.StatusBadRequest},
		{witness.ErrSignature, http.StatusForbidden},
		{witness.ErrUnknown, http.StatusNotFound},
		{witness.ErrFork, http.StatusConflict},
		{witness.ErrProof, http.StatusUnprocessableEntity},
		{witness.ErrClock, http.StatusServiceUnavailable},
		{context.Canceled, http.StatusServiceUnavailable},
		{context.DeadlineExceeded, http.StatusServiceUnavailable},
		{ErrMalformed, http.StatusMethodNotAllowed},
		{ErrMalformed, http.StatusUnsupportedMediaType},
	}
}

// tell writes err to the peer. Only what is safe to show leaves.
func tell(w http.ResponseWriter, err error) {
	kind, said := err, ""
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		kind, said = refusal.Kind, refusal.Sentence // the cause does not choose the status
	}
	status, sentence := http.StatusInternalServerError, ErrInternal.Error()
	for _, row := range statuses() {
		if errors.Is(kind, row.kind) {
			status, sentence = row.status, row.kind.Error()
			break
		}
	}
	if said != "" {
		sentence = said
	}
	body, media := clean(sentence)+"\n", typeText
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		status, body, media = http.StatusConflict, strconv.FormatInt(conflict.Size, 10)+"\n", typeSize
	}
	if stale, ok := errors.AsType[*witness.SizeError](err); ok {
		status, body, media = http.StatusConflict, strconv.FormatInt(stale.Size, 10)+"\n", typeSize
	}
	header := w.Header()
	header.Set("Content-Type", media)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// told reads back what tell wrote: the status and at most maxSentence bytes of
// an untrusted body.
func told(status int, kind string, body []byte) error {
	if status == http.StatusConflict && kind == typeSize {
		size, err := parseSize(strings.TrimSuffix(string(body), "\n"))
		if err != nil || len(body) == 0 || body[len(body)-1] != '\n' {
			return fmt.Errorf("%w: a conflict without a size", ErrAnswer)
		}
		return &ConflictError{Size: size}
	}
	known := ErrAnswer
	for _, row := range statuses() {
		if row.status == status {
			known = row.kind
			break
		}
	}
	return &PeerError{Kind: known, Status: status, Sentence: clean(string(body))}
}

// clean makes one line of printable text, at most maxSentence bytes: what is
// not printable, directional marks included, becomes one space.
func clean(s string) string {
	if len(s) > 4*maxSentence {
		s = s[:4*maxSentence]
	}
	var b strings.Builder
	space := false
	for _, r := range s {
		if r == ' ' || r == utf8.RuneError || !unicode.IsPrint(r) {
			space = b.Len() > 0
			continue
		}
		need := utf8.RuneLen(r)
		if space {
			need++
		}
		if b.Len()+need > maxSentence {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
