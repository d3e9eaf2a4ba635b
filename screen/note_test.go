package screen

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// upload posts a form with files, as a browser does.
func (b *browser) upload(path, field, name, content string) {
	b.t.Helper()
	m := hidden.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("no form of the session on the page:\n%s", text(b.page))
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if err := w.WriteField("token", m[1]); err != nil {
		b.t.Fatal(err)
	}
	f, err := w.CreateFormFile(field, name)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := io.WriteString(f, content); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, b.url+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Origin", b.url)
	b.do(req)
}

// notesAreKept: a note is registered with its scan, shown, handed out again and marked
// void; nothing that was typed is lost.
func notesAreKept(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/notes")
	b.sees(http.StatusOK, "The register is empty")
	b.get("/notes/new?way=in")
	b.press("/notes/new", "way", "in", "status", "actual", "channel", "note", "ref", "MFA 12/2026", "text", `said "<b>so</b>"`, "day.d", "1", "day.m", "November", "day.y", "2026")
	b.sees(http.StatusUnprocessableEntity, "name the other side")
	if !strings.Contains(b.page, `value="MFA 12/2026"`) || !strings.Contains(b.page, "&lt;b&gt;so") {
		t.Error("what was typed is lost")
	}
	b.press("/notes/new", "way", "in", "party", "borovia", "status", "actual", "channel", "note", "ref", "MFA 12/2026", "text", `said "<b>so</b>"`, "day.d", "1", "day.m", "November", "day.y", "2026", "language", "ru")
	b.sees(http.StatusOK, "The note is registered", "Note 1 of the register", "came in", "Borovia", "MFA 12/2026", "2026-11-01", `said "<b>so</b>"`)
	b.upload("/notes/1/scan", "scan", `C:\scans\нота "1".pdf`, "%PDF scan")
	b.sees(http.StatusOK, "The files are kept", `нота "1".pdf`, "9 bytes")
	res, err := b.http.Get(h.url + "/notes/1/scan/1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "%PDF scan" || res.Header.Get("Content-Disposition") != `attachment; filename="____ _1_.pdf"; filename*=UTF-8''%D0%BD%D0%BE%D1%82%D0%B0%20%221%22.pdf` {
		t.Errorf("the scan comes out as %q, %v, %v", body, res.Header, err)
	}
	b.get("/notes/1")
	b.upload("/notes/1/scan", "other", "x", "y")
	b.sees(http.StatusUnprocessableEntity, "Choose a file first")
	b.get("/notes/new?way=out&code=vd11.calendar&answers=1&with=borovia")
	b.sees(http.StatusOK, "Register a note that went out", "Answers or continues")
	b.press("/notes/new", "way", "out", "party", "borovia", "party", "cintra", "status", "actual", "channel", "mail", "ref", "ALA 7", "code", "vd11.calendar", "answers", "x", "day.d", "2", "day.m", "11", "day.y", "2026")
	b.sees(http.StatusUnprocessableEntity, "by its number in the register")
	b.press("/notes/new", "way", "out", "party", "borovia", "party", "cintra", "status", "actual", "channel", "mail", "ref", "ALA 7", "code", "vd11.calendar", "answers", "1", "day.d", "2", "day.m", "11", "day.y", "2026")
	b.sees(http.StatusOK, "Note 2 of the register", "went out", "Borovia, Cintra", "The form has faults")
	b.press("/notes/1/void", "reason", "")
	b.sees(http.StatusUnprocessableEntity, "a reason is one line")
	b.get("/notes/1")
	b.press("/notes/1/void", "reason", "registered twice")
	b.sees(http.StatusOK, "This note is void: registered twice")
	b.get("/notes")
	b.sees(http.StatusOK, "2 went out Borovia, Cintra ALA 7 2026-11-02 vd11.calendar 0", "1 came in Borovia MFA 12/2026 2026-11-01 1 void")
	b.get("/notes?before=2")
	b.sees(http.StatusOK, "1 came in", "To the newest")
	if strings.Contains(text(b.page), "2 went out") {
		t.Error("the notes before the second have the second")
	}
	b.get("/notes?number=2")
	b.sees(http.StatusOK, "Note 2 of the register")
	for _, bad := range []string{"/notes/9", "/notes/x", "/notes/1/scan/2", "/notes/1/scan/x"} {
		b.get(bad)
		b.sees(http.StatusNotFound)
	}
}

// TestFilesNeedASession: of a file that nobody brings not a byte is read.
func TestFilesNeedASession(t *testing.T) {
	h := newHouse(t)
	site, err := New(Config{Party: "alatau", Name: func(string) string { return "Alatau" }, Door: h.door.As, Changed: h.door.Changed, Now: h.home.Time})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/notes/1/scan", "/verify", "/courier/look", "/sign-in"} {
		body := strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"x\"\r\n\r\ny\r\n--x--\r\n")
		whole := body.Len()
		req := httptest.NewRequest(http.MethodPost, path, body)
		req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		w := httptest.NewRecorder()
		site.ServeHTTP(w, req)
		if body.Len() != whole || w.Code < 400 {
			t.Errorf("%s: %d, and %d of %d bytes are read", path, w.Code, whole-body.Len(), whole)
		}
	}
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/notes")
	b.page = regexp.MustCompile(`value="[0-9a-f]{64}"`).ReplaceAllString(b.page, `value="`+strings.Repeat("0", 64)+`"`)
	b.upload("/notes/1/scan", "scan", "x", "y")
	b.sees(http.StatusForbidden, "does not come from a page of this session")
	b.get("/notes")
	b.upload("/notes/1/scan", "scan", "x", strings.Repeat("y", maxUpload))
	b.sees(http.StatusRequestEntityTooLarge, "larger than this node takes")
}
