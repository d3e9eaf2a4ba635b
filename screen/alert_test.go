package screen

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detente/act"
	"detente/line"
	"detente/node"
	"detente/party"
)

// theLine opens the line "capitals" on both sides.
func theLine(t *testing.T) (h *house, say func(thread string, m *line.Message), later func(time.Duration)) {
	t.Helper()
	var ahead atomic.Int64
	h, borovia := twoHomesAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	end := &line.End{Line: "capitals", Parties: []party.ID{"alatau", "borovia"}, State: line.Open, Languages: []string{"en"}}
	body, err := end.Bytes()
	sayTo(t, borovia, line.TypeEnd, "BOR/L/1", body, err)
	if _, err := h.home.Node.TestOnlySay(t.Context(), node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{"borovia"}, Thread: "ALA/L/1", Type: line.TypeEnd, Body: bytes.Clone(body)}); err != nil {
		t.Fatal(err)
	}
	carry(t, h.home, borovia)
	carry(t, borovia, h.home)
	say = func(thread string, m *line.Message) {
		t.Helper()
		body, err := m.Bytes()
		sayTo(t, borovia, line.TypeMessage, thread, body, err)
		carry(t, borovia, h.home)
	}
	return h, say, func(d time.Duration) { ahead.Add(int64(d)) }
}

// TestAlerts: what wants somebody now stands above every page of an officer on duty, and
// says of itself how it sounds; silence is bounded, what is acknowledged is steady and
// still; by the clock the next is called, and the sender is told.
func TestAlerts(t *testing.T) {
	h, say, later := theLine(t)
	duty, other, root := h.browser(t), h.browser(t), h.browser(t)
	duty.signIn("saparova")
	other.signIn("orlov")
	root.signIn("root")
	duty.get("/help")
	if !strings.Contains(duty.page, `id="sound"`) || !strings.Contains(duty.page, `id="calls"`) || !strings.Contains(text(duty.page), "Sound is off on this screen.") {
		t.Error("a page of an officer on duty does not say how sound stands")
	}
	other.get("/help")
	if strings.Contains(other.page, `id="sound"`) || strings.Contains(other.page, `id="calls"`) {
		t.Error("a page of an officer who keeps no watch sounds")
	}
	root.get("/procedures")
	root.press("/procedures", "chief", "room 4", "second", "", "row.1.line", "", "row.1.precedence", "1", "row.1.text", "Wake the interpreter.")
	root.sees(http.StatusOK, "It is in force.")

	say("BOR/C/1", &line.Message{Line: "capitals", Kind: line.Call, Precedence: line.Immediate})
	say("BOR/M/1", &line.Message{Line: "capitals", Kind: line.Said, Precedence: line.Timed, Text: "<i>x</i>", Language: "en"})
	say("BOR/M/2", &line.Message{Line: "capitals", Kind: line.Said, Precedence: line.Routine, Text: "y", Language: "en"})
	alert := func(place string) string {
		t.Helper()
		duty.get("/alerts")
		if duty.code != http.StatusOK {
			t.Fatalf("status %d", duty.code)
		}
		return regexp.MustCompile(`<div class="[^"]*" data-place="` + place + `[^>]*>`).FindString(duty.page)
	}
	duty.get("/lines/capitals?with=borovia")
	duty.sees(http.StatusOK, "What to do Wake the interpreter.")
	call, timed, routine := placeOf(t, duty.page, "BOR/C/1"), placeOf(t, duty.page, "BOR/M/1"), placeOf(t, duty.page, "BOR/M/2")
	if got := alert(call); !strings.Contains(got, `alert-1`) || !strings.Contains(got, `data-sound="30"`) || !strings.Contains(got, `data-status="actual"`) {
		t.Errorf("a call is %s", got)
	}
	if next := regexp.MustCompile(`data-next="(2[^"]+)"`).FindStringSubmatch(duty.page); next == nil {
		t.Error("the page is not told when the next is called")
	}
	if got := alert(timed); !strings.Contains(got, `data-sound="0"`) || !strings.Contains(got, " hidden") {
		t.Errorf("what has a date sounds once and stands on the desk alone: %s", got)
	}
	if got := alert(routine); strings.Contains(got, "data-sound") {
		t.Errorf("what waits for the working day sounds: %s", got)
	}
	duty.press("/lines/capitals/silence?with=borovia", "of", call)
	if got := alert(call); strings.Contains(got, "data-sound") || !strings.Contains(duty.page, "silenced until") {
		t.Errorf("a silenced call is %s", got)
	}
	later(31 * time.Second)
	if got := alert(call); !strings.Contains(got, `data-sound="30"`) {
		t.Errorf("the sound does not return: %s", got)
	}
	later(5 * time.Minute)
	if alert(call); !strings.Contains(duty.page, "calls the chief of shift (<bdi>room 4</bdi>)") {
		t.Errorf("after five minutes: %s", duty.page)
	}
	duty.get("/desk")
	duty.sees(http.StatusOK, "calls the chief of shift ( room 4 )", "What to do Wake the interpreter.")
	duty.press("/lines/capitals/acknowledge?with=borovia", "of", call)
	duty.sees(http.StatusOK, "Receipt is acknowledged.")
	if got := alert(call); got != "" || !strings.Contains(duty.page, "Acknowledged and open: 1") || strings.Contains(duty.page, "alert-1") {
		t.Errorf("what is acknowledged is still %q: %s", got, duty.page)
	}

	duty.get("/lines/capitals?with=borovia")
	duty.press("/lines/capitals/call?with=borovia", "status", "exercise")
	duty.sees(http.StatusOK, "The call is made.")
	if alert("x"); strings.Contains(duty.page, "alert-late") {
		t.Error("an own call is late at once")
	}
	later(15 * time.Minute)
	if alert("x"); !strings.Contains(duty.page, "alert-late") || !strings.Contains(duty.page, "was not acknowledged in time") {
		t.Errorf("the sender is not told: %s", duty.page)
	}
	duty.get("/audit")
	duty.sees(http.StatusOK, "line-silence")
}

