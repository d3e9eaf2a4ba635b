package demo

import (
	"context"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// printed is what is written while others look.
type printed struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
	return p.text.Write(b)
}

// want waits until what was printed matches.
func (p *printed) want(t *testing.T, pattern string) []string {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		p.mu.Lock()
		text := p.text.String()
		p.mu.Unlock()
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-p.more:
		case <-late.C:
			t.Fatalf("nothing like %s was printed:\n%s", pattern, text)
		}
	}
}

// frontDoor fills the desks and follows what the live incident prints.
func frontDoor(t *testing.T, show *Show) {
	began := time.Now()
	if err := show.Seed(); err != nil {
		t.Fatal(err)
	}
	t.Logf("the desks were filled in %.1f s", time.Since(began).Seconds())
	out := &printed{more: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- show.Live(ctx, out, time.Second) }()
	steps := out.want(t, `1\. open +(\S+)/\n +2\. choose +(.+)\n +3\. follow +(.+)\n +4\. press +(.+)\n`)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &officerAt{t, &http.Client{Jar: jar}, steps[1]}
	role := regexp.MustCompile(`<button name="part" value="([^"]*)">` + steps[2] + `<`).FindStringSubmatch(o.page(http.MethodGet, "/sign-in", nil))
	if role == nil {
		t.Fatalf("no role %q can be chosen", steps[2])
	}
	desk := o.page(http.MethodPost, "/sign-in", url.Values{"part": {role[1]}, "then": {"/desk"}})
	var href string
	for _, a := range regexp.MustCompile(`(?s)<a href="([^"]*)"[^>]*>(.*?)</a>`).FindAllStringSubmatch(desk, -1) {
		if strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(a[2], ""))) == steps[3] && href == "" {
			href = html.UnescapeString(a[1])
		}
	}
	if href == "" {
		t.Fatalf("no link %q is on the desk:\n%s", steps[3], desk)
	}
	path, _, _ := strings.Cut(href, "#")
	page := o.page(http.MethodGet, path, nil)
	form := regexp.MustCompile(`(?s)<form method="post" action="([^"]*/acknowledge[^"]*)"><input type="hidden" name="token" value="([0-9a-f]*)"><input type="hidden" name="of" value="([^"]*)"><button class="primary">` + steps[4] + `<`).FindStringSubmatch(page)
	if form == nil {
		t.Fatalf("no button %q is on the page:\n%s", steps[4], page)
	}
	o.page(http.MethodPost, html.UnescapeString(form[1]), url.Values{"token": {form[2]}, "of": {html.UnescapeString(form[3])}})
	out.want(t, `After \d+ s: receipt was acknowledged by the post duty-officer of Cintra`)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	filledPages(t, show)
}

// filledPages looks at each page that the seed is for.
func filledPages(t *testing.T, show *Show) {
	desks := map[string]*officerAt{}
	for _, d := range show.Desks() {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		o := &officerAt{t, &http.Client{Jar: jar}, strings.TrimSuffix(d.URL, "/")}
		o.page(http.MethodPost, "/sign-in", url.Values{"part": {d.Officers[0]}, "then": {"/desk"}})
		desks[d.Party] = o
	}
	for _, c := range []struct{ at, path, want string }{
		{"alatau", "/desk", "Returned"},
		{"alatau", "/drafts", "ALA/EX/4"},
		{"alatau", "/lines", "nobody is on duty|somebody is on duty"},
		{"alatau", "/lines/capitals?with=borovia", "A fire is moving"},
		{"alatau", "/notes", "FAR-40"},
		{"alatau", "/sent", "ALA/EX/6"},
		{"alatau", "/portfolio", "vd11"},
		{"borovia", "/lines/water?with=alatau,cintra", "420 cubic metres"},
		{"borovia", "/shift", "fire again at 18:00"},
		{"borovia", "/quotas", "1"},
		{"cintra", "/clarifications", "CIN/Q/1"},
		{"cintra", "/observations", "dovania"},
	} {
		if page := html.UnescapeString(tags.ReplaceAllString(desks[c.at].page(http.MethodGet, c.path, nil), " ")); !regexp.MustCompile(c.want).MatchString(page) {
			t.Errorf("%s of %s does not show %q:\n%s", c.path, c.at, c.want, page)
		}
	}
}
