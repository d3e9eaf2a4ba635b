package screen

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"detente/act"
	"detente/control"
	"detente/internal/canon"
	"detente/line"
	"detente/pack"
	"detente/paper"
	"detente/party"
	"detente/regime"
)

func noticeRoutes() []route {
	return []route{
		{"GET /inbox", inboxPage, false},
		{"GET /notices", noticesPage, false},
		{"GET /notices/{party}/{volume}/{index}", noticePage, false},
		{"POST /notices/{party}/{volume}/{index}/acknowledge", acknowledge, false},
		{"POST /notices/{party}/{volume}/{index}/deliver", deliver, false},
		{"GET /notices/{party}/{volume}/{index}/return", returnPage, false},
		{"POST /notices/{party}/{volume}/{index}/return", returnFaults, false},
		{"GET /notices/{party}/{volume}/{index}/paper", paperPage, false},
		{"GET /notices/{party}/{volume}/{index}/proof", proofFile, false},
	}
}

// link is the address of the page of an act, or of "note 12" of the register.
func link(place string) string {
	if number, ok := strings.CutPrefix(place, "note "); ok {
		return "/notes/" + number
	}
	return "/notices/" + strings.ReplaceAll(place, " ", "/")
}

// place is the act that the address of a page names.
func (v *visit) place() string {
	return v.r.PathValue("party") + "/" + v.r.PathValue("volume") + " " + v.r.PathValue("index")
}

func inboxPage(v *visit) error {
	var lines []control.Line
	if err := v.call("statement-list", control.ListArgs{Open: true, Limit: control.MaxList}, &lines); err != nil {
		return err
	}
	return v.show("inbox", v.t("inbox.title"), lines)
}

// noticeList is a page of a list with what it was narrowed to.
type noticeList struct {
	From, Thread string // from: "", me, or a party
	Lines        []control.Line
	Page         int    // from 1
	Newer, Older string // addresses; empty: there are none
}

// noticesPage lists what was said, the newest first; its address keeps what it was
// narrowed to.
func noticesPage(v *visit) error {
	q := v.r.URL.Query()
	page := noticeList{From: q.Get("from"), Thread: strings.TrimSpace(q.Get("thread")), Page: 1}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n <= control.MaxList/rowsOfPage {
		page.Page = n
	}
	a := control.ListArgs{Thread: page.Thread, Limit: min(page.Page*rowsOfPage+1, control.MaxList)}
	if page.From == "me" {
		a.FromMe = true
	} else {
		a.Author = party.ID(page.From)
	}
	if err := v.call("statement-list", a, &page.Lines); err != nil {
		return err
	}
	to := func(n int) string {
		q.Set("page", strconv.Itoa(n))
		return "/notices?" + q.Encode()
	}
	if len(page.Lines) > page.Page*rowsOfPage && (page.Page+1)*rowsOfPage <= control.MaxList {
		page.Older = to(page.Page + 1)
	}
	if page.Page > 1 {
		page.Newer = to(page.Page - 1)
	}
	from := min((page.Page-1)*rowsOfPage, len(page.Lines))
	page.Lines = page.Lines[from:min(page.Page*rowsOfPage, len(page.Lines))]
	return v.show("notices", v.t("notices.title"), page)
}

// notice is one act with its thread.
type notice struct {
	Act      control.Statement
	Thread   control.Thread
	Fields   []shownField // marked where they differ from the version before
	Newer    string       // place of the version that stands in its stead; empty: this one
	Ended    act.Life     // how its author ended the thread; empty: it goes on
	Mine     bool
	To       bool // to this state, and a receipt may be given
	ForUs    bool // entered for this state, which may confirm or contest it
	Owed     bool // the delivered receipt is given by hand, and was not yet
	Taken    bool // acknowledged by this officer's post
	Returned bool
	Reached  []control.Reached
	Provided []control.Item
	Faults   string // typed in a return that could not be done
	Incident string // address of the incident that it reports; empty: none
	Alert    string // address of a message of a line as an alert; empty: it is none
}

// shownField is one numbered field as it is read.
type shownField struct {
	Heading string // of the group that begins here; or empty
	Number  string
	Name    string
	Lines   []string
	Changed bool // against the version before
}

