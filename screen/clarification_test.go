package screen

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/clarification"
	"detente/control"
	"detente/home"
	"detente/internal/canon"
	"detente/party"
	"detente/roster"
)

// newGroupHouse is a house in a group with others, of which only the cards are here:
// they have records, and have said nothing.
func newGroupHouse(t *testing.T, others ...party.ID) *house {
	t.Helper()
	ctx := context.Background()
	var rows []roster.Party
	for _, id := range others {
		dir := t.TempDir()
		made, err := home.Make(ctx, home.Making{Dir: filepath.Join(dir, "home"), Party: id, ForGroup: true, Next: filepath.Join(dir, "next.age"), NextPassphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ToUpper(string(id[:1])) + string(id[1:])
		rows = append(rows, roster.Party{ID: id, Standing: roster.Member, Names: map[string]string{"en": name}, Posts: []party.Post{"duty-officer"}, Endpoints: []string{}, Card: &made.Card})
	}
	h := openHouse(t, func(h *home.Home) {
		door := control.Local{Home: h}
		var shown control.Roster
		if err := door.Call(ctx, "roster-show", nil, nil, nil, &shown); err != nil {
			t.Fatal(err)
		}
		r, err := roster.Parse([]byte(shown.Body))
		if err != nil {
			t.Fatal(err)
		}
		r.Previous, r.Edition = shown.Digest, r.Edition+1
		r.Parties = append(r.Parties, rows...)
		r.Counting = roster.Counting{Witnesses: append([]party.ID{"alatau"}, others...), K: 1}
		r.Effective = canon.FormatTime(h.Time().Add(5 * time.Second))
		b, err := r.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if err := door.Call(ctx, "roster-adopt", control.AdoptArgs{Body: string(b), Console: true}, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
	})
	if err := h.home.Node.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestClarification: what this state says becomes a draft that shows every word
// before it is cleared; once sent it stands as a claim, beside the silence of the other.
func TestClarification(t *testing.T) {
	h := newGroupHouse(t, "borovia")
	b, second := h.browser(t), h.browser(t)
	b.signIn("saparova")
	second.signIn("orlov")
	b.get("/clarifications")
	b.sees(http.StatusOK, "No side has stated points")
	b.get("/clarifications/matter")
	b.sees(http.StatusOK, "Clarification of matters")
	b.get("/clarifications/matter?thread=ALA/2026/17")
	b.sees(http.StatusOK, "No side has stated points of this matter yet")
	if !strings.Contains(b.page, `value="ALA/2026/17"`) {
		t.Error("the thread that was named is to be typed again")
	}
	b.get("/clarifications/new")
	b.sees(http.StatusOK, "No side has stated points of this matter yet", "Borovia")
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "with", "borovia", "language", "en")
	b.sees(http.StatusUnprocessableEntity, "Say something of a point")
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "language", "en", "facts", "Shots were heard.")
	b.sees(http.StatusUnprocessableEntity, "Choose the other parties", "Shots were heard.")
	b.press("/clarifications", "thread", "", "status", "test", "with", "borovia", "language", "en", "facts", "Shots were heard.")
	b.sees(http.StatusUnprocessableEntity, "Name the thread of the matter", "Shots were heard.")
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "with", "borovia", "language", "en",
		"facts", "Shots were heard at 14:05 UTC.\r\n\r\nNobody <was> hurt.", "joint", "Both sides regret it.\nBoth sides look into it.")
	b.sees(http.StatusOK, "Check the answers", "Shots were heard at 14:05 UTC.", "Nobody <was> hurt.", "Both sides regret it.")
	if strings.Contains(b.page, "/text\"") {
		t.Error("the review leads to a plain text, which an account has not")
	}
	b.sendsBy(t, second, "Shots were heard at 14:05 UTC.")
	b.sees(http.StatusOK, "What each side says")

	b.get("/clarifications")
	b.sees(http.StatusOK, "ALA/2026/17", "agreed by all: 0 · disputed: 0 · said by some: 3")
	b.get("/clarifications/matter?thread=ALA/2026/17&status=test")
	b.sees(http.StatusOK, "TEST", "Said by some", "Alatau states or confirms it Borovia has said nothing", "Joint text Both sides regret it. Both sides look into it.")
	name := nameOf(t, h, b, "Nobody <was> hurt.")
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "with", "alatau", "with", "borovia", "language", "en", "stance."+name, "nothing")
	b.sees(http.StatusConflict)
	b.press("/clarifications", "thread", "ALA/2026/17", "status", "test", "with", "alatau", "with", "borovia", "language", "en", "stance."+name, "withdrawn")
	b.sees(http.StatusOK, "takes back", "Nobody <was> hurt.")
	b.sendsBy(t, second, "takes back")
	b.get("/clarifications/matter?thread=ALA/2026/17&status=test")
	b.sees(http.StatusOK, "Taken back Nobody says it any more. Nobody <was> hurt.")
	b.get("/clarifications/matter?thread=ALA/2026/17") // in earnest nobody said anything
	b.sees(http.StatusOK, "No side has stated points of this matter yet")
}

