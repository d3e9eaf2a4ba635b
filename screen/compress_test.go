package screen

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
)

var stylesheet = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)"`)

func TestTakesGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "gzip, deflate, br": true, "br;q=1.0, GZIP; q=0.5": true, "*": true, "*;q=0.1, br": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0, *": false, "*;q=0": false, "identity": false, "gzip;q=x": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if takesGzip(r) != want {
			t.Errorf("%q: %t", header, !want)
		}
	}
}

// TestCompressedIsTheSame: pages, style and script say the same compressed and not, and
// who does not ask for it gets nothing compressed.
func TestCompressedIsTheSame(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.get("/sign-in")
	style := stylesheet.FindStringSubmatch(b.page)
	if style == nil {
		t.Fatal("the page has no style")
	}
	plain := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	for _, path := range []string{"/sign-in", "/nowhere", style[1]} {
		ask := func(encoding string) (string, string) {
			req, err := http.NewRequest(http.MethodGet, h.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Accept-Language", "en")
			if encoding != "" {
				req.Header.Set("Accept-Encoding", encoding)
			}
			res, err := plain.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			from := io.Reader(res.Body)
			if res.Header.Get("Content-Encoding") == "gzip" {
				if from, err = gzip.NewReader(from); err != nil {
					t.Fatal(err)
				}
			}
			body, err := io.ReadAll(from)
			if err != nil {
				t.Fatal(err)
			}
			return res.Header.Get("Content-Encoding"), string(body)
		}
		none, whole := ask("")
		some, same := ask("gzip")
		if none != "" || some != "gzip" || whole != same || whole == "" {
			t.Errorf("%s: sent as %q and %q, the same: %t", path, none, some, whole == same)
		}
	}
}
