package alert

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Type is the media type of an alert.
const Type = "application/cap+xml"

// Status says how an alert is meant.
type Status string

// The statuses that a party's statement can have.
const (
	Actual   Status = "Actual"
	Exercise Status = "Exercise"
	Test     Status = "Test"
)

// Message says what an alert does to earlier ones.
type Message string

// The kinds of message that are written here.
const (
	First  Message = "Alert"
	Update Message = "Update" // stands in the place of those in References
	Cancel Message = "Cancel" // takes back those in References
)

// Category of an event.
type Category string

// The categories that are written here.
const (
	Security Category = "Security"
	Other    Category = "Other"
)

// Urgency, Severity and Certainty of an event. Unknown is what nobody said.
type (
	Urgency   string
	Severity  string
	Certainty string
)

// The values that are written here.
const (
	Immediate       Urgency   = "Immediate"
	Expected        Urgency   = "Expected"
	UnknownUrgency  Urgency   = "Unknown"
	UnknownSeverity Severity  = "Unknown"
	Observed        Certainty = "Observed"
	UnknownCertain  Certainty = "Unknown"
)

// Bounds of an alert.
const (
	MaxInfos = 32
	MaxAreas = 400
	MaxText  = 64 << 10 // bytes of a text
)

// Alert is one message.
type Alert struct {
	Identifier string    // unique for the sender; without spaces, commas, < and &
	Sender     string    // unique in the world; as Identifier
	Sent       time.Time // whole seconds
	Status     Status
	Message    Message
	Source     string   // post or device; empty: not said
	Addresses  []string // for these alone, each without spaces and quotation marks; none: for all of Restriction
	// Restriction says who may have what is for no addressees by name.
	Restriction string
	Note        string
	References  []Reference // earlier alerts; of an Update or Cancel at least one
	Incidents   []string    // names of the event, without quotation marks
	Infos       []Info      // one for each language
}

// Reference names an earlier alert.
type Reference struct {
	Sender, Identifier string
	Sent               time.Time
}

// Info says what an alert says, in one language.
type Info struct {
	Language    string // BCP 47
	Category    Category
	Event       string
	Urgency     Urgency
	Severity    Severity
	Certainty   Certainty
	Onset       time.Time // of the event; zero: not said
	SenderName  string
	Headline    string
	Description string
	Contact     string
	Parameters  []Parameter
	Areas       []Area
}

// Parameter is a further value that a system of the reader may know.
type Parameter struct{ Name, Value string }

// Area is where it is, as its author said.
type Area struct {
	Desc    string
	Outline [][2]float64 // latitude and longitude in degrees, closed by its first point; nil: none
	Points  [][2]float64 // single points: circles without a radius
}

// XML writes the alert, or says what is not in order.
func (a *Alert) XML() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("write an alert: %w", err)
	}
	out := element{Identifier: a.Identifier, Sender: a.Sender, Sent: moment(a.Sent), Status: string(a.Status), Message: string(a.Message),
		Source: a.Source, Scope: "Private", Addresses: strings.Join(a.Addresses, " "), Note: a.Note}
	if len(a.Addresses) == 0 {
		out.Scope, out.Restriction = "Restricted", a.Restriction
	}
	var references []string
	for _, r := range a.References {
		references = append(references, r.Sender+","+r.Identifier+","+moment(r.Sent))
	}
	out.References = strings.Join(references, " ")
	var incidents []string
	for _, s := range a.Incidents {
		if strings.ContainsRune(s, ' ') {
			s = `"` + s + `"`
		}
		incidents = append(incidents, s)
	}
	out.Incidents = strings.Join(incidents, " ")
	for i := range a.Infos {
		out.Infos = append(out.Infos, a.Infos[i].element())
	}
	b, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write an alert: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

// moment writes a time as CAP has it: of UTC the offset is -00:00, never Z.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") + "-00:00" }

func (a *Alert) check() error {
	if err := errors.Join(name("identifier", a.Identifier), name("sender", a.Sender), stamp("sent", a.Sent)); err != nil {
		return err
	}
	if !slices.Contains([]Status{Actual, Exercise, Test}, a.Status) {
		return fmt.Errorf("status: %q is none of Actual, Exercise, Test", a.Status)
	}
	switch a.Message {
	case First:
		if len(a.References) > 0 {
			return errors.New("references: a first alert has none")
		}
	case Update, Cancel:
		if len(a.References) == 0 {
			return fmt.Errorf("references: what is an %s names an earlier alert", a.Message)
		}
	default:
		return fmt.Errorf("message: %q is none of Alert, Update, Cancel", a.Message)
	}
	if (len(a.Addresses) == 0) != (a.Restriction != "") {
		return errors.New("scope: an alert has either addresses or a restriction")
	}
	for _, s := range a.Addresses {
		if s == "" || strings.ContainsAny(s, " \t\r\n\"") {
			return fmt.Errorf("addresses: %q is none", s)
		}
	}
	for _, s := range a.Incidents {
		if s == "" || strings.ContainsAny(s, "\t\r\n\"") {
			return fmt.Errorf("incidents: %q is no name", s)
		}
	}
	for _, r := range a.References {
		if err := errors.Join(name("references", r.Identifier), name("references", r.Sender), stamp("references", r.Sent)); err != nil {
			return err
		}
	}
	if len(a.Infos) == 0 || len(a.Infos) > MaxInfos {
		return fmt.Errorf("info: %d where 1 to %d belong", len(a.Infos), MaxInfos)
	}
	for i := range a.Infos {
		if err := a.Infos[i].check(); err != nil {
			return fmt.Errorf("info %d: %w", i+1, err)
		}
	}
	return nil
}

