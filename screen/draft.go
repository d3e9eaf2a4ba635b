package screen

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/act"
	"detente/control"
	"detente/internal/canon"
	"detente/regime"
)

func draftRoutes() []route {
	return []route{
		{"GET /drafts", draftsPage, false},
		{"GET /drafts/new", newPage, false},
		{"POST /drafts/new", newDraft, false},
		{"GET /drafts/follow", followPage, false},
		{"POST /drafts/follow", follow, false},
		{"GET /drafts/{id}", hubPage, false},
		{"GET /drafts/{id}/{section}", sectionPage, false},
		{"POST /drafts/{id}/{section}", saveSection, false},
	}
}

// draft is a draft as its pages show it.
type draft struct {
	control.Draft
	Title    string
	Sections []section
	Done     int // sections without a fault
	Mine     bool
	Editable bool // by this officer, now
	Faulty   []fieldFault
	May      string // clear: this officer may clear the next step; else the key of why not
	Remarked string // typed in a return that could not be done
	form     *regime.Form
	values   *regime.Values // as a whole: of a correction laid over what it corrects
	before   *regime.Values // of a correction: what it corrects
}

// HasForm reports whether the draft is a filled form.
func (d *draft) HasForm() bool { return d.form != nil }

// section is a part of a form that fills one page.
type section struct {
	Key    string // "cover", "text", or its number
	Title  string
	State  string // not-started, in-progress, done, problem, empty
	fields []*regime.Field
	faults []fieldFault
}

func draftsPage(v *visit) error {
	var all []control.DraftLine
	if err := v.call("draft-list", control.DraftsArgs{State: v.r.URL.Query().Get("state")}, &all); err != nil {
		return err
	}
	return v.show("drafts", v.t("drafts.title"), all[:min(len(all), 4*rowsOfPage)])
}

// beginning is the page on which a draft begins.
type beginning struct {
	Forms   []control.FormLine
	Kind    string // statement, or entered
	Answers string // place of what is answered
	Status  string // of what is answered: an answer has the same
	Form    string
	From    string
	Thread  string
}

func newPage(v *visit) error {
	q := v.r.URL.Query()
	b := beginning{Kind: q.Get("kind"), Answers: q.Get("answers"), Form: q.Get("form")}
	return v.begin(b, nil)
}

func (v *visit) begin(b beginning, err error) error {
	if b.Kind != string(act.Entered) {
		b.Kind = string(act.Statement)
	}
	var callErr error
	if b.Forms, callErr = v.forms(); callErr != nil {
		return callErr
	}
	if b.Answers != "" {
		var s control.Statement
		if callErr := v.call("statement-show", control.RefArgs{Ref: b.Answers}, &s); callErr != nil {
			return callErr
		}
		b.Status, b.Thread = string(s.Status), s.Thread
	}
	title := v.t("new.title." + b.Kind)
	if err != nil {
		return v.again(err, "new", title, b.Status, b)
	}
	return v.showAs("new", title, b.Status, b)
}

// forms are those of the texts in force; where none is, all at hand.
func (v *visit) forms() ([]control.FormLine, error) {
	var all []control.FormLine
	if err := v.call("forms", nil, &all); err != nil {
		return nil, err
	}
	var inForce []control.FormLine
	for _, f := range all {
		if f.Of == "in-force" {
			inForce = append(inForce, f)
		}
	}
	if len(inForce) > 0 {
		return inForce, nil
	}
	return all, nil
}

// newDraft stores an empty draft, or one that begins from something earlier.
func newDraft(v *visit) error {
	b := beginning{Kind: v.text("kind"), Answers: v.text("answers"), Form: v.text("form"), From: v.text("from"), Status: v.text("status")}
	r := control.Request{Kind: act.Statement, Status: statusNamed(b.Status), Life: act.New, Measure: b.Form, Values: []byte("{}"), Post: v.head.Officer.Post}
	if b.Kind == string(act.Entered) {
		r.Kind, r.Open, r.Life = act.Entered, true, ""
	}
	if b.Status == "" {
		return v.begin(b, &control.Error{Code: control.Usage, Name: "status", Message: "say whether it is meant in earnest"})
	}
	if r.Measure == "" {
		r.Values = nil
	}
	if b.From != "" {
		var e control.Earlier
		if err := v.call("earlier", control.RefArgs{Ref: b.From}, &e); err != nil {
			return v.begin(b, err)
		}
		r.Measure, r.Values = e.Code, e.Values
	}
	if b.Answers != "" {
		var s control.Statement
		if err := v.call("statement-show", control.RefArgs{Ref: b.Answers}, &s); err != nil {
			return err
		}
		r.Answers, r.Thread, r.Status, r.Discreet = s.Ref, s.Thread, s.Status, s.Discreet
		if r.Kind == act.Statement {
			r.To = append(r.To, s.Author)
		}
	}
	var d control.Draft
	if err := v.call("draft-save", control.SaveArgs{Request: r}, &d); err != nil {
		return v.begin(b, err)
	}
	return v.redirect("/drafts/"+d.ID+"/cover", "")
}

