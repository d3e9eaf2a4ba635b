package screen

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"detente/act"
	"detente/desk"
	"detente/line"
	"detente/node"
	"detente/party"
)

var ofSounding = regexp.MustCompile(`id="s-([0-9a-f]{32})"`)

// A conversation off the record is had from its page and is marked as such at each
// place; where no link is up it says so and gives a file; going on on the record is
// shown to both sides, and a thread that follows says what it follows.
func TestSoundingPages(t *testing.T) {
	h, borovia := twoHomes(t)
	ctx := t.Context()
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/soundings")
	b.sees(http.StatusOK, "Off the record", "in the memory of the running node and nowhere else", "No conversation off the record is under way")
	b.press("/soundings", "with", "borovia")
	b.sees(http.StatusServiceUnavailable, "No link with the node of Borovia is up", "Not handed over: 1 message.", "Take it as a file")
	m := ofSounding.FindStringSubmatch(b.page)
	if m == nil {
		t.Fatalf("no sounding on the page: %s", text(b.page))
	}
	session := "/soundings/" + m[1]
	b.press(session + "/file")
	offer := b.page
	if !strings.Contains(offer, `"kind": "offer"`) {
		t.Fatalf("the file is %q", offer)
	}
	b.get("/desk")
	b.sees(http.StatusOK, "Off the record", "offered by this state; the answer is awaited")

	theirs := officer(t, borovia.Node)
	_, accept, err := borovia.Node.TakeSounding(ctx, theirs, []byte(offer))
	if err != nil {
		t.Fatal(err)
	}
	b.get("/soundings")
	b.upload("/soundings/take", "file", "accept.sounding", string(accept))
	b.sees(http.StatusServiceUnavailable, "open: each side has shown who it is", "Not handed over: 1 message.")
	b.press(session + "/file")
	if _, _, err := borovia.Node.TakeSounding(ctx, theirs, []byte(b.page)); err != nil {
		t.Fatal(err)
	}
	b.get("/soundings")
	b.press(session+"/say", "text", "")
	b.sees(http.StatusUnprocessableEntity, "Write what is to be said")
	b.press(session+"/say", "text", "What if we met in May?")
	b.sees(http.StatusServiceUnavailable, "What if we met in May?", "Alatau", "What was said waits here")
	b.press(session + "/file")
	got, _, err := borovia.Node.TakeSounding(ctx, theirs, []byte(b.page))
	if err != nil || len(got.Lines) != 1 || got.Lines[0].Text != "What if we met in May?" {
		t.Fatalf("Borovia heard %+v, %v", got, err)
	}

	// The other side goes on on the record: both see in which thread.
	_, moved, err := borovia.Node.MoveSounding(m[1], "BOR/2026/5")
	if err != nil {
		t.Fatal(err)
	}
	b.get("/soundings")
	b.upload("/soundings/take", "file", "moved.sounding", string(moved))
	b.sees(http.StatusOK, "ended; it goes on on the record, in the thread BOR/2026/5", "Borovia", "goes on on the record, in the thread BOR/2026/5")
	if strings.Contains(b.page, session+"/say") {
		t.Error("more can be said off the record")
	}
	body, err := (&line.End{Line: "capitals", Parties: []party.ID{"alatau", "borovia"}, State: line.Open, Languages: []string{"en"}}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	say := func(contentType, thread string, body []byte) {
		t.Helper()
		if _, err := h.home.Node.TestOnlySay(ctx, node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{"borovia"}, Thread: thread, Type: contentType, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	say(line.TypeEnd, "", body)
	b.get("/soundings")
	b.sees(http.StatusOK, "Write the message on the line: capitals")
	b.get("/lines/capitals?with=borovia&thread=BOR/2026/5")
	if !strings.Contains(b.page, `<input type="hidden" name="thread" value="BOR/2026/5">`) {
		t.Error("the thread in which it goes on is lost on the way to the line")
	}
	body, err = (&line.Message{Line: "capitals", Kind: line.Said, Precedence: line.Timed, Text: "We propose a meeting.", Language: "en"}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	say(line.TypeMessage, "BOR/2026/5", body)
	b.get("/lines/capitals?with=borovia")
	b.sees(http.StatusOK, "We propose a meeting", "This thread goes on from a conversation off the record")
	b.get("/soundings")
	b.press(session + "/end")
	b.sees(http.StatusOK, "Forgotten here", "No conversation off the record is under way")
	b.press(session + "/end")
	b.sees(http.StatusNotFound, "no such conversation")
	b.get("/audit")
	if strings.Contains(b.page, "May") {
		t.Error("what was said is in the audit trail")
	}

	// Who neither drafts nor is on duty is told nothing of it.
	other := h.browser(t)
	other.signIn("orlov")
	other.get("/soundings")
	other.sees(http.StatusOK, "Officers with the role of drafter or of duty speak here")
	for _, not := range []string{"No conversation off the record", "<form method=\"post\" action=\"/soundings"} {
		if strings.Contains(other.page, not) {
			t.Errorf("an officer without the role sees %q", not)
		}
	}
	other.get("/desk")
	if other.code != http.StatusOK || strings.Contains(text(other.page), "Off the record") {
		t.Errorf("the desk of an officer without the role: %d", other.code)
	}
}

func officer(t *testing.T, n *node.Node) desk.Session {
	t.Helper()
	o := desk.Officer{ID: "petrov", Name: "P. Petrov", Post: "duty-officer", Roles: []desk.Role{desk.Drafter}}
	if err := n.Desk().AddOfficer(t.Context(), desk.Console, o, passphrase); err != nil {
		t.Fatal(err)
	}
	s, err := n.Desk().SignIn(t.Context(), o.ID, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A discreet statement is marked wherever it is shown: as a draft before it is cleared,
// and to its addressee; its answer is discreet unasked.
func TestDiscreetPages(t *testing.T) {
	h, borovia := twoHomes(t)
	ctx := t.Context()
	if _, err := borovia.Node.TestOnlySay(ctx, node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{"alatau"},
		Thread: "BOR/2026/6", Text: "A word in confidence.", Discreet: true}); err != nil {
		t.Fatal(err)
	}
	carry(t, borovia, h.home)
	if err := h.home.Node.TryDiscreet(ctx); err != nil {
		t.Fatal(err)
	}
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/inbox")
	b.sees(http.StatusOK, "BOR/2026/6")
	rows, err := h.home.Node.Inbox(ctx, 10)
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	place := fmt.Sprintf("%s %d", rows[0].Ref.Origin, rows[0].Ref.Index)
	b.get(link(place))
	b.sees(http.StatusOK, "On the record, discreet", "A word in confidence", "others see only that there is an act")
	b.get("/drafts/new?answers=" + strings.ReplaceAll(place, " ", "%20"))
	b.press("/drafts/new", "kind", "statement", "answers", place, "status", "actual")
	b.sees(http.StatusOK, "Discreet: states that are not addressed see only that there is an act")
	if !strings.Contains(b.page, `name="discreet" value="yes" aria-describedby="discreet-help" checked`) {
		t.Error("an answer to what was said discreetly is not discreet")
	}
}
