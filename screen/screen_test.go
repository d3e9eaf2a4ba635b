package screen

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/template/parse"
	"time"

	"detente/control"
	"detente/desk"
	"detente/home"
	"detente/node"
)

const passphrase = "correct horse battery staple"

// firstHome makes the home of which each test has a copy: keys take a second to make.
var firstHome = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "detente-screen-")
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	at := filepath.Join(dir, "home")
	made, err := home.Make(ctx, home.Making{Dir: at, Party: "alatau", Names: map[string]string{"en": "Alatau"}, Next: filepath.Join(dir, "next.age"), NextPassphrase: passphrase})
	if err != nil {
		return "", err
	}
	id, err := home.Unlock(made.Unlock, nil)
	if err != nil {
		return "", err
	}
	h, err := home.Open(ctx, at, home.Options{Identity: id})
	if err != nil {
		return "", err
	}
	for _, o := range []desk.Officer{
		{ID: "saparova", Name: "S. Saparova", Post: "arms-control", Roles: []desk.Role{desk.Drafter, desk.Clearer, desk.Duty}, Steps: []string{"release"}},
		{ID: "orlov", Name: "A. Orlov", Post: "duty-officer", Roles: []desk.Role{desk.Clearer}, Steps: []string{"release"}},
	} {
		err = errors.Join(err, h.Node.Desk().AddOfficer(ctx, desk.Console, o, passphrase))
	}
	return at, errors.Join(err, h.Close())
})

func TestMain(m *testing.M) {
	code := m.Run()
	if at, err := firstHome(); err == nil {
		os.RemoveAll(filepath.Dir(at))
	}
	os.Exit(code)
}

// house is a real home with three officers, whose screens are served.
type house struct {
	home *home.Home
	door *control.Server
	url  string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return openHouse(t, nil)
}

// openHouse is newHouse of a home that before has seen first; it lives a minute later.
func openHouse(t *testing.T, before func(h *home.Home)) *house {
	t.Helper()
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	first, err := firstHome()
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(first))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{home.UnlockFile, node.StoreFile} { // a copy is not as private as a home
		if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id, err := home.Unlock(filepath.Join(dir, home.UnlockFile), nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now
	if before != nil {
		h, err := home.Open(ctx, dir, home.Options{Identity: id})
		if err != nil {
			t.Fatal(err)
		}
		before(h)
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		now = func() time.Time { return time.Now().Add(time.Minute) }
	}
	h, err := home.Open(ctx, dir, home.Options{Identity: id, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return serveHome(t, h)
}

// serveHome serves the screens of a home, until the test ends, which closes it.
func serveHome(t *testing.T, h *home.Home) *house {
	t.Helper()
	t.Cleanup(func() { h.Close() })
	door, l, err := control.Listen(h)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- door.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(door.Stop(), <-done); err != nil {
			t.Error(err)
		}
	})
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: door.As, Own: door.Own(), Changed: door.Changed, Now: h.Time})
	if err != nil {
		t.Fatal(err)
	}
	return &house{h, door, newTestServer(t, site)}
}

func newTestServer(t *testing.T, site *Site) string {
	s := httptest.NewServer(site)
	t.Cleanup(s.Close)
	return s.URL
}

// browser follows links and posts forms of pages, as a person does with scripts off.
type browser struct {
	t    *testing.T
	http *http.Client
	url  string
	lang string
	page string // the last page
	code int
}

func (h *house) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, http: &http.Client{Jar: jar}, url: h.url, lang: "en"}
}

func (b *browser) do(req *http.Request) {
	b.t.Helper()
	req.Header.Set("Accept-Language", b.lang)
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.page, b.code = string(body), res.StatusCode
	if got := res.Header.Get("Content-Security-Policy"); got != policy && !strings.HasSuffix(req.URL.Path, "/paper") {
		b.t.Errorf("%s: policy %q", req.URL, got)
	}
}

func (b *browser) get(path string) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(req)
}