// TestProcedures: whom an alert calls is an administrator's to write down; what was
// typed is kept.
func TestProcedures(t *testing.T) {
	h, _, _ := theLine(t)
	root, other := h.browser(t), h.browser(t)
	root.signIn("root")
	other.signIn("saparova")
	other.get("/procedures")
	other.sees(http.StatusOK, "1 Immediate every 30 seconds after 5 minutes after 10 minutes after 15 minutes", "2 Urgent every 5 minutes after 30 minutes – –", "An administrator writes it down.")
	other.press("/procedures", "chief", "me")
	if other.code != http.StatusForbidden {
		t.Errorf("an officer who is no administrator writes it down: %d", other.code)
	}
	root.get("/procedures")
	root.press("/procedures", "chief", "room <4>", "second", strings.Repeat("x", 201), "row.1.line", "capitals", "row.1.precedence", "1", "row.1.text", "Wake <her>.")
	if root.code == http.StatusOK || !strings.Contains(root.page, `value="room &lt;4&gt;"`) || !strings.Contains(root.page, "Wake &lt;her&gt;.</textarea>") {
		t.Errorf("a contact that is too long is taken, or what was typed is lost: %d", root.code)
	}
	root.press("/procedures", "chief", "room <4>", "second", "+999 2", "row.1.line", "capitals", "row.1.precedence", "1", "row.1.text", "Wake <her>.", "row.2.line", "", "row.2.precedence", "0", "row.2.text", " ")
	root.sees(http.StatusOK, "It is in force.")
	other.get("/procedures")
	other.sees(http.StatusOK, "Chief of shift room <4>", "Second contact +999 2", "capitals · 1 Immediate Wake <her>.")
	if strings.Contains(text(other.page), "every line · every precedence") {
		t.Error("a procedure without text is kept")
	}
	root.get("/procedures")
	root.press("/procedures", "chief", "", "second", "", "row.1.line", "capitals", "row.1.precedence", "1", "row.1.text", "")
	root.sees(http.StatusOK, "It is in force.")
	other.get("/procedures")
	other.sees(http.StatusOK, "Nothing is written down.")
}

