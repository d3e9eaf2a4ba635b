package screen

import (
	"embed"
	"slices"
	"strings"

	"detente/internal/phrase"
)

//go:embed help
var helpFiles embed.FS

// book is the help, a paragraph for each page, by language.
var book = phrase.Must(helpFiles, "help")

func helpRoutes() []route {
	return []route{
		{"GET /pages", indexPage, false},
		{"GET /help", helpPage, false},
		{"GET /help/{page}", helpPage, false},
	}
}

// chapter is a group of pages.
type chapter struct {
	Key   string
	Pages []entry
}

// entry is a page with what there is to know about it.
type entry struct {
	Key   string // first part of its address
	Title string
	Says  []string // paragraphs
}

// chapters are all pages, in the order in which an officer comes to need them.
func chapters() []chapter {
	of := func(key string, pages ...string) chapter {
		c := chapter{Key: key}
		for _, p := range pages {
			c.Pages = append(c.Pages, entry{Key: p})
		}
		return c
	}
	return []chapter{
		of("day", "desk", "lines", "soundings", "inbox", "notices", "drafts", "sent", "shift", "hours", "procedures", "exercises"),
		of("texts", "due", "calendar", "visits", "quotas", "portfolio", "texts", "measures", "blocks", "map", "documents"),
		of("paper", "notes", "contacts"),
		of("lines", "peers", "observations", "verify", "courier", "incidents", "clarifications"),
		of("house", "start", "officers", "passkeys", "group", "audit", "health", "settings", "tokens", "keys", "help"),
	}
}

// chaptersIn are the chapters in a language.
func chaptersIn(lang string) []chapter {
	all := chapters()
	for i := range all {
		for j := range all[i].Pages {
			p := &all[i].Pages[j]
			p.Title = say(lang, "page."+p.Key)
			p.Says = strings.Split(book.Say(lang, p.Key, nil), " | ")
		}
	}
	return all
}

func indexPage(v *visit) error {
	return v.show("pages", v.t("nav.pages"), chaptersIn(v.lang))
}

// helpView is the book, or one page of it.
type helpView struct {
	Chapters []chapter
	One      *entry // that page alone; nil: the whole book
}

func helpPage(v *visit) error {
	h := helpView{Chapters: chaptersIn(v.lang)}
	key := v.r.PathValue("page")
	if key == "" {
		return v.show("help", v.t("page.help"), h)
	}
	for _, c := range h.Chapters {
		if i := slices.IndexFunc(c.Pages, func(e entry) bool { return e.Key == key }); i >= 0 {
			h.One = &c.Pages[i]
			return v.show("help", v.t("help.on", "page", h.One.Title), h)
		}
	}
	return errNoPage
}

// helpFor is the address of the help on a page that is named by the first part of its
// address.
func helpFor(here string) string {
	for _, c := range chapters() {
		if slices.ContainsFunc(c.Pages, func(e entry) bool { return e.Key == here }) {
			return "/help/" + here
		}
	}
	return "/help"
}