// post sends fields as they are.
func (b *browser) post(path string, fields url.Values) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(fields.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.url)
	b.do(req)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="token" value="([0-9a-f]{64})">`)

// press posts a form of the page that is open, with its token.
func (b *browser) press(path string, fields ...string) {
	b.t.Helper()
	m := hidden.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("no form of the session on the page:\n%s", text(b.page))
	}
	of := url.Values{"token": {m[1]}}
	for i := 0; i < len(fields); i += 2 {
		of.Add(fields[i], fields[i+1])
	}
	b.post(path, of)
}

// press2 posts a form of a page that was read before.
func (b *browser) press2(page, path string) {
	b.t.Helper()
	b.page = page
	b.press(path)
}

func unescape(s string) string { return html.UnescapeString(s) }

func (b *browser) signIn(officer string) {
	b.t.Helper()
	b.post("/sign-in", url.Values{"officer": {officer}, "passphrase": {passphrase}, "then": {"/desk"}})
	if b.code != http.StatusOK {
		b.t.Fatalf("sign in %s: %d", officer, b.code)
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text is a page as it is read.
func text(page string) string {
	_, body, _ := strings.Cut(page, "<body")
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString("<body"+body, " "))), " ")
}

// sees demands a page of a status that says all of these.
func (b *browser) sees(code int, what ...string) {
	b.t.Helper()
	said := text(b.page)
	if b.code != code {
		b.t.Fatalf("status %d, not %d: %s", b.code, code, said)
	}
	for _, w := range what {
		if !strings.Contains(said, w) {
			b.t.Fatalf("the page does not say %q: %s", w, said)
		}
	}
}

func TestSignInAndOut(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.get("/desk")
	b.sees(http.StatusOK, "Sign in", "Passphrase")
	b.post("/sign-in", url.Values{"officer": {"saparova"}, "passphrase": {"another passphrase"}, "then": {"/desk"}})
	b.sees(http.StatusForbidden, "The sign-in is not accepted")
	if strings.Contains(b.page, "another passphrase") || !strings.Contains(b.page, `value="saparova"`) {
		t.Error("the page says the passphrase again, or not the officer")
	}
	b.signIn("saparova")
	b.sees(http.StatusOK, "Desk", "Nothing needs you")
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	old := b.http.Jar.Cookies(at)
	b.press("/sign-out")
	b.sees(http.StatusOK, "You are signed out")
	b.http.Jar.SetCookies(at, old)
	b.get("/desk")
	b.sees(http.StatusOK, "Sign in", "Passphrase")
}

// TestNoFixation: a token that a browser brought is never the one of a sign-in.
func TestNoFixation(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	const brought = "0123456789012345678901234567890123456789012345678901234567890123"
	b.http.Jar.SetCookies(at, []*http.Cookie{{Name: "detente-alatau-session", Value: brought, Path: "/"}})
	b.signIn("saparova")
	first := session(t, b)
	if first == brought {
		t.Fatal("the session has the token that the browser brought")
	}
	b.signIn("orlov")
	if session(t, b) == first {
		t.Fatal("the second sign-in has the token of the first")
	}
	b.http.Jar.SetCookies(at, []*http.Cookie{{Name: "detente-alatau-session", Value: first, Path: "/"}})
	b.get("/desk")
	b.sees(http.StatusOK, "Sign in", "Passphrase") // the first session ended with the second sign-in
}

func session(t *testing.T, b *browser) string {
	t.Helper()
	at, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(at) {
		if c.Name == "detente-alatau-session" {
			return c.Value
		}
	}
	t.Fatal("no session")
	return ""
}

// TestFormsOfStrangers: a form is taken from a page of the same origin and the same
// session alone.
func TestFormsOfStrangers(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.post("/sign-out", url.Values{})
	b.sees(http.StatusForbidden, "does not come from a page of this session")
	token := formToken(session(t, b))
	for _, from := range [][2]string{{"Origin", "https://elsewhere.example"}, {"Sec-Fetch-Site", "cross-site"}} {
		req, err := http.NewRequest(http.MethodPost, h.url+"/sign-out", strings.NewReader(url.Values{"token": {token}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(from[0], from[1])
		b.do(req)
		b.sees(http.StatusForbidden, "does not come from a page of this session")
	}
	b.get("/desk")
	b.sees(http.StatusOK, "Needs you now")
}

// TestFaultsInTheLayout: what is not there or not readable is a page, in the
// language of the reader.
func TestFaultsInTheLayout(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/nothing")
	b.sees(http.StatusNotFound, "There is no page at this address")
	b.lang = "ru-RU,en;q=0.5"
	b.get("/nothing")
	b.sees(http.StatusNotFound, "По этому адресу страницы нет")
	b.lang = "en"
	b.post("/sign-out", url.Values{"token": {strings.Repeat("x", maxBody)}})
	b.sees(http.StatusRequestEntityTooLarge, "larger than this node takes")
}

// TestLanguageIsKept: what was chosen outweighs what the browser asks for; a choice
// leads nowhere else.
func TestLanguageIsKept(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.post("/choice", url.Values{"language": {"ru"}, "theme": {"night"}, "density": {"compact"}, "back": {"/sign-in"}})
	b.sees(http.StatusOK, "Парольная фраза")
	if !strings.Contains(b.page, `<html lang="ru" dir="ltr" data-theme="night" data-density="compact">`) {
		t.Error("the choice is not kept")
	}
	for _, bad := range []string{"//elsewhere.example", "https://elsewhere.example/", `/\elsewhere.example`, ""} {
		b.post("/choice", url.Values{"language": {"xx"}, "theme": {`"><script>`}, "back": {bad}})
		b.sees(http.StatusOK, "Парольная фраза")
	}
}

