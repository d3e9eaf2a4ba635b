package api

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"detente/act"
	"detente/calendar"
	"detente/control"
	"detente/internal/canon"
	"detente/regime"
)

const (
	// feedBack and feedAhead are the span of the calendar feed.
	feedBack  = 31 * 24 * time.Hour
	feedAhead = 366 * 24 * time.Hour
	// feedNotices is how many entries the feed of notices has.
	feedNotices = 50
)

// feeds adds what calendar programs and readers subscribe to. They cannot sign in, so
// the token of a program may stand in the address: give it the scope "read" alone.
func (a *API) feeds(now func() time.Time) {
	feed := func(contentType string, write func(*http.Request, control.Caller, time.Time, *bytes.Buffer) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			token, err := bearer(r)
			if err != nil {
				refuse(w, err)
				return
			}
			if token == "" {
				token = r.URL.Query().Get("token")
			}
			var b bytes.Buffer
			if err := write(r, a.door.As(token), now().UTC(), &b); err != nil {
				refuse(w, err)
				return
			}
			head(w, contentType)
			w.Write(b.Bytes())
		}
	}
	a.mux.HandleFunc("GET "+Prefix+"feed/calendar.ics", feed("text/calendar; charset=utf-8", a.dates))
	a.mux.HandleFunc("GET "+Prefix+"feed/notices.atom", feed("application/atom+xml; charset=utf-8", a.notices))
}

// mark begins what is not meant in earnest.
func mark(s act.Status) string {
	if s == act.Actual || s == "" {
		return ""
	}
	return strings.ToUpper(string(s)) + " "
}

// dates are what is provided for, as iCalendar.
func (a *API) dates(r *http.Request, door control.Caller, now time.Time, b *bytes.Buffer) error {
	q := r.URL.Query()
	args := control.DueArgs{LookArgs: control.LookArgs{Status: act.Status(q.Get("status")), Language: regime.Lang(q.Get("language"))},
		From: canon.FormatTime(now.Add(-feedBack)), Until: canon.FormatTime(now.Add(feedAhead))}
	var s control.Status
	var d control.Due
	if err := door.Call(r.Context(), "status", nil, nil, nil, &s); err != nil {
		return err
	}
	if err := door.Call(r.Context(), "due", args, nil, nil, &d); err != nil {
		return err
	}
	m := mark(args.Status)
	return calendar.ICS(b, m+s.Group.String(), m+"détente: "+s.Name, d.Dates(m), now)
}

// atom is a feed of RFC 4287.
type atom struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  person      `xml:"author"`
	Entries []atomEntry `xml:"entry"`
}

type person struct {
	Name string `xml:"name"`
}

type atomEntry struct {
	Title   string `xml:"title"`
	ID      string `xml:"id"`
	Updated string `xml:"updated"`
	Author  person `xml:"author"`
	Summary string `xml:"summary"`
}

// tagged is an identifier that nobody has to own a name on the network for, RFC 4151.
func tagged(what string) string { return "tag:detente.invalid,2026:" + what }

// notices are the newest statements to this state, by what stands outside of their
// seals: no content leaves the house by a feed.
func (a *API) notices(r *http.Request, door control.Caller, now time.Time, b *bytes.Buffer) error {
	var s control.Status
	var lines []control.Line
	if err := door.Call(r.Context(), "status", nil, nil, nil, &s); err != nil {
		return err
	}
	if err := door.Call(r.Context(), "statement-list", control.ListArgs{ToMe: true, Limit: feedNotices}, nil, nil, &lines); err != nil {
		return err
	}
	f := atom{Title: "détente: notices to " + s.Name, ID: tagged(string(s.Origin)), Updated: canon.FormatTime(now), Author: person{s.Name}}
	for i, l := range lines {
		if i == 0 {
			f.Updated = l.Claimed
		}
		what := l.Title[regime.English]
		if what == "" {
			what = l.Measure
		}
		title := mark(l.Status) + strings.TrimPrefix(l.Thread+" ", " ") + l.Name
		if what != "" {
			title += ": " + what
		}
		f.Entries = append(f.Entries, atomEntry{Title: title, ID: tagged(strings.ReplaceAll(l.Place, " ", ":")), Updated: l.Claimed, Author: person{l.Name},
			Summary: fmt.Sprintf("%s, %s; it claims the time %s. Content: on the desk.", l.Kind, l.Life, l.Claimed)})
	}
	b.WriteString(xml.Header)
	e := xml.NewEncoder(b)
	e.Indent("", " ")
	return e.Encode(f)
}
