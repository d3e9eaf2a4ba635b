package line

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/party"
)

// Hours are the times at which a party's posts are on duty, as that party
// publishes them. They bind nobody: they say when an answer can be expected.
type Hours struct {
	Format string `json:"format"`
	Posts  []Duty `json:"posts"`
}

// Duty is one post: never a person.
type Duty struct {
	Post      party.Post `json:"post"`
	Number    string     `json:"number,omitempty"` // telephone: digits, spaces, hyphens, brackets, a plus in front
	Languages []string   `json:"languages"`
	Periods   []Period   `json:"periods"` // by From; the last that has begun stands
}

// Period are the watches from a moment on. Where the clocks there change by law,
// a further period says so: the offset is written and no zone data is asked, so
// that every reader, and a reader in thirty years, finds the same.
type Period struct {
	From    string  `json:"from"`            // moment, canon time
	Offset  string  `json:"offset"`          // of the clock there from UTC, +05:00
	Place   string  `json:"place,omitempty"` // for people, e.g. a town
	Watches []Watch `json:"watches"`         // none: nobody is on duty
}

// Watch is one span on some days of the week, by the clock there.
type Watch struct {
	Days  string `json:"days"`  // of 1 (Monday) to 7 (Sunday, ISO 8601), in order, e.g. 12345
	From  string `json:"from"`  // 09:00
	Until string `json:"until"` // later than From; 24:00 is the end of the day
}

const day = 24 * time.Hour

func (h *Hours) check() error {
	if h.Format != formatHours {
		return fmt.Errorf("format: %q where %q belongs", h.Format, formatHours)
	}
	if len(h.Posts) == 0 || len(h.Posts) > MaxPosts {
		return fmt.Errorf("posts: %d where 1 to %d belong", len(h.Posts), MaxPosts)
	}
	seen := map[party.Post]bool{}
	for i := range h.Posts {
		d := &h.Posts[i]
		if err := d.check(); err != nil {
			return fmt.Errorf("post %s: %w", d.Post, err)
		}
		if seen[d.Post] {
			return fmt.Errorf("post %s stands twice", d.Post)
		}
		seen[d.Post] = true
	}
	return nil
}

func (d *Duty) check() error {
	if _, err := party.ParsePost(string(d.Post)); err != nil {
		return err
	}
	if len(d.Number) > maxNumber || strings.Trim(d.Number, "+0123456789 -()") != "" || strings.TrimSpace(d.Number) != d.Number {
		return fmt.Errorf("number: %q is no telephone number of at most %d digits, spaces, hyphens and brackets", d.Number, maxNumber)
	}
	if d.Languages == nil {
		return errors.New("languages: is no list")
	}
	if err := checkLanguages(d.Languages); err != nil {
		return err
	}
	if len(d.Periods) == 0 || len(d.Periods) > MaxPeriods {
		return fmt.Errorf("periods: %d where 1 to %d belong", len(d.Periods), MaxPeriods)
	}
	var last time.Time
	for i := range d.Periods {
		from, err := d.Periods[i].check()
		if err != nil {
			return fmt.Errorf("period %d: %w", i+1, err)
		}
		if i > 0 && !from.After(last) {
			return fmt.Errorf("period %d: does not begin after the one before", i+1)
		}
		last = from
	}
	return nil
}

func (p *Period) check() (time.Time, error) {
	from, err := canon.ParseTime(p.From)
	if err != nil {
		return from, fmt.Errorf("from: %w", err)
	}
	if _, err := offset(p.Offset); err != nil {
		return from, err
	}
	if err := checkLine("place", p.Place); err != nil {
		return from, err
	}
	if p.Watches == nil || len(p.Watches) > MaxWatches {
		return from, fmt.Errorf("watches: %d where 0 to %d belong", len(p.Watches), MaxWatches)
	}
	for i, w := range p.Watches {
		if err := w.check(); err != nil {
			return from, fmt.Errorf("watch %d: %w", i+1, err)
		}
	}
	return from, nil
}

func (w Watch) check() error {
	if w.Days == "" {
		return errors.New("days: none")
	}
	for i := range len(w.Days) {
		if c := w.Days[i]; c < '1' || c > '7' || i > 0 && w.Days[i-1] >= c {
			return fmt.Errorf("days: %q is not of 1 (Monday) to 7 (Sunday) in order", w.Days)
		}
	}
	from, err := clock(w.From)
	if err != nil {
		return err
	}
	until, err := clock(w.Until)
	if err != nil {
		return err
	}
	if from >= until {
		return fmt.Errorf("%s to %s: a watch ends later on the day on which it begins; a night is two watches", w.From, w.Until)
	}
	return nil
}

