package screen

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"detente/act"
	"detente/control"
	"detente/home"
	"detente/node"
	"detente/party"
)

// hostile is what another state, or an officer, may write.
var hostile = []string{
	`<script>window.taken=1</script>`,
	`"><img src=x onerror=alert(1)>`,
	`'-alert(1)-'`,
	`</title></textarea></style></script><svg/onload=alert(1)>`,
	`{{.Token}}{{template "top"}}{{t "nav.desk"}}`,
	`javascript:alert(1)`,
	`{n} {n|one|other} {party}`,
}

// harmless demands that a page has nothing that runs: no element and no attribute of
// what was written.
func (b *browser) harmless(where string) {
	b.t.Helper()
	for _, bad := range []string{"<script>window", "<img src=x", "<svg/onload", `href="javascript:`, "</style></script>"} {
		if strings.Contains(b.page, bad) {
			b.t.Errorf("%s: the page has %s", where, bad)
		}
	}
}

// TestTextOfAnotherState: what a second node says stands on the pages of ours as it was
// said, in every language, and nothing of it is taken for a page.
func TestTextOfAnotherState(t *testing.T) {
	h, borovia := twoHomes(t)
	said := strings.Join(hostile, "\n") + "\n" + strings.Repeat("x", 500)
	if _, err := borovia.Node.TestOnlySay(t.Context(), node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{"alatau"},
		Thread: "BOR/1", Text: said, Language: "en"}); err != nil {
		t.Fatal(err)
	}
	carry(t, borovia, h.home)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/inbox")
	m := regexp.MustCompile(`href="(/notices/borovia/[0-9a-f]+/\d+)"`).FindStringSubmatch(b.page)
	if m == nil {
		t.Fatalf("it has not come: %s", text(b.page))
	}
	for _, lang := range sentences.Languages() {
		b.post("/choice", url.Values{"language": {lang}, "back": {"/desk"}})
		for _, path := range []string{"/desk", "/inbox", "/notices", m[1], m[1] + "/return", "/notices?thread=" + url.QueryEscape(hostile[1]), "/drafts/new?answers=" + url.QueryEscape(hostile[1])} {
			b.get(path)
			b.harmless(lang + " " + path)
			if !strings.Contains(b.page, `<html lang="`+lang+`"`) {
				t.Errorf("%s is not in %s", path, lang)
			}
		}
		b.get(m[1])
		for _, one := range hostile {
			if !strings.Contains(unescape(b.page), one) {
				t.Errorf("%s: %q is not shown as it was said", lang, one)
			}
		}
		b.get(m[1] + "/paper")
		if lang != "en" && strings.Contains(b.page, "<h1>Fault") {
			t.Errorf("%s: no paper: %s", lang, text(b.page))
		}
	}
}

// TestSentencesAreText: a sentence of any language is text: what it is filled with, and
// what a translator wrote, is escaped alike.
func TestSentencesAreText(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	for _, lang := range sentences.Languages() {
		raw, err := texts.ReadFile("text/" + lang + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`<[a-zA-Z/!]|&[a-z]+;|\{\{|javascript:|[\x{202a}-\x{202e}]`).Find(raw); m != nil {
			t.Errorf("text/%s.txt has %q: sentences have neither elements nor marks of direction", lang, m)
		}
		for n, sentence := range strings.Split(string(raw), "\n") {
			if open, shut := strings.Count(sentence, "\u2066")+strings.Count(sentence, "\u2067")+strings.Count(sentence, "\u2068"), strings.Count(sentence, "\u2069"); open != shut {
				t.Errorf("text/%s.txt:%d turns what follows it around", lang, n+1)
			}
		}
		b.post("/choice", url.Values{"language": {lang}, "back": {"/desk"}})
		for _, one := range hostile {
			draft := b.begin("status", "test", "form", "")
			b.press(draft+"/cover", "status", "test", "thread", one, "handling", one, "note", one, "go", "next")
			b.harmless(lang + " cover")
			b.press(draft+"/text", "text", one, "go", "hub")
			b.harmless(lang + " hub")
			b.get(draft + "/review")
			b.harmless(lang + " review")
			b.get("/help/" + url.PathEscape(one))
			b.harmless(lang + " help")
		}
	}
}