func noticePage(v *visit) error {
	n, err := v.notice()
	if err != nil {
		return err
	}
	return v.showAs("notice", v.titleOf(n.Act.Line), string(n.Act.Status), n)
}

// titleOf names an act in the language of the page.
func (v *visit) titleOf(l control.Line) string {
	title := inLanguage(v.lang, l.Title)
	if title == "" {
		title = word(v.lang, "kind", l.Kind)
	}
	if l.Life != "" && l.Life != act.New {
		title += " · " + word(v.lang, "life", l.Life)
	}
	return title
}

func (v *visit) notice() (*notice, error) {
	n := &notice{}
	args := control.RefArgs{Ref: v.place(), Language: houseLanguage(v.lang)}
	if err := v.call("statement-show", args, &n.Act); err != nil {
		return nil, err
	}
	if n.Act.Thread != "" {
		if err := v.call("thread-show", args, &n.Thread); err != nil {
			return nil, err
		}
	} else {
		n.Thread.Acts = []control.Statement{n.Act}
	}
	self := v.head.Party
	n.Mine = n.Act.Author == self
	n.To = !n.Mine && n.Act.Kind == act.Statement && (len(n.Act.To) == 0 || slices.Contains(n.Act.To, self))
	n.Owed = n.To && !slices.ContainsFunc(n.Act.Receipts, func(r control.Receipt) bool { return r.Author == self && r.Kind == act.Delivered })
	n.ForUs = n.Act.Kind == act.Entered && n.Act.Line.For == self
	for _, r := range n.Act.Receipts {
		if r.Author == self && r.Kind == act.Acknowledged && r.Post == v.head.Officer.Post {
			n.Taken = true
		}
		if r.Author == self && r.Kind == act.Returned {
			n.Returned = true
		}
	}
	for _, s := range n.Thread.Acts {
		if s.Author == n.Act.Author && s.Kind == act.Statement && (s.Life == act.Cancellation || s.Life == act.Withdrawal || s.Life == act.IssuedInError) {
			n.Ended = s.Life
		}
	}
	n.Provided = n.Act.Provided
	if n.Mine {
		var p control.Progress
		if err := v.call("sent-show", control.RefArgs{Ref: v.place()}, &p); err != nil {
			return nil, err
		}
		n.Reached = p.Addressees
	}
	return n, v.fill(n)
}

// fill renders the fields of an act, marked where they differ from the version before.
func (v *visit) fill(n *notice) error {
	var before *regime.Values
	var passed bool
	for _, s := range n.Thread.Acts {
		version := s.Author == n.Act.Author && s.Kind == n.Act.Kind && s.Status == n.Act.Status && s.Measure == n.Act.Measure && (s.Life == act.New || s.Life == act.Correction || s.Life == act.Update)
		switch {
		case !version:
		case s.Place == n.Act.Place:
			passed = true
		case passed:
			n.Newer = s.Place
		default:
			before, _ = regime.ReadValues([]byte(s.Content)) // nil: nothing to compare with
		}
	}
	if n.Act.Type == line.TypeMessage {
		n.Alert = link(n.Act.Place) + "/cap.xml"
	}
	form, err := v.formOf(n.Act.Measure, n.Act.Pack)
	if err != nil || form == nil || !strings.HasPrefix(n.Act.Content, "{") {
		return err
	}
	values, err := regime.ReadValues([]byte(n.Act.Content))
	if err != nil {
		return nil // another state wrote it: it stands as text
	}
	n.Fields = v.fields(form, values, before)
	if _, ok := form.Field(pack.IncidentWhat); ok {
		n.Incident = incidentAddress(cmp.Or(n.Act.Thread, n.Act.Place), n.Act.Status, "")
	}
	return nil
}

// formOf is the form of a step; nil where it is filed as free text or not known here.
func (v *visit) formOf(code string, digest canon.Digest) (*regime.Form, error) {
	if code == "" {
		return nil, nil
	}
	var known control.Form
	err := v.call("form", control.FormArgs{Code: code, Pack: digest}, &known)
	if e, ok := errors.AsType[*control.Error](err); ok && e.Code == control.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return regime.ParseForm([]byte(known.Body))
}

