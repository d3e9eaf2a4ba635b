package courier

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/party"
)

const (
	pathSounding = "/sounding"
	typeSounding = "application/vnd.detente.sounding+json"
)

// Speaker is a Host that takes soundings off the record over the link. A Host that
// is none answers that nothing of the kind is held here. Both methods are called
// concurrently; errors are told as those of a Host.
type Speaker interface {
	// Sounding takes one envelope of a peer, at most MaxSounding bytes and not empty,
	// and returns the one that goes back at once, or nil.
	Sounding(ctx context.Context, from party.ID, envelope []byte) ([]byte, error)

	// Collect returns the envelope that waits for a peer, at most MaxSounding bytes,
	// or nil; if there is none it waits up to wait, and ends early when
	// Closing(ctx) is closed. took is the digest of the envelope that the peer took
	// last, which waits no more; zero: of none.
	Collect(ctx context.Context, from party.ID, wait time.Duration, took canon.Digest) ([]byte, error)
}

// sounding serves POST /sounding: an envelope without a query, or the question what
// waits, ?wait=SECONDS or ?wait=SECONDS&took=DIGEST, without a body.
func (h *handler) sounding(w http.ResponseWriter, r *http.Request, from party.ID) {
	speaker, ok := h.host.(Speaker)
	if !ok {
		tell(w, &Refusal{Kind: ErrNotHeld, Sentence: "soundings are not taken over the link here"})
		return
	}
	if r.Header.Get("Content-Type") != typeSounding || r.Header.Get("Content-Encoding") != "" {
		tell(w, &Refusal{Kind: ErrMalformed, Sentence: "the body is not a plain " + typeSounding})
		return
	}
	if r.ContentLength > MaxSounding {
		tell(w, ErrTooLarge)
		return
	}
	in := newBody(w, r, MaxSounding)
	envelope, err := io.ReadAll(in)
	if err != nil {
		tell(w, in.failed)
		return
	}
	var back []byte
	if len(envelope) > 0 {
		if r.URL.RawQuery != "" {
			tell(w, &Refusal{Kind: ErrMalformed, Sentence: "an envelope takes no query"})
			return
		}
		back, err = speaker.Sounding(r.Context(), from, envelope)
	} else {
		wait, took, bad := parseCollect(r.URL.RawQuery)
		if bad != nil {
			tell(w, &Refusal{Kind: ErrMalformed, Sentence: bad.Error()})
			return
		}
		back, err = speaker.Collect(r.Context(), from, wait, took)
	}
	if err == nil && len(back) > MaxSounding {
		err = fmt.Errorf("sounding: %w: %d bytes go back", ErrTooLarge, len(back))
	}
	if err != nil {
		tell(w, err)
		return
	}
	send(w, r, typeSounding, "no-store", back)
}

// parseCollect reads what collectQuery writes, and nothing else.
func parseCollect(query string) (wait time.Duration, took canon.Digest, err error) {
	first, rest, more := strings.Cut(query, "&")
	seconds, err := parseWait(first)
	if err != nil || first == "" {
		return 0, took, fmt.Errorf("the query is not wait=SECONDS or wait=SECONDS&took=DIGEST")
	}
	if more {
		text, ok := strings.CutPrefix(rest, "took=")
		if took, err = canon.ParseDigest(text); !ok || err != nil || took.IsZero() {
			return 0, canon.Digest{}, fmt.Errorf("the query is not wait=SECONDS or wait=SECONDS&took=DIGEST")
		}
	}
	return time.Duration(seconds) * time.Second, took, nil
}

func collectQuery(wait time.Duration, took canon.Digest) string {
	query := "?wait=" + strconv.Itoa(int(wait/time.Second))
	if !took.IsZero() {
		query += "&took=" + took.String()
	}
	return query
}

// Sounding gives one envelope to the peer, at most MaxSounding bytes, and returns
// what goes back at once, unverified; nil: nothing. A peer of a version that takes
// no soundings over the link refuses with ErrMalformed or ErrNotHeld.
func (c *Client) Sounding(ctx context.Context, envelope []byte) ([]byte, error) {
	if len(envelope) == 0 || len(envelope) > MaxSounding {
		return nil, fmt.Errorf("sounding: %w: %d bytes", ErrTooLarge, len(envelope))
	}
	back, err := c.askAll(ctx, request{
		method: http.MethodPost, target: pathSounding,
		kind: typeSounding, body: bytes.NewReader(envelope),
		answer: typeSounding, limit: MaxSounding,
	})
	if err != nil {
		return nil, fmt.Errorf("sounding: %w", err)
	}
	return back, nil
}

// Collect asks the peer for the envelope that waits there, and to wait up to wait,
// whole seconds and at most MaxWait, for one. took is the digest of the one that was
// taken last, zero: of none. The answer is unverified; empty: nothing waits.
func (c *Client) Collect(ctx context.Context, wait time.Duration, took canon.Digest) ([]byte, error) {
	if wait < 0 || wait > MaxWait || wait%time.Second != 0 {
		return nil, fmt.Errorf("collect soundings: a wait of %v; whole seconds up to %v", wait, MaxWait)
	}
	back, err := c.askAll(ctx, request{
		method: http.MethodPost, target: pathSounding + collectQuery(wait, took),
		kind: typeSounding, body: bytes.NewReader(nil), wait: wait,
		answer: typeSounding, limit: MaxSounding,
	})
	if err != nil {
		return nil, fmt.Errorf("collect soundings: %w", err)
	}
	return back, nil
}