// TestHoursPage: hours of a post are published by a draft that another officer clears;
// those of other posts stay; and where a message is written stands that nobody is on
// duty there, by the clock there.
func TestHoursPage(t *testing.T) {
	h, _, _ := theLine(t)
	b, second := h.browser(t), h.browser(t)
	b.signIn("saparova")
	second.signIn("orlov")
	b.get("/hours")
	b.sees(http.StatusOK, "No party has published duty hours to this one.", "Publish when a post of this state is on duty")
	b.press("/hours", "post", "duty-officer", "languages", "en", "offset", "+05:00", "row.1.from", "09:00", "row.1.until", "18:00")
	b.sees(http.StatusUnprocessableEntity, "of each watch its days")
	if !strings.Contains(b.page, `name="row.1.from" value="09:00"`) {
		t.Error("what was typed is lost")
	}
	b.press("/hours", "post", "duty-officer", "languages", "en", "offset", "+25:00", "always", "yes")
	if b.code == http.StatusOK || !strings.Contains(unescape(b.page), `value="+25:00"`) {
		t.Errorf("a clock that is nowhere is taken, or what was typed is lost: %d", b.code)
	}
	publish := func(fields ...string) {
		t.Helper()
		b.get("/hours")
		b.press("/hours", fields...)
		b.sees(http.StatusOK, "The draft is made")
		m := address.FindStringSubmatch(b.page)
		if m == nil {
			t.Fatalf("no draft was made: %s", text(b.page))
		}
		b.press(m[1] + "/submit")
		second.get(m[1] + "/review")
		second.press(m[1]+"/clear", "revision", "1")
		second.press(m[1] + "/send")
		second.sees(http.StatusOK, "It stands in the record of this state now")
	}
	publish("post", "duty-officer", "number", "+999 71", "languages", "en, ru", "offset", "+05:00", "place", "Ala", "row.1.days", "1", "row.1.days", "2", "row.1.from", "09:00", "row.1.until", "18:00", "row.3.days", "6", "row.3.from", "10:00", "row.3.until", "24:00")
	publish("post", "night-desk", "languages", "ru", "offset", "+05:00", "always", "yes")
	b.get("/hours")
	b.sees(http.StatusOK, "Alatau · this state somebody is on duty", "duty-officer Telephone: +999 71", "Mon, Tue 09:00–18:00", "Sat 10:00–24:00", "night-desk", "every day 00:00–24:00")
	if !strings.Contains(b.page, `name="row.1.days" value="1" checked`) || !strings.Contains(b.page, `name="row.2.days" value="6" checked`) {
		t.Error("the form does not begin from what was published last")
	}
	publish("post", "duty-officer", "languages", "en", "offset", "+06:00", "from", "2099-01-01T00:00:00Z")
	b.get("/hours")
	b.sees(http.StatusOK, "Sat 10:00–24:00", "2099-01-01 00:00Z +06:00 nobody is on duty", "night-desk")
	for _, lang := range []string{"ru", "kk", "fa", "zh"} {
		b.lang = lang
		for _, page := range []string{"/hours", "/procedures", "/alerts"} {
			b.get(page)
			b.sees(http.StatusOK)
		}
	}
}

// TestNobodyThere: beside the field where a message is written stands until when nobody
// is on duty on the other side.
func TestNobodyThere(t *testing.T) {
	h, borovia := twoHomes(t)
	open := &line.End{Line: "capitals", Parties: []party.ID{"alatau", "borovia"}, State: line.Open, Languages: []string{"en"}}
	body, err := open.Bytes()
	sayTo(t, borovia, line.TypeEnd, "BOR/L/1", body, err)
	if _, err := h.home.Node.TestOnlySay(t.Context(), node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{"borovia"}, Thread: "ALA/L/1", Type: line.TypeEnd, Body: body}); err != nil {
		t.Fatal(err)
	}
	off := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Hour) // on duty from this hour of tomorrow there on
	hours := &line.Hours{Posts: []line.Duty{{Post: "duty-officer", Periods: []line.Period{
		{From: "2000-01-01T00:00:00Z", Offset: "+00:00"},
		{From: off.Format(time.RFC3339), Offset: "+05:00", Place: "Bor", Watches: []line.Watch{{Days: days, From: "00:00", Until: "24:00"}}},
	}}}}
	body, err = hours.Bytes()
	sayTo(t, borovia, line.TypeHours, "BOR/H/1", body, err)
	carry(t, borovia, h.home)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/lines/capitals?with=borovia")
	there := strings.Join(strings.Fields(isolated(off.Add(5*time.Hour).Format("2006-01-02 15:04"))), " ")
	b.sees(http.StatusOK, "Borovia: nobody is on duty until "+there+" there ( Bor )")
	_, form, _ := strings.Cut(b.page, `id="write"`)
	if field := strings.Index(form, "<textarea"); field < 0 || field < strings.Index(form, "until \u2066") {
		t.Error("it does not stand before the field")
	}
	if record := strings.Index(form, `class="record" id="record"`); record < 0 || record > strings.Index(form, "<textarea") {
		t.Error("whether it is on the record does not stand before the field")
	}
}

