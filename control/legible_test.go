package control

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/node"
	"detente/portfolio"
)

// hostile is text that clears the line on which it stands, sets the title of the
// window and turns the order of what follows.
const hostile = "Two brigades\x1b[2K\r\x1b]0;x\aNo troops\u009b2K\u202esdrawkcab\x00"

func steers(s string) bool { return strings.ContainsAny(s, "\x1b\r\a\x00\u009b\u202e") }

// Who clears a draft sees what its author wrote, and a text that would show
// something else is refused before anybody clears it.
func TestDraftCannotSteerTheTerminal(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	running(t, dir)
	c, err := Dial(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var in SignedIn
	if err := c.Call(ctx, "sign-in", SignInArgs{"saparova", passphrase}, nil, nil, &in); err != nil {
		t.Fatal(err)
	}
	c.Token = in.Token
	for _, r := range []node.Request{
		{Kind: act.Statement, Status: act.Exercise, Thread: "ALA/1", Life: act.New, Text: hostile},
		{Kind: act.Kind(hostile), Status: act.Status(hostile), Thread: hostile, Life: act.Life(hostile), Handling: hostile, Note: hostile, Text: "x"},
	} {
		var d Draft
		if err := c.Call(ctx, "draft-save", SaveArgs{Request: r}, nil, nil, &d); err != nil {
			t.Fatal(err)
		}
		if steers(d.Text) {
			t.Errorf("the text of the draft steers a terminal: %q", d.Text)
		}
		if len(d.Faults) == 0 {
			t.Error("the draft is without a fault")
		}
		if err := c.Call(ctx, "draft-submit", DraftArgs{ID: d.ID}, nil, nil, nil); err == nil {
			t.Error("the draft was taken for clearance")
		}
	}
	plain := node.Request{Kind: act.Statement, Status: act.Exercise, Thread: "ALA/2", Life: act.New, Text: "سلام\u200f، می\u200cخواهم:\n\tпять рот"}
	var d Draft
	if err := c.Call(ctx, "draft-save", SaveArgs{Request: plain}, nil, nil, &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Faults) > 0 || !strings.Contains(d.Text, plain.Text) {
		t.Errorf("plain text: %v %q", d.Faults, d.Text)
	}
}

// Content of any type is shown without what would steer a terminal, a form that
// cannot be read as one among them.
func TestContentCannotSteerTheTerminal(t *testing.T) {
	ctx := context.Background()
	h, _ := running(t, filepath.Join(t.TempDir(), "home"))
	first := h.Node.First()
	var acts []*act.Act
	for _, kind := range []string{node.FormType, node.TextType} {
		acts = append(acts, &act.Act{Group: first.Group, Edition: first.Edition, Kind: act.Statement, Status: act.Exercise, ToAll: true, Life: act.New,
			Thread: "ALA/9", Measure: "cica.2.1.1d", Claimed: time.Now().UTC().Truncate(time.Second), PayloadType: kind, Payload: []byte(hostile)})
	}
	if err := h.Node.TestOnlyAppend(ctx, acts); err != nil {
		t.Fatal(err)
	}
	c := &call{home: h, node: h.Node, folio: portfolio.New(h.Node)}
	got, err := threadShow(ctx, c, RefArgs{Ref: "ALA/9"})
	if err != nil {
		t.Fatal(err)
	}
	shown := got.(Thread).Acts
	if len(shown) != 2 {
		t.Fatalf("%d acts", len(shown))
	}
	for _, s := range shown {
		if s.Text == "" || steers(s.Text) {
			t.Errorf("%s: shown as %q", s.Type, s.Text)
		}
	}
	for _, kind := range []string{node.FormType, node.TextType, "application/x-unknown"} {
		if s, err := ContentText("cica.2.1.1d", kind, []byte(hostile)); err != nil || s == "" || steers(s) {
			t.Errorf("%s: shown as %q, %v", kind, s, err)
		}
	}
}
