package demo

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// officerAt is a browser of one officer at one desk.
type officerAt struct {
	t    *testing.T
	http *http.Client
	url  string
}

func (o *officerAt) page(method, path string, form url.Values) string {
	o.t.Helper()
	req, err := http.NewRequest(method, o.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := o.http.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		o.t.Fatalf("%s %s: %s, %v\n%s", method, path, res.Status, err, b)
	}
	return string(b)
}

// desksWork takes a role at each desk, and acknowledges at one what another state said:
// the sender's page shows it.
func desksWork(t *testing.T, show *Show) {
	desks := show.Desks()
	if len(desks) < 4 {
		t.Fatalf("%d desks are open", len(desks))
	}
	var duty, sender *officerAt
	for _, d := range desks {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		o := &officerAt{t, &http.Client{Jar: jar}, strings.TrimSuffix(d.URL, "/")}
		if page := o.page(http.MethodGet, "/", nil); !strings.Contains(page, "DEMONSTRATION") {
			t.Errorf("%s: the page does not say that it is a demonstration", d.Party)
		}
		o.page(http.MethodPost, "/sign-in", url.Values{"part": {d.Officers[0]}, "then": {"/desk"}})
		switch d.Party {
		case string(cintra):
			duty = o
		case string(alatau):
			sender = o
		}
	}
	inbox := duty.page(http.MethodGet, "/inbox", nil)
	said := regexp.MustCompile(`<a href="(/notices/alatau/[^"]*)"`).FindStringSubmatch(inbox)
	if said == nil {
		t.Fatalf("nothing of Alatau in the inbox:\n%s", inbox)
	}
	notice := duty.page(http.MethodGet, said[1], nil)
	token := regexp.MustCompile(`name="token" value="([0-9a-f]*)"`).FindStringSubmatch(notice)
	if token == nil || !strings.Contains(notice, "EXERCISE") {
		t.Fatalf("no form, or no band:\n%s", notice)
	}
	done := duty.page(http.MethodPost, said[1]+"/acknowledge", url.Values{"token": {token[1]}})
	if !strings.Contains(html.UnescapeString(done), "Receipt acknowledged by your post") {
		t.Errorf("the acknowledgement is not shown:\n%s", done)
	}
	// The sender sees it with its post; that the notice was opened it never saw.
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for {
		changed := show.town.houses[alatau].home.Node.Changed()
		page := tags.ReplaceAllString(sender.page(http.MethodGet, said[1], nil), " ")
		if regexp.MustCompile(`Cintra\s+Receipt acknowledged\s+[0-9 :Z-]+\s+duty-officer`).MatchString(page) {
			return
		}
		if !regexp.MustCompile(`Cintra\s+(Delivered|Queued)`).MatchString(page) {
			t.Fatalf("before it is acknowledged the sender sees:\n%s", page)
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatal("the sender does not see the acknowledgement")
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)
