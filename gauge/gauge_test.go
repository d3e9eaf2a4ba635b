package gauge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detente/control"
	"detente/home"
)

// open makes a real home whose clock the test moves.
func open(t *testing.T) (*home.Home, *atomic.Int64) {
	t.Helper()
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	clock := new(atomic.Int64)
	clock.Store(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).Unix())
	now := func() time.Time { return time.Unix(clock.Load(), 0).UTC() }
	made, err := home.Make(ctx, home.Making{Dir: dir, Party: "alatau", Next: filepath.Join(t.TempDir(), "next.age"), NextPassphrase: "correct horse battery staple", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	id, err := home.Unlock(made.Unlock, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := home.Open(ctx, dir, home.Options{Identity: id, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h, clock
}

func get(g *Gauge, path string) (int, string) {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestReady(t *testing.T) {
	h, clock := open(t)
	g := New(control.Local{Home: h}, "v1", h.Time())
	if code, body := get(g, "/readyz"); code != http.StatusOK {
		t.Errorf("a node in order: %d %s", code, body)
	}
	clock.Add(-3600)
	if code, body := get(g, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "the clock of this machine is 1h0m0s before the newest own signature") {
		t.Errorf("a clock before the own signatures: %d %s", code, body)
	}
	clock.Add(3600)
	if err := h.Node.Close(); err != nil {
		t.Fatal(err)
	}
	if code, body := get(g, "/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("a store that takes nothing: %d %s", code, body)
	}
	if code, _ := get(g, "/healthz"); code != http.StatusOK {
		t.Errorf("the program lives: %d", code)
	}
}

// sample is a line of the text format 0.0.4 with a finite value.
var sample = regexp.MustCompile(`^([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? -?[0-9]+(\.[0-9]+)?$`)

func TestMetrics(t *testing.T) {
	h, _ := open(t)
	code, body := get(New(control.Local{Home: h}, "v1 \"x\"\n", h.Time()), "/metrics")
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	seen, last := map[string]bool{}, ""
	for l := range strings.Lines(body) {
		l = strings.TrimSuffix(l, "\n")
		if name, ok := strings.CutPrefix(l, "# TYPE "); ok {
			name, _, _ = strings.Cut(name, " ")
			if seen[name] {
				t.Errorf("%s is described twice", name)
			}
			seen[name], last = true, name
			continue
		}
		if strings.HasPrefix(l, "# HELP ") {
			continue
		}
		m := sample.FindStringSubmatch(l)
		if m == nil {
			t.Errorf("no sample: %q", l)
		} else if m[1] != last {
			t.Errorf("%q stands under %s", l, last)
		}
	}
	for _, want := range []string{
		`detente_build_info{version="v1 \"x\"\n"} 1`, "detente_ready 1", "detente_signs 1", "detente_acts_total 1", // its adoption of its own roster
		"detente_roster_edition 1",
		`detente_messages_unacknowledged{precedence="1"} 0`, "process_start_time_seconds 1795780800",
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("%s is missing in:\n%s", want, body)
		}
	}
}

func TestNothingElse(t *testing.T) {
	h, _ := open(t)
	g := New(control.Local{Home: h}, "v1", h.Time())
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a POST: %d", w.Code)
	}
	if code, _ := get(g, "/v1/status"); code != http.StatusNotFound {
		t.Errorf("a verb: %d", code)
	}
	for range maxAsked {
		g.places <- struct{}{}
	}
	if code, _ := get(g, "/metrics"); code != http.StatusServiceUnavailable {
		t.Errorf("one question too many: %d", code)
	}
}

func TestListen(t *testing.T) {
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, address := range []string{"0.0.0.0:9443", ":9443", "192.0.2.7:9443", "9443"} {
		if _, err := Listen(address); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
