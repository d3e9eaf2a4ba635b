package screen

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"detente/control"
	"detente/internal/canon"
	"detente/party"
	"detente/regime"
)

// visit is one request of a browser.
type visit struct {
	site  *Site
	w     http.ResponseWriter
	r     *http.Request
	lang  string
	token string            // of the session; empty: none
	door  control.Caller    // under that session
	head  *control.Masthead // nil without a session
	form  url.Values        // posted; nil for a page that is only asked for
}

// frame is what a template gets: what stands around every page, and the page.
type frame struct {
	State  string // whose desk it is
	Played bool   // it is a demonstration
	Title  string // what stands in the title bar and as the first heading
	Lang   string
	Dir    string
	Theme  string // "", light, dark, night
	Dense  bool   // tables in compact rows
	Keys   string // shortcuts for the script; empty: switched off
	Path   string // of this page, for the way back
	Here   string // first part of the path: which page of the menu this is
	Token  string // of the session's forms
	Head   *control.Masthead
	Status string // exercise or test: the whole page is banded
	Done   string // what was done just now
	Fault  *fault // what keeps a posted form from being done
	Menu   bool   // there are other pages: a node runs and somebody is signed in
	Live   bool   // the page is shown anew when there is something new
	Watch  bool   // the officer has the role of duty: calls are shown and sounded on every page
	Page   any
}

func (s *Site) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{site: s, w: w, r: r, lang: s.language(r)}
	if c, err := r.Cookie(s.cookie(r, "session")); err == nil {
		v.token = c.Value
	}
	v.door = s.Door(v.token)
	return v
}

// call asks a verb under the officer's session.
func (v *visit) call(verb string, args, result any) error {
	return v.door.Call(v.r.Context(), verb, args, nil, nil, result)
}

// file asks a verb that writes a file.
func (v *visit) file(verb string, args any, out io.Writer, result any) error {
	return v.door.Call(v.r.Context(), verb, args, nil, out, result)
}

// enter reads what is posted and finds who visits. What was posted is read first: if
// the session has ended, it is kept for the next.
func (v *visit) enter(open bool) error {
	if v.r.Method == http.MethodPost {
		if err := v.read(); err != nil {
			return err
		}
	}
	if v.token != "" {
		m := &control.Masthead{}
		err := v.call("masthead", control.MastheadArgs{Language: regime.Lang(v.lang)}, m)
		if err == nil {
			v.head = m
		} else if !open {
			return err
		}
	}
	if v.head == nil && !open {
		return errNoSession
	}
	// A page of another origin has neither this token nor, being of another origin,
	// a way to read it. Old browsers say nothing of where a form comes from.
	if v.form != nil && !open && subtle.ConstantTimeCompare([]byte(v.form.Get("token")), []byte(formToken(v.token))) != 1 {
		if v.isFormer() {
			return errFormer
		}
		return errElsewhere
	}
	return nil
}

// read takes the posted form.
func (v *visit) read() error {
	parse := v.r.ParseForm
	if carriesFiles(v.r) {
		// Files are read for a session alone, and stay in memory: what is secret is
		// never written beside the store.
		if err := v.call("masthead", control.MastheadArgs{}, nil); err != nil {
			v.form = url.Values{}
			return nil
		}
		parse = func() error { return v.r.ParseMultipartForm(maxUpload) }
	}
	if err := parse(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return errTooLarge
		}
		return errForm
	}
	v.form = v.r.PostForm
	return nil
}

// carriesFiles reports whether a request is a posted form with files.
func carriesFiles(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// formToken stands in every form of a session. It follows from the session's own
// token and does not reveal it.
func formToken(session string) string {
	return strings.TrimPrefix(canon.DigestOf([]byte("detente form of "+session)).String(), "sha256:")
}

// run answers, and takes a fault of ours for one.
func (v *visit) run(do func(*visit) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			v.site.Log.Error("a fault of the program", "page", v.r.URL.Path, "what", fmt.Sprint(r))
			err = errProgram
		}
	}()
	return do(v)
}

// t says a sentence in the language of the visit.
func (v *visit) t(key string, args ...any) string { return say(v.lang, key, args...) }

// nameIn is how the roster names a party in the language of the page.
func nameIn(head *control.Masthead, id party.ID) string {
	for _, p := range head.Parties {
		if p.ID == id {
			return p.Name
		}
	}
	return string(id)
}

// namesIn lists parties; nobody is everybody.
func namesIn(lang string, head *control.Masthead, ids []party.ID) string {
	if len(ids) == 0 {
		return say(lang, "to.all")
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = nameIn(head, id)
	}
	return joined(lang, all)
}

// show renders a page under a title that is already said.
func (v *visit) show(name, title string, page any) error {
	return v.render(http.StatusOK, name, frame{Title: title, Page: page})
}

// showAs is show for a page of an exercise or a test.
func (v *visit) showAs(name, title, status string, page any) error {
	return v.render(http.StatusOK, name, frame{Title: title, Status: status, Page: page})
}

// again renders the page of a form that could not be done, with what was typed.
func (v *visit) again(err error, name, title, status string, page any) error {
	return v.againWith(v.faultOf(err), err, name, title, status, page)
}

func (v *visit) againWith(f *fault, err error, name, title, status string, page any) error {
	if f.Status == http.StatusUnauthorized || f.Again {
		return err
	}
	return v.render(f.Status, name, frame{Title: title, Status: status, Fault: f, Page: page})
}

func (v *visit) render(code int, name string, f frame) error {
	f.Lang, f.Dir = v.lang, direction(v.lang)
	f.Theme, f.Dense = v.theme(), v.choice("density") == "compact"
	f.Keys = v.keys()
	f.Head, f.State, f.Played = v.head, v.site.Name(v.lang), len(v.site.Cast) > 0
	f.Menu = v.head != nil && !v.head.Awaiting
	f.Path = v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet || !local(f.Path) {
		f.Path = "/desk"
	}
	f.Live = v.r.Method == http.MethodGet && f.Fault == nil && slices.Contains([]string{"desk", "lines", "line", "inbox", "sent", "drafts", "notices", "notice"}, name)
	f.Watch = f.Menu && slices.Contains(v.head.Officer.Roles, onDuty)
	f.Here, _, _ = strings.Cut(strings.TrimPrefix(v.r.URL.Path, "/"), "/")
	if v.token != "" {
		f.Token = formToken(v.token)
	}
	if f.Status == "actual" {
		f.Status = ""
	}
	if done := "done." + v.r.URL.Query().Get("done"); v.r.Method == http.MethodGet && sentences.Has(done) {
		f.Done = v.t(done)
	}
	var b bytes.Buffer
	if err := v.site.languages[v.lang].ExecuteTemplate(&b, name+".html", f); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.lang)
	if f.Fault != nil && f.Fault.Again && v.r.Method == http.MethodGet {
		v.w.Header().Set("Refresh", againAfter)
	}
	v.site.send(v.w, v.r, code, b.Bytes())
	return nil
}

// redirect answers a POST: the page that shows what came of it. Done is the key of
// a sentence "done.…"; empty: none.
func (v *visit) redirect(path, done string) error {
	if done != "" {
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		path += mark + "done=" + url.QueryEscape(done)
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// local reports whether a path leads to a page of this site and nowhere else.
func local(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t") && len(path) < 2000
}

// text is a posted field without spaces around it and with line ends of one kind.
func (v *visit) text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(v.form.Get(name), "\r\n", "\n"))
}