// TestEveryWordIsThere: a key that a page names stands in the texts; phrase.Must sees
// that it stands in every language.
func TestEveryWordIsThere(t *testing.T) {
	s := &Site{}
	all, err := s.templates()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(node parse.Node)
	look := func(args []parse.Node) {
		for i, a := range args {
			id, ok := a.(*parse.IdentifierNode)
			if !ok || id.Ident != "t" || i+1 >= len(args) {
				continue
			}
			if key, ok := args[i+1].(*parse.StringNode); ok {
				n++
				if !sentences.Has(key.Text) {
					t.Errorf("no sentence %q", key.Text)
				}
			}
		}
	}
	pipe := func(p *parse.PipeNode) {
		if p == nil {
			return
		}
		for _, c := range p.Cmds {
			look(c.Args)
			for _, a := range c.Args {
				walk(a)
			}
		}
	}
	walk = func(node parse.Node) {
		switch node := node.(type) {
		case *parse.ListNode:
			if node == nil {
				return
			}
			for _, one := range node.Nodes {
				walk(one)
			}
		case *parse.ActionNode:
			pipe(node.Pipe)
		case *parse.PipeNode:
			pipe(node)
		case *parse.TemplateNode:
			pipe(node.Pipe)
		case *parse.IfNode:
			pipe(node.Pipe)
			walk(node.List)
			walk(node.ElseList)
		case *parse.RangeNode:
			pipe(node.Pipe)
			walk(node.List)
			walk(node.ElseList)
		case *parse.WithNode:
			pipe(node.Pipe)
			walk(node.List)
			walk(node.ElseList)
		}
	}
	for _, one := range all["en"].Templates() {
		if one.Tree != nil {
			walk(one.Tree.Root)
		}
	}
	if n < 50 {
		t.Fatalf("%d keys were found: this test shows nothing", n)
	}
}

// TestStyle: the pages mirror in scripts from right to left, and stay small.
func TestStyle(t *testing.T) {
	b, err := readAll(assetFiles, "asset/style.css")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`[{;\s](left|right|margin-left|margin-right|padding-left|padding-right|border-left|border-right|float|width|height|max-width|min-width|top|bottom):|text-align:(left|right)`).FindAllString(string(b), -1); len(m) > 0 {
		t.Errorf("physical directions in the style: %q", m)
	}
	if strings.Contains(string(b), "url(") || strings.Contains(string(b), "@import") {
		t.Error("the style asks for another file")
	}
}

// TestPagesAreOfThisOrigin: nothing of a page comes from elsewhere or stands inline.
func TestPagesAreOfThisOrigin(t *testing.T) {
	entries, err := pages.ReadDir("page")
	if err != nil {
		t.Fatal(err)
	}
	bad := regexp.MustCompile(`https?://|\sstyle=|<style|\son[a-z]+=|<script(?: defer)?>|javascript:`)
	for _, e := range entries {
		b, err := readAll(pages, "page/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if m := bad.FindString(string(b)); m != "" {
			t.Errorf("%s: %q", e.Name(), m)
		}
		for _, form := range strings.Split(string(b), "<form ")[1:] {
			form, _, _ = strings.Cut(form, "</form>")
			open := slices.ContainsFunc([]string{`action="/sign-in"`, `action="/choice"`, `action="/welcome"`}, func(s string) bool { return strings.Contains(form, s) })
			if strings.Contains(form, `method="post"`) && !open && !strings.Contains(form, `{{template "token" $}}`) && !strings.Contains(form, `name="token"`) {
				t.Errorf("%s: a form without the token of the session: %.80s", e.Name(), form)
			}
		}
	}
}

// TestListen: passphrases do not cross a network in the clear.
func TestListen(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.org:0", "no-port"} {
		if l, err := Listen(addr, false); err == nil {
			l.Close()
			t.Errorf("%s was opened without a certificate", addr)
		}
	}
	l, err := Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestMalformedForms: what is no form, or names what is not there, is a page with one
// sentence, and changes nothing.
func TestMalformedForms(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "cica.2.1.1d")
	token := formToken(session(t, b))
	raw := func(path, kind, body string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, h.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		b.do(req)
	}
	const form = "application/x-www-form-urlencoded"
	for _, one := range []struct {
		path, kind, body string
		want             int
	}{
		{draft + "/1", form, "token=%zz", http.StatusUnprocessableEntity},
		{draft + "/1", "text/plain", "token=" + token, http.StatusForbidden},
		{draft + "/1", "multipart/form-data", "token=" + token, http.StatusUnprocessableEntity},
		{draft + "/99", form, "token=" + token, http.StatusNotFound},
		{draft + "/clear", form, "revision=x&token=" + token, http.StatusUnprocessableEntity},
		{draft + "/cover", form, "to=..%2F..&status=test&token=" + token, http.StatusUnprocessableEntity},
		{draft + "/cover", form, "post=%0d%0aSet-Cookie:x&status=test&token=" + token, http.StatusUnprocessableEntity},
		{draft + "/2", form, "f.formations.999999999.state=alatau&token=" + token, http.StatusOK},
		{"/drafts/../../etc/review", form, "token=" + token, http.StatusNotFound},
		{"/notices/a/b/c/acknowledge", form, "token=" + token, http.StatusNotFound},
		{"/drafts/follow", form, "of=x&life=nothing&token=" + token, http.StatusNotFound},
	} {
		raw(one.path, one.kind, one.body)
		if b.code != one.want || !strings.Contains(b.page, "<h1>") {
			t.Errorf("%s %.40q: status %d, not %d: %s", one.path, one.body, b.code, one.want, text(b.page))
		}
	}
}