// TestNothingEntersTheHeaders: what is asked for or typed adds no header and leads to no
// other site.
func TestNothingEntersTheHeaders(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, bad := range []string{"/desk\r\nX-Taken: 1", "/desk%0d%0aX-Taken:1", "//elsewhere.example/", "/\\elsewhere.example", "https://elsewhere.example/", "/desk\nSet-Cookie: x=y"} {
		for _, lang := range sentences.Languages() {
			for _, req := range []*http.Request{
				form(t, h.url+"/choice", url.Values{"back": {bad}, "language": {lang + "\r\nX-Taken: 1"}, "theme": {bad}}),
				form(t, h.url+"/sign-in", url.Values{"officer": {"saparova"}, "passphrase": {passphrase}, "then": {bad}}),
			} {
				req.Header.Set("Accept-Language", lang)
				res, err := b.http.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				to, err := url.Parse(res.Header.Get("Location"))
				if err != nil || to.Host != "" || res.Header.Get("X-Taken") != "" {
					t.Errorf("%s %q: %v", req.URL.Path, bad, res.Header)
				}
				for _, c := range res.Cookies() {
					if !strings.HasPrefix(c.Name, "detente-alatau-") {
						t.Errorf("%s %q: a cookie %s", req.URL.Path, bad, c.Name)
					}
				}
			}
		}
	}
}

func form(t *testing.T, to string, fields url.Values) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, to, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// TestEveryAnswerIsGuarded: whatever is asked for, with a session or without, no other
// site can frame it, no browser keeps it or guesses what it is, and its address is not
// told to anybody.
func TestEveryAnswerIsGuarded(t *testing.T) {
	h := newHouse(t)
	in, out := h.browser(t), h.browser(t)
	in.signIn("saparova")
	n := 0
	for _, r := range routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.NewReplacer("{$}", "", "{page}", "desk", "{id}", "0123456789abcdef", "{section}", "1", "{party}", "alatau", "{volume}", "01234567", "{index}", "0").Replace(path)
		path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "x")
		if path == "/live" { // it does not end
			continue
		}
		for _, b := range []*browser{in, out} {
			req, err := http.NewRequest(method, h.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			client := *b.http
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			n++
			if !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || res.Header.Get("X-Content-Type-Options") != "nosniff" ||
				res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
				t.Errorf("%s %s: %v", method, path, res.Header)
			}
			if b == out && !r.open && res.StatusCode == http.StatusOK {
				t.Errorf("%s %s is shown without a session", method, path)
			}
			if method == http.MethodPost && !r.open && res.StatusCode < 400 {
				t.Errorf("%s %s is done without the token of the session's forms: %d", method, path, res.StatusCode)
			}
		}
	}
	if n < 100 {
		t.Errorf("%d answers: this test shows nothing", n)
	}
}

// TestReadingChangesNothing: no address that is only asked for changes anything, so that
// a link or a picture of another site cannot.
func TestReadingChangesNothing(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "")
	state := func() string {
		var p control.Pulse
		var trail []control.AuditEntry
		if err := h.door.Own().Call(t.Context(), "pulse", nil, nil, nil, &p); err != nil {
			t.Fatal(err)
		}
		if err := h.door.Own().Call(t.Context(), "audit-list", control.AuditArgs{Limit: 1}, nil, nil, &trail); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v %+v", p, trail)
	}
	before, n := state(), 0
	for _, r := range routes() {
		path := strings.TrimPrefix(r.pattern[strings.Index(r.pattern, " ")+1:], "{$}")
		path = strings.ReplaceAll(path, "/drafts/{id}", draft)
		if strings.ContainsAny(path, "{") || path == "/live" || path == "/courier/bundle" || strings.HasSuffix(path, "/paper") { // what was carried out is in the trail
			continue
		}
		b.get(path) // of a form that is posted too
		n++
	}
	if after := state(); after != before {
		t.Errorf("something was changed by reading: %s, then %s", before, after)
	}
	if n < 30 {
		t.Errorf("%d addresses: this test shows nothing", n)
	}
}

// TestGuessing: after five sign-ins that are not accepted the next waits, with whatever
// passphrase, and it is not said whether there is such an officer.
func TestGuessing(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	try := func(officer, pass string) string {
		b.post("/sign-in", url.Values{"officer": {officer}, "passphrase": {pass}, "then": {"/desk"}})
		return fmt.Sprint(b.code, " ", regexp.MustCompile(`(?s)<h2 id="fault-title">(.*?)</h2>`).FindStringSubmatch(b.page))
	}
	known := try("saparova", "a passphrase that is wrong")
	if unknown := try("nobody", "a passphrase that is wrong"); unknown != known {
		t.Errorf("an officer who is not there: %s, one who is: %s", unknown, known)
	}
	for range 4 {
		try("saparova", "a passphrase that is wrong")
	}
	try("saparova", passphrase)
	b.sees(http.StatusTooManyRequests, "Too many sign-ins were not accepted")
	b.get("/desk")
	b.sees(http.StatusOK, "Sign in", "Passphrase")
	if other := h.browser(t); true {
		other.signIn("orlov") // whom nobody tried to guess
	}
}

