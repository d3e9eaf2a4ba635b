package control

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/clarification"
	"detente/docket"
	"detente/home"
	"detente/internal/canon"
	"detente/line"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/regime"
)

// reported is a report of an incident as an officer fills it in.
const reported = `{"occurred": "2028-02-29T23:30+00:00[UTC]", "location": {"name": "the <ford>", "lat": "43.1", "lon": "76.4"}, "kinds": ["shots", "damage"],
	"incident": "Two shots.", "knowledge": "own", "participants": [{"who": "people of the valley", "kind": "people"}, {"who": {"answer": "disputed"}}],
	"dead": 0, "wounded": {"answer": "not-known-now"}, "contact_post": "duty-officer"}`

func ceasefireForm(t *testing.T, code string) *regime.Form {
	t.Helper()
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		t.Fatal(err)
	}
	f, err := texts.Form(code)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sideOf is a side that says something by a form.
func sideOf(t *testing.T, form *regime.Form, id, text string) side {
	t.Helper()
	v, err := regime.ReadValues([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	row := docket.Row{}
	row.Author = "alatau"
	return side{party: party.ID(id), values: v, forms: []*regime.Form{form}, words: []docket.Row{row}}
}

// Reports stand beside each other field by field: what is alike apart from what is not,
// by what a value means and not by how it is spelt; what was entered for a party counts
// until that party contests it or speaks itself.
func TestCompared(t *testing.T) {
	first, other := ceasefireForm(t, "ceasefire.incident"), ceasefireForm(t, "ceasefire.incident.account")
	a := sideOf(t, first, "alatau", reported)
	b := sideOf(t, other, "borovia", `{"occurred": "2028-03-01T05:30+06:00[Asia/Almaty]", "kinds": ["damage", "shots"], "incident": "A blast.", "knowledge": "third", "location": {"answer": "disputed"}, "wounded": {"answer": "not-known-now"}, "steps_taken": "A team went there."}`)
	entered := sideOf(t, other, "cintra", `{"dead": 3, "kinds": ["shots"]}`)
	entered.by = "alatau"
	likeness := func(sides ...side) map[string]clarification.Likeness {
		out := map[string]clarification.Likeness{}
		for _, f := range compared(sides, regime.English, func(id string) string { return id }) {
			out[f.ID] = f.Likeness
			if len(f.Said) != len(sides) {
				t.Errorf("%s: %d words of %d sides", f.ID, len(f.Said), len(sides))
			}
		}
		return out
	}
	want := map[string]clarification.Likeness{"occurred": clarification.Alike, "kinds": clarification.Alike, "incident": clarification.Otherwise, "location": clarification.InDispute,
		"dead": clarification.Partly, "wounded": clarification.Unknown, "participants": clarification.Partly, "steps_taken": clarification.Partly, "knowledge": "", "contact_post": ""}
	if got := likeness(a, b); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("two reports: %v\nwant %v", got, want)
	}
	if got := likeness(a, b, entered); got["dead"] != clarification.Otherwise || got["kinds"] != clarification.Otherwise || got["occurred"] != clarification.Partly {
		t.Errorf("with what was entered: %v", got)
	}
	entered.standing = string(act.Contested)
	if got := likeness(a, b, entered); got["dead"] != clarification.Partly || got["kinds"] != clarification.Alike {
		t.Errorf("contested by the party for which it was entered: %v", got)
	}
	entered.standing = ""
	own := sideOf(t, other, "cintra", `{"dead": 0}`)
	if got := likeness(a, entered, own); got["dead"] != clarification.Alike {
		t.Errorf("the party speaks itself: %v", got)
	}
	all := compared([]side{a, b}, regime.English, func(id string) string { return id })
	i := slices.IndexFunc(all, func(f Compared) bool { return f.ID == "participants" })
	if said := strings.Join(all[i].Said[0].Lines, "|"); !strings.Contains(said, "people of the valley") || !strings.Contains(said, "disputed") {
		t.Errorf("participants: %s", said)
	}
	if !all[i].Said[1].Silent() {
		t.Error("who says nothing of the participants says something")
	}
}

// saying appends statements to the record of a home, in the clear.
func saying(t *testing.T, h *home.Home, change func(a *act.Act)) act.Ref {
	t.Helper()
	n := h.Node
	a := &act.Act{Group: n.First().Group, Edition: 1, Kind: act.Statement, Status: act.Exercise, ToAll: true, Life: act.New, Thread: "ALA/2028/3", Measure: "ceasefire.incident", PayloadType: node.FormType, Claimed: time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)}
	change(a)
	if err := n.TestOnlyAppend(context.Background(), []*act.Act{a}); err != nil {
		t.Fatal(err)
	}
	var last act.Ref
	rows, err := n.List(context.Background(), docket.Filter{Origin: n.Origin(), Limit: MaxList})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows { // by their numbers
		last = r.Ref
	}
	return last
}