// TestSeveralPhrases: agreed phrases are taken one after the other, keep their order and
// what was typed, and can be moved and taken out; a message has them all, beside free
// text and apart from it.
func TestSeveralPhrases(t *testing.T) {
	h, _, _ := theLine(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/lines/capitals?with=borovia")
	say := "/lines/capitals/say?with=borovia"
	b.press(say, "do", "add", "add", "test.line", "text", "We hear <you>.", "language", "en", "status", "actual")
	b.sees(http.StatusOK, "Agreed text 1", "Take sentence 1 out")
	if strings.Contains(b.page, "data-live") || !strings.Contains(b.page, "We hear &lt;you&gt;.</textarea>") || !strings.Contains(b.page, `value="actual" required checked`) {
		t.Error("what was typed is lost, or may be by a fresh page")
	}
	b.press(say, "phrase", "test.line", "do", "add", "add", "sea.distress", "text", "We hear you.", "language", "en", "status", "actual")
	b.sees(http.StatusOK, "Agreed text 1", "Agreed text 2", "Move sentence 2 up")
	first, last := strings.Index(b.page, `value="test.line"><p>`), strings.Index(b.page, `value="sea.distress"><p>`)
	if first < 0 || last < first {
		t.Errorf("the phrases stand at %d and %d", first, last)
	}
	b.press(say, "phrase", "test.line", "phrase", "sea.distress", "slot.2.place", "43.25, 76.95", "do", "up.2", "language", "en", "status", "actual")
	if first, last = strings.Index(b.page, `value="sea.distress"><p>`), strings.Index(b.page, `value="test.line"><p>`); first < 0 || last < first || !strings.Contains(b.page, `name="slot.1.place" value="43.25, 76.95"`) {
		t.Errorf("a phrase that was moved up stands at %d, the other at %d, or its blanks are lost", first, last)
	}
	b.press(say, "phrase", "sea.distress", "phrase", "test.line", "do", "drop.1", "language", "en")
	if strings.Contains(b.page, `value="sea.distress"><p>`) || !strings.Contains(b.page, `value="test.line"><p>`) {
		t.Error("a phrase is not taken out")
	}
	for _, odd := range []string{"up.1", "down.9", "drop.0", "drop.x", "up."} {
		b.press(say, "phrase", "test.line", "do", odd, "language", "en")
		b.sees(http.StatusOK, "Agreed text 1")
	}
	many := []string{"do", "add", "add", "test.line", "language", "en"}
	for range line.MaxAgreed {
		many = append(many, "phrase", "test.line")
	}
	b.press(say, many...)
	b.sees(http.StatusUnprocessableEntity, "One message has at most 16 sentences")
	b.press(say, "phrase", "test.line", "do", "add", "add", "no.such", "language", "en")
	b.sees(http.StatusNotFound)
	b.get("/lines/capitals?with=borovia")
	b.press(say, "phrase", "sea.distress", "slot.1.place", "43.25, 76.95", "slot.1.time", "2027-03-01T14:05:00Z", "slot.1.unit", "MV Aral", "slot.1.number", "12", "slot.1.request", "send-help",
		"phrase", "test.line", "do", "draft", "text", "We hear you.", "language", "en", "status", "actual", "precedence", "1")
	b.sees(http.StatusOK, "The draft is made")
	said := text(b.page)
	a, z, free := strings.Index(said, "[agreed text, sea.distress]"), strings.Index(said, "[agreed text, test.line]"), strings.Index(said, "[free text, en] We hear you.")
	if a < 0 || z < a || free < z {
		t.Errorf("the draft has them at %d, %d and %d: %s", a, z, free, said)
	}
}
