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

// boardView is measures beside states for a year.
type boardView struct {
	looking
	Year          int
	Before, After string
	Parties       []party.ID
	Rows          []boardRow
}

type boardRow struct {
	Measure string
	Cells   []string // in words, by party
}

func boardPage(v *visit) error {
	now, err := v.now()
	if err != nil {
		return err
	}
	look, args, err := v.look()
	if err != nil {
		return err
	}
	b := boardView{looking: look, Year: v.whole("year", 1, 9998)}
	if !v.r.URL.Query().Has("year") {
		b.Year = now.Year()
	}
	b.Before, b.After = v.with("year", strconv.Itoa(b.Year-1)), v.with("year", strconv.Itoa(b.Year+1))
	var cells []control.Cell
	if err := v.call("matrix", control.MatrixArgs{LookArgs: args, Year: b.Year, Text: v.r.URL.Query().Get("text")}, &cells); err != nil {
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
			b.Rows = append(b.Rows, boardRow{c.Measure, make([]string, len(b.Parties))})
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
