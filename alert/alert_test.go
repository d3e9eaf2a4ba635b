package alert_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"detente/alert"
)

// full has every element that is written.
func full() alert.Alert {
	at := time.Date(2028, 2, 29, 23, 30, 0, 0, time.UTC)
	return alert.Alert{
		Identifier: "alatau-00000001-7-0a1b2c3d", Sender: "alatau@0a1b2c3d4e5f.detente.invalid", Sent: at, Status: alert.Exercise, Message: alert.Update,
		Source: "duty-officer", Addresses: []string{"borovia", "cintra"}, Note: "Receipt of this is not agreement.",
		References: []alert.Reference{{"alatau@0a1b2c3d4e5f.detente.invalid", "alatau-00000001-6-0a1b2c3d", at.Add(-time.Hour)}},
		Incidents:  []string{"ALA/2028/3", "the ford"},
		Infos: []alert.Info{{Language: "en", Category: alert.Security, Event: "Report of an incident", Urgency: alert.UnknownUrgency, Severity: alert.UnknownSeverity,
			Certainty: alert.Observed, Onset: at.Add(-2 * time.Hour), SenderName: "Alatau", Headline: "Report of an incident", Description: "Shots & <smoke>\nnear the ford\x00.", Contact: "duty-officer",
			Parameters: []alert.Parameter{{"measure", "ceasefire.incident"}},
			Areas: []alert.Area{{Desc: "the ford", Points: [][2]float64{{43.1, 76.4}}},
				{Desc: "the strip", Outline: [][2]float64{{43, 76}, {43, 77}, {44, 77}, {43, 76}}}}},
			{Language: "ru", Category: alert.Security, Event: "Сообщение об инциденте", Urgency: alert.UnknownUrgency, Severity: alert.UnknownSeverity, Certainty: alert.UnknownCertain}},
	}
}

// least has no more than must be there.
func least() alert.Alert {
	return alert.Alert{Identifier: "a", Sender: "s", Sent: time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC), Status: alert.Actual, Message: alert.First, Restriction: "the parties of the group",
		Infos: []alert.Info{{Language: "en", Category: alert.Other, Event: "Message", Urgency: alert.Immediate, Severity: alert.UnknownSeverity, Certainty: alert.UnknownCertain}}}
}

// What is written has the values that were handed in, in the spelling of the standard.
func TestXML(t *testing.T) {
	a := full()
	b, err := a.XML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">`, "<sent>2028-02-29T23:30:00-00:00</sent>", "<status>Exercise</status>", "<msgType>Update</msgType>",
		"<scope>Private</scope>", "<addresses>borovia cintra</addresses>", `<incidents>ALA/2028/3 &#34;the ford&#34;</incidents>`,
		"<references>alatau@0a1b2c3d4e5f.detente.invalid,alatau-00000001-6-0a1b2c3d,2028-02-29T22:30:00-00:00</references>",
		"Shots &amp; &lt;smoke&gt;", "<circle>43.1,76.4 0</circle>", "<polygon>43,76 43,77 44,77 43,76</polygon>", "<onset>2028-02-29T21:30:00-00:00</onset>",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("there is no %s in\n%s", want, b)
		}
	}
	var read struct {
		Infos []struct {
			Description string `xml:"description"`
		} `xml:"info"`
	}
	if err := xml.Unmarshal(b, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Infos) != 2 || read.Infos[0].Description != "Shots & <smoke>\nnear the ford\ufffd." {
		t.Errorf("read again: %q", read.Infos)
	}
	a = least()
	if b, err = a.XML(); err != nil || !strings.Contains(string(b), "<scope>Restricted</scope>") || strings.Contains(string(b), "<addresses>") {
		t.Errorf("to all: %v\n%s", err, b)
	}
}

