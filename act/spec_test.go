package act

import (
	"os"
	"strings"
	"testing"
)

const specPage = "../spec/act.md"

// kindTable draws the table of kinds as the specification shows it.
func kindTable() string {
	var b strings.Builder
	b.WriteString("| Field |")
	for _, r := range rules {
		b.WriteString(" " + string(r.kind) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(rules)) + "\n")
	for f := fTo; f < fieldCount; f++ {
		b.WriteString("| `" + rows[f].name + "` |")
		for _, r := range rules {
			switch {
			case r.need&of(f) != 0, f == fTo && r.to != toAny:
				b.WriteString(" ● |")
			case r.may&of(f) != 0:
				b.WriteString(" ○ |")
			default:
				b.WriteString("  |")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestSpecShowsTheTables(t *testing.T) {
	page, err := os.ReadFile(specPage)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- kinds -->\n", "<!-- end -->\n"
	before, rest, ok1 := strings.Cut(string(page), begin)
	shown, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("the page has no place for the table of kinds")
	}
	if *update {
		if err := os.WriteFile(specPage, []byte(before+begin+kindTable()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if shown != kindTable() {
		t.Errorf("the table of kinds in %s differs; it should be\n%s", specPage, kindTable())
	}
	place := 0
	for f := range rows {
		line := "\n| `" + rows[f].name + "` | "
		i := strings.Index(before[place:], line)
		if i < 0 {
			t.Errorf("field %s is not in the table of fields, or out of order", rows[f].name)
			continue
		}
		place += i + 1
	}
}