// TestStolenSession: the token of a session is in a cookie that no script reads and no
// other site sends, on no page and in no address, and it is worthless once signed out.
func TestStolenSession(t *testing.T) {
	h := newHouse(t)
	for _, proxy := range []bool{false, true} {
		req := form(t, h.url+"/sign-in", url.Values{"officer": {"saparova"}, "passphrase": {passphrase}, "then": {"/desk"}})
		want := "detente-alatau-session"
		if proxy {
			req.Header.Set("X-Forwarded-Proto", "https")
			want = "__Host-" + want
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if len(res.Cookies()) != 1 {
			t.Fatalf("cookies %v", res.Cookies())
		}
		if c := res.Cookies()[0]; c.Name != want || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure != proxy || c.Domain != "" || len(c.Value) < 32 {
			t.Errorf("the cookie of a session: %+v", c)
		}
	}
	b := h.browser(t)
	b.signIn("saparova")
	token := session(t, b)
	for _, path := range []string{"/desk", "/settings", "/audit", "/tokens", "/drafts/new"} {
		b.get(path)
		if strings.Contains(b.page, token) {
			t.Errorf("%s has the token of the session", path)
		}
	}
	thief := h.browser(t)
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	thief.http.Jar, _ = cookiejar.New(nil)
	thief.http.Jar.SetCookies(at, []*http.Cookie{{Name: "detente-alatau-session", Value: token, Path: "/"}})
	b.get("/desk")
	b.press("/sign-out")
	thief.get("/desk")
	thief.sees(http.StatusOK, "Sign in", "Passphrase")
	for _, guess := range []string{"", "0", strings.Repeat("0", len(token)), token[:len(token)-1], token + "0", strings.ToUpper(token), formToken(token)} {
		thief.http.Jar.SetCookies(at, []*http.Cookie{{Name: "detente-alatau-session", Value: guess, Path: "/"}})
		thief.get("/desk")
		thief.sees(http.StatusOK, "Sign in", "Passphrase")
	}
}

// TestFileNames: the name under which a file is brought is a name: it leads to no folder
// and adds no header.
func TestFileNames(t *testing.T) {
	h := newBoundHouse(t, false, "cica")
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/notes/new?way=in")
	b.press("/notes/new", "way", "in", "party", "borovia", "status", "actual", "channel", "note", "ref", "MFA 1", "text", "x", "day.d", "1", "day.m", "11", "day.y", "2026", "language", "en")
	if b.code != http.StatusOK {
		t.Fatalf("no note: %s", text(b.page))
	}
	names := []string{"../../../../etc/passwd", `..\..\windows\system32\x`, "a\r\nX-Taken: 1", `x"; filename="evil.exe`, `"><script>alert(1)</script>.pdf`, "\u202efdp.exe", strings.Repeat("n", 400) + ".pdf", ".", "con", "%2e%2e%2fx", "дополнение 中文 پیوست.pdf"}
	kept := 0
	for _, name := range names {
		b.get("/notes/1")
		b.upload("/notes/1/scan", "scan", name, "%PDF "+name)
		if b.code >= 500 {
			t.Errorf("%q: %d", name, b.code)
		}
		b.harmless(name)
		if b.code != http.StatusOK {
			continue
		}
		kept++
		res, err := b.http.Get(fmt.Sprintf("%s/notes/1/scan/%d", h.url, kept))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		said := res.Header.Get("Content-Disposition")
		plain := regexp.MustCompile(`^attachment; filename="([^"]*)"; filename\*=UTF-8''([!-~]*)$`).FindStringSubmatch(said)
		if err != nil || res.StatusCode != http.StatusOK || plain == nil || strings.ContainsAny(plain[1], "/\\\r\n") || strings.ContainsAny(plain[2], "/\\\r\n\"") || res.Header.Get("X-Taken") != "" || len(said) > 4000 {
			t.Errorf("%q comes out as %d %q", name, res.StatusCode, said)
		}
		if kind := res.Header.Get("Content-Type"); strings.Contains(kind, "html") || strings.Contains(kind, "svg") {
			t.Errorf("%q is shown as %s", name, kind)
		}
		if !strings.HasPrefix(string(body), "%PDF") {
			t.Errorf("%q: %q", name, body)
		}
	}
	if kept < 5 {
		t.Errorf("%d files were kept: this test shows nothing", kept)
	}
	if _, err := os.Stat(filepath.Join(h.home.Dir, "..", "..", "etc")); err == nil {
		t.Error("a file was written outside the home")
	}
}

// TestManyFields: a form of very many fields, or very long names, is answered as any
// other that does not fit.
func TestManyFields(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "cica.2.1.1d")
	b.get(draft + "/2")
	token := hidden.FindStringSubmatch(b.page)[1]
	for name, body := range map[string]string{
		"fields": strings.Repeat("f.formations.1.state=x&", 200_000),
		"rows": func() string {
			var s strings.Builder
			for i := range 20_000 {
				fmt.Fprintf(&s, "f.formations.%d.state=alatau&", i)
			}
			return s.String()
		}(),
		"nested":  "f." + strings.Repeat("a.", 200_000) + "=1&",
		"numbers": "f.formations.99999999999999999999.state=x&f.formations.-1.state=x&",
	} {
		req, err := http.NewRequest(http.MethodPost, h.url+draft+"/2", strings.NewReader(body+"go=stay&token="+token))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b.do(req)
		if b.code >= 500 || !strings.Contains(b.page, "<h1>") {
			t.Errorf("%s: %d", name, b.code)
		}
	}
	b.get(draft)
	b.sees(http.StatusOK, "sections done")
}

