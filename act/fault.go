package act

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrVersion marks an entry whose first line names no format known here. It is
// set aside and kept: only an act that is wrong under the version it names
// speaks against its author.
var ErrVersion = errors.New("unknown act format version")

// FormatError says where an act departs from the version that it names. An entry of a record
// for which Parse returns a FormatError is an act invalid under the version
// that it names.
type FormatError struct {
	Line  int    // line of the act, from 1; 0 if the act was not read from bytes or the fault is that a line is missing
	Field string // name of the field; empty if the fault is of no field
	Text  string // what is wrong, one clause without a full stop
}

func (e *FormatError) Error() string {
	switch {
	case e.Line > 0 && e.Field != "":
		return fmt.Sprintf("act: line %d, field %s: %s", e.Line, shownName(e.Field), e.Text)
	case e.Line > 0:
		return fmt.Sprintf("act: line %d: %s", e.Line, e.Text)
	case e.Field != "":
		return fmt.Sprintf("act: field %s: %s", shownName(e.Field), e.Text)
	}
	return "act: " + e.Text
}

// shownName quotes what is no field's name: it came from a stranger, who may have
// put into it what a terminal obeys.
func shownName(name string) string {
	for f := range rows {
		if rows[f].name == name {
			return name
		}
	}
	return strconv.Quote(name)
}

// fault is a departure at a field that is not yet placed on a line.
type fault struct {
	field field
	text  string
}

func faultf(f field, format string, args ...any) *fault {
	return &fault{f, fmt.Sprintf(format, args...)}
}

func (f *fault) at(line int) *FormatError {
	return &FormatError{Line: line, Field: rows[f.field].name, Text: f.text}
}