// following is what is to follow a statement, before a draft of it is made.
type following struct {
	Act  control.Statement
	Life string
}

// lives are what may follow a statement of this state, or answer what was entered.
func lives() []string {
	return []string{"correction", "update", "cancellation", "withdrawal", "issued-in-error", "confirmed", "contested", "handed-over"}
}

func followPage(v *visit) error {
	q := v.r.URL.Query()
	f := following{Life: q.Get("life")}
	if !slices.Contains(lives(), f.Life) {
		return errNoPage
	}
	if err := v.call("statement-show", control.RefArgs{Ref: q.Get("of")}, &f.Act); err != nil {
		return err
	}
	return v.showAs("follow", v.t("follow."+f.Life), string(f.Act.Status), f)
}

func follow(v *visit) error {
	f := following{Life: v.text("life")}
	if !slices.Contains(lives(), f.Life) {
		return errNoPage
	}
	a := control.FollowArgs{Ref: v.text("of"), Kind: act.Statement, Life: act.Life(f.Life), Text: v.text("text")}
	switch kind := act.Kind(f.Life); kind {
	case act.Confirmed, act.Contested, act.HandedOver:
		a.Kind, a.Life = kind, ""
	}
	if err := v.call("statement-show", control.RefArgs{Ref: a.Ref}, &f.Act); err != nil {
		return err
	}
	if f.Act.Measure == "" && a.Text == "" && (a.Life == act.Correction || a.Life == act.Update) {
		a.Text = f.Act.Content
	}
	var r control.Request
	if err := v.call("draft-follow", a, &r); err != nil {
		return v.again(err, "follow", v.t("follow."+f.Life), string(f.Act.Status), f)
	}
	if r.Measure != "" && len(r.Values) == 0 || string(r.Values) == "null" && r.Measure != "" {
		r.Values = []byte("{}")
	}
	r.Post = v.head.Officer.Post
	var d control.Draft
	if err := v.call("draft-save", control.SaveArgs{Request: r}, &d); err != nil {
		return v.again(err, "follow", v.t("follow."+f.Life), string(f.Act.Status), f)
	}
	return v.redirect("/drafts/"+d.ID, "")
}

// draft reads a draft with its sections.
func (v *visit) draft() (*draft, error) {
	d := &draft{}
	if err := v.call("draft-show", control.DraftArgs{ID: v.r.PathValue("id")}, &d.Draft); err != nil {
		return nil, err
	}
	var err error
	if d.form, err = v.formOf(d.Request.Measure, canon.Digest{}); err != nil {
		return nil, err
	}
	if d.values, err = valuesOf(d.Request.Values); err != nil {
		return nil, err
	}
	if d.form != nil && (d.Request.Life == act.Correction || d.Request.Life == act.Update) {
		var e control.Earlier
		ref := d.Request.Thread
		if ref == "" {
			ref = d.Request.Answers
		}
		if err := v.call("earlier", control.RefArgs{Ref: ref}, &e); err == nil {
			if d.before, err = valuesOf(e.Values); err != nil {
				return nil, err
			}
			d.values = d.before.Over(d.values)
		}
	}
	d.Mine = d.Author == v.head.Officer.ID
	d.Editable = d.Mine && d.State != "sent" && d.State != "dropped"
	d.Title = word(v.lang, "kind", d.Request.Kind)
	if d.form != nil {
		d.Title = inLanguage(v.lang, d.form.Title)
	}
	if d.Request.Life != "" && d.Request.Life != act.New {
		d.Title += " · " + word(v.lang, "life", d.Request.Life)
	}
	v.part(d)
	d.May = v.mayClear(d)
	return d, nil
}

func valuesOf(b []byte) (*regime.Values, error) {
	if len(b) == 0 || string(b) == "null" {
		b = []byte("{}")
	}
	return regime.ReadValues(b)
}

// mayClear says whether the officer may clear the next step, or why not.
func (v *visit) mayClear(d *draft) string {
	switch {
	case d.Mine:
		return "author"
	case d.State != "submitted" && d.State != "cleared":
		return "not-submitted"
	case len(d.Open) == 0:
		return "nothing-to-clear"
	}
	return "clear"
}