func filledIn(t *testing.T, text string) []byte {
	t.Helper()
	v, err := regime.ReadValues([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	b, err := v.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A report goes from the record to the list, to the page, and out as an alert; a
// correction updates the alert, and a report that is taken back cancels it.
func TestIncidentAndAlert(t *testing.T) {
	ctx := context.Background()
	h, _ := running(t, filepath.Join(t.TempDir(), "home"))
	c, err := Dial(ctx, h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call := func(verb string, args, result any) {
		t.Helper()
		if err := c.Call(ctx, verb, args, nil, nil, result); err != nil {
			t.Fatalf("%s: %v", verb, err)
		}
	}
	alertOf := func(a AlertArgs) (string, Alerted) {
		t.Helper()
		var b bytes.Buffer
		var out Alerted
		if err := c.Call(ctx, "alert", a, nil, &b, &out); err != nil {
			t.Fatal(err)
		}
		return b.String(), out
	}
	var list Incidents
	call("incident-list", IncidentsArgs{Status: act.Exercise, Limit: 10}, &list)
	if len(list.List) != 0 || !slices.Contains(list.Forms, "ceasefire.incident") || slices.Contains(list.Forms, "ceasefire.incident.account") {
		t.Fatalf("before anything was reported: %+v", list)
	}
	first := saying(t, h, func(a *act.Act) { a.Payload = filledIn(t, reported) })
	call("incident-list", IncidentsArgs{Status: act.Exercise, Limit: 10}, &list)
	if len(list.List) != 1 || list.List[0].Thread != "ALA/2028/3" || list.List[0].Occurred != "2028-02-29T23:30+00:00[UTC]" {
		t.Fatalf("one report: %+v", list)
	}
	call("incident-list", IncidentsArgs{Limit: 10}, &list)
	if len(list.List) != 0 {
		t.Error("an exercise is among what is meant in earnest")
	}
	var i Incident
	call("incident-show", IncidentArgs{Thread: "ALA/2028/3", Status: act.Exercise}, &i)
	if len(i.Reports) != 1 || i.Form != "ceasefire.incident.account" || i.Answers != place(first) || len(i.Table()) < 8 {
		t.Fatalf("%+v", i)
	}
	for _, row := range i.Table() {
		if len(row) != len(IncidentColumns()) {
			t.Fatalf("%d cells: %v", len(row), row)
		}
	}
	if err := c.Call(ctx, "incident-show", IncidentArgs{Thread: "ALA/2028/3"}, nil, nil, nil); codeOf(err) != NotFound {
		t.Errorf("in earnest: %v", err)
	}
	x, told := alertOf(AlertArgs{Ref: "ALA/2028/3", Status: act.Exercise})
	for _, want := range []string{"<status>Exercise</status>", "<msgType>Alert</msgType>", "<scope>Restricted</scope>", "<urgency>Unknown</urgency>", "<severity>Unknown</severity>",
		"<certainty>Observed</certainty>", "<onset>2028-02-29T23:30:00-00:00</onset>", "the &lt;ford&gt;", "<circle>43.1,76.4 0</circle>", "<incidents>ALA/2028/3</incidents>", "<language>ru</language>"} {
		if !strings.Contains(x, want) {
			t.Errorf("the alert has no %s:\n%s", want, x)
		}
	}
	if told.Place != place(first) || !strings.Contains(x, "<identifier>"+told.Identifier+"</identifier>") {
		t.Errorf("%+v", told)
	}
	saying(t, h, func(a *act.Act) {
		a.Life, a.Answers, a.Touches = act.Correction, first, []string{"2.2"}
		a.Payload = filledIn(t, strings.Replace(reported, `"dead": 0`, `"dead": {"answer": "disputed"}`, 1))
	})
	if x, _ = alertOf(AlertArgs{Ref: place(first)}); !strings.Contains(x, "<msgType>Update</msgType>") || !strings.Contains(x, ","+told.Identifier+",") {
		t.Errorf("after a correction:\n%s", x)
	}
	call("incident-show", IncidentArgs{Thread: place(first)}, &i)
	if k := slices.IndexFunc(i.Fields, func(f Compared) bool { return f.ID == "dead" }); k < 0 || i.Fields[k].Said[0].Answer != regime.Disputed || len(i.Reports[0].Acts) != 2 {
		t.Errorf("corrected: %+v", i)
	}
	saying(t, h, func(a *act.Act) {
		a.Life, a.Answers, a.PayloadType = act.IssuedInError, first, node.TextType
		a.Payload = []byte("in error")
	})
	if x, _ = alertOf(AlertArgs{Ref: "ALA/2028/3", Status: act.Exercise}); !strings.Contains(x, "<msgType>Cancel</msgType>") || !strings.Contains(x, told.Identifier) {
		t.Errorf("taken back:\n%s", x)
	}
	call("incident-list", IncidentsArgs{Status: act.Exercise, Limit: 10}, &list)
	call("incident-show", IncidentArgs{Thread: "ALA/2028/3", Status: act.Exercise}, &i)
	if len(list.List) != 0 || len(i.Reports) != 0 || len(i.Ended) != 1 {
		t.Errorf("taken back: %+v %+v", list, i)
	}
}

// A message of a line is an alert as urgent as its precedence; a statement that is
// neither a message nor a report is none.
func TestMessageAlert(t *testing.T) {
	ctx := context.Background()
	h, _ := running(t, filepath.Join(t.TempDir(), "home"))
	c, err := Dial(ctx, h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := line.Message{Line: "capitals", Kind: line.Said, Precedence: line.Immediate, Agreed: []line.Phrase{}, Text: "Smoke at the bridge.", Language: "en"}
	body, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	said := saying(t, h, func(a *act.Act) { a.Measure, a.PayloadType, a.Payload = "", line.TypeMessage, body })
	var b bytes.Buffer
	if err := c.Call(ctx, "alert", AlertArgs{Ref: place(said)}, nil, &b, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<urgency>Immediate</urgency>", "<certainty>Unknown</certainty>", "<headline>Smoke at the bridge.</headline>", "<event>Message on the line capitals</event>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s:\n%s", want, b.String())
		}
	}
	other := saying(t, h, func(a *act.Act) {
		a.Thread, a.Measure, a.PayloadType, a.Payload = "ALA/9", "", node.TextType, []byte("Good morning.")
	})
	if err := c.Call(ctx, "alert", AlertArgs{Ref: place(other)}, nil, &b, nil); codeOf(err) != NotFound {
		t.Errorf("a greeting is an alert: %v", err)
	}
}

// What the group adopted is written as its bytes are, under the digest that it has.
func TestDocuments(t *testing.T) {
	ctx := context.Background()
	h, _ := running(t, filepath.Join(t.TempDir(), "home"))
	c, err := Dial(ctx, h.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var bundle bytes.Buffer
	if err := c.Call(ctx, "export", ExportArgs{}, nil, &bundle, nil); err != nil {
		t.Fatal(err)
	}
	var all []Document
	if err := c.Call(ctx, "document-list", nil, nil, nil, &all); err != nil {
		t.Fatal(err)
	}
	kinds := map[DocumentKind]int{}
	for _, d := range all {
		kinds[d.Kind]++
		if !d.Kept {
			continue
		}
		var b bytes.Buffer
		if err := c.Call(ctx, "document-file", DocumentArgs{d.Kind, d.Digest}, nil, &b, nil); err != nil || canon.DigestOf(b.Bytes()).String() != d.Digest {
			t.Errorf("%s: %v", d.Name, err)
		}
		if strings.ContainsAny(d.Name, `/\" `) {
			t.Errorf("no safe name of a file: %q", d.Name)
		}
	}
	if kinds[RosterDocument] != 1 || kinds[PackDocument] < 5 || kinds[BundleMade] != 1 {
		t.Errorf("%v", kinds)
	}
	made := all[slices.IndexFunc(all, func(d Document) bool { return d.Kind == BundleMade })]
	if made.Digest != canon.DigestOf(bundle.Bytes()).String() || made.Kept || made.Detail != "to all, 1 records" {
		t.Errorf("the bundle: %+v", made)
	}
	for _, a := range []DocumentArgs{{RosterDocument, made.Digest}, {BundleMade, made.Digest}, {PackDocument, "sha256:00"}, {"x", ""}} {
		if err := c.Call(ctx, "document-file", a, nil, &bundle, nil); codeOf(err) != NotFound {
			t.Errorf("%v: %v", a, err)
		}
	}
}
