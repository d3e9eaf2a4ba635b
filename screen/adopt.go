package screen

import (
	"context"
	"slices"
	"strings"

	"detente/control"
	"detente/party"
	"detente/register"
	"detente/roster"
)

func adoptRoutes() []route {
	return []route{
		{"GET /start", startPage, false},
		{"GET /texts", textsPage, false},
		{"POST /texts", adoptTexts, false},
	}
}

// textsView is what this state is bound by and may put in force, alone.
type textsView struct {
	Texts   []control.TextLine // in force, then those that ship
	Bound   []control.Bound
	States  []stateRow
	Code    string // own, as the texts name it
	Alone   bool   // no other state has a say in the roster
	May     bool   // who looks is an administrator
	Chosen  []string
	Pending string // moment of effect of an edition that is adopted and not in force
}

// stateRow is another state as it is typed; an empty id is none.
type stateRow struct {
	ID, Name, Code string
	Known          bool
}

// spareStates are the empty rows for other states.
const spareStates = 4

// Picked reports whether a text was chosen.
func (t textsView) Picked(id string) bool { return slices.Contains(t.Chosen, id) }

func (v *visit) texts() (*textsView, error) {
	r, _, err := v.edition()
	if err != nil {
		return nil, err
	}
	t := &textsView{May: v.head.Officer.IsAdmin()}
	t.Alone = !slices.ContainsFunc(roster.Required(r), func(id party.ID) bool { return id != v.head.Party })
	for _, p := range r.Parties {
		if p.ID == v.head.Party {
			t.Code = p.Code
			continue
		}
		t.States = append(t.States, stateRow{string(p.ID), r.Name(p.ID, v.lang), p.Code, true})
	}
	t.States = append(t.States, make([]stateRow, spareStates)...)
	if err := v.call("measure-list", control.MeasureArgs{}, &t.Texts); err != nil {
		return nil, err
	}
	var p control.Portfolio
	if err := v.call("portfolio", control.LookArgs{Language: houseLanguage(v.lang)}, &p); err != nil {
		return nil, err
	}
	t.Bound = p.Texts
	var all []control.Edition
	if err := v.call("roster-status", nil, &all); err != nil {
		return nil, err
	}
	for _, e := range all {
		if !e.InForce && e.Edition == r.Edition+1 && e.Effective >= v.head.Now {
			t.Pending = e.Effective
		}
	}
	return t, nil
}

func textsPage(v *visit) error {
	t, err := v.texts()
	if err != nil {
		return err
	}
	return v.show("texts", v.t("page.texts"), t)
}

// adoptTexts puts in force what the form names and waits until it is.
func adoptTexts(v *visit) error {
	t, err := v.texts()
	if err != nil {
		return err
	}
	t.Chosen = v.form["text"]
	a := control.TextsArgs{Packs: []roster.Pack{}, Slots: []roster.Slot{}, With: []control.Distant{}}
	for _, id := range t.Chosen {
		a.Packs = append(a.Packs, roster.Pack{ID: id})
	}
	r, _, err := v.edition()
	if err != nil {
		return err
	}
	if code := strings.ToUpper(v.text("code")); code != t.Code {
		a.With = append(a.With, control.Distant{ID: string(v.head.Party), Code: code})
		t.Code = code
	}
	a.With = append(a.With, v.statesTyped(t, r.Languages)...)
	a.Slots = v.slotsTyped(t)
	if len(a.Packs)+len(a.Slots)+len(a.With) == 0 {
		return v.again(&control.Error{Code: control.Usage, Message: v.t("texts.nothing")}, "texts", v.t("page.texts"), "", t)
	}
	var done control.Adopted
	if err := v.call("texts-adopt", a, &done); err != nil {
		return v.again(err, "texts", v.t("page.texts"), "", t)
	}
	if err := v.inForce(done); err != nil {
		return err
	}
	return v.redirect("/texts", "texts-adopted")
}

// statesTyped are the states of the form that are new or have another code.
func (v *visit) statesTyped(t *textsView, languages []string) []control.Distant {
	var out []control.Distant
	ids, names, codes := v.form["state"], v.form["state.name"], v.form["state.code"]
	for i := range min(len(ids), len(names), len(codes), len(t.States)) {
		was := t.States[i]
		row := stateRow{strings.ToLower(strings.TrimSpace(ids[i])), strings.TrimSpace(names[i]), strings.ToUpper(strings.TrimSpace(codes[i])), was.Known}
		if t.States[i] = row; row.ID == "" || row.Known && row.Code == was.Code {
			continue
		}
		d := control.Distant{ID: row.ID, Code: row.Code, Names: map[string]string{}}
		for _, l := range languages {
			if row.Name != "" {
				d.Names[l] = row.Name
			}
		}
		out = append(out, d)
	}
	return out
}

// slotsTyped are what the form says was agreed where a text leaves it open.
func (v *visit) slotsTyped(t *textsView) []roster.Slot {
	out := []roster.Slot{}
	for _, b := range t.Bound {
		for _, s := range slices.Concat(b.Open, b.Agreed) {
			name := "slot." + s.Slot
			if value := v.text(name); v.form.Has(name) && value != s.Value && len(s.Between) == 0 {
				out = append(out, roster.Slot{ID: s.Slot, Value: value, Between: []party.ID{}})
			}
		}
	}
	return out
}

// inForce waits for the moment of effect of an edition, not longer than a page may take.
func (v *visit) inForce(a control.Adopted) error {
	ctx, cancel := context.WithTimeout(v.r.Context(), effectWithin)
	defer cancel()
	for {
		changed := v.site.Changed()
		var all []control.Edition
		if err := v.call("roster-status", nil, &all); err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(e control.Edition) bool { return e.Digest == a.Digest && e.InForce }) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil // the page says when it takes effect
		}
	}
}

// startView is what a state that begins does, in order, and what is done of it.
type startView struct {
	Officers, Texts, States, Notes, Drafts, Passkeys int
	May                                              bool
}

func startPage(v *visit) error {
	s := startView{May: v.head.Officer.IsAdmin(), States: len(v.head.Parties) - 1}
	var officers []control.Officer
	var passkeys []control.Passkey
	for verb, into := range map[string]any{"officer-list": &officers, "passkey-list": &passkeys} {
		if err := v.call(verb, nil, into); err != nil {
			return err
		}
	}
	for _, o := range officers {
		if o.Active {
			s.Officers++
		}
	}
	s.Passkeys = len(passkeys)
	r, _, err := v.edition()
	if err != nil {
		return err
	}
	s.Texts = len(r.Packs)
	var notes []register.Note
	if err := v.call("note-list", control.NotesArgs{Newest: true, Limit: 1}, &notes); err != nil {
		return err
	}
	s.Notes = len(notes)
	var drafts []control.DraftLine
	if err := v.call("draft-list", control.DraftsArgs{}, &drafts); err != nil {
		return err
	}
	s.Drafts = len(drafts)
	return v.show("start", v.t("page.start"), s)
}