const (
	// fieldsOfPage is the most fields of a section; a longer group is parted.
	fieldsOfPage = 10
	cover        = "cover"
	plain        = "text"
	whole        = "all" // every field on one page, for who knows the form
)

// part divides a draft into sections, and puts the faults to them.
func (v *visit) part(d *draft) {
	d.Sections = []section{{Key: cover, Title: v.t("section.cover"), State: "done"}}
	if d.form == nil {
		one := section{Key: plain, Title: v.t("section.text"), State: "done"}
		if d.Request.Text == "" {
			one.State = "not-started"
		}
		if d.Request.Type == "" && (d.Request.Kind == act.Statement || d.Request.Kind == act.Entered || d.Request.Text != "") {
			d.Sections = append(d.Sections, one)
		}
	} else {
		for _, g := range d.form.Groups {
			d.Sections = append(d.Sections, v.pagesOf(d.form, g)...)
		}
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		if i > 0 && s.Key != plain {
			s.Key = strconv.Itoa(i)
		}
	}
	for _, f := range d.Faults {
		v.putFault(d, f)
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		if len(s.fields) > 0 || len(s.faults) > 0 {
			s.State = s.stateOf(d.values)
		}
		if len(s.faults) == 0 {
			d.Done++
		}
	}
}

// pagesOf are the sections of one group of a form.
func (v *visit) pagesOf(form *regime.Form, g regime.Group) []section {
	var fields []*regime.Field
	for i := range form.Fields {
		if number, _, _ := strings.Cut(form.Fields[i].Number, "."); number == g.Number {
			fields = append(fields, &form.Fields[i])
		}
	}
	var out []section
	pages := (len(fields) + fieldsOfPage - 1) / fieldsOfPage
	for i := range pages {
		size := (len(fields) + pages - 1) / pages
		s := section{Title: g.Number + "  " + inLanguage(v.lang, g.Name), fields: fields[i*size : min((i+1)*size, len(fields))]}
		if pages > 1 {
			s.Title += " " + v.t("section.part", "n", i+1, "of", pages)
		}
		out = append(out, s)
	}
	return out
}

// putFault puts a fault to the section of its field; one without a field is of the cover.
func (v *visit) putFault(d *draft, f control.Fault) {
	number, _, _ := strings.Cut(f.Where, " ")
	one := fieldFault{Where: f.Where, What: v.whatOf(f), Link: "/drafts/" + d.ID + "/" + cover}
	for i := range d.Sections {
		s := &d.Sections[i]
		for _, field := range s.fields {
			if number == field.Number || strings.HasPrefix(number, field.Number+".") {
				one.Where = number + " " + inLanguage(v.lang, field.Name)
				one.Link = fmt.Sprintf("/drafts/%s/%s#f.%s", d.ID, s.Key, field.ID)
				s.faults, d.Faulty = append(s.faults, one), append(d.Faulty, one)
				return
			}
		}
	}
	if one.Where == "draft" {
		one.Where = v.t("section.cover")
	}
	d.Sections[0].faults, d.Faulty = append(d.Sections[0].faults, one), append(d.Faulty, one)
}

// stateOf says how far a section is.
func (s *section) stateOf(values *regime.Values) string {
	given, wrong := 0, 0
	for _, f := range s.fields {
		if _, ok := values.Get(f.ID); !ok {
			continue
		}
		given++
		if slices.ContainsFunc(s.faults, func(x fieldFault) bool { return strings.HasSuffix(x.Link, "#f."+f.ID) }) {
			wrong++
		}
	}
	switch {
	case len(s.fields) == 0 && len(s.faults) > 0 || wrong > 0:
		return "problem"
	case len(s.faults) > 0 && given == 0:
		return "not-started"
	case len(s.faults) > 0:
		return "in-progress"
	case given == 0 && len(s.fields) > 0:
		return "empty"
	}
	return "done"
}

func hubPage(v *visit) error {
	d, err := v.draft()
	if err != nil {
		return err
	}
	return v.showAs("hub", d.Title, string(d.Request.Status), d)
}

// part is the page of one section.
type part struct {
	*draft
	Section section
	Next    string // key of the section that follows; empty: this is the last
	Inputs  []input
	Cover   *coverView
	Text    string
	Saved   string // when it was saved last
}

// coverView is what stands outside: for whom, in what status, under which reference.
type coverView struct {
	control.Request
	Parties []option
	For     []option
	Day     [3]string
	Clock   string
	// MayBeDiscreet: the roster in force says that every party reads discreet acts.
	MayBeDiscreet bool
}

