package screen

import (
	"errors"
	"slices"
	"time"

	"detente/control"
	"detente/regime"
)

func deskRoutes() []route {
	return []route{
		{"GET /desk", deskPage, false},
	}
}

// deskView is what the desk shows.
type deskView struct {
	control.Overview
	Next    []control.Item   // what this state will do, by date
	Unread  *control.Reading // nil: all is read; else nothing is known of what is next
	Lines   []control.Peer
	Quiet   bool // nothing needs anybody
	OnLines onLines
	// Soundings are the conversations off the record that the node holds.
	Soundings []control.Sounding
}

// nextDays is how far ahead the desk looks, in days; nextRows how many rows it has.
const nextDays, nextRows = 14, 12

func deskPage(v *visit) error {
	var d deskView
	if err := v.call("overview", nil, &d.Overview); err != nil {
		return err
	}
	if err := v.call("peer-list", nil, &d.Lines); err != nil {
		return err
	}
	var err error
	if d.OnLines, err = v.onLines(); err != nil {
		return err
	}
	if d.Soundings, err = v.offTheRecord(); err != nil {
		return err
	}
	d.Inbox = slices.DeleteFunc(d.Inbox, func(l control.Line) bool { return has(d.OnLines.Needs, l.Place) })
	d.Acknowledged = slices.DeleteFunc(d.Acknowledged, func(l control.Line) bool { return has(d.OnLines.Waits, l.Place) })
	d.Waiting = slices.DeleteFunc(d.Waiting, func(p control.Progress) bool { return has(d.OnLines.Sent, p.Place) })
	now, err := time.Parse(time.RFC3339, v.head.Now)
	if err != nil {
		return err
	}
	for _, status := range []string{"actual", "exercise"} {
		var due control.Due
		a := control.DueArgs{Open: true, Own: true, Brief: true, Until: now.AddDate(0, 0, nextDays).Format(time.RFC3339)}
		a.Status, a.Language = statusNamed(status), houseLanguage(v.lang)
		err := v.call("due", a, &due)
		if d.Unread = unread(err); d.Unread != nil {
			break
		}
		if err != nil {
			return err
		}
		for _, it := range due.Own {
			if it.Due != "" && it.Due >= v.head.Now && len(d.Next) < nextRows {
				d.Next = append(d.Next, it)
			}
		}
	}
	d.Quiet = len(d.Inbox)+len(d.Clear)+len(d.Returned)+len(d.Cleared)+len(d.OnLines.Needs)+asked(d.Soundings) == 0
	return v.show("desk", v.t("desk.title"), d)
}

// unread is how far the records are read, of an error that says that they are being
// read; nil: it says something else.
func unread(err error) *control.Reading {
	if e, ok := errors.AsType[*control.Error](err); ok {
		return e.Unread
	}
	return nil
}

// houseLanguage is the nearest language in which sentences of texts are said.
func houseLanguage(lang string) regime.Lang {
	switch lang {
	case "ru", "kk":
		return regime.Russian
	}
	return regime.English
}
