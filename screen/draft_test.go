package screen

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"detente/control"
)

var address = regexp.MustCompile(`action="(/drafts/[0-9a-f]{16})/`)

// begin makes a draft and returns the address of its overview.
func (b *browser) begin(fields ...string) string {
	b.t.Helper()
	b.get("/drafts/new")
	b.press("/drafts/new", append([]string{"kind", "statement"}, fields...)...)
	m := address.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("no draft was made: %s", text(b.page))
	}
	return m[1]
}

// TestAStatementGoesOut drafts, checks, clears and sends with scripts off. The author
// cannot clear it alone, by page or by a posted form, and an edit voids what was
// cleared.
func TestAStatementGoesOut(t *testing.T) {
	h := newHouse(t)
	author, second := h.browser(t), h.browser(t)
	author.signIn("saparova")
	second.signIn("orlov")
	draft := author.begin("status", "exercise", "form", "")
	author.sees(http.StatusOK, "Status and addressees", "EXERCISE")
	author.press(draft+"/cover", "status", "exercise", "thread", "ALA/EX/1", "go", "next")
	author.press(draft+"/text", "text", "Road 7 is closed.", "go", "hub")
	author.sees(http.StatusOK, "2 of 2 sections done", "Saved.")
	author.get(draft + "/review")
	author.sees(http.StatusOK, "Road 7 is closed.", "Submit for clearance", "readable by all")
	author.press(draft + "/submit")
	author.sees(http.StatusOK, "You drafted this. Another officer must clear it.")
	if strings.Contains(author.page, draft+"/clear") {
		t.Error("the page offers the author to clear")
	}
	author.press(draft+"/clear", "revision", "3")
	author.sees(http.StatusConflict, "You drafted this. Another officer must clear it.")
	author.press(draft + "/send")
	author.sees(http.StatusConflict, "The draft is not cleared")
	var trail []control.AuditEntry
	if err := h.door.Own().Call(t.Context(), "audit-list", control.AuditArgs{Limit: 1}, nil, nil, &trail); err != nil || len(trail) != 1 || trail[0].What != "draft-clear-refused" || trail[0].Officer != "saparova" {
		t.Errorf("the trail does not say that the author tried: %+v, %v", trail, err)
	}

	second.get("/desk")
	second.sees(http.StatusOK, "Drafts that wait for your clearance", "ALA/EX/1")
	second.get(draft + "/review")
	second.press(draft+"/return", "remarks", "Say since when.")
	second.sees(http.StatusOK, "Returned to its author")
	author.get("/desk")
	author.sees(http.StatusOK, "Your drafts, returned with remarks")
	author.get(draft)
	author.sees(http.StatusOK, "Say since when.")
	author.press(draft+"/text", "text", "Road 7 is closed since 4 March.", "go", "hub")
	author.press(draft + "/submit")
	second.get(draft + "/review")
	second.press(draft+"/clear", "revision", "4")
	second.sees(http.StatusOK, "Cleared.", "Send to: all")
	author.press(draft+"/text", "text", "Road <b>7</b> & \"8\" are closed since 5 March.", "go", "hub")
	author.sees(http.StatusOK, "Draft · by saparova")
	second.press(draft + "/send")
	second.sees(http.StatusConflict, "The draft is not cleared")

	author.press(draft + "/submit")
	second.get(draft + "/review")
	second.press(draft+"/clear", "revision", "4") // read before it was edited
	second.sees(http.StatusConflict, "The draft was changed meanwhile")
	second.press(draft+"/clear", "revision", "5")
	second.press(draft + "/send")
	second.sees(http.StatusOK, "It stands in the record of this state now", "Road <b>7</b> & \"8\" are closed since 5 March.", "ALA/EX/1")
	var lines []control.Line
	if err := h.door.Own().Call(t.Context(), "statement-list", control.ListArgs{FromMe: true, Limit: 10}, nil, nil, &lines); err != nil || len(lines) != 1 {
		t.Fatalf("%d statements, %v", len(lines), err)
	}
	author.get("/sent")
	author.sees(http.StatusOK, "ALA/EX/1")
}