// What the standard does not allow is refused.
func TestRefused(t *testing.T) {
	for name, spoil := range map[string]func(*alert.Alert){
		"a space in the identifier": func(a *alert.Alert) { a.Identifier = "a b" },
		"a comma in the sender":     func(a *alert.Alert) { a.Sender = "a,b" },
		"no sender":                 func(a *alert.Alert) { a.Sender = "" },
		"parts of seconds":          func(a *alert.Alert) { a.Sent = a.Sent.Add(time.Millisecond) },
		"no moment":                 func(a *alert.Alert) { a.Sent = time.Time{} },
		"another status":            func(a *alert.Alert) { a.Status = "System" },
		"another message":           func(a *alert.Alert) { a.Message = "Ack" },
		"an update of nothing":      func(a *alert.Alert) { a.References = nil },
		"a first that refers":       func(a *alert.Alert) { a.Message = alert.First },
		"neither scope":             func(a *alert.Alert) { a.Addresses = nil },
		"both scopes":               func(a *alert.Alert) { a.Restriction = "all" },
		"an address with a space":   func(a *alert.Alert) { a.Addresses[0] = "a b" },
		"a quoted incident":         func(a *alert.Alert) { a.Incidents[0] = `"` },
		"no info":                   func(a *alert.Alert) { a.Infos = nil },
		"no language":               func(a *alert.Alert) { a.Infos[0].Language = "" },
		"no event":                  func(a *alert.Alert) { a.Infos[0].Event = " " },
		"an invented severity":      func(a *alert.Alert) { a.Infos[0].Severity = "Extreme" },
		"an invented category":      func(a *alert.Alert) { a.Infos[0].Category = "War" },
		"an area without words":     func(a *alert.Alert) { a.Infos[0].Areas[0].Desc = "" },
		"an outline that is open":   func(a *alert.Alert) { a.Infos[0].Areas[1].Outline[3] = [2]float64{1, 1} },
		"a place off the earth":     func(a *alert.Alert) { a.Infos[0].Areas[0].Points[0] = [2]float64{91, 0} },
		"a text without end":        func(a *alert.Alert) { a.Infos[0].Description = strings.Repeat("x", alert.MaxText+1) },
	} {
		a := full()
		spoil(&a)
		if b, err := a.XML(); err == nil {
			t.Errorf("%s is written:\n%s", name, b)
		}
	}
}

// The rules of the standard beside its schema, on what is written: names in lists,
// offsets, and places.
func TestRulesOfTheStandard(t *testing.T) {
	for _, a := range []alert.Alert{full(), least()} {
		b, err := a.XML()
		if err != nil {
			t.Fatal(err)
		}
		for tag, rule := range map[string]string{
			"sent": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00$`, "onset": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00$`,
			"identifier": `^[^ ,<&]+$`, "sender": `^[^ ,<&]+$`, "references": `^([^ ,<&]+,[^ ,<&]+,\d{4}\S+)( [^ ,<&]+,[^ ,<&]+,\d{4}\S+)*$`,
			"polygon": `^(-?\d+(\.\d+)?,-?\d+(\.\d+)?)( -?\d+(\.\d+)?,-?\d+(\.\d+)?){3,}$`, "circle": `^-?\d+(\.\d+)?,-?\d+(\.\d+)? \d+(\.\d+)?$`,
		} {
			for _, m := range regexp.MustCompile(`<`+tag+`>([^<]*)</`+tag+`>`).FindAllStringSubmatch(string(b), -1) {
				if !regexp.MustCompile(rule).MatchString(m[1]) {
					t.Errorf("%s: %q", tag, m[1])
				}
			}
		}
		if strings.Contains(string(b), "Z</") {
			t.Error("a time in Z")
		}
	}
}

// What is written passes the schema of CAP 1.2, and the schema does refuse something.
func TestSchema(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("SKIPPED: xmllint is not installed (package libxml2-utils); what is written was not checked by the schema of CAP 1.2")
	}
	valid := func(b []byte) (string, error) {
		file := filepath.Join(t.TempDir(), "alert.xml")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(xmllint, "--noout", "--nonet", "--schema", "testdata/cap-1.2.xsd", file).CombinedOutput()
		return string(out), err
	}
	for _, a := range []alert.Alert{full(), least()} {
		b, err := a.XML()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := valid(b); err != nil {
			t.Errorf("%v: %s\n%s", err, out, b)
		}
		for _, spoilt := range [][2]string{{"-00:00</sent>", "Z</sent>"}, {"<scope>", "<scop>"}, {"<urgency>", "<urgency>Very "}} {
			if _, err := valid([]byte(strings.Replace(string(b), spoilt[0], spoilt[1], 1))); err == nil {
				t.Errorf("the schema accepts %s: this test shows nothing", spoilt[1])
			}
		}
	}
}
