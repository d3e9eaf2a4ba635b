package screen

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"detente/control"
)

// behind is a door to a node that has not read its records yet.
type behind struct{ control.Caller }

func (b behind) Call(ctx context.Context, verb string, args any, in io.Reader, out io.Writer, result any) error {
	if slices.Contains([]string{"due", "areas", "portfolio"}, verb) {
		return &control.Error{Code: control.Unreachable, Name: "reading", Message: "the records are being read", Unread: &control.Reading{Read: 12_345, Of: 99_321}}
	}
	return b.Caller.Call(ctx, verb, args, in, out, result)
}

// TestRecordsAreBeingRead: until the records are read the desk is there and says so, and
// so does each page that needs what follows from them, and is asked for again by itself.
func TestRecordsAreBeingRead(t *testing.T) {
	h := newHouse(t)
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: func(token string) control.Caller { return behind{h.door.As(token)} },
		Own: h.door.Own(), Changed: h.door.Changed, Now: h.home.Time})
	if err != nil {
		t.Fatal(err)
	}
	h.url = newTestServer(t, site)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/desk")
	b.sees(http.StatusOK, "The records are being read: 12,345 of 99,321 acts so far.", "Needs you now")
	if again := b.refresh(t, "/desk"); again != "" {
		t.Errorf("the desk is asked for again after %q: it hears by itself", again)
	}
	for _, path := range []string{"/calendar", "/due", "/map", "/portfolio"} {
		b.get(path)
		b.sees(http.StatusServiceUnavailable, "The records are being read: 12,345 of 99,321 acts so far.")
		if again := b.refresh(t, path); again != againAfter {
			t.Errorf("%s is asked for again after %q", path, again)
		}
	}
	b.get("/measures")
	b.sees(http.StatusOK)
	for _, lang := range []string{"ru", "kk", "fa", "zh"} {
		b.lang = lang
		b.get("/calendar")
		v := &visit{site: site, r: httptest.NewRequest(http.MethodGet, "/calendar", nil), lang: lang}
		b.sees(http.StatusServiceUnavailable, strings.Join(strings.Fields(v.t("refused.reading", "n", int64(12_345), "of", int64(99_321))), " "))
	}
}

// refresh is after how many seconds a page is to be asked for again; empty: not.
func (b *browser) refresh(t *testing.T, path string) string {
	t.Helper()
	to, err := url.JoinPath(b.url, path)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Refresh")
}
