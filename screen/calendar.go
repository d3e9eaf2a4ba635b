package screen

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"detente/calendar"
	"detente/control"
	"detente/internal/canon"
	"detente/party"
)

func calendarRoutes() []route {
	return []route{
		{"GET /calendar", calendarPage, false},
		{"GET /calendar/dates/{kind}", calendarFile, false},
	}
}

// calendarView is a month, a quarter or a year of dates.
type calendarView struct {
	looking
	View                 string // month, quarter or list
	Name                 string // of what is shown, e.g. December 2026
	Before, Today, After string // addresses
	Month, Quarter, List string // addresses of the views
	Texts                int
	Missing              []control.Missing
	Grids                []monthGrid
	Rows                 []dated
	Pages                pager
	Activities           []activity
	Columns              []string // of the bars: days, or first days of weeks
	Files                string   // query of the files
}

// monthGrid is a month in weeks that begin on Monday.
type monthGrid struct {
	Name  string
	Weeks [][]dayCell
}

// dayCell is a day; outside of the month it has no number.
type dayCell struct {
	Day     string // 2026-12-15
	Number  int
	Today   bool
	Own     []control.Item
	Awaited []dayGroup
}

// dayGroup is what several states will do on one day under one measure.
type dayGroup struct {
	Title, Measure string
	By             []party.ID
}

// dated is an item with its date.
type dated struct {
	When string
	Item control.Item
	Own  bool
}

// Day is the date without a time.
func (d dated) Day() string { return d.When[:len(time.DateOnly)] }

// activity is a span of days that somebody notified.
type activity struct {
	Place, Thread, Name string
	From, Until         string
	Own                 bool
	Lead, Length, Tail  int // columns before it, that it takes, and after it
}

func calendarPage(v *visit) error {
	var c calendarView
	look, args, err := v.look()
	if err != nil {
		return err
	}
	now, err := v.now()
	if err != nil {
		return err
	}
	c.looking = look
	q := v.r.URL.Query()
	if c.View = q.Get("view"); c.View != "quarter" && c.View != "list" {
		c.View = "month"
	}
	month, err := time.Parse("2006-01", q.Get("month"))
	if err != nil || month.Year() < 1 || month.Year() > 9990 {
		month = now
	}
	month = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	months := 1
	switch c.View {
	case "quarter":
		months = 3
		month = month.AddDate(0, -(int(month.Month())-1)%3, 0)
	case "list":
		months = 12
	}
	until := month.AddDate(0, months, 0)
	c.name(v, month, months)
	if c.Rows, err = v.datesIn(args, month, until, &c); err != nil {
		return err
	}
	if err := v.activities(&c, month, until); err != nil {
		return err
	}
	if c.View == "list" {
		c.Rows, c.Pages = paged(v, c.Rows)
		return v.showAs("calendar", v.t("page.calendar"), c.Status, c)
	}
	for m := month; m.Before(until); m = m.AddDate(0, 1, 0) {
		c.Grids = append(c.Grids, gridOf(m, monthName(v.lang, m), now.UTC().Format(time.DateOnly), c.Rows))
	}
	return v.showAs("calendar", v.t("page.calendar"), c.Status, c)
}

// name says what is shown, and the ways from here.
func (c *calendarView) name(v *visit, month time.Time, months int) {
	c.Name = monthName(v.lang, month)
	if months > 1 {
		c.Name = v.t("calendar.span", "from", c.Name, "until", monthName(v.lang, month.AddDate(0, months-1, 0)))
	}
	to := func(m time.Time) string { return v.with("month", m.Format("2006-01"), "page", "") }
	c.Before, c.After, c.Today = to(month.AddDate(0, -months, 0)), to(month.AddDate(0, months, 0)), v.with("month", "", "page", "")
	c.Month, c.Quarter, c.List = v.with("view", "", "page", ""), v.with("view", "quarter", "page", ""), v.with("view", "list", "page", "")
	c.Files = "?status=" + c.Status
}

func monthName(lang string, m time.Time) string {
	return say(lang, "calendar.month", "month", word(lang, "calendar.month", int(m.Month())), "year", m.Format("2006"))
}

// datesIn lists the dates from a day until before another, own ones first on each day.
func (v *visit) datesIn(look control.LookArgs, from, until time.Time, c *calendarView) ([]dated, error) {
	var d control.Due
	// A day of a text may end up to fourteen hours from that of UTC.
	a := control.DueArgs{LookArgs: look, Brief: true, From: canon.FormatTime(from.AddDate(0, 0, -1)), Until: canon.FormatTime(until.AddDate(0, 0, 1))}
	if err := v.call("due", a, &d); err != nil {
		return nil, err
	}
	c.Texts, c.Missing = d.Texts, d.Missing
	var out []dated
	for i, it := range slices.Concat(d.Own, d.Awaited) {
		when := it.When()
		if len(when) >= len(time.DateOnly) && when[:10] >= from.Format(time.DateOnly) && when[:10] < until.Format(time.DateOnly) {
			out = append(out, dated{when, it, i < len(d.Own)})
		}
	}
	slices.SortStableFunc(out, func(x, y dated) int { return cmp.Compare(x.Day(), y.Day()) })
	return out, nil
}

