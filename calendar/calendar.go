package calendar

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/xuri/excelize/v2"
)

// Entry is one date.
type Entry struct {
	Key  string // names it for ever, e.g. vd11.calendar/2027/alatau
	Day  string // 2027-11-15, of what is due on a day; else At counts
	At   time.Time
	What string // what is asked for
	By   string // who
	To   string // for whom
	// State is a word of the program, Words the same for people.
	State, Words string
	Article      string
	Text         string   // the text that provides for it, and its edition
	Sentence     string   // why
	Acts         []string // places of what it rests on
	Over         bool     // nothing remains to be done: cancelled, or below the level
	Own          bool     // this state's own, still to be done: with an alarm
	AlarmBefore  time.Duration
}

// productID names the writer in a calendar, as RFC 5545 §3.7.3 asks for.
const productID = "-//detente//calendar//EN"

// refresh is how often a program that subscribes to the file is asked to look again.
const refresh = "PT1H"

// UID is the identifier of an entry in a calendar of a group.
func UID(group, key string) string {
	of, in := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(group))
	return hex.EncodeToString(of[:16]) + "@" + hex.EncodeToString(in[:6]) + ".detente.invalid"
}

// ICS writes entries as an iCalendar file. The sequence of an entry rises with the
// acts that it rests on.
func ICS(w io.Writer, group, name string, entries []Entry, now time.Time) error {
	cal := ics.NewCalendar()
	cal.SetProductId(productID)
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(name)
	cal.SetXWRCalName(name)
	cal.SetRefreshInterval(refresh)
	cal.SetXPublishedTTL(refresh)
	for i := range entries {
		e := &entries[i]
		ev := cal.AddEvent(UID(group, e.Key))
		ev.SetDtStampTime(now.UTC())
		ev.SetSequence(len(e.Acts))
		ev.SetSummary(e.summary())
		ev.SetDescription(e.description())
		ev.SetTimeTransparency(ics.TransparencyTransparent)
		ev.SetProperty(ics.ComponentProperty("X-DETENTE-KEY"), e.Key)
		if e.Day != "" {
			day, err := time.Parse(time.DateOnly, e.Day)
			if err != nil {
				return fmt.Errorf("entry %s: %w", e.Key, err)
			}
			ev.SetAllDayStartAt(day)
			ev.SetAllDayEndAt(day.AddDate(0, 0, 1))
		} else {
			ev.SetStartAt(e.At.UTC())
			ev.SetEndAt(e.At.UTC())
		}
		ev.SetStatus(ics.ObjectStatusConfirmed)
		if e.Over {
			ev.SetStatus(ics.ObjectStatusCancelled)
		}
		if e.Own && e.AlarmBefore > 0 {
			a := ev.AddAlarm()
			a.SetAction(ics.ActionDisplay)
			a.SetDescription(e.summary())
			a.SetTrigger(fmt.Sprintf("-PT%dM", int64(e.AlarmBefore.Minutes())))
		}
	}
	if _, err := io.WriteString(w, cal.Serialize(ics.WithNewLineWindows)); err != nil {
		return fmt.Errorf("write calendar: %w", err)
	}
	return nil
}

func (e *Entry) summary() string {
	s := e.What + " – " + e.Words
	if e.By != "" {
		s = e.By + ": " + s
	}
	return s
}

func (e *Entry) description() string {
	return strings.Join([]string{e.Sentence, e.Text + ", " + e.Article, strings.Join(e.Acts, "; ")}, "\n")
}

// columns of a table of entries.
func columns() []string {
	return []string{"due", "what", "by", "to", "state", "words", "text", "article", "why", "acts", "key"}
}

func (e *Entry) cells() []string {
	due := e.Day
	if due == "" && !e.At.IsZero() {
		due = e.At.UTC().Format(time.RFC3339)
	}
	return []string{due, e.What, e.By, e.To, e.State, e.Words, e.Text, e.Article, e.Sentence, strings.Join(e.Acts, "; "), e.Key}
}

// CSV writes entries as RFC 4180 has it, in UTF-8. A cell that a spreadsheet would
// take for a formula has an apostrophe before it.
func CSV(w io.Writer, entries []Entry) error {
	var rows [][]string
	for i := range entries {
		rows = append(rows, entries[i].cells())
	}
	return Table(w, columns(), rows)
}

// Table writes a head and rows as CSV does, each row with as many cells as the head.
func Table(w io.Writer, head []string, rows [][]string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(head); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	for _, row := range rows {
		if len(row) != len(head) {
			return fmt.Errorf("write table: a row of %d cells under %d columns", len(row), len(head))
		}
		cells := make([]string, len(row))
		for j := range row {
			cells[j] = plain(row[j])
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// plain marks as text what would be calculated.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// XLSX writes entries as a spreadsheet: text cells under a head that stays in sight.
func XLSX(w io.Writer, name string, entries []Entry) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	const sheet = "Sheet1"
	rows := [][]string{columns()}
	for i := range entries {
		rows = append(rows, entries[i].cells())
	}
	for i, cells := range rows {
		for j, c := range cells {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return fmt.Errorf("write spreadsheet: %w", err)
			}
			if err := f.SetCellStr(sheet, at, clipped(c)); err != nil {
				return fmt.Errorf("write spreadsheet: %w", err)
			}
		}
	}
	if err := f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	for column, width := range map[string]float64{"A": 21, "B": 40, "C": 14, "D": 24, "E": 16, "F": 20, "G": 18, "H": 16, "I": 90, "J": 30, "K": 36} {
		if err := f.SetColWidth(sheet, column, column, width); err != nil {
			return fmt.Errorf("write spreadsheet: %w", err)
		}
	}
	// Some readers know these properties by their usual prefix alone, and the library
	// writes them without one, with a date that nobody gave.
	var props bytes.Buffer
	props.WriteString(xml.Header + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>`)
	if err := xml.EscapeText(&props, []byte(name)); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	props.WriteString(`</dc:title><dc:creator>detente</dc:creator></cp:coreProperties>`)
	f.Pkg.Store("docProps/core.xml", props.Bytes())
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	return nil
}

// clipped is as much of a cell as a spreadsheet takes.
func clipped(s string) string {
	const most = 32_000
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
