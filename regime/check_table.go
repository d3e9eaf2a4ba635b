package regime

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rows checks a table: each row an object with the columns of the field.
func (c *checker) rows(f *Field, value any) {
	n := 0
	c.list(f, value, func(_ *Field, item any) {
		n++
		row, ok := item.(map[string]any)
		if !ok {
			c.add(f, said{"row %d is not an object with the columns of this table", "строка %d не является объектом с графами этой таблицы"}, n)
			return
		}
		c.cells(f, n, row)
	})
}

func (c *checker) cells(f *Field, n int, row map[string]any) {
	for i := range f.Columns {
		column := &f.Columns[i]
		c.where = place{row: n, column: column}
		value, given := row[column.ID]
		answer, explicit := value.(Answer)
		// A fault is put to the field: statements touch fields, not cells.
		as := *column
		as.Number, as.ID = f.Number, f.ID
		switch {
		case !given && column.Required != Never:
			c.missing(&as)
		case !given:
		case explicit:
			c.answer(&as, answer, column.Required != Never)
		default:
			c.value(&as, value)
		}
	}
	c.where = place{}
	for _, id := range slices.Sorted(maps.Keys(row)) {
		if _, ok := find(f.Columns, id); !ok {
			c.add(f, said{"row %d: there is no column %q: leave it out", "строка %d: графы %q нет: исключите её"}, n, short(id))
		}
	}
}

// rule checks one rule between two fields; where either has no usable value
// there is nothing to compare, and its own fault is named already.
func (c *checker) rule(r Rule) {
	f := c.form.at(r.Field)
	id, column, inTable := strings.Cut(r.Field, ".")
	if !inTable {
		c.compare(r, f, c.values[id], c.other(r, nil))
		return
	}
	table, _ := c.form.Field(id)
	list, _ := c.values[id].([]any)
	for i, item := range list {
		row, ok := item.(map[string]any)
		if !ok || i >= maxItems {
			continue
		}
		as := *f
		as.Number, as.ID = table.Number, table.ID
		c.where = place{row: i + 1, column: f}
		c.compare(r, &as, row[column], c.other(r, row))
	}
	c.where = place{}
}

// other finds the value that a rule compares with: in the same row, or a plain field.
func (c *checker) other(r Rule, row map[string]any) any {
	if _, column, inTable := strings.Cut(r.Other, "."); inTable {
		return row[column]
	}
	return c.values[r.Other]
}

func (c *checker) compare(r Rule, f *Field, value, other any) {
	switch r.Kind {
	case RuleNotBefore, RuleNotAfter:
		c.order(r, f, value, other)
	case RuleSum:
		c.sum(r, f, value, other)
	case RuleAmong:
		c.among(r, f, value, other)
	}
}

func (c *checker) order(r Rule, f *Field, value, other any) {
	o := c.form.at(r.Other)
	a, ok := instant(f.Type, value)
	b, known := instant(o.Type, other)
	if !ok || !known {
		return
	}
	this, that := fmt.Sprint(value), fmt.Sprint(other)
	if r.Kind == RuleNotBefore && a.Before(b) {
		c.add(f, said{
			fmt.Sprintf("%s is before %s (%s, %s): put it then or later", this, that, o.Number, in(o.Name, English)),
			fmt.Sprintf("%s — раньше %s (пункт %s, %s): укажите то же время или более позднее", this, that, o.Number, in(o.Name, Russian)),
		})
	}
	if r.Kind == RuleNotAfter && a.After(b) {
		c.add(f, said{
			fmt.Sprintf("%s is after %s (%s, %s): put it then or earlier", this, that, o.Number, in(o.Name, English)),
			fmt.Sprintf("%s — позже %s (пункт %s, %s): укажите то же время или более раннее", this, that, o.Number, in(o.Name, Russian)),
		})
	}
}

func (c *checker) sum(r Rule, f *Field, value, other any) {
	of, ok := value.(map[string]any)
	total, known := figure(other)
	if !ok || !known {
		return
	}
	sum := 0
	for _, v := range of {
		n, ok := figure(v)
		if !ok || len(of) > maxItems {
			return
		}
		sum += n
	}
	if sum == total {
		return
	}
	o := c.form.at(r.Other)
	c.add(f, said{
		fmt.Sprintf("the figures add up to %s, field %s says %s: make them agree", grouped(sum, English), o.Number, grouped(total, English)),
		fmt.Sprintf("сумма чисел составляет %s, в пункте %s указано %s: приведите их в соответствие", grouped(sum, Russian), o.Number, grouped(total, Russian)),
	})
}

func (c *checker) among(r Rule, f *Field, value, other any) {
	list, ok := other.([]any)
	if !ok {
		return
	}
	var named []string
	switch value := value.(type) {
	case string:
		named = []string{value}
	case []any:
		for _, v := range value {
			s, _ := v.(string)
			named = append(named, s)
		}
	case map[string]any:
		named = slices.Sorted(maps.Keys(value))
	}
	o := c.form.at(r.Other)
	for _, s := range named {
		if s != "" && !slices.Contains(list, any(s)) {
			c.add(f, said{
				fmt.Sprintf("%q is not among the states of field %s: add it there, or leave it out here", short(s), o.Number),
				fmt.Sprintf("%q не входит в число государств пункта %s: добавьте его там либо исключите здесь", short(s), o.Number),
			})
		}
	}
}
