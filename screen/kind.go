package screen

import "detente/act"

// statusNamed reads a status of a page's address; what is none is actual.
func statusNamed(s string) act.Status {
	switch act.Status(s) {
	case act.Exercise, act.Test:
		return act.Status(s)
	}
	return act.Actual
}
