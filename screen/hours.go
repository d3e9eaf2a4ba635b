package screen

import (
	"fmt"
	"slices"
	"strings"

	"detente/control"
	"detente/line"
	"detente/party"
)

func hoursRoutes() []route {
	return []route{
		{"GET /hours", hoursPage, false},
		{"POST /hours", publishHours, false},
	}
}

// days are those of a week as package line counts them, from Monday.
const days = "1234567"

// hoursView is when somebody is on duty, as each party publishes it, and what this
// state is about to publish of one post.
type hoursView struct {
	Published []control.PartyHours // in the order of the roster, this state's own among them
	Typed     hoursForm
}

// hoursForm is one post as it is typed.
type hoursForm struct {
	Post, Number, Languages string
	Offset, Place, From     string // of the clock there; From empty: at all times
	Always                  bool   // round the clock: the rows are not read
	Rows                    []hoursRow
}

// hoursRow is one watch; one without days is not read.
type hoursRow struct {
	No          int // from 1
	Days        string
	From, Until string
}

// On reports whether the watch is on a day of the week.
func (r hoursRow) On(day string) bool { return strings.Contains(r.Days, day) }

// Week is the days of a form, from Monday.
func (hoursForm) Week() []string { return strings.Split(days, "") }

func hoursPage(v *visit) error {
	var all []control.PartyHours
	if err := v.call("hours-list", nil, &all); err != nil {
		return err
	}
	post := v.r.URL.Query().Get("post")
	if post == "" {
		post = string(v.head.Officer.Post)
	}
	f := hoursForm{Post: post, Languages: string(houseLanguage(v.lang)), Offset: "+00:00"}
	if d := dutyOf(ownHours(v, all), post); d != nil {
		p := d.Periods[len(d.Periods)-1]
		f.Number, f.Languages, f.Offset, f.Place = d.Number, strings.Join(d.Languages, ", "), p.Offset, p.Place
		for _, w := range p.Watches {
			if (w == line.Watch{Days: days, From: "00:00", Until: "24:00"}) {
				f.Always = true
				continue
			}
			f.Rows = append(f.Rows, hoursRow{Days: w.Days, From: w.From, Until: w.Until})
		}
	}
	return v.hours(hoursView{Published: all, Typed: f}, nil)
}

// hours shows the page, with empty rows to fill in.
func (v *visit) hours(h hoursView, wrong error) error {
	f := &h.Typed
	for n := max(hoursRows, len(f.Rows)+blankRows); len(f.Rows) < min(n, line.MaxWatches); {
		f.Rows = append(f.Rows, hoursRow{})
	}
	for i := range f.Rows {
		f.Rows[i].No = i + 1
	}
	if wrong != nil {
		return v.again(wrong, "hours", v.t("page.hours"), "", h)
	}
	return v.show("hours", v.t("page.hours"), h)
}

// ownHours are those that this state published last; nil: none.
func ownHours(v *visit, all []control.PartyHours) *line.Hours {
	for _, p := range all {
		if p.Party == v.head.Party {
			return p.Hours
		}
	}
	return nil
}

// dutyOf is a post of published hours, or nil.
func dutyOf(h *line.Hours, post string) *line.Duty {
	if h == nil {
		return nil
	}
	if i := slices.IndexFunc(h.Posts, func(d line.Duty) bool { return string(d.Post) == post }); i >= 0 {
		return &h.Posts[i]
	}
	return nil
}

// publishHours makes a draft of this state's hours: those of one post as typed, those
// of the others as they were published last.
func publishHours(v *visit) error {
	var all []control.PartyHours
	if err := v.call("hours-list", nil, &all); err != nil {
		return err
	}
	f := v.hoursTyped()
	typed := hoursView{Published: all, Typed: f}
	d, err := f.duty()
	if err != nil {
		return v.hours(typed, &control.Error{Code: control.Usage, Message: v.t("hours.wrong")})
	}
	h := line.Hours{}
	if own := ownHours(v, all); own != nil {
		h.Posts = slices.Clone(own.Posts)
	}
	if old := dutyOf(&h, f.Post); old == nil {
		h.Posts = append(h.Posts, d)
	} else {
		if f.From != "" { // what holds until then stays
			before := slices.DeleteFunc(slices.Clone(old.Periods), func(p line.Period) bool { return p.From >= d.Periods[0].From })
			d.Periods = append(before, d.Periods...)
		}
		*old = d
	}
	id, err := v.lineDraft("line-hours", control.HoursArgs{Hours: h})
	if err != nil {
		return v.hours(typed, err)
	}
	return v.redirect("/drafts/"+id+"/review", "line-draft")
}

// hoursTyped reads the posted form.
func (v *visit) hoursTyped() hoursForm {
	f := hoursForm{Post: v.text("post"), Number: v.text("number"), Languages: v.text("languages"), Offset: v.text("offset"), Place: v.text("place"),
		From: v.text("from"), Always: v.form.Get("always") != ""}
	for i := 1; i <= line.MaxWatches; i++ {
		name := fmt.Sprintf("row.%d.", i)
		r := hoursRow{From: v.text(name + "from"), Until: v.text(name + "until")}
		for _, day := range f.Week() {
			if slices.Contains(v.form[name+"days"], day) {
				r.Days += day
			}
		}
		if r != (hoursRow{}) {
			f.Rows = append(f.Rows, r)
		}
	}
	return f
}

// firstOfAll is from when on hours hold of which nobody says it.
const firstOfAll = "2000-01-01T00:00:00Z"

// duty is the post that was typed. What package line has to say of it, it says when the
// draft is made; the error is of a post that has no name, or a row without days.
func (f hoursForm) duty() (line.Duty, error) {
	post, err := party.ParsePost(f.Post)
	if err != nil {
		return line.Duty{}, err
	}
	p := line.Period{From: f.From, Offset: f.Offset, Place: f.Place, Watches: []line.Watch{}}
	if p.From == "" {
		p.From = firstOfAll
	}
	if f.Always {
		p.Watches = append(p.Watches, line.Watch{Days: days, From: "00:00", Until: "24:00"})
		f.Rows = nil
	}
	for _, r := range f.Rows {
		if r.Days == "" || r.From == "" || r.Until == "" {
			return line.Duty{}, fmt.Errorf("a watch has days, a beginning and an end")
		}
		p.Watches = append(p.Watches, line.Watch{Days: r.Days, From: r.From, Until: r.Until})
	}
	return line.Duty{Post: post, Number: f.Number, Languages: languagesIn(f.Languages), Periods: []line.Period{p}}, nil
}