// fields renders what is answered, in order; what differs from before is marked, if
// there is something before.
func (v *visit) fields(form *regime.Form, values, before *regime.Values) []shownField {
	var out []shownField
	group := ""
	lang := houseLanguage(v.lang)
	named := func(id string) string { return nameIn(v.head, party.ID(id)) }
	for i := range form.Fields {
		f := &form.Fields[i]
		lines := form.FieldText(values, f.ID, lang, named)
		if lines == nil {
			continue
		}
		one := shownField{Number: f.Number, Name: inLanguage(v.lang, f.Name), Lines: lines}
		one.Changed = before != nil && !slices.Equal(lines, form.FieldText(before, f.ID, lang, named))
		if g, _, _ := strings.Cut(f.Number, "."); g != group {
			group, one.Heading = g, v.groupName(form, g)
		}
		out = append(out, one)
	}
	return out
}

func (v *visit) groupName(form *regime.Form, number string) string {
	for _, g := range form.Groups {
		if g.Number == number {
			return inLanguage(v.lang, g.Name)
		}
	}
	return ""
}

func acknowledge(v *visit) error {
	if err := v.call("acknowledge", control.RefArgs{Ref: v.place()}, nil); err != nil {
		return v.noticeAgain(err, "notice")
	}
	return v.redirect(link(v.place()), "acknowledged")
}

func deliver(v *visit) error {
	if err := v.call("deliver", control.RefArgs{Ref: v.place()}, nil); err != nil {
		return v.noticeAgain(err, "notice")
	}
	return v.redirect(link(v.place()), "delivered")
}

func returnPage(v *visit) error {
	n, err := v.notice()
	if err != nil {
		return err
	}
	return v.showAs("return", v.t("return.title"), string(n.Act.Status), n)
}

func returnFaults(v *visit) error {
	if err := v.call("return-faults", control.RefArgs{Ref: v.place(), Faults: v.text("faults")}, nil); err != nil {
		return v.noticeAgain(err, "return")
	}
	return v.redirect(link(v.place()), "returned")
}

// noticeAgain shows the page again with what kept it from being done and what was typed.
func (v *visit) noticeAgain(err error, page string) error {
	n, readErr := v.notice()
	if readErr != nil {
		return readErr
	}
	n.Faults = v.text("faults")
	title := v.titleOf(n.Act.Line)
	if page == "return" {
		title = v.t("return.title")
	}
	return v.again(err, page, title, string(n.Act.Status), n)
}

// paperPage is an act, or the thread as it stands, as a note verbale to be printed,
// or as a file.
func paperPage(v *visit) error {
	q := v.r.URL.Query()
	ref := v.place()
	if thread := q.Get("thread"); thread != "" {
		ref = thread
	}
	return v.paper(ref, q.Get("as"), q.Get("to"))
}

// paper answers with a paper.
func (v *visit) paper(ref, as, to string) error {
	a := control.PrintArgs{Ref: ref, As: paper.NoteVerbale, To: "html", Language: paperLanguage(v.lang)}
	if as == string(paper.Form) || as == string(paper.Email) {
		a.As = paper.Kind(as)
	}
	kind, name := "text/html; charset=utf-8", ""
	switch {
	case to == "pdf":
		a.To, kind, name = to, "application/pdf", "note.pdf"
	case to == "text" || a.As == paper.Email:
		a.To, kind, name = "text", "text/plain; charset=utf-8", "note.txt"
	}
	var b bytes.Buffer
	if err := v.file("print", a, &b, nil); err != nil {
		return err
	}
	return v.sheet(kind, name, b.Bytes())
}

// sheet answers with a document that has its style inside, under a policy that lets
// nothing else in; one with a name is kept and not shown.
func (v *visit) sheet(kind, name string, b []byte) error {
	h := v.w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", kind)
	if name != "" {
		h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	v.w.Write(b)
	return nil
}

// paperLanguage is the nearest language that a paper can be in.
func paperLanguage(lang string) regime.Lang {
	if slices.Contains(paper.Languages(), regime.Lang(lang)) {
		return regime.Lang(lang)
	}
	return regime.English
}

// proofFile is the proof of an act without its content: it discloses nothing.
func proofFile(v *visit) error {
	var b bytes.Buffer
	if err := v.file("prove", control.ProveArgs{Ref: v.place()}, &b, nil); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+strings.NewReplacer("/", "-", " ", "-").Replace(v.place())+`.proof"`)
	v.w.WriteHeader(http.StatusOK)
	v.w.Write(b.Bytes())
	return nil
}