// name checks a name that stands in a list with others.
func name(what, s string) error {
	if s == "" || len(s) > 256 || strings.ContainsAny(s, " \t\r\n,<&") {
		return fmt.Errorf("%s: %q is empty, too long, or has a space, a comma, < or &", what, s)
	}
	return nil
}

func stamp(what string, t time.Time) error {
	if t.Year() < 1970 || t.Year() > 9999 || t.Nanosecond() != 0 {
		return fmt.Errorf("%s: no moment in whole seconds of the years 1970 to 9999", what)
	}
	return nil
}

func (i *Info) check() error {
	if len(i.Language) < 2 || len(i.Language) > 35 || strings.Trim(i.Language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return fmt.Errorf("language: %q is no tag such as en", i.Language)
	}
	if !slices.Contains([]Category{Security, Other}, i.Category) {
		return fmt.Errorf("category: %q is none of Security, Other", i.Category)
	}
	if !slices.Contains([]Urgency{Immediate, Expected, UnknownUrgency}, i.Urgency) || i.Severity != UnknownSeverity || !slices.Contains([]Certainty{Observed, UnknownCertain}, i.Certainty) {
		return errors.New("urgency, severity or certainty: no value that is written here")
	}
	if strings.TrimSpace(i.Event) == "" {
		return errors.New("event: is empty")
	}
	for _, s := range []string{i.Event, i.SenderName, i.Headline, i.Description, i.Contact} {
		if len(s) > MaxText {
			return fmt.Errorf("a text has %d bytes where %d are the most", len(s), MaxText)
		}
	}
	if !i.Onset.IsZero() {
		if err := stamp("onset", i.Onset); err != nil {
			return err
		}
	}
	for _, p := range i.Parameters {
		if p.Name == "" || len(p.Value) > MaxText {
			return errors.New("parameter: it has no name, or its value is too long")
		}
	}
	if len(i.Areas) > MaxAreas {
		return fmt.Errorf("area: %d where %d are the most", len(i.Areas), MaxAreas)
	}
	for j := range i.Areas {
		if err := i.Areas[j].check(); err != nil {
			return fmt.Errorf("area %d: %w", j+1, err)
		}
	}
	return nil
}

func (a *Area) check() error {
	if strings.TrimSpace(a.Desc) == "" || len(a.Desc) > MaxText {
		return errors.New("it has no description")
	}
	if n := len(a.Outline); n > 0 && (n < 4 || a.Outline[0] != a.Outline[n-1]) {
		return errors.New("an outline has four points or more and is closed by its first")
	}
	for _, p := range slices.Concat(a.Outline, a.Points) {
		if !(p[0] >= -90 && p[0] <= 90 && p[1] >= -180 && p[1] <= 180) {
			return fmt.Errorf("%v is no place", p)
		}
	}
	return nil
}

// element, infoElement and the others are the elements of the schema, in its order.
type element struct {
	XMLName     xml.Name      `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier  string        `xml:"identifier"`
	Sender      string        `xml:"sender"`
	Sent        string        `xml:"sent"`
	Status      string        `xml:"status"`
	Message     string        `xml:"msgType"`
	Source      string        `xml:"source,omitempty"`
	Scope       string        `xml:"scope"`
	Restriction string        `xml:"restriction,omitempty"`
	Addresses   string        `xml:"addresses,omitempty"`
	Note        string        `xml:"note,omitempty"`
	References  string        `xml:"references,omitempty"`
	Incidents   string        `xml:"incidents,omitempty"`
	Infos       []infoElement `xml:"info"`
}

type infoElement struct {
	Language    string             `xml:"language"`
	Category    string             `xml:"category"`
	Event       string             `xml:"event"`
	Urgency     string             `xml:"urgency"`
	Severity    string             `xml:"severity"`
	Certainty   string             `xml:"certainty"`
	Onset       string             `xml:"onset,omitempty"`
	SenderName  string             `xml:"senderName,omitempty"`
	Headline    string             `xml:"headline,omitempty"`
	Description string             `xml:"description,omitempty"`
	Contact     string             `xml:"contact,omitempty"`
	Parameters  []parameterElement `xml:"parameter"`
	Areas       []areaElement      `xml:"area"`
}

type parameterElement struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

type areaElement struct {
	Desc     string   `xml:"areaDesc"`
	Polygons []string `xml:"polygon"`
	Circles  []string `xml:"circle"`
}

func (i *Info) element() infoElement {
	out := infoElement{Language: i.Language, Category: string(i.Category), Event: i.Event, Urgency: string(i.Urgency), Severity: string(i.Severity), Certainty: string(i.Certainty),
		SenderName: i.SenderName, Headline: i.Headline, Description: i.Description, Contact: i.Contact}
	if !i.Onset.IsZero() {
		out.Onset = moment(i.Onset)
	}
	for _, p := range i.Parameters {
		out.Parameters = append(out.Parameters, parameterElement(p))
	}
	for _, a := range i.Areas {
		one := areaElement{Desc: a.Desc}
		if len(a.Outline) > 0 {
			var pairs []string
			for _, p := range a.Outline {
				pairs = append(pairs, pair(p))
			}
			one.Polygons = append(one.Polygons, strings.Join(pairs, " "))
		}
		for _, p := range a.Points {
			one.Circles = append(one.Circles, pair(p)+" 0")
		}
		out.Areas = append(out.Areas, one)
	}
	return out
}

// pair is a point as CAP has it: latitude, comma, longitude.
func pair(p [2]float64) string {
	return strconv.FormatFloat(p[0], 'f', -1, 64) + "," + strconv.FormatFloat(p[1], 'f', -1, 64)
}