func sectionPage(v *visit) error {
	d, err := v.draft()
	if err != nil {
		return err
	}
	return v.section(d, v.r.PathValue("section"), nil)
}

// indexOf is the place of a section; below 0: there is none. The page of all fields is
// put behind the others when it is asked for.
func (v *visit) indexOf(d *draft, key string) int {
	if key == whole && d.form != nil {
		all := section{Key: whole, Title: v.t("section.all")}
		for _, s := range d.Sections[1:] {
			all.fields, all.faults = append(all.fields, s.fields...), append(all.faults, s.faults...)
		}
		d.Sections = append(d.Sections, all)
	}
	return slices.IndexFunc(d.Sections, func(s section) bool { return s.Key == key })
}

func (v *visit) section(d *draft, key string, fail error) error {
	i := v.indexOf(d, key)
	if i < 0 {
		return errNoPage
	}
	p := part{draft: d, Section: d.Sections[i], Text: d.Request.Text, Saved: d.Changed}
	if i+1 < len(d.Sections) {
		p.Next = d.Sections[i+1].Key
	}
	if key == cover {
		var err error
		if p.Cover, err = v.coverOf(d); err != nil {
			return err
		}
	}
	w := v.formView(d.form)
	for _, f := range p.Section.fields {
		value, _ := d.values.Get(f.ID)
		in := w.input(f, "f."+f.ID, value)
		if value != nil { // what is not filled in yet needs no reproach
			for _, x := range p.Section.faults {
				if strings.HasSuffix(x.Link, "#f."+f.ID) {
					in.Faults = append(in.Faults, x.What)
				}
			}
		}
		p.Inputs = append(p.Inputs, in)
	}
	title := p.Section.Title
	if fail != nil {
		return v.again(fail, "section", title, string(d.Request.Status), p)
	}
	return v.showAs("section", title, string(d.Request.Status), p)
}

func (v *visit) formView(form *regime.Form) *formView {
	w := &formView{form: form, lang: v.lang}
	for _, p := range v.head.Parties {
		w.states = append(w.states, option{Code: string(p.ID), Name: p.Name})
	}
	return w
}

// saveSection keeps what was typed, valid or not, and goes to the next section, or
// stays where a row is to be added.
func saveSection(v *visit) error {
	key := v.r.PathValue("section")
	if do, ok := actions()[key]; ok {
		return do(v)
	}
	d, err := v.draft()
	if err != nil {
		return err
	}
	i := v.indexOf(d, key)
	if i < 0 {
		return errNoPage
	}
	r := d.Request
	switch {
	case key == cover:
		err = v.readCover(&r)
	case key == plain:
		r.Text = v.text("text")
	default:
		err = v.readFields(d, &r, d.Sections[i].fields)
	}
	if err != nil {
		return err
	}
	var saved control.Draft
	if err := v.call("draft-save", control.SaveArgs{ID: d.ID, Request: r}, &saved); err != nil {
		d.Request = r
		if d.form != nil {
			if values, readErr := valuesOf(r.Values); readErr == nil {
				d.values = values
				if d.before != nil {
					d.values = d.before.Over(values)
				}
			}
		}
		return v.section(d, key, err)
	}
	switch to := v.text("go"); {
	case to == "stay":
		return v.redirect("/drafts/"+d.ID+"/"+key, "saved")
	case to == "next" && i+1 < len(d.Sections):
		return v.redirect("/drafts/"+d.ID+"/"+d.Sections[i+1].Key, "")
	}
	return v.redirect("/drafts/"+d.ID, "saved")
}

// readFields lays posted fields over those of a request; of a correction only what
// differs from what it corrects is said.
func (v *visit) readFields(d *draft, r *control.Request, fields []*regime.Field) error {
	values, err := v.formView(d.form).values(d.values, fields, v.form)
	if err != nil {
		return errors.Join(errForm, err)
	}
	if d.before != nil {
		values = values.Only(func(id string) bool {
			a, _ := values.Only(func(x string) bool { return x == id }).Bytes()
			b, _ := d.before.Only(func(x string) bool { return x == id }).Bytes()
			return string(a) != string(b)
		})
	}
	r.Values, err = values.Bytes()
	return err
}

// actions of a draft that are posted, besides its sections.
func actions() map[string]func(*visit) error {
	return map[string]func(*visit) error{
		"submit": submitDraft, "clear": clearDraft, "return": returnDraft, "send": sendDraft, "drop": dropDraft, "release": releaseDraft,
	}
}
