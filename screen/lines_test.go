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
	"detente/desk"
	"detente/home"
	"detente/line"
	"detente/node"
	"detente/party"
	"detente/phrasebook"
	"detente/roster"
)

// twoHomes makes the homes of Alatau, with three officers and screens, and of Borovia.
func twoHomes(t *testing.T) (alatau *house, borovia *home.Home) {
	t.Helper()
	return twoHomesAt(t, time.Now)
}

// twoHomesAt is twoHomes of which Alatau lives by a clock of the test.
func twoHomesAt(t *testing.T, now func() time.Time) (alatau *house, borovia *home.Home) {
	t.Helper()
	ctx := context.Background()
	first := &roster.Roster{Format: roster.Format, Group: party.Group{1}, Edition: 1, Effective: time.Now().UTC().Add(-time.Hour).Format("2006-01-02T15:04:05Z"),
		Names: map[string]string{"en": "Region"}, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Acts: roster.MaxActs, Courier: "336h", Counting: roster.Counting{K: 1}}
	type kept struct {
		dir     string
		options home.Options
	}
	var homes []kept
	for _, p := range []struct {
		id   party.ID
		name string
	}{{"alatau", "Alatau"}, {"borovia", "Borovia"}} {
		dir := filepath.Join(t.TempDir(), "home")
		made, err := home.Make(ctx, home.Making{Dir: dir, Party: p.id, ForGroup: true, Next: filepath.Join(t.TempDir(), "next.age"), NextPassphrase: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		unlock, err := home.Unlock(made.Unlock, nil)
		if err != nil {
			t.Fatal(err)
		}
		kept := kept{dir, home.Options{Identity: unlock}}
		if p.id == "alatau" {
			kept.options.Now = now
		}
		homes = append(homes, kept)
		first.Parties = append(first.Parties, roster.Party{ID: p.id, Standing: roster.Member, Names: map[string]string{"en": p.name}, Posts: []party.Post{"duty-officer"}, Card: &made.Card})
		first.Counting.Witnesses = append(first.Counting.Witnesses, p.id)
	}
	body, err := first.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var open []*home.Home
	for _, k := range homes {
		if _, err := home.Join(ctx, k.dir, body, k.options); err != nil {
			t.Fatal(err)
		}
		h, err := home.Open(ctx, k.dir, k.options)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Node.Confirm(ctx); err != nil {
			t.Fatal(err)
		}
		open = append(open, h)
	}
	t.Cleanup(func() { open[1].Close() })
	for _, o := range []desk.Officer{
		{ID: "saparova", Name: "S. Saparova", Post: "duty-officer", Roles: []desk.Role{desk.Drafter, desk.Clearer, desk.Duty}, Steps: []string{"release"}},
		{ID: "orlov", Name: "A. Orlov", Post: "duty-officer", Roles: []desk.Role{desk.Clearer}, Steps: []string{"release"}},
		{ID: "root", Name: "R. Rahimov", Post: "duty-officer", Roles: []desk.Role{desk.Admin}},
	} {
		if err := open[0].Node.Desk().AddOfficer(ctx, desk.Console, o, passphrase); err != nil {
			t.Fatal(err)
		}
	}
	return serveHome(t, open[0]), open[1]
}

// carry brings what one home holds to the other.
func carry(t *testing.T, from, to *home.Home) {
	t.Helper()
	var b bytes.Buffer
	if _, err := from.Node.Export(t.Context(), &b, to.Settings.Party, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Node.Import(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

// sayTo says a content of a line to Alatau.
func sayTo(t *testing.T, from *home.Home, contentType, thread string, body []byte, err error) {
	t.Helper()
	if err == nil {
		_, err = from.Node.TestOnlySay(t.Context(), node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{"alatau"}, Thread: thread, Type: contentType, Body: body})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLinePages: a line is opened by a draft that another officer clears; a call of the
// other side stands first on the desk until it is acknowledged, and is open until it is
// done; what is written is cleared with its text in sight, and what is typed is kept.
func TestLinePages(t *testing.T) {
	h, borovia := twoHomes(t)
	author, second := h.browser(t), h.browser(t)
	author.signIn("saparova")
	second.signIn("orlov")
	author.get("/desk")
	if strings.Contains(text(author.page), "On the lines") {
		t.Error("the desk speaks of lines, and there is none")
	}
	author.get("/lines")
	author.sees(http.StatusOK, "There is no line yet")
	author.press("/lines", "name", "capitals", "languages", "en")
	author.sees(http.StatusUnprocessableEntity, "at least one other party")
	if !strings.Contains(author.page, `value="capitals"`) {
		t.Error("what was typed is lost")
	}
	author.press("/lines", "name", "capitals", "with", "borovia", "subject", "Between the duty centres", "languages", "en, ru")
	author.sees(http.StatusOK, "The draft is made", "this side is open", "Between the duty centres")
	send := func() {
		t.Helper()
		m := address.FindStringSubmatch(author.page)
		if m == nil {
			t.Fatalf("no draft was made: %s", text(author.page))
		}
		author.press(m[1] + "/submit")
		second.get(m[1] + "/review")
		second.press(m[1]+"/clear", "revision", "1")
		second.sees(http.StatusOK, "Cleared.")
		second.press(m[1] + "/send")
		second.sees(http.StatusOK, "It stands in the record of this state now")
	}
	send()
	author.get("/lines")
	author.sees(http.StatusOK, "capitals", "Side of this state open", "Borovia has said nothing of this line", "Make a test call")

	carry(t, h.home, borovia)
	end := &line.End{Line: "capitals", Parties: []party.ID{"alatau", "borovia"}, State: line.Open, Languages: []string{"en"}}
	body, err := end.Bytes()
	sayTo(t, borovia, line.TypeEnd, "BOR/L/1", body, err)
	call := &line.Message{Line: "capitals", Kind: line.Call, Precedence: line.Immediate}
	body, err = call.Bytes()
	sayTo(t, borovia, line.TypeMessage, "BOR/C/1", body, err)
	books, err := phrasebook.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	said := &line.Message{Line: "capitals", Kind: line.Said, Precedence: line.Routine, Agreed: []line.Phrase{{Book: books[len(books)-1].Digest(), ID: "test.line"}}, Text: "<b>All</b> is well.", Language: "en"}
	body, err = said.Bytes()
	sayTo(t, borovia, line.TypeMessage, "BOR/M/1", body, err)
	carry(t, borovia, h.home)

	author.get("/desk")
	author.sees(http.StatusOK, "On the lines Needs you now 1 Immediate call: please come to the line capitals · Borovia", "4 Routine", "Agreed text", "Free text <b>All</b> is well.", "Acknowledge receipt as duty-officer")
	if n := strings.Count(author.page, `class="tag urgent"`); n != 1 {
		t.Errorf("%d tags are red, not the one of the call", n)
	}
	if strings.Contains(text(author.page), "Nothing needs you.") {
		t.Error("a call waits, and the desk says that nothing needs anybody")
	}
	author.get("/lines/capitals?with=borovia")
	author.sees(http.StatusOK, "Line capitals with Borovia", "1 Immediate", "receipt not yet acknowledged here", "On the record", "Acknowledge receipt as duty-officer", "Silence for 30 seconds")
	m := strings.Index(author.page, "BOR/C/1")
	if m < 0 || m > strings.Index(author.page, "BOR/M/1") {
		t.Error("the newest message is not the last")
	}
	of := placeOf(t, author.page, "BOR/C/1")
	author.press("/lines/capitals/silence?with=borovia", "of", of)
	author.sees(http.StatusOK, "The sound is silenced", "silenced until")
	author.press("/lines/capitals/done?with=borovia", "of", of)
	author.sees(http.StatusConflict, "nobody has acknowledged it")
	author.get("/lines/capitals?with=borovia")
	author.press("/lines/capitals/acknowledge?with=borovia", "of", of)
	author.sees(http.StatusOK, "Receipt is acknowledged.", "acknowledged, open", "Mark as done")
	author.get("/desk")
	author.sees(http.StatusOK, "Acknowledged, waiting 1 Immediate")
	author.get("/lines/capitals?with=borovia")
	author.press("/lines/capitals/done?with=borovia", "of", of)
	author.sees(http.StatusOK, "It is marked as done.")
	if strings.Contains(author.page, `class="tag urgent"`) {
		t.Error("what is done is still red")
	}
	author.get("/desk")
	if strings.Contains(text(author.page), "call: please come to the line") {
		t.Error("what is done stands on the desk")
	}

	author.get("/lines/capitals?with=borovia")
	answered := placeOf(t, author.page, "BOR/M/1")
	author.get("/lines/capitals?with=borovia&answers=" + strings.ReplaceAll(answered, " ", "+"))
	author.sees(http.StatusOK, "BOR/M/1")
	author.press("/lines/capitals/say?with=borovia", "answers", answered, "status", "actual", "text", "We hear <you>.", "language", "en")
	author.sees(http.StatusUnprocessableEntity, "A message needs a text, a precedence")
	if !strings.Contains(author.page, "We hear &lt;you&gt;.</textarea>") || !strings.Contains(author.page, `name="answers" value="`+answered) {
		t.Error("what was typed is lost")
	}
	author.press("/lines/capitals/say?with=borovia", "answers", answered, "status", "actual", "precedence", "2", "text", "We hear <you>.", "language", "en")
	author.sees(http.StatusOK, "The draft is made", "We hear <you>.", "BOR/M/1")
	send()
	author.get("/lines/capitals?with=borovia")
	author.sees(http.StatusOK, "2 Urgent", "We hear <you>.", "Borovia: an acknowledgement is awaited")
	author.get("/lines/capitals?with=borovia&phrase=sea.distress")
	author.sees(http.StatusOK, "Take this sentence", "A position, e.g. 43.25, 76.95, or a name")
	if !strings.Contains(author.page, `name="precedence" value="1" required checked`) {
		t.Error("the precedence that fits the phrase as a rule is not offered")
	}
	author.press("/lines/capitals/say?with=borovia", "phrase", "sea.distress", "slot.1.place", "43.25, 76.95", "status", "exercise", "precedence", "1", "text", "", "language", "en")
	author.sees(http.StatusUnprocessableEntity, "4 fields need to be looked at", "time: is not filled in")
	if !strings.Contains(author.page, `name="slot.1.place" value="43.25, 76.95"`) {
		t.Error("a blank that was filled in is lost")
	}
	author.press("/lines/capitals/say?with=borovia", "phrase", "sea.distress", "slot.1.place", "43.25, 76.95", "slot.1.time", "2027-03-01T14:05:00Z", "slot.1.unit", "MV Aral", "slot.1.number", "12", "slot.1.request", "send-help", "status", "exercise", "precedence", "1", "text", "", "language", "en")
	author.sees(http.StatusOK, "The draft is made", "[agreed text, sea.distress]", "EXERCISE")
	author.get("/lines/capitals?with=borovia&phrase=no.such")
	author.sees(http.StatusNotFound)
	author.get("/lines/capitals?with=borovia")
	author.press("/lines/capitals/test?with=borovia")
	author.sees(http.StatusOK, "The test call is made.", "TEST", "test call: please acknowledge")
	author.press("/lines/capitals/call?with=borovia")
	author.sees(http.StatusUnprocessableEntity, "in earnest or as an exercise")
	author.press("/lines/capitals/call?with=borovia", "status", "exercise")
	author.sees(http.StatusOK, "The call is made.", "EXERCISE")
	author.get("/desk")
	author.sees(http.StatusOK, "Sent, not acknowledged")
	author.get("/lines/capitals?with=borovia")
	author.press("/lines/capitals/end?with=borovia", "state", "suspended", "until", "tomorrow", "reason", "The exchange is being moved.")
	if author.code == http.StatusOK || !strings.Contains(author.page, `value="The exchange is being moved."`) {
		t.Errorf("a suspension until no moment is taken, or what was typed is lost: %d %s", author.code, text(author.page))
	}
	author.press("/lines/capitals/end?with=borovia", "state", "suspended", "until", "2099-03-01T14:05:00Z", "reason", "The exchange is being moved.")
	author.sees(http.StatusOK, "The draft is made", "this side is suspended until 2099-03-01T14:05:00Z", "Between the duty centres")
	send()
	author.get("/lines/capitals?with=borovia")
	author.sees(http.StatusOK, "Side of this state suspended", "The side of this state is not open")
	author.press("/lines/capitals/end?with=borovia", "state", "open")
	author.sees(http.StatusOK, "The draft is made", "this side is open")
	send()
	second.get("/lines/capitals?with=borovia")
	second.press("/lines/capitals/call?with=borovia", "status", "actual")
	if second.code != http.StatusForbidden {
		t.Errorf("an officer without the role duty calls: %d", second.code)
	}
	for _, lang := range []string{"ru", "kk", "fa", "zh"} {
		author.lang = lang
		for _, page := range []string{"/desk", "/lines", "/lines/capitals?with=borovia"} {
			author.get(page)
			author.sees(http.StatusOK)
		}
	}
	author.lang = "en"
	for _, bad := range []string{"/lines/nothing", "/lines/capitals?with=cintra", "/lines/capitals?with=borovia&answers=x"} {
		author.get(bad)
		author.sees(http.StatusNotFound)
	}
}

// placeOf is the place of the message of a thread on the page of a line.
func placeOf(t *testing.T, page, thread string) string {
	t.Helper()
	before, _, ok := strings.Cut(page, thread)
	if !ok {
		t.Fatalf("no thread %s on the page", thread)
	}
	_, after, ok := strings.Cut(before[max(0, strings.LastIndex(before, `href="/notices/borovia/`)):], `href="/notices/`)
	part, _, _ := strings.Cut(after, `"`)
	of, volume, _ := strings.Cut(part, "/")
	volume, index, _ := strings.Cut(volume, "/")
	if !ok {
		t.Fatalf("the message of %s has no link to its act", thread)
	}
	return of + "/" + volume + " " + index
}