// clock reads 00:00 to 24:00.
func clock(s string) (time.Duration, error) {
	h, m, ok := twoTwo(s)
	if !ok || h > 24 || m > 59 || h == 24 && m > 0 {
		return 0, fmt.Errorf("%q is no time of day such as 09:00", s)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

// offset reads +05:00, -03:30; the range is that of the clocks of the world.
func offset(s string) (time.Duration, error) {
	if len(s) == 6 && (s[0] == '+' || s[0] == '-') && s != "-00:00" {
		if h, m, ok := twoTwo(s[1:]); ok && m <= 59 && (h < 14 || h == 14 && m == 0) {
			d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
			if s[0] == '-' {
				d = -d
			}
			return d, nil
		}
	}
	return 0, fmt.Errorf("offset: %q is not written as +05:00", s)
}

func twoTwo(s string) (a, b int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, 0, false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	return two(0), two(3), true
}

// At says whether the post is on duty at a moment, and when that next changes: the
// zero time if not within nine days and no further period brings it.
func (d *Duty) At(now time.Time) (on bool, change time.Time) {
	on = d.on(now)
	for _, t := range d.edges(now) {
		if t.After(now) && (change.IsZero() || t.Before(change)) && d.on(t) != on {
			change = t
		}
	}
	return on, change
}

// at is the period that stands at a moment.
func (d *Duty) at(now time.Time) *Period {
	var out *Period
	for i := range d.Periods {
		if from, err := canon.ParseTime(d.Periods[i].From); err == nil && !now.Before(from) {
			out = &d.Periods[i]
		}
	}
	return out
}

func (d *Duty) on(now time.Time) bool {
	p := d.at(now)
	if p == nil {
		return false
	}
	off, err := offset(p.Offset)
	if err != nil {
		return false
	}
	local := now.UTC().Add(off)
	since := local.Sub(local.Truncate(day)) // of the day there: UTC has no jumps
	for _, w := range p.Watches {
		from, _ := clock(w.From)
		until, _ := clock(w.Until)
		if strings.IndexByte(w.Days, isoDay(local)) >= 0 && since >= from && since < until {
			return true
		}
	}
	return false
}

func isoDay(t time.Time) byte { return '1' + byte((int(t.Weekday())+6)%7) }

// edges are the moments at which a watch or period begins or ends, from the day
// before now to nine days on, and the beginnings of all periods.
func (d *Duty) edges(now time.Time) []time.Time {
	var out []time.Time
	for i := range d.Periods {
		p := &d.Periods[i]
		from, err := canon.ParseTime(p.From)
		if err != nil {
			continue
		}
		out = append(out, from)
		off, err := offset(p.Offset)
		if err != nil {
			continue
		}
		first := now.UTC().Add(off).Truncate(day)
		for n := -1; n <= 9; n++ {
			there := first.Add(time.Duration(n) * day)
			for _, w := range p.Watches {
				if strings.IndexByte(w.Days, isoDay(there)) < 0 {
					continue
				}
				begin, _ := clock(w.From)
				end, _ := clock(w.Until)
				out = append(out, there.Add(begin-off), there.Add(end-off))
			}
		}
	}
	return out
}

// At says whether any post of a party is on duty at a moment, and when that next
// changes: the zero time as in Duty.At.
func (h *Hours) At(now time.Time) (on bool, change time.Time) {
	any := func(t time.Time) bool {
		for i := range h.Posts {
			if h.Posts[i].on(t) {
				return true
			}
		}
		return false
	}
	on = any(now)
	for i := range h.Posts {
		for _, t := range h.Posts[i].edges(now) {
			if t.After(now) && (change.IsZero() || t.Before(change)) && any(t) != on {
				change = t
			}
		}
	}
	return on, change
}

// There is a moment by the clock of the post that comes on or goes off duty then,
// and where that clock is; of none, the clock of the first post, and UTC before its
// first period.
func (h *Hours) There(t time.Time) (local time.Time, place string) {
	at := &h.Posts[0]
	for i := range h.Posts {
		if d := &h.Posts[i]; d.on(t) != d.on(t.Add(-time.Second)) {
			at = d
			break
		}
	}
	p := at.at(t)
	if p == nil {
		return t.UTC(), ""
	}
	off, err := offset(p.Offset)
	if err != nil {
		return t.UTC(), ""
	}
	return t.In(time.FixedZone(p.Offset, int(off/time.Second))), p.Place
}

// Bytes writes hours; they are refused if they are not in order.
func (h *Hours) Bytes() ([]byte, error) {
	h.Format = formatHours
	for i := range h.Posts {
		if h.Posts[i].Languages == nil {
			h.Posts[i].Languages = []string{}
		}
		for j := range h.Posts[i].Periods {
			if h.Posts[i].Periods[j].Watches == nil {
				h.Posts[i].Periods[j].Watches = []Watch{}
			}
		}
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("write duty hours: %w", err)
	}
	return write(h)
}

// ParseHours reads what Bytes writes.
func ParseHours(b []byte) (*Hours, error) {
	var h Hours
	if err := read(b, &h); err != nil {
		return nil, fmt.Errorf("read duty hours: %w", err)
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("read duty hours: %w", err)
	}
	return &h, nil
}
