package screen

import "strings"

func keyRoutes() []route {
	return []route{
		{"GET /keys", func(v *visit) error { return v.show("keys", v.t("page.keys"), shortcuts()) }, false},
	}
}

// shortcut is a page that two keys lead to, one after the other: g, then its own.
type shortcut struct {
	Key  string // a letter of the Latin keyboard
	Page string // first part of the address
}

// shortcuts are those of the pages that an officer on duty goes to most.
func shortcuts() []shortcut {
	return []shortcut{
		{"d", "desk"}, {"l", "lines"}, {"i", "inbox"}, {"n", "notices"}, {"w", "drafts"}, {"s", "sent"},
		{"u", "due"}, {"c", "calendar"}, {"r", "notes"}, {"m", "measures"}, {"v", "verify"}, {"h", "shift"}, {"a", "pages"},
	}
}

// keys hand the shortcuts to the script, e.g. "d desk l lines"; empty: they are
// switched off in this browser.
func (v *visit) keys() string {
	if v.choice("keys") == "off" {
		return ""
	}
	var all []string
	for _, s := range shortcuts() {
		all = append(all, s.Key, s.Page)
	}
	return strings.Join(all, " ")
}
