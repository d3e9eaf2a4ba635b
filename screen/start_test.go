package screen

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"detente/control"
	"detente/home"
	"detente/key"
	"detente/party"
)

// newState is a home in which nobody works yet, whose screens are served.
func newState(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "home")
	made, err := home.Make(t.Context(), home.Making{Dir: at, Party: "alatau", Names: map[string]string{"en": "Alatau", "ru": "Алатау"}, Next: filepath.Join(dir, "next.age"), NextPassphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	id, err := home.Unlock(made.Unlock, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := home.Open(t.Context(), at, home.Options{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	h.Node.Run(nil)
	return serveHome(t, h)
}

var welcomeLink = regexp.MustCompile(`/welcome\?key=([0-9a-f]{64})`)

// TestFirstRun walks the first day of a state alone: a link, officers and clearance, a
// text and another state, and a form that comes out as a note.
func TestFirstRun(t *testing.T) {
	h := newState(t)
	ann, bo := h.browser(t), h.browser(t)
	ann.get("/")
	ann.sees(http.StatusOK, "There is no administrator here yet", "detente officer link")
	var l control.Link
	if err := h.door.As("").Call(t.Context(), "first-link", control.ConsoleArgs{Console: true}, nil, nil, &l); err == nil {
		t.Fatal("the link is made for somebody who came over a network")
	}
	if err := h.door.Own().Call(t.Context(), "first-link", control.ConsoleArgs{Console: true}, nil, nil, &l); err != nil {
		t.Fatal(err)
	}
	ann.get("/welcome?key=" + strings.Repeat("0", 64))
	ann.sees(http.StatusForbidden, "This link was used, has ended, or gave way to a later one")
	bo.get("/welcome?key=" + l.Secret) // looked at by a program on the way
	ann.get("/welcome?key=" + l.Secret)
	ann.sees(http.StatusOK, "You are the first officer of this node")
	account := func(more ...string) url.Values {
		of := url.Values{"key": {l.Secret}, "id": {"ann"}, "name": {"Ann A."}, "post": {"duty-officer"}, "role": {"admin", "drafter", "duty"}, "passphrase": {passphrase}, "again": {passphrase}}
		for i := 0; i < len(more); i += 2 {
			of.Set(more[i], more[i+1])
		}
		return of
	}
	ann.post("/welcome", account("again", "another passphrase"))
	ann.sees(http.StatusUnprocessableEntity, "The two passphrases differ")
	if !strings.Contains(ann.page, `value="Ann A."`) || strings.Contains(ann.page, passphrase) {
		t.Error("what was typed is lost, or the passphrase is said again")
	}
	ann.post("/welcome", account("passphrase", "short", "again", "short"))
	ann.sees(http.StatusConflict, "at least 12 characters")
	ann.post("/welcome", account())
	ann.sees(http.StatusOK, "First steps", "you are signed in", "Add a second officer")
	bo.post("/welcome", account("id", "eve"))
	bo.sees(http.StatusForbidden, "This link was used")

	ann.get("/officers")
	ann.press("/officers", "id", "bo", "name", "Bo B.", "post", "head-of-section", "role", "clearer", "step", "release")
	ann.sees(http.StatusOK, "A link for the officer", "It serves once")
	link := welcomeLink.FindStringSubmatch(ann.page)
	if link == nil {
		t.Fatal("no link on the page")
	}
	bo.get(link[0])
	bo.sees(http.StatusOK, "This link sets the passphrase of Bo B.")
	bo.post("/welcome", url.Values{"key": {link[1]}, "passphrase": {passphrase}, "again": {passphrase}})
	bo.sees(http.StatusOK, "The account is yours")
	bo.get("/officers")
	bo.sees(http.StatusOK, "An administrator of this node changes accounts")
	ann.get("/officers")
	ann.press("/officers/chain", "name.0", "section", "name.1", "release", "deputies.0", "bo", "distinct", "no", "name.2", "")
	ann.sees(http.StatusOK, "The clearance chain is in force")
	ann.press("/officers/chain", "name.0", "release", "distinct", "yes")

	ann.get("/texts")
	ann.sees(http.StatusOK, "A state alone puts texts in force by itself", "Vienna Document")
	ann.press("/texts", "code", "")
	ann.sees(http.StatusUnprocessableEntity, "Nothing was changed")
	ann.press("/texts", "text", "vd11", "code", "kz", "state", "borovia", "state.name", "Borovia", "state.code", "ru")
	ann.sees(http.StatusOK, "Adopted.", "in force")
	for _, want := range []string{`value="Borovia" readonly`, `value="RU"`, `value="KZ"`} {
		if !strings.Contains(ann.page, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	ann.get("/portfolio")
	ann.sees(http.StatusOK, "edition", "Vienna Document")
	ann.get("/contacts")
	ann.sees(http.StatusOK, "Borovia")
	ann.get("/start")
	ann.sees(http.StatusOK, "there: 2", "there: 1")
	ann.get("/audit")
	ann.sees(http.StatusOK, "officer-add", "link-issue", "adopt", "chain-set")
}

// TestOfficersAreForAdmins: an officer without the role sees who works here and changes
// nothing, neither by a page nor by a posted form.
func TestOfficersAreForAdmins(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/officers")
	b.sees(http.StatusOK, "A. Orlov", "An administrator of this node changes accounts")
	for path, fields := range map[string][]string{
		"/officers":            {"id", "eve", "name", "Eve", "post", "desk", "role", "admin"},
		"/officers/chain":      {"name.0", "release"},
		"/officers/orlov":      {"name", "A. Orlov", "post", "desk", "role", "admin"},
		"/officers/orlov/link": nil,
		"/officers/orlov/end":  nil,
		"/texts":               {"text", "vd11"},
	} {
		b.press(path, fields...)
		if b.code != http.StatusForbidden || !strings.Contains(text(b.page), "role") {
			t.Errorf("%s: %d %s", path, b.code, text(b.page))
		}
	}
	b.get("/officers/nobody")
	b.sees(http.StatusNotFound)
	b.get("/officers/orlov")
	b.sees(http.StatusOK, "A. Orlov", "An administrator of this node changes accounts")
}

// TestPageOfTheSessionBefore: a page that was open when the session ended keeps what
// was typed in it after a sign-in in another window; a page of anybody else does not.
func TestPageOfTheSessionBefore(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "")
	b.get(draft + "/text")
	page := b.page
	b.signIn("saparova") // in another window
	b.page = page
	b.press(draft+"/text", "text", "Typed before.", "go", "stay")
	b.sees(http.StatusOK, "Confirm what you typed")
	if !strings.Contains(b.page, `name="text" value="Typed before."`) {
		t.Fatal("what was typed is lost")
	}
	b.press(draft+"/text", "text", "Typed before.", "go", "stay")
	b.sees(http.StatusOK, "Saved.", "Typed before.")
	b.post(draft+"/text", url.Values{"token": {strings.Repeat("0", 64)}, "text": {"Of a stranger."}, "go": {"stay"}})
	b.sees(http.StatusForbidden, "does not come from a page of this session")
	b.get(draft)
	b.press("/sign-out")
	b.signIn("orlov")
	b.page = page
	b.press(draft+"/text", "text", "Of the officer before.", "go", "stay")
	b.sees(http.StatusForbidden, "does not come from a page of this session")
}

// TestPasskeyPages: what a key answers is judged by the desk; here it is that the pages
// offer it where it works, ask for the passphrase, and say what was refused.
func TestPasskeyPages(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.get("/sign-in")
	if strings.Contains(b.page, "data-passkey") {
		t.Error("a passkey is offered at an address in numbers")
	}
	b.get("/sign-in/passkey")
	b.sees(http.StatusUnprocessableEntity, "A passkey works where the desk is opened by its name")
	b.signIn("saparova")
	b.get("/passkeys")
	b.sees(http.StatusOK, "No passkey was made", "as localhost")
	b.press("/sign-out")

	b.url = strings.Replace(h.url, "127.0.0.1", "localhost", 1)
	b.get("/sign-in")
	if !strings.Contains(b.page, `data-passkey="use" hidden`) || !strings.Contains(b.page, "/asset/passkey-") {
		t.Error("no passkey is offered on the machine itself")
	}
	b.get("/sign-in/passkey")
	if b.code != http.StatusOK || !strings.Contains(b.page, `"rpId":"localhost"`) || strings.Contains(b.page, "saparova") {
		t.Errorf("%d %s", b.code, b.page)
	}
	b.post("/sign-in", url.Values{"answer": {"{}"}, "then": {"/desk"}})
	b.sees(http.StatusForbidden, "The sign-in is not accepted")
	b.signIn("saparova")
	b.get("/passkeys")
	b.press("/passkeys/begin", "name", "stick <b>", "passphrase", "another passphrase")
	b.sees(http.StatusForbidden, "The sign-in is not accepted")
	if strings.Contains(b.page, "another passphrase") || !strings.Contains(b.page, "stick &lt;b&gt;") {
		t.Error("the page says the passphrase again, or not the name")
	}
	b.press("/passkeys/begin", "name", "stick <b>", "passphrase", passphrase)
	b.sees(http.StatusOK, "Make it now")
	if !strings.Contains(b.page, `data-options="{&#34;rp&#34;`) || strings.Contains(b.page, passphrase) {
		t.Error("the page has no options for the browser")
	}
	b.press("/passkeys", "name", "stick <b>", "answer", `{"id":"x"}`)
	b.sees(http.StatusUnprocessableEntity, "The passkey is not accepted")
	b.press("/passkeys/00000000/end", "passphrase", passphrase)
	b.sees(http.StatusNotFound, "There is no such passkey")
	b.press("/passkeys/00000000/end", "passphrase", strings.Repeat("x", 2000))
	b.sees(http.StatusRequestEntityTooLarge)
}

// otherCard is the card of another party.
func otherCard(t *testing.T) key.Card {
	t.Helper()
	origin, err := party.GenerateOrigin(rand.Reader, "borovia")
	if err != nil {
		t.Fatal(err)
	}
	set, next, err := key.Generate(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	return set.Card(next)
}

// TestGroupPage: the own fingerprint, a card of another, and an edition that is compared
// before it is adopted.
func TestGroupPage(t *testing.T) {
	h := newState(t)
	var s control.SignedIn
	var l control.Link
	own := h.door.Own()
	err := own.Call(t.Context(), "first-link", control.ConsoleArgs{Console: true}, nil, nil, &l)
	err = errors.Join(err, own.Call(t.Context(), "first-take", control.FirstArgs{Officer: control.Officer{ID: "saparova", Name: "S.", Post: "desk"}, Secret: l.Secret, Passphrase: passphrase}, nil, nil, &s))
	if err != nil {
		t.Fatal(err)
	}
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/group")
	words := key.Words(h.home.Card.Digest())
	b.sees(http.StatusOK, strings.Join(words[:4], " "), strings.Join(words[8:], " "), "a home belongs to one group for good")
	if !strings.Contains(b.page, `<svg class="qr"`) {
		t.Error("no QR code")
	}
	res, err := b.http.Get(h.url + "/group/card")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Content-Disposition") != `attachment; filename="alatau.card"; filename*=UTF-8''alatau.card` {
		t.Errorf("%v", res.Header)
	}
	card := otherCard(t)
	body, err := card.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b.upload("/group/card", "card", "borovia.card", string(body))
	b.sees(http.StatusOK, "Card of borovia", "has no card of this party", strings.Join(key.Words(card.Digest())[:4], " "))
	b.upload("/group/card", "card", "borovia.card", "{}")
	b.sees(http.StatusUnprocessableEntity)
	b.upload("/group/card", "other", "borovia.card", "{}")
	b.sees(http.StatusUnprocessableEntity, "Choose a file")

	r := *h.home.Node.Keys().Current()
	r.Previous, r.Edition, r.Effective = r.Digest(), 2, "2030-01-01T00:00:00Z"
	next, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b.get("/group")
	b.upload("/group/roster", "roster", "roster.json", string(next)+" ")
	b.sees(http.StatusUnprocessableEntity)
	first, err := h.home.Node.Keys().Current().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b.get("/group")
	b.upload("/group/roster", "roster", "roster.json", string(first))
	b.sees(http.StatusOK, "It cannot be adopted as it is", "this one is not later")
	b.get("/group")
	b.upload("/group/roster", "roster", "roster.json", string(next))
	b.sees(http.StatusOK, "edition 2", strings.Join(key.Words(r.Digest())[:4], " "), "The roster in force has this very card")
	kept := regexp.MustCompile(`name="body" value="([^"]+)"`).FindStringSubmatch(b.page)
	if kept == nil {
		t.Fatal("the page does not carry the roster")
	}
	b.press("/group/adopt", "body", unescape(kept[1]))
	b.sees(http.StatusUnprocessableEntity, "Compare the words by telephone first")
	b.press("/group/adopt", "body", unescape(kept[1]), "compared", "yes")
	b.sees(http.StatusOK, "The edition is adopted", "2030-01-01")
}

// TestAwaiting: a home that awaits the roster of its group shows its fingerprint to
// whoever has the link, and pins a roster that was compared.
func TestAwaiting(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "home")
	made, err := home.Make(t.Context(), home.Making{Dir: at, Party: "alatau", ForGroup: true, Next: filepath.Join(dir, "next.age"), NextPassphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	id, err := home.Unlock(made.Unlock, nil)
	if err != nil {
		t.Fatal(err)
	}
	door, secret, err := control.Await(at, home.Options{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	site, err := NewAwaiting(Config{Party: "alatau", Name: func(string) string { return "alatau" }, Door: door.As, Own: door.As(""), Changed: func() <-chan struct{} { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{url: newTestServer(t, site)}
	b, stranger := h.browser(t), h.browser(t)
	stranger.get("/group")
	stranger.sees(http.StatusOK, "Open the link that the program printed")
	stranger.get("/welcome?key=" + strings.Repeat("0", 64))
	stranger.sees(http.StatusForbidden, "This link was used")
	b.get("/welcome?key=" + secret)
	b.sees(http.StatusOK, "This home awaits a roster")
	b.post("/welcome", url.Values{"key": {secret}})
	b.sees(http.StatusOK, strings.Join(key.Words(made.Card.Digest())[:4], " "), "hand your card to the scribe")
	if strings.Contains(b.page, `href="/desk"`) {
		t.Error("the page leads to what is not there")
	}
	stranger.post("/welcome", url.Values{"key": {secret}})
	stranger.sees(http.StatusForbidden, "This link was used")
	for _, verb := range []string{"status", "draft-list", "officer-add", "nothing"} {
		if err := door.As("").Call(context.Background(), verb, nil, nil, nil, nil); err == nil {
			t.Errorf("%s is answered to nobody", verb)
		}
	}

	if _, err := home.Make(t.Context(), home.Making{Dir: filepath.Join(dir, "other"), Party: "alatau", Next: filepath.Join(dir, "other.age"), NextPassphrase: passphrase}); err != nil {
		t.Fatal(err)
	}
	other, err := home.Load(filepath.Join(dir, "other"))
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := other.First.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b.upload("/group/roster", "roster", "roster.json", string(wrong))
	b.sees(http.StatusOK, "It cannot be adopted as it is", "has other keys")
	r := *other.First
	p := r.Parties[0]
	p.Card = &made.Card
	r.Parties = append(r.Parties[:0:0], p)
	right, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b.get("/group")
	b.upload("/group/roster", "roster", "roster.json", string(right))
	b.sees(http.StatusOK, "edition 1", strings.Join(key.Words(r.Digest())[:4], " "))
	kept := regexp.MustCompile(`name="body" value="([^"]+)"`).FindStringSubmatch(b.page)
	if kept == nil {
		t.Fatal("the page does not carry the roster")
	}
	b.press("/group/adopt", "body", unescape(kept[1]))
	b.sees(http.StatusUnprocessableEntity, "Compare the words by telephone first")
	b.press("/group/adopt", "body", unescape(kept[1]), "compared", "yes")
	b.sees(http.StatusOK, "pinned to this home for good", "The node begins its work")
	select {
	case <-door.Joined():
	default:
		t.Error("nobody is told that the home was pinned")
	}
	if f, err := home.Load(at); err != nil || f.First == nil || f.First.Digest() != r.Digest() {
		t.Errorf("%v", err)
	}
}
