package screen

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"detente/act"
	"detente/control"
	"detente/internal/canon"
	"detente/internal/phrase"
	"detente/regime"
	"detente/roster"
)

// looking is what the address of a page says about what is looked at, and when.
type looking struct {
	Status string // actual, exercise or test
	At     string // as typed; empty: the present
}

// look reads it and makes the arguments of a verb of it. The error is errMoment.
func (v *visit) look() (looking, control.LookArgs, error) {
	q := v.r.URL.Query()
	l := looking{Status: string(statusNamed(q.Get("status"))), At: strings.TrimSpace(q.Get("at"))}
	at, err := momentOf(l.At)
	return l, control.LookArgs{Status: act.Status(l.Status), At: at, Language: houseLanguage(v.lang)}, err
}

// momentOf reads a moment, or a day, which is meant to its last second in UTC; empty
// stays empty.
func momentOf(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return canon.FormatTime(day.Add(24*time.Hour - time.Second)), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", errMoment
	}
	return canon.FormatTime(at.UTC().Truncate(time.Second)), nil
}

// edition is the roster in force.
func (v *visit) edition() (*roster.Roster, control.Roster, error) {
	var shown control.Roster
	if err := v.call("roster-show", nil, &shown); err != nil {
		return nil, shown, err
	}
	r, err := roster.Parse([]byte(shown.Body))
	return r, shown, err
}

// now is the clock of the node.
func (v *visit) now() (time.Time, error) { return canon.ParseTime(v.head.Now) }

// whole is a number of the address of a page from low to high, else low.
func (v *visit) whole(name string, low, high int) int {
	n, err := strconv.Atoi(v.r.URL.Query().Get(name))
	if err != nil || n < low || n > high {
		return low
	}
	return n
}

// pager is the place of a page in a long list.
type pager struct {
	Page, Pages, Total int    // pages count from 1
	Before, After      string // addresses; empty: none
}

// paged cuts a list to the page that is named by "page" in the address.
func paged[E any](v *visit, all []E) ([]E, pager) {
	p := pager{Page: 1, Pages: max(1, (len(all)+rowsOfPage-1)/rowsOfPage), Total: len(all)}
	p.Page = v.whole("page", 1, p.Pages)
	if p.Page > 1 {
		p.Before = v.with("page", strconv.Itoa(p.Page-1))
	}
	if p.Page < p.Pages {
		p.After = v.with("page", strconv.Itoa(p.Page+1))
	}
	from := (p.Page - 1) * rowsOfPage
	return all[from:min(from+rowsOfPage, len(all))], p
}

// with is the address of this page with some values of its query changed; an empty
// value takes one away.
func (v *visit) with(pairs ...string) string { return v.withAt(v.r.URL.Path, pairs...) }

// withAt is the same query, so altered, at another page.
func (v *visit) withAt(path string, pairs ...string) string {
	q := v.r.URL.Query()
	q.Del("done")
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return withQuery(path, q)
}

// withQuery is a path with a query.
func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// lookFunctions are those that pages of this kind add to functions.
func lookFunctions(lang string) template.FuncMap {
	return template.FuncMap{
		"item":  itemRowOf,
		"help":  helpFor,
		"words": numbered,
		"named": func(names map[string]string) string {
			of := map[regime.Lang]string{}
			for l, name := range names {
				of[regime.Lang(l)] = name
			}
			return inLanguage(lang, of)
		},
		"qr": func(d canon.Digest) (template.HTML, error) {
			return qrCode(strings.ToUpper(d.String()), say(lang, "group.qr"))
		},
		"lapse": func(seconds int64) phrase.Lapse { return phrase.Lapse(seconds) },
	}
}

// hand answers with a file to keep.
func (v *visit) hand(name, kind string, b []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(name))
	v.w.WriteHeader(http.StatusOK)
	v.w.Write(b)
	return nil
}

// disposition says that a file is to be kept, under its own name: RFC 6266.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%;`, r) {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
