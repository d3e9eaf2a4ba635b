package screen

import (
	"net/http"
	"strings"
	"testing"
)

// helpIsThere: every page of the index is there, and each has its help, in each language.
func helpIsThere(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	for _, lang := range []string{"en", "ru"} {
		b.lang = lang
		b.get("/pages")
		b.sees(http.StatusOK)
		index := b.page
		b.get("/help")
		b.sees(http.StatusOK)
		whole := b.page
		n := 0
		for _, c := range chaptersIn(lang) {
			for _, p := range c.Pages {
				n++
				if !strings.Contains(index, `href="/`+p.Key+`"`) || !strings.Contains(whole, `id="`+p.Key+`"`) {
					t.Errorf("the index or the book lacks %s", p.Key)
				}
				b.get("/" + p.Key)
				b.sees(http.StatusOK)
				if !strings.Contains(b.page, `href="/help/`+p.Key+`"`) {
					t.Errorf("%s does not lead to its help", p.Key)
				}
				b.get("/help/" + p.Key)
				b.sees(http.StatusOK, p.Says...)
			}
		}
		if n < 20 {
			t.Fatalf("%d pages: this test shows nothing", n)
		}
	}
	b.get("/help/nothing")
	b.sees(http.StatusNotFound)
}

// TestEveryPageIsListed: a page that nobody can find is none.
func TestEveryPageIsListed(t *testing.T) {
	n := 0
	for _, r := range routes() {
		path, ok := strings.CutPrefix(r.pattern, "GET /")
		if !ok || r.open || strings.ContainsAny(path, "/{") {
			continue
		}
		switch path {
		case "why", "live", "alerts", "pages": // reached from an item, from every page twice, and the list itself
			continue
		}
		if n++; helpFor(path) == "/help" {
			t.Errorf("the page %s is in no chapter", path)
		}
	}
	if n < 15 {
		t.Errorf("%d pages: this test shows nothing", n)
	}
}
