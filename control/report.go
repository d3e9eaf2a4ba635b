package control

import (
	"context"
	"slices"
	"strings"
	"time"

	"detente/calendar"
	"detente/node"
	"detente/pack"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
)

// maxYear is the last year of which both ends can be written.
const maxYear = 9998

// MatrixArgs select a calendar year, in UTC, of what stands across states.
type MatrixArgs struct {
	LookArgs
	Year    int    `json:"year"`
	Text    string `json:"text"`    // empty: all
	Measure string `json:"measure"` // empty: all
}

// across hands every item of a year to f, whichever states it concerns, where the
// group decided on boards and reports across states (protocol §12); else it refuses.
func (c *call) across(ctx context.Context, a MatrixArgs, f func(v *portfolio.View, m provision.Moment, items []provision.Item)) error {
	return c.look(ctx, a.LookArgs, func(v *portfolio.View, m provision.Moment) error {
		if !v.Roster.Boards {
			return refuse(Permission, "detente due shows this state's own side; boards are a decision of the group: detente roster set --boards", "the group has not decided on boards across states")
		}
		if a.Year < 1 || a.Year > maxYear {
			return refuse(Usage, "--year 2027", "%d is no year", a.Year)
		}
		if err := known(v, a.Text, a.Measure); err != nil {
			return err
		}
		from := time.Date(a.Year, 1, 1, 0, 0, 0, 0, time.UTC)
		q := provision.Query{Text: a.Text, Measure: a.Measure, From: from.Unix(), Until: from.AddDate(1, 0, 0).Unix()}
		f(v, m, v.Book.Items(q, m))
		return nil
	})
}

// Cell is what one party did under one measure in the year.
type Cell struct {
	Measure string                     `json:"measure"`
	Party   party.ID                   `json:"party"`
	States  map[provision.State]int    `json:"states"` // how many items are in which state
	Words   map[provision.State]string `json:"words"`  // each state in the words of the text
}

// matrix lays measures beside parties, where the group decided on boards.
func matrix(ctx context.Context, c *call, a MatrixArgs) (any, error) {
	out := []Cell{}
	err := c.across(ctx, a, func(v *portfolio.View, _ provision.Moment, items []provision.Item) {
		for k := range items {
			it := &items[k]
			for _, id := range append(slices.Clone(it.Side), it.Obligor) {
				if id == "" {
					continue
				}
				i := slices.IndexFunc(out, func(x Cell) bool { return x.Measure == it.Measure && x.Party == id })
				if i < 0 {
					i = len(out)
					out = append(out, Cell{it.Measure, id, map[provision.State]int{}, map[provision.State]string{}})
				}
				out[i].States[it.State]++
				out[i].Words[it.State] = v.Book.StateIn(it, a.Language)
			}
		}
	})
	return out, err
}

// Report is what the texts provided for in a year and what was done of it, measure by
// measure in the order of the texts, the items of each by date. It adds nothing up by
// state: it neither ranks nor judges.
type Report struct {
	Year     int        `json:"year"`
	Now      string     `json:"now"`
	Missing  []Missing  `json:"missing"` // texts of which nothing can be said here
	Measures []Reported `json:"measures"`
}

// Reported is one measure of a report, with at least one item.
type Reported struct {
	Text     string        `json:"text"`
	Measure  string        `json:"measure"`
	Title    string        `json:"title"`
	Article  string        `json:"article"`
	Strength pack.Strength `json:"strength"`
	Nature   pack.Nature   `json:"nature"`
	Items    []Item        `json:"items"`
}

// report gives account of a year across states, where the group decided on it.
func report(ctx context.Context, c *call, a MatrixArgs) (any, error) {
	out := Report{Year: a.Year, Missing: []Missing{}, Measures: []Reported{}}
	err := c.across(ctx, a, func(v *portfolio.View, m provision.Moment, items []provision.Item) {
		out.Now, out.Missing = node.Time(m.Now), missingOf(v)
		of := map[string]int{} // by measure, in out
		for _, t := range v.Texts {
			for i := range t.Pack.Measures {
				x := &t.Pack.Measures[i]
				if !slices.ContainsFunc(items, func(it provision.Item) bool { return it.Measure == x.ID }) {
					continue
				}
				of[x.ID] = len(out.Measures)
				out.Measures = append(out.Measures, Reported{Text: t.Pack.Head.ID, Measure: x.ID, Title: x.Title.In(a.Language), Article: provision.Article(x.Article, x.ArticleCertainty(), a.Language), Strength: x.Strength, Nature: t.Pack.Head.Nature, Items: []Item{}})
			}
		}
		for k := range items {
			r := &out.Measures[of[items[k].Measure]]
			r.Items = append(r.Items, c.item(v, &items[k], a.Language))
		}
		for i := range out.Measures {
			slices.SortStableFunc(out.Measures[i].Items, func(x, y Item) int { return strings.Compare(x.When(), y.When()) })
		}
	})
	return out, err
}

// Entries are the items of a report as rows of a table, each beginning with mark.
func (r *Report) Entries(mark string) []calendar.Entry {
	var out []calendar.Entry
	for i := range r.Measures {
		for k := range r.Measures[i].Items {
			out = append(out, r.Measures[i].Items[k].entry(mark, false))
		}
	}
	return out
}