// TestSeveralMatters: where one thread has matters between different parties, a
// person chooses; none is shown for another.
func TestSeveralMatters(t *testing.T) {
	h := newGroupHouse(t, "borovia", "cintra")
	b, second := h.browser(t), h.browser(t)
	b.signIn("saparova")
	second.signIn("orlov")
	for _, with := range []string{"borovia", "cintra"} {
		b.get("/clarifications/new")
		b.press("/clarifications", "thread", "INC/1", "status", "test", "with", with, "language", "en", "facts", "Said to "+with+".")
		b.sendsBy(t, second, "Said to "+with+".")
	}
	b.get("/clarifications")
	b.sees(http.StatusOK, "INC/1 In this thread there are matters between different parties.")
	b.get("/clarifications/matter?thread=INC/1&status=test")
	b.sees(http.StatusOK, "Choose one. Alatau, Borovia Alatau, Cintra")
	if strings.Contains(b.page, "Said to") {
		t.Error("a matter is shown before it was chosen")
	}
	_, rest, _ := strings.Cut(b.page, `<li><a href="/clarifications/matter`)
	query, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("no way to the matter")
	}
	b.get("/clarifications/matter" + unescape(query))
	b.sees(http.StatusOK, "Said to borovia.", "Matters between other parties in this thread")
	if strings.Contains(b.page, "Said to cintra.") {
		t.Error("one matter has a point of the other")
	}
}

// sendsBy takes the draft whose review is open through the chain: second sees its
// words before clearing.
func (b *browser) sendsBy(t *testing.T, second *browser, words string) {
	t.Helper()
	_, rest, _ := strings.Cut(b.page, `action="/drafts/`)
	id, _, ok := strings.Cut(rest, "/submit")
	if !ok {
		t.Fatalf("no draft to submit: %s", text(b.page))
	}
	b.press("/drafts/" + id + "/submit")
	second.get("/drafts/" + id + "/review")
	second.sees(http.StatusOK, words)
	_, rest, _ = strings.Cut(second.page, `name="revision" value="`)
	revision, _, _ := strings.Cut(rest, `"`)
	second.press("/drafts/"+id+"/clear", "revision", revision)
	second.sees(http.StatusOK, "Cleared.")
	b.get("/drafts/" + id + "/review")
	b.press("/drafts/" + id + "/send")
	b.sees(http.StatusOK, "It stands in the record of this state now")
}

// nameOf is the name of the point with a text.
func nameOf(t *testing.T, h *house, b *browser, words string) string {
	t.Helper()
	var m control.Matter
	if err := h.door.As(session(t, b)).Call(context.Background(), "clarify-show", control.MatterArgs{Thread: "ALA/2026/17", Status: act.Test}, nil, nil, &m); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Points {
		if p.Text == words {
			return p.Name
		}
	}
	t.Fatalf("no point %q", words)
	return ""
}

// TestAgreedApartFromClaims: what all agree on stands first and under its own
// heading, and each party's word stands beside its name.
func TestAgreedApartFromClaims(t *testing.T) {
	h := newHouse(t)
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: h.door.As, Own: h.door.Own(), Changed: h.door.Changed, Now: h.home.Time})
	if err != nil {
		t.Fatal(err)
	}
	head := &control.Masthead{Party: "alatau", Parties: []control.Named{{ID: "alatau", Name: "Alatau"}, {ID: "borovia", Name: "Borovia"}}}
	m := &matterView{Matter: control.Matter{Thread: "ALA/2026/17", Parties: []party.ID{"alatau", "borovia"}, Points: []control.Point{
		{Name: "01", Kind: clarification.Fact, Language: "en", Text: "They came from the north.", Finding: clarification.Disputed,
			Stances: map[party.ID]clarification.Stance{"alatau": clarification.Agrees, "borovia": clarification.Disputes}},
		{Name: "02", Kind: clarification.Fact, Language: "en", Text: "Shots were heard.", Finding: clarification.AgreedOn,
			Stances: map[party.ID]clarification.Stance{"alatau": clarification.Agrees, "borovia": clarification.Agrees}},
	}}}
	m.Parts = partsOf(m.Points)
	var out bytes.Buffer
	if err := site.languages["en"].ExecuteTemplate(&out, "matter.html", frame{Lang: "en", Dir: "ltr", Head: head, Page: m}); err != nil {
		t.Fatal(err)
	}
	said := text(out.String())
	agreed, disputed, ok := strings.Cut(said, " Disputed At least one party says that it is not so.")
	if !ok || !strings.Contains(agreed, "Agreed by all") || !strings.Contains(agreed, "Shots were heard. Alatau states or confirms it Borovia states or confirms it") ||
		strings.Contains(agreed, "north") || !strings.Contains(disputed, "They came from the north. Alatau states or confirms it Borovia disputes it") {
		t.Error(said)
	}
}
