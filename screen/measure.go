package screen

import (
	"slices"
	"strconv"

	"detente/control"
	"detente/party"
	"detente/provision"
)

func measureRoutes() []route {
	return []route{
		{"GET /measures", measuresPage, false},
		{"GET /measures/board", boardPage, false},
		{"GET /measures/report", reportPage, false},
		{"GET /measures/report/{kind}", reportFile, false},
		{"GET /measures/{id}", measurePage, false},
	}
}

// measuresView is the list of texts and their measures.
type measuresView struct {
	Text   string // that one alone; empty: all
	Texts  []control.TextLine
	Boards bool
}

func measuresPage(v *visit) error {
	m := measuresView{Text: v.r.URL.Query().Get("text"), Boards: v.head.Boards}
	if err := v.call("measure-list", control.MeasureArgs{ID: m.Text}, &m.Texts); err != nil {
		return err
	}
	return v.show("measures", v.t("page.measures"), m)
}

// measureView is one measure, in each language of its text side by side.
type measureView struct {
	control.MeasureShown
	Sides []wording
}

// wording is what a measure says in one language.
type wording struct {
	Lang                string
	Title, Says, Remark string
	Unofficial          bool
}

func measurePage(v *visit) error {
	var m measureView
	if err := v.call("measure-show", control.MeasureArgs{ID: v.r.PathValue("id"), Language: houseLanguage(v.lang)}, &m.MeasureShown); err != nil {
		return err
	}
	for _, l := range m.Languages {
		if m.Meaning[l] != "" {
			m.Sides = append(m.Sides, wording{string(l), m.Title[l], m.Meaning[l], m.Note[l], slices.Contains(m.Text.Unofficial, l)})
		}
	}
	return v.show("measure", inLanguage(v.lang, m.Title), m)
}

// yearOf is a year that is looked at, with its neighbours.
type yearOf struct {
	looking
	Year          int
	Before, After string // addresses
}

// year reads which year is looked at: the present one, if the address names none.
func (v *visit) year() (yearOf, control.MatrixArgs, error) {
	var y yearOf
	var a control.MatrixArgs
	now, err := v.now()
	if err != nil {
		return y, a, err
	}
	if y.looking, a.LookArgs, err = v.look(); err != nil {
		return y, a, err
	}
	q := v.r.URL.Query()
	if y.Year = now.Year(); q.Has("year") {
		y.Year = v.whole("year", 1, 9998)
	}
	y.Before, y.After = v.with("year", strconv.Itoa(y.Year-1)), v.with("year", strconv.Itoa(y.Year+1))
	a.Year, a.Text, a.Measure = y.Year, q.Get("text"), q.Get("measure")
	return y, a, nil
}

// boardView is measures beside states for a year.
type boardView struct {
	yearOf
	Report  string // address of the report of the same year
	Parties []party.ID
	Rows    []boardRow
}

type boardRow struct {
	Measure string
	Report  string   // address
	Cells   []string // in words, by party
}

func boardPage(v *visit) error {
	var b boardView
	var a control.MatrixArgs
	var err error
	if b.yearOf, a, err = v.year(); err != nil {
		return err
	}
	b.Report = v.withAt("/measures/report")
	var cells []control.Cell
	if err := v.call("matrix", a, &cells); err != nil {
		return err
	}
	for _, p := range v.head.Parties { // in the order of the roster, by whatever was done
		if slices.ContainsFunc(cells, func(c control.Cell) bool { return c.Party == p.ID }) {
			b.Parties = append(b.Parties, p.ID)
		}
	}
	for _, c := range cells {
		i := slices.IndexFunc(b.Rows, func(r boardRow) bool { return r.Measure == c.Measure })
		if i < 0 {
			i = len(b.Rows)
			b.Rows = append(b.Rows, boardRow{c.Measure, v.withAt("/measures/report", "measure", c.Measure), make([]string, len(b.Parties))})
		}
		if j := slices.Index(b.Parties, c.Party); j >= 0 {
			b.Rows[i].Cells[j] = v.statesOf(c)
		}
	}
	return v.showAs("board", v.t("board.title"), b.Status, b)
}

// statesOf says a cell of the board: how many items are in which state.
func (v *visit) statesOf(c control.Cell) string {
	var all []string
	for _, s := range provision.States() {
		if n := c.States[s]; n > 0 {
			all = append(all, v.t("board.cell", "n", n, "state", word(v.lang, "provided", s)))
		}
	}
	return joined(v.lang, all)
}

// reportView is the account of a year across states.
type reportView struct {
	yearOf
	control.Report
	Sections        []reportSection
	Pages           pager  // of a report of one measure
	Board           string // address of the same year as a board
	CSV, XLSX, JSON string // addresses of the same as files
}

type reportSection struct {
	control.Reported
	All  int
	More string // address of the whole; empty: this is it
}

// itemsOfSection is how many items of a measure stand in the report of all measures.
const itemsOfSection = 12

func reportPage(v *visit) error {
	var r reportView
	var a control.MatrixArgs
	var err error
	if r.yearOf, a, err = v.year(); err != nil {
		return err
	}
	r.Board = v.withAt("/measures/board", "measure", "")
	r.CSV, r.XLSX, r.JSON = v.withAt("/measures/report/csv"), v.withAt("/measures/report/xlsx"), v.withAt("/measures/report/json")
	if err := v.call("report", a, &r.Report); err != nil {
		return err
	}
	for _, m := range r.Measures {
		s := reportSection{Reported: m, All: len(m.Items)}
		switch {
		case a.Measure != "":
			s.Items, r.Pages = paged(v, m.Items)
		case s.All > itemsOfSection:
			s.Items, s.More = m.Items[:itemsOfSection], v.with("measure", m.Measure)
		}
		r.Sections = append(r.Sections, s)
	}
	return v.showAs("report", v.t("report.title", "year", r.yearOf.Year), r.Status, r)
}

func reportFile(v *visit) error {
	y, a, err := v.year()
	if err != nil {
		return err
	}
	var r control.Report
	if err := v.call("report", a, &r); err != nil {
		return err
	}
	mark := v.markOfStatus(y.Status)
	return v.handTable("report-"+strconv.Itoa(y.Year), mark+v.t("report.title", "year", y.Year), r.Entries(mark), r)
}
