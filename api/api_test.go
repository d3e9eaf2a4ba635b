package api

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"detente/control"
	"detente/desk"
	"detente/home"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const passphrase = "correct horse battery staple"

// program is a client of the interface of a real home.
type program struct {
	t     *testing.T
	url   string
	token string
}

func open(t *testing.T) *program {
	t.Helper()
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	made, err := home.Make(ctx, home.Making{Dir: dir, Party: "alatau", Next: filepath.Join(t.TempDir(), "next.age"), NextPassphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	id, err := home.Unlock(made.Unlock, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := home.Open(ctx, dir, home.Options{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	o := desk.Officer{ID: "saparova", Name: "S", Post: "duty-officer", Roles: []desk.Role{desk.Admin, desk.Drafter, desk.Duty}}
	if err := h.Node.Desk().AddOfficer(ctx, desk.Console, o, passphrase); err != nil {
		t.Fatal(err)
	}
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
	a, err := New(door, "v1", h.Time)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return &program{t, s.URL, ""}
}

// ask posts a body and returns the status and what came.
func (p *program) ask(path, contentType, key, body string) (int, []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, b
}

// call posts arguments and wants a status.
func (p *program) call(verb string, args any, want int) []byte {
	p.t.Helper()
	body, err := json.Marshal(args)
	if err != nil {
		p.t.Fatal(err)
	}
	code, b := p.ask("/api/v1/"+verb, "application/json", "", string(body))
	if code != want {
		p.t.Fatalf("%s: %d, want %d: %s", verb, code, want, b)
	}
	return b
}

func (p *program) signIn() {
	p.t.Helper()
	var in control.SignedIn
	if err := json.Unmarshal(p.call("sign-in", control.SignInArgs{Officer: "saparova", Passphrase: passphrase}, 200), &in); err != nil {
		p.t.Fatal(err)
	}
	p.token = in.Token
}

func TestCalls(t *testing.T) {
	p := open(t)
	if code, b := p.ask("/api/v1/status", "application/json", "", "{}"); code != 401 || !bytes.Contains(b, []byte(`"error":{"code":"permission"`)) {
		t.Errorf("without a token: %d %s", code, b)
	}
	p.call("sign-in", control.SignInArgs{Officer: "saparova", Passphrase: "wrong horse battery staple"}, 403)
	p.signIn()
	p.call("status", nil, 422) // null is no object
	var token control.Token
	if err := json.Unmarshal(p.call("token-issue", control.TokenArgs{Name: "archive", Scopes: []desk.Scope{desk.ScopeRead}}, 200), &token); err != nil {
		t.Fatal(err)
	}
	person := p.token
	p.token = token.Secret
	p.call("status", struct{}{}, 200)
	p.call("send", control.DraftArgs{ID: "x"}, 403)
	p.call("token-issue", control.TokenArgs{}, 403)
	p.token = person
	p.call("confirm", control.ConsoleArgs{Console: true}, 403)

	for name, one := range map[string]struct {
		path, kind, key, body string
		want                  int
		says                  string
	}{
		"no such call":          {"/api/v1/backup", "application/json", "", "{}", 404, "there is no call"},
		"no such path":          {"/api/v2/status", "application/json", "", "{}", 404, "not part of the interface"},
		"a form":                {"/api/v1/status", "application/x-www-form-urlencoded", "", "a=b", 422, "application/json"},
		"an unknown argument":   {"/api/v1/status", "application/json", "", `{"x":1}`, 422, "x"},
		"an argument twice":     {"/api/v1/statement-list", "application/json", "", `{"limit":1,"limit":2}`, 422, "limit"},
		"a list":                {"/api/v1/status", "application/json", "", `[]`, 422, "no JSON object"},
		"more than is taken":    {"/api/v1/status", "application/json", "", `{"x":"` + strings.Repeat("x", maxArgs) + `"}`, 422, "more than"},
		"a key for a look":      {"/api/v1/status", "application/json", "k", `{}`, 422, "changes nothing"},
		"a file that is none":   {"/api/v1/import-look", "application/json", "", `{}`, 422, "octet-stream"},
		"a bundle that is none": {"/api/v1/import-look", "application/octet-stream", "", `garbage`, 422, ""},
		"a proof of nothing":    {"/api/v1/prove", "application/json", "", `{"ref":"nothing"}`, 404, ""},
	} {
		code, b := p.ask(one.path, one.kind, one.key, one.body)
		var f failure
		if err := json.Unmarshal(b, &f); err != nil || code != one.want || f.Error == nil || !strings.Contains(f.Error.Message, one.says) {
			t.Errorf("%s: %d %s", name, code, b)
		}
	}
	p.token = "detente-token-of-nobody"
	if code, _ := p.ask("/api/v1/status", "application/json", "", "{}"); code != 401 {
		t.Errorf("a token of nobody: %d", code)
	}
}

func TestIdempotencyKey(t *testing.T) {
	p := open(t)
	p.signIn()
	body := `{"id":"","request":{"kind":"statement","status":"test","to":[],"open":true,"life":"new","thread":"ALA/1","language":"en","post":"duty-officer","text":"The line is tested."}}`
	drafts := func() int {
		var list []control.DraftLine
		if err := json.Unmarshal(p.call("draft-list", map[string]string{}, 200), &list); err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	code, first := p.ask("/api/v1/draft-save", "application/json", "k1", body)
	_, second := p.ask("/api/v1/draft-save", "application/json", "k1", body)
	if n := drafts(); code != 200 || !bytes.Equal(first, second) || n != 1 {
		t.Errorf("%d, %d drafts: %s", code, n, first)
	}
	if code, b := p.ask("/api/v1/draft-save", "application/json", "k1", strings.Replace(body, "tested", "tried", 1)); code != 409 || !bytes.Contains(b, []byte("another call")) {
		t.Errorf("another call under the key: %d %s", code, b)
	}
	// An error is an outcome too.
	code, first = p.ask("/api/v1/draft-submit", "application/json", "k2", `{"id":"nothing"}`)
	again, second := p.ask("/api/v1/draft-submit", "application/json", "k2", `{"id":"nothing"}`)
	if code != 404 || again != 404 || !bytes.Equal(first, second) {
		t.Errorf("%d %s, %d %s", code, first, again, second)
	}
	// What is secret is not kept, so such a call has no name.
	for _, verb := range []string{"token-issue", "officer-add", "officer-passphrase"} {
		if code, b := p.ask("/api/v1/"+verb, "application/json", "k3", `{}`); code != 422 || !bytes.Contains(b, []byte("a secret")) {
			t.Errorf("%s under a key: %d %s", verb, code, b)
		}
	}
}

// The description is what the node does: every call is in it, and what a call
// answers has the shape that it says.
func TestDescription(t *testing.T) {
	p := open(t)
	res, err := http.Get(p.url + "/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := jsonschema.UnmarshalJSON(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	const at = "urn:detente:openapi"
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(at, doc); err != nil {
		t.Fatal(err)
	}
	p.signIn()
	seen := 0
	for _, v := range control.Verbs() {
		path := "/paths/~1api~1v1~1" + v.Name + "/post"
		if v.Stream != control.ReadsIn {
			args, err := c.Compile(at + "#" + path + "/requestBody/content/application~1json/schema")
			if err != nil {
				t.Fatalf("%s: %v", v.Name, err)
			}
			if err := args.Validate(map[string]any{"nothing of the kind": true}); err == nil && v.Args.NumField() > 0 {
				t.Errorf("%s: the description admits any argument", v.Name)
			}
		}
		if v.Answer == nil || v.Writes || control.Anybody(v.Name) {
			continue
		}
		code, b := p.ask("/api/v1/"+v.Name, "application/json", "", "{}")
		if code != 200 {
			continue // it asks for arguments
		}
		answer, err := c.Compile(at + "#" + path + "/responses/200/content/application~1json/schema")
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Validate(value); err != nil {
			t.Errorf("%s answers %s: %v", v.Name, b, err)
		}
		seen++
	}
	if seen < 10 {
		t.Errorf("only %d answers were compared", seen)
	}
}

// What is subscribed to needs a token, in the address where it must be, and shows no
// content.
func TestFeeds(t *testing.T) {
	p := open(t)
	p.signIn()
	get := func(path string) (int, string, string) {
		res, err := http.Get(p.url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Content-Type"), string(b)
	}
	var token, courier control.Token
	for scope, into := range map[desk.Scope]*control.Token{desk.ScopeRead: &token, desk.ScopeCourier: &courier} {
		if err := json.Unmarshal(p.call("token-issue", control.TokenArgs{Name: "calendar", Scopes: []desk.Scope{scope}}, 200), into); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/api/feed/calendar.ics", "/api/feed/notices.atom"} {
		if code, _, _ := get(path); code != 401 {
			t.Errorf("%s without a token: %d", path, code)
		}
		if code, _, _ := get(path + "?token=" + courier.Secret); code != 403 {
			t.Errorf("%s with a token of another scope: %d", path, code)
		}
	}
	code, kind, body := get("/api/feed/calendar.ics?status=exercise&token=" + token.Secret)
	if code != 200 || !strings.HasPrefix(kind, "text/calendar") || !strings.HasPrefix(body, "BEGIN:VCALENDAR") || !strings.Contains(body, "EXERCISE") {
		t.Errorf("%d %s %s", code, kind, body)
	}
	code, kind, body = get("/api/feed/notices.atom?token=" + token.Secret)
	var f atom
	if err := xml.Unmarshal([]byte(body), &f); err != nil || code != 200 || !strings.HasPrefix(kind, "application/atom+xml") || f.ID == "" || f.Updated == "" {
		t.Errorf("%d %s %s: %v", code, kind, body, err)
	}
}
