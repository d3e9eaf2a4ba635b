package pack

import (
	"detente/regime"
)

// Format is the first value of pack.yaml.
const Format = "detente.pack/v1"

// Engine is the edition of the rules by which this build judges. A pack names the
// edition that it was written for; one that this build does not have is kept and
// shown, but not judged.
const Engine = 1

// Text is one sentence by language. English is always there.
type Text map[regime.Lang]string

// In returns the text in a language, or in English.
func (t Text) In(lang regime.Lang) string {
	if s, ok := t[lang]; ok {
		return s
	}
	return t[regime.English]
}

// Nature of a text: how it binds. A text marked Proposal binds nobody.
type Nature string

// The natures.
const (
	LegallyBinding     Nature = "legally-binding"
	PoliticallyBinding Nature = "politically-binding"
	Voluntary          Nature = "voluntary" // knows no default
	Proposal           Nature = "proposal"  // a model; nobody agreed to it yet
)

// Sure says how well a fact of a pack is known: high, medium, low, or seen in the
// source itself. What is not at least high is "unverified" wherever it is shown.
type Sure string

// Degrees of certainty, surest first.
const (
	Seen   Sure = "seen"   // read in the source named
	High   Sure = "high"   // background knowledge, sure
	Medium Sure = "medium" // fairly sure
	Low    Sure = "low"    // unsure
)

// Unverified reports whether a fact so marked is shown as unverified.
func (s Sure) Unverified() bool { return s == Medium || s == Low }

// Head is pack.yaml: what the text is, who is party to it, since when, and the
// terms that its measures use.
type Head struct {
	Pos
	Format     string        `yaml:"format"` // Format
	Engine     int           `yaml:"engine"` // at most Engine, to be judged by this build
	ID         string        `yaml:"id"`     // e.g. vd11; the ids of its measures begin with it
	Title      Text          `yaml:"title"`
	Nature     Nature        `yaml:"nature"`
	Remark     Text          `yaml:"remark,omitempty"` // what a reader must know, e.g. that it is a model
	Languages  []regime.Lang `yaml:"languages"`        // English first
	Unofficial []regime.Lang `yaml:"unofficial,omitempty"`
	Editions   []Edition     `yaml:"editions"`
	Sets       []Set         `yaml:"sets,omitempty"`
	Slots      []Slot        `yaml:"slots,omitempty"`
	Zones      []Zone        `yaml:"zones,omitempty"`
	TimeZone   string        `yaml:"time_zone,omitempty"` // name of a file of zones/, for dates without a zone; empty: UTC
	ZoneData   string        `yaml:"zone_data,omitempty"` // edition of the IANA data of that file, e.g. 2025c
	Areas      []Area        `yaml:"areas,omitempty"`     // of a catalogue, e.g. CICA's priority areas
	Cycle      []Stage       `yaml:"cycle,omitempty"`     // how a measure of a catalogue is carried out
	Issues     []Issue       `yaml:"issues,omitempty"`    // standing issues that measures bear on
	Sources    []Source      `yaml:"sources"`
	Gaps       []Text        `yaml:"gaps,omitempty"` // what was not found; never invented
}

// Edition is one version of the text. Old events are judged by the edition that
// was in force on their day.
type Edition struct {
	Pos
	ID       string   `yaml:"id"` // e.g. "2011"
	Title    Text     `yaml:"title,omitempty"`
	InForce  []Period `yaml:"in_force,omitempty"` // in order; a gap between two is a suspension
	Replaces string   `yaml:"replaces,omitempty"` // id of an earlier edition
	Sources  []string `yaml:"sources"`
	Sure     Sure     `yaml:"sure"`
}

// Period is a span of whole days.
type Period struct {
	Pos
	From  string `yaml:"from"`            // first day, 2006-01-02
	Until string `yaml:"until,omitempty"` // last day; empty: still open
	Set   string `yaml:"set,omitempty"`   // for these parties only
	Note  Text   `yaml:"note,omitempty"`
}

// last is the last day of a period; an open one ends after all days.
func (p *Period) last() string {
	if p.Until == "" {
		return "9999-12-31"
	}
	return p.Until
}

// Set is a named set of parties. Exactly one of the ways of naming them is used.
type Set struct {
	Pos
	ID    string   `yaml:"id"`
	Title Text     `yaml:"title"`
	Codes []string `yaml:"codes,omitempty"` // interchange codes of the roster, ISO 3166-1 alpha-2
	All   bool     `yaml:"all,omitempty"`   // every member of the group
	Slot  string   `yaml:"slot,omitempty"`  // a slot of type parties that the group fills in
	// Joint: the members act as one side; what one does is done for all of them.
	Joint bool `yaml:"joint,omitempty"`
}

