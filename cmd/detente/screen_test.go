package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"detente/control"
)

// Whatever way a text comes to the terminal, it steers nothing there: as a result,
// as an error, as a question, as a document.
func TestNothingSteersTheTerminal(t *testing.T) {
	const foreign = "a\x1b[2Kb\rc\u009b2Kd\u202ee\x00f\U000e0041\xff"
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, noColor: true, env: func(string) string { return "" }}
	rows := newTable("act", "thread")
	rows.row(foreign, "one\ntwo")
	if err := a.show(foreign, func(w writer) { fmt.Fprintln(w, boldOn+"Heading"+boldOff, foreign); rows.print(a, w, "") }); err != nil {
		t.Fatal(err)
	}
	a.fail(&control.Error{Code: control.Failed, Message: foreign, Hint: foreign, Faults: []control.Fault{{Where: foreign, What: foreign}}})
	if !strings.Contains(out.String(), boldOn+"Heading"+boldOff) || !strings.Contains(out.String(), "one two\n") {
		t.Errorf("%q", out.String())
	}
	a.json = true
	said := "Грамота \U0001f54a " + strings.TrimSuffix(foreign, "\xff")
	var doc bytes.Buffer
	a.stdout = &doc
	if err := a.document(map[string]string{"said": said}); err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal(doc.Bytes(), &back); err != nil || back["said"] != said || !strings.Contains(doc.String(), "Грамота \U0001f54a") {
		t.Errorf("%v %q", err, doc.String())
	}
	for name, s := range map[string]string{"result": strings.NewReplacer(boldOn, "", boldOff, "").Replace(out.String()), "error": errs.String(), "document": doc.String()} {
		if s == "" || !utf8.ValidString(s) || strings.ContainsAny(s, "\x1b\r\u009b\u202e\x00\U000e0041") {
			t.Errorf("%s: %q", name, s)
		}
	}
}
