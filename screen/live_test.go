package screen

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"detente/control"
)

// TestLive: an open page hears the node at once, hears that there is something new,
// and its stream ends with the server.
func TestLive(t *testing.T) {
	h := newHouse(t)
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: h.door.As, Own: h.door.Own(), Changed: h.door.Changed, Now: h.home.Time})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(site, http.NotFoundHandler())
	served := make(chan error, 1)
	go func() { served <- s.Serve(l, "", "") }()

	h.url = "http://" + l.Addr().String()
	b := h.browser(t)
	b.signIn("saparova")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	events := make(chan string)
	go func() {
		defer close(events)
		in := bufio.NewScanner(res.Body)
		for in.Scan() {
			if event, ok := strings.CutPrefix(in.Text(), "event: "); ok {
				events <- event
			}
		}
	}()
	change := func(what string) {
		t.Helper()
		for event := range events {
			if event == "change" {
				return
			}
		}
		t.Fatalf("no event of %s: %v", what, ctx.Err())
	}
	for event := range events { // the first look of all is something new too
		if event == "beat" {
			break
		}
	}
	draft := b.begin("status", "test", "form", "")
	change("a new draft")
	b.press(draft+"/text", "text", "x", "go", "hub")
	change("a saved draft")

	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	for range events { // ends with the stream
	}
	if n := site.watch.open; n != 0 {
		t.Errorf("%d streams are still counted", n)
	}
}

// TestLivePlaces: beyond its places a page is told so, and asks by itself.
func TestLivePlaces(t *testing.T) {
	h := newHouse(t)
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: h.door.As, Own: h.door.Own(), Changed: h.door.Changed, Now: h.home.Time})
	if err != nil {
		t.Fatal(err)
	}
	site.watch.open = maxStreams
	var in control.SignedIn
	if err := h.door.As("").Call(t.Context(), "sign-in", control.SignInArgs{Officer: "orlov", Passphrase: passphrase}, nil, nil, &in); err != nil {
		t.Fatal(err)
	}
	s := newTestServer(t, site)
	req, err := http.NewRequest(http.MethodGet, s+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "detente-alatau-session", Value: in.Token})
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", res.StatusCode)
	}
}