// Types of a slot.
const (
	SlotDuration = "duration" // ISO 8601, e.g. P42D
	SlotFigure   = "figure"   // a whole number from 0
	SlotDate     = "date"     // month-day, e.g. "12-15"
	SlotParties  = "parties"  // party ids of the roster
	SlotLine     = "line"     // a line of points, for a strip
	SlotOutline  = "outline"  // a closed outline
	SlotSwitch   = "switch"   // "on" or "off"
)

// Slot is a figure that a group, or a pair, fills in by agreement (CICA 2.1.1d),
// or one that the files know only unsurely and that is therefore off by default.
type Slot struct {
	Pos
	ID       string   `yaml:"id"`
	Title    Text     `yaml:"title"`
	Type     string   `yaml:"type"`
	Unit     string   `yaml:"unit,omitempty"`
	Default  string   `yaml:"default,omitempty"`  // empty: not agreed; what depends on it is not judged
	Proposed string   `yaml:"proposed,omitempty"` // shown as a suggestion, marked unverified; never used
	Per      string   `yaml:"per,omitempty"`      // group (default) or pair
	Article  string   `yaml:"article,omitempty"`
	Sources  []string `yaml:"sources,omitempty"`
	Sure     Sure     `yaml:"sure,omitempty"`
}

// Zone is an area of application. Zones of one measure need not touch.
type Zone struct {
	Pos
	ID      string   `yaml:"id"`
	Title   Text     `yaml:"title"`
	Strip   *Strip   `yaml:"strip,omitempty"`
	Outline []Point  `yaml:"outline,omitempty"` // closed by its first point
	Slot    string   `yaml:"slot,omitempty"`    // a slot of type outline
	Union   []string `yaml:"union,omitempty"`   // ids of other zones
	Article string   `yaml:"article,omitempty"`
	Sources []string `yaml:"sources,omitempty"`
	Sure    Sure     `yaml:"sure,omitempty"`
}

// Strip is the land within a distance of a line, measured at right angles.
type Strip struct {
	Line  string  `yaml:"line,omitempty"`  // a slot of type line
	Along []Point `yaml:"along,omitempty"` // or the points themselves
	Km    int     `yaml:"km"`              // on each side
	Side  string  `yaml:"side,omitempty"`  // left, right, or empty for both
}

// Point is a place in decimal degrees, WGS 84.
type Point struct {
	Lat float64 `yaml:"lat"`
	Lon float64 `yaml:"lon"`
}

// States of an area of a catalogue.
const (
	AreaProposed     = "proposed"
	AreaDeliberation = "under-deliberation"
	AreaAgreed       = "agreed"
	AreaActive       = "active"
	AreaDormant      = "dormant"
)

// Area is one priority area of a catalogue.
type Area struct {
	Pos
	ID           string        `yaml:"id"`
	Dimension    string        `yaml:"dimension"`
	Title        Text          `yaml:"title"`
	Editions     []string      `yaml:"editions,omitempty"`
	State        string        `yaml:"state"`
	Coordinators []Coordinator `yaml:"coordinators,omitempty"`
	Sources      []string      `yaml:"sources"`
	Sure         Sure          `yaml:"sure"`
	Note         Text          `yaml:"note,omitempty"`
}

// Coordinator is a state that leads an area, alone or with others.
type Coordinator struct {
	Pos
	Code    string   `yaml:"code"`
	Co      bool     `yaml:"co,omitempty"`   // co-coordinator
	From    string   `yaml:"from,omitempty"` // year, or day; empty: not known
	Until   string   `yaml:"until,omitempty"`
	Sources []string `yaml:"sources"`
	Sure    Sure     `yaml:"sure"`
}

// Stage is one step of the cycle in which a catalogue is carried out.
type Stage struct {
	Pos
	ID      string   `yaml:"id"`
	Title   Text     `yaml:"title"`
	By      Text     `yaml:"by"`
	When    Text     `yaml:"when,omitempty"`
	Path    []string `yaml:"path,omitempty"` // organs, in order
	Sources []string `yaml:"sources"`
	Sure    Sure     `yaml:"sure"`
}

// Issue is a standing issue in the group's own words (product M9).
type Issue struct {
	Pos
	ID    string `yaml:"id"`
	Title Text   `yaml:"title"`
}

// Source is where a fact comes from.
type Source struct {
	Pos
	Key     string `yaml:"key"`
	Title   string `yaml:"title"`
	Address string `yaml:"address,omitempty"`
	Seen    string `yaml:"seen,omitempty"` // which part was read
}