// TestKilledInTheMiddle: the node ends without a word while a draft is written; what was
// posted is there afterwards, and the officer who signs in goes on in the same section.
func TestKilledInTheMiddle(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "cica.2.1.1d")
	b.press(draft+"/1", "f.designation", "Steppe of the killed", "f.start_date.d", "31", "f.start_date.m", "Feb", "f.start_date.y", "2027", "go", "stay")
	b.sees(http.StatusOK, "Saved.")
	// The files as a loss of power leaves them: nothing is closed, nothing is written out.
	dir := filepath.Join(t.TempDir(), "home")
	entries, err := os.ReadDir(h.home.Dir)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	for _, e := range entries {
		if b, readErr := os.ReadFile(filepath.Join(h.home.Dir, e.Name())); readErr == nil && e.Type().IsRegular() {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, e.Name()), b, 0o600))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	id, err := home.Unlock(filepath.Join(dir, home.UnlockFile), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := home.Open(t.Context(), dir, home.Options{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	after := serveHome(t, again).browser(t)
	after.get(draft + "/1")
	after.sees(http.StatusOK, "Sign in", "Passphrase")
	after.post("/sign-in", url.Values{"officer": {"saparova"}, "passphrase": {passphrase}, "then": {draft + "/1"}})
	after.sees(http.StatusOK)
	for _, want := range []string{"Steppe of the killed", `value="31"`, `value="Feb"`} {
		if !strings.Contains(after.page, want) {
			t.Errorf("what was posted is lost: %s", want)
		}
	}
}

// TestOnlyItsOwnSite: a page or script of another site is refused even with a token of
// the right shape, and asking for a page that posts does nothing.
func TestOnlyItsOwnSite(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "")
	token := formToken(session(t, b))
	for _, from := range []map[string]string{
		{"Origin": "https://elsewhere.example"},
		{"Origin": "null"},
		{"Origin": strings.Replace(h.url, "127.0.0.1", "127.0.0.2", 1)},
		{"Sec-Fetch-Site": "cross-site"},
		{"Sec-Fetch-Site": "same-site"},
		{"Sec-Fetch-Site": "cross-site", "Origin": h.url},
	} {
		req := form(t, h.url+draft+"/drop", url.Values{"token": {token}})
		for k, v := range from {
			req.Header.Set(k, v)
		}
		b.do(req)
		b.sees(http.StatusForbidden, "does not come from a page of this session")
	}
	for _, wrong := range []string{"", "0", strings.Repeat("0", 64), formToken(""), formToken("another session"), strings.ToUpper(token)} {
		b.do(form(t, h.url+draft+"/drop", url.Values{"token": {wrong}}))
		b.sees(http.StatusForbidden, "does not come from a page of this session")
	}
	other := h.browser(t)
	other.signIn("orlov")
	other.do(form(t, h.url+draft+"/drop", url.Values{"token": {token}})) // of another session
	other.sees(http.StatusForbidden, "does not come from a page of this session")
	b.get(draft)
	b.sees(http.StatusOK, "Draft")
	if strings.Contains(b.page, `class="tag none">Dropped`) {
		t.Error("the draft was dropped")
	}
	w := httptest.NewRecorder()
	req := httptest.NewRequest("TRACE", "/desk", nil)
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: h.door.As, Changed: h.door.Changed, Now: h.home.Time})
	if err != nil {
		t.Fatal(err)
	}
	if site.ServeHTTP(w, req); w.Code < 400 {
		t.Errorf("TRACE is answered with %d", w.Code)
	}
}
