package screen

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"detente/control"
	"detente/party"
)

func soundingRoutes() []route {
	do := func(verb, done string) func(*visit) error {
		return func(v *visit) error { return v.sounding(verb, done) }
	}
	return []route{
		{"GET /soundings", soundingsPage, false},
		{"POST /soundings", beginSounding, false},
		{"POST /soundings/take", takeSounding, false},
		{"POST /soundings/{session}/accept", do("sounding-accept", "sounding-accepted"), false},
		{"POST /soundings/{session}/say", saySounding, false},
		{"POST /soundings/{session}/move", do("sounding-move", "sounding-moved"), false},
		{"POST /soundings/{session}/send", do("sounding-send", "sounding-sent"), false},
		{"POST /soundings/{session}/file", soundingFile, false},
		{"POST /soundings/{session}/end", endSounding, false},
	}
}

// maxSounding bounds a file of a sounding, in bytes: the bound of spec/sounding.md.
const maxSounding = 128 << 10

// soundingsView is what is said off the record, with what was typed and could not be
// said. Nothing of it is kept anywhere but in the node that runs.
type soundingsView struct {
	Closed    bool // to this officer, who has no role for it
	Soundings []control.Sounding
	Session   string // in which Typed was to be said
	Typed     string
	lines     []lineCard
}

// LinesWith are the open lines of this state with a party: where a message on the record
// is written.
func (s soundingsView) LinesWith(id party.ID) []lineCard {
	return slices.DeleteFunc(slices.Clone(s.lines), func(l lineCard) bool { return !l.Open() || !slices.Contains(l.With, id) })
}

func soundingsPage(v *visit) error { return v.soundings(soundingsView{}, nil) }

func (v *visit) soundings(s soundingsView, wrong error) error {
	err := v.call("sounding-list", nil, &s.Soundings)
	var e *control.Error
	if s.Closed = errors.As(err, &e) && e.Code == control.Permission && wrong == nil; s.Closed {
		return v.show("soundings", v.t("page.soundings"), s)
	}
	if err != nil {
		return err
	}
	if s.lines, err = v.lineCards(); err != nil {
		return err
	}
	if wrong != nil {
		return v.again(wrong, "soundings", v.t("page.soundings"), "", s)
	}
	return v.show("soundings", v.t("page.soundings"), s)
}

// after goes back to the page: with what was done, or with why it was not handed over.
func (v *visit) after(s control.Sounding, done string) error {
	if s.WhyName == "" {
		return v.redirect("/soundings", done)
	}
	name := string(s.Peer)
	for _, p := range v.head.Parties {
		if p.ID == s.Peer {
			name = p.Name
		}
	}
	return v.soundings(soundingsView{}, &control.Error{Code: control.Unreachable, Message: v.t("soundings.why."+s.WhyName, "name", name)})
}

func beginSounding(v *visit) error {
	var s control.Sounding
	if err := v.call("sounding-begin", control.SoundingArgs{Peer: party.ID(v.text("with")), Link: true}, &s); err != nil {
		return v.soundings(soundingsView{}, err)
	}
	return v.after(s, "sounding-begun")
}

// sounding does one step of the sounding of the address, over the link.
func (v *visit) sounding(verb, done string) error {
	var s control.Sounding
	if err := v.call(verb, control.SoundingArgs{Session: v.r.PathValue("session"), Link: true}, &s); err != nil {
		return v.soundings(soundingsView{}, err)
	}
	return v.after(s, done)
}

func saySounding(v *visit) error {
	a := control.SoundingArgs{Session: v.r.PathValue("session"), Text: v.text("text"), Link: true}
	typed := soundingsView{Session: a.Session, Typed: a.Text}
	if a.Text == "" {
		return v.soundings(typed, &control.Error{Code: control.Usage, Message: v.t("soundings.say.wrong")})
	}
	var s control.Sounding
	if err := v.call("sounding-say", a, &s); err != nil {
		return v.soundings(typed, err)
	}
	return v.after(s, "sounding-said")
}

// takeSounding takes a file of the other side. What answers it goes over the link.
func takeSounding(v *visit) error {
	chosen := v.files("file")
	if len(chosen) != 1 || chosen[0].Size > maxSounding {
		return v.soundings(soundingsView{}, &control.Error{Code: control.Usage, Message: v.t("file.none")})
	}
	f, err := chosen[0].Open()
	if err != nil {
		return errors.Join(errForm, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSounding))
	if err != nil {
		return errors.Join(errForm, err)
	}
	var s control.Sounding
	if err := v.call("sounding-take", control.SoundingArgs{Envelope: b, Link: true}, &s); err != nil {
		return v.soundings(soundingsView{}, err)
	}
	return v.after(s, "sounding-taken")
}

// soundingFile hands out what waits, to be carried by another way.
func soundingFile(v *visit) error {
	var s control.Sounding
	if err := v.call("sounding-file", control.SoundingArgs{Session: v.r.PathValue("session")}, &s); err != nil {
		return v.soundings(soundingsView{}, err)
	}
	return v.hand("to-"+string(s.Peer)+".sounding", "application/octet-stream", s.Envelope)
}

func endSounding(v *visit) error {
	if err := v.call("sounding-end", control.SoundingArgs{Session: v.r.PathValue("session")}, nil); err != nil {
		return v.soundings(soundingsView{}, err)
	}
	return v.redirect("/soundings", "sounding-ended")
}

// offTheRecord is what the desk says of soundings: those that ask something of an
// officer or are under way. Who may not speak off the record is told nothing of them.
func (v *visit) offTheRecord() ([]control.Sounding, error) {
	var all []control.Sounding
	err := v.call("sounding-list", nil, &all)
	var e *control.Error
	if errors.As(err, &e) && (e.Status() == http.StatusForbidden || e.Code == control.Unreachable) {
		return nil, nil
	}
	return all, err
}

// asked is how many offers of others nobody here has accepted.
func asked(all []control.Sounding) int {
	n := 0
	for _, s := range all {
		if s.State == "asked" {
			n++
		}
	}
	return n
}