// TestEveryFaultHasItsField submits an empty form: one link for each fault, which
// lands on its field, and what was typed stays, valid or not.
func TestEveryFaultHasItsField(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "cica.2.1.1d")
	b.press(draft + "/submit")
	b.sees(http.StatusUnprocessableEntity, "fields need to be looked at")
	if !strings.Contains(b.page, "<title>Error:") {
		t.Error("the title does not begin with the error")
	}
	links := regexp.MustCompile(`<li><a href="([^"#]+)#([^"]+)"`).FindAllStringSubmatch(b.page, -1)
	if len(links) < 10 {
		t.Fatalf("%d links to fields", len(links))
	}
	for _, l := range links {
		b.get(l[1])
		if b.code != http.StatusOK || !strings.Contains(b.page, `id="`+l[2]+`"`) {
			t.Errorf("%s#%s leads to no field", l[1], l[2])
		}
	}
	b.press(draft+"/1", "f.designation", "Steppe <script>alert(1)</script>", "f.start_date.d", "31", "f.start_date.m", "Feb", "f.start_date.y", "2027",
		"f.end_date.d", "3", "f.end_date.m", "марта", "f.end_date.y", "2027", "f.states_involved", "alatau", "go", "stay")
	b.sees(http.StatusOK, "Saved.", "2027-03-03, Wednesday")
	for _, want := range []string{`value="31"`, `value="Feb"`, "&lt;script&gt;alert(1)&lt;/script&gt;", `class="card wrong" id="f.start_date"`, `value="alatau" checked`} {
		if !strings.Contains(b.page, want) {
			t.Errorf("the page does not have %s", want)
		}
	}
	b.press(draft+"/1", "f.designation", "Steppe", "go", "hub")
	b.get(draft + "/1")
	if strings.Contains(b.page, `value="Feb"`) {
		t.Error("what was taken away is still there")
	}
}

// TestExplicitAnswers: nil, not known and not applicable are answers, and blank is none.
func TestExplicitAnswers(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "cica.2.1.1d")
	b.press(draft+"/2", "f.battle_tanks.answer", "nil", "f.troops_by_state.alatau", "11800", "go", "stay")
	var d control.Draft
	if err := h.door.Own().Call(t.Context(), "draft-show", control.DraftArgs{ID: strings.TrimPrefix(draft, "/drafts/")}, nil, nil, &d); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(d.Request.Values), `{"answer":"nil"}`) || !strings.Contains(string(d.Request.Values), `{"alatau":11800}`) {
		t.Errorf("values %s", d.Request.Values)
	}
	b.get(draft + "/review")
	b.sees(http.StatusOK, "Alatau: 11,800")
}

// TestSessionEndsInTheMiddle: what was typed when the session had ended is kept, and
// is saved once the officer has signed in again.
func TestSessionEndsInTheMiddle(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	draft := b.begin("status", "test", "form", "")
	b.get(draft + "/text")
	page := b.page
	other := h.browser(t)
	other.http.Jar = b.http.Jar
	other.press2(page, "/sign-out")
	b.page = page
	b.press(draft+"/text", "text", "Typed \"for\" an hour & more.", "go", "hub")
	b.sees(http.StatusUnauthorized, "Sign in to go on", "What you typed is kept")
	kept := regexp.MustCompile(`name="kept" value="([^"]*)"`).FindStringSubmatch(b.page)
	then := regexp.MustCompile(`name="then" value="([^"]*)"`).FindStringSubmatch(b.page)
	if kept == nil || then == nil {
		t.Fatal("the page of the sign-in keeps nothing")
	}
	b.post("/sign-in", url.Values{"officer": {"saparova"}, "passphrase": {passphrase}, "then": {unescape(then[1])}, "kept": {unescape(kept[1])}})
	b.sees(http.StatusOK, "Confirm what you typed")
	fields := []string{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(text|go)" value="([^"]*)">`).FindAllStringSubmatch(b.page, -1) {
		fields = append(fields, m[1], unescape(m[2]))
	}
	b.press(draft+"/text", fields...)
	b.sees(http.StatusOK, "Saved.")
	b.get(draft + "/review")
	b.sees(http.StatusOK, `Typed "for" an hour & more.`)
}
