package screen

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestKeys: every shortcut leads to a page that is there, no two are alike, and they can
// be switched off.
func TestKeys(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/keys")
	b.sees(http.StatusOK, "Shortcuts are on.", "g, then d")
	seen := map[string]bool{}
	for _, s := range shortcuts() {
		if seen[s.Key] || len(s.Key) != 1 || s.Key == "g" {
			t.Errorf("the key %q leads to two pages, or is the first of all", s.Key)
		}
		seen[s.Key] = true
		if !strings.Contains(b.page, `href="/`+s.Page+`"`) {
			t.Errorf("the list lacks %s", s.Page)
		}
	}
	for _, s := range shortcuts() {
		b.get("/" + s.Page)
		b.sees(http.StatusOK)
		if !strings.Contains(b.page, `data-keys="d desk l lines`) {
			t.Errorf("%s hands no keys to the script", s.Page)
		}
	}
	b.post("/choice", url.Values{"keys": {"off"}, "back": {"/keys"}})
	b.sees(http.StatusOK, "Shortcuts are off.")
	if strings.Contains(b.page, "data-keys") {
		t.Error("they are not off")
	}
	b.post("/choice", url.Values{"keys": {""}, "back": {"/keys"}})
	b.sees(http.StatusOK, "Shortcuts are on.")
}

// TestLetters: the style names each file of letters by its bytes; a browser keeps them
// for good; and what can be packed is packed for who asks for it.
func TestLetters(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.get("/sign-in")
	style := regexp.MustCompile(`href="(/asset/style-[0-9a-f]{12}\.css)"`).FindStringSubmatch(b.page)
	if style == nil {
		t.Fatal("no style")
	}
	get := func(path string, packed bool) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodGet, h.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "identity")
		if packed {
			req.Header.Set("Accept-Encoding", "gzip")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var in io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" {
			if in, err = gzip.NewReader(res.Body); err != nil {
				t.Fatal(err)
			}
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	res, plain := get(style[1], false)
	small, same := get(style[1], true)
	if plain != same || res.Header.Get("Content-Encoding") != "" || small.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed %v, plain %v", small.Header, res.Header)
	}
	files := regexp.MustCompile(`url\((/asset/[a-z0-9-]+\.woff2)\)`).FindAllStringSubmatch(plain, -1)
	if len(files) != len(faces()) || len(files) < 10 {
		t.Fatalf("%d files of letters", len(files))
	}
	for _, f := range files {
		res, body := get(f[1], true)
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "font/woff2" || !strings.HasPrefix(body, "wOF2") || res.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", f[1], res.StatusCode, res.Header)
		}
	}
}
