package regime

import (
	"fmt"

	"detente/internal/canon"
)

// ParseForm reads one form file: canonical JSON that passes the linter.
func ParseForm(b []byte) (*Form, error) {
	if len(b) > MaxForm {
		return nil, fmt.Errorf("%d bytes are more than the %d of a form", len(b), MaxForm)
	}
	f := &Form{}
	if err := canon.ParseJSON(b, f); err != nil {
		return nil, err
	}
	if err := f.lint(); err != nil {
		return nil, err
	}
	return f, nil
}