func gridOf(month time.Time, name, today string, rows []dated) monthGrid {
	g := monthGrid{Name: name}
	lead := (int(month.Weekday()) + 6) % 7
	var week []dayCell
	for range lead {
		week = append(week, dayCell{})
	}
	for d := month; d.Month() == month.Month(); d = d.AddDate(0, 0, 1) {
		week = append(week, cellOf(d, today, rows))
		if len(week) == 7 {
			g.Weeks, week = append(g.Weeks, week), nil
		}
	}
	if len(week) > 0 {
		for len(week) < 7 {
			week = append(week, dayCell{})
		}
		g.Weeks = append(g.Weeks, week)
	}
	return g
}

func cellOf(day time.Time, today string, rows []dated) dayCell {
	c := dayCell{Day: day.Format(time.DateOnly), Number: day.Day()}
	c.Today = c.Day == today
	for _, r := range rows {
		if r.Day() != c.Day {
			continue
		}
		if r.Own {
			c.Own = append(c.Own, r.Item)
			continue
		}
		i := slices.IndexFunc(c.Awaited, func(g dayGroup) bool { return g.Title == r.Item.Title && g.Measure == r.Item.Measure })
		if i < 0 {
			i = len(c.Awaited)
			c.Awaited = append(c.Awaited, dayGroup{Title: r.Item.Title, Measure: r.Item.Measure})
		}
		c.Awaited[i].By = append(c.Awaited[i].By, r.Item.By...)
	}
	return c
}

// activities are the spans of the statements in force that have a place and two dates.
func (v *visit) activities(c *calendarView, from, until time.Time) error {
	var all []control.Area
	_, args, err := v.look()
	if err != nil {
		return err
	}
	args.At = "" // areas are shown as they stand now
	days := control.AreasArgs{LookArgs: args, From: from.Format(time.DateOnly), Until: until.Format(time.DateOnly)}
	if err := v.call("areas", days, &all); err != nil {
		return err
	}
	step := 1
	if c.View != "month" {
		step = 7
	}
	for d := from; d.Before(until); d = d.AddDate(0, 0, step) {
		c.Columns = append(c.Columns, d.Format(time.DateOnly))
	}
	for _, a := range all {
		x := activity{Place: a.Place, Thread: a.About["thread"], Name: v.nameOf(a.About["author"]), From: day(a.About["start_date"]), Until: day(a.About["end_date"])}
		x.Own = a.About["author"] == string(v.head.Party)
		first, err := time.Parse(time.DateOnly, x.From)
		last, err2 := time.Parse(time.DateOnly, x.Until)
		if err != nil || err2 != nil || last.Before(from) || !first.Before(until) || slices.ContainsFunc(c.Activities, func(y activity) bool { return y.Place == x.Place }) {
			continue
		}
		x.Lead = max(0, int(first.Sub(from).Hours()/24)/step)
		end := min(len(c.Columns)-1, int(last.Sub(from).Hours()/24)/step)
		x.Length = max(1, end-x.Lead+1)
		x.Tail = max(0, len(c.Columns)-x.Lead-x.Length)
		c.Activities = append(c.Activities, x)
	}
	slices.SortStableFunc(c.Activities, func(x, y activity) int {
		if x.Own != y.Own {
			return map[bool]int{true: -1, false: 1}[x.Own]
		}
		return cmp.Compare(x.From, y.From)
	})
	return nil
}

// day is the day of a date or of a moment.
func day(s string) string { return s[:min(len(s), len(time.DateOnly))] }

// nameOf is how the roster names a party.
func (v *visit) nameOf(id string) string { return nameIn(v.head, party.ID(id)) }

// calendarFile writes the dates of a year ahead for another program.
func calendarFile(v *visit) error {
	look, args, err := v.look()
	if err != nil {
		return err
	}
	now, err := v.now()
	if err != nil {
		return err
	}
	var d control.Due
	a := control.DueArgs{LookArgs: args, From: canon.FormatTime(now.AddDate(0, 0, -31)), Until: canon.FormatTime(now.AddDate(1, 0, 0))}
	if err := v.call("due", a, &d); err != nil {
		return err
	}
	mark := v.markOfStatus(look.Status)
	name := mark + "détente: " + v.nameOf(string(v.head.Party))
	if v.r.PathValue("kind") != "ics" {
		return v.handTable("dates", name, d.Dates(mark), d)
	}
	_, shown, err := v.edition()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := calendar.ICS(&b, mark+shown.Group.String(), name, d.Dates(mark), now); err != nil {
		return err
	}
	return v.hand("dates.ics", "text/calendar; charset=utf-8", b.Bytes())
}

// markOfStatus stands before whatever is not meant in earnest.
func (v *visit) markOfStatus(status string) string {
	if status == "actual" {
		return ""
	}
	return word(v.lang, "band", status) + ": "
}

// handTable hands out entries as the file whose kind ends the address: csv, xlsx, or
// json, which holds all of it.
func (v *visit) handTable(file, name string, entries []calendar.Entry, all any) error {
	var b bytes.Buffer
	var media string
	var err error
	kind := v.r.PathValue("kind")
	switch kind {
	case "csv":
		media = "text/csv; charset=utf-8"
		err = calendar.CSV(&b, entries)
	case "xlsx":
		media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = calendar.XLSX(&b, name, entries)
	case "json":
		media = "application/json"
		err = json.NewEncoder(&b).Encode(all)
	default:
		return errNoPage
	}
	if err != nil {
		return err
	}
	return v.hand(file+"."+kind, media, b.Bytes())
}
