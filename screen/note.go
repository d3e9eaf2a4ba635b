package screen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"detente/act"
	"detente/control"
	"detente/internal/canon"
	"detente/party"
	"detente/regime"
	"detente/register"
)

func noteRoutes() []route {
	return []route{
		{"GET /notes", notesPage, false},
		{"GET /notes/new", newNotePage, false},
		{"POST /notes/new", enterNote, false},
		{"GET /notes/{number}", notePage, false},
		{"POST /notes/{number}/scan", addScan, false},
		{"POST /notes/{number}/void", voidNote, false},
		{"GET /notes/{number}/scan/{place}", scanFile, false},
	}
}

// noteList is a part of the register, the newest first.
type noteList struct {
	Notes []register.Note
	Older string // address of the earlier ones; empty: none
	First bool   // the newest are on this page
}

func notesPage(v *visit) error {
	q := v.r.URL.Query()
	if q.Get("number") != "" {
		number, err := strconv.ParseInt(strings.TrimSpace(q.Get("number")), 10, 64)
		if err != nil {
			return errNoPage
		}
		return v.redirect("/notes/"+strconv.FormatInt(number, 10), "")
	}
	a := control.NotesArgs{Newest: true, Limit: rowsOfPage}
	if q.Has("before") {
		a.Before = int64(v.whole("before", 1, 1<<40))
	}
	page := noteList{First: a.Before == 0}
	if err := v.call("note-list", a, &page.Notes); err != nil {
		return err
	}
	if n := len(page.Notes); n > 0 && page.Notes[n-1].Number > 1 {
		page.Older = v.with("before", strconv.FormatInt(page.Notes[n-1].Number, 10))
	}
	return v.show("notes", v.t("page.notes"), page)
}

// noteForm is a note as it is typed.
type noteForm struct {
	control.NoteArgs
	Day     [3]string
	Answers string
	Forms   []control.FormLine
	Lives   []string
	Inputs  []input
}

// Chosen reports whether a party is one of the other side.
func (n noteForm) Chosen(id party.ID) bool { return slices.Contains(n.Parties, id) }

func newNotePage(v *visit) error {
	q := v.r.URL.Query()
	n := noteForm{Answers: q.Get("answers")}
	n.Way, n.Code, n.Life, n.Status, n.Channel = q.Get("way"), q.Get("code"), act.Life(q.Get("life")), statusNamed(q.Get("status")), act.ByNote
	if n.Way != register.Out {
		n.Way = register.In
	}
	if with := q.Get("with"); with != "" {
		n.Parties = []party.ID{party.ID(with)}
	}
	return v.noteForm(&n, nil)
}

// noteForm shows the form of a note, with what was wrong with it.
func (v *visit) noteForm(n *noteForm, wrong error) error {
	var err error
	if n.Forms, err = v.forms(); err != nil {
		return err
	}
	n.Lives = []string{string(act.New), string(act.Update), string(act.Correction), string(act.Cancellation), string(act.Withdrawal), string(act.IssuedInError)}
	if n.Code != "" {
		form, err := v.formOf(n.Code, canon.Digest{})
		if err != nil {
			return err
		}
		if form != nil {
			had, err := valuesOf(n.Values)
			if err != nil {
				return err
			}
			view := v.formView(form)
			for i := range form.Fields {
				f := &form.Fields[i]
				value, _ := had.Get(f.ID)
				n.Inputs = append(n.Inputs, view.input(f, "f."+f.ID, value))
			}
		}
	}
	title := v.t("note.new." + n.Way)
	if wrong != nil {
		return v.again(wrong, "note-new", title, string(n.Status), n)
	}
	return v.showAs("note-new", title, string(n.Status), n)
}

func enterNote(v *visit) error {
	n := noteForm{Answers: v.text("answers"), Day: [3]string{v.text("day.d"), v.text("day.m"), v.text("day.y")}}
	if n.Way = register.In; v.text("way") == register.Out {
		n.Way = register.Out
	}
	n.Ref, n.Channel, n.Status, n.Code = v.text("ref"), v.text("channel"), statusNamed(v.text("status")), v.text("code")
	n.Life, n.Text, n.Language = act.Life(v.text("life")), v.text("text"), v.text("language")
	for _, s := range v.form["party"] {
		n.Parties = append(n.Parties, party.ID(s))
	}
	if day, ok := dateOf(n.Day[0], n.Day[1], n.Day[2]); ok {
		n.NoteArgs.Day, _ = day.(string)
	}
	if err := v.readNote(&n); err != nil {
		return err
	}
	if n.Answers != "" {
		number, err := strconv.ParseInt(n.Answers, 10, 64)
		if err != nil || number < 1 {
			return v.noteForm(&n, &control.Error{Code: control.Usage, Message: v.t("note.answers.wrong")})
		}
		n.NoteArgs.Answers = number
	}
	var entered control.RegisterNote
	if err := v.call("note-enter", n.NoteArgs, &entered); err != nil {
		return v.noteForm(&n, err)
	}
	return v.redirect(fmt.Sprintf("/notes/%d", entered.Number), "note-entered")
}

// readNote takes the fields of the form of a measure, if one was chosen.
func (v *visit) readNote(n *noteForm) error {
	if n.Code == "" {
		return nil
	}
	form, err := v.formOf(n.Code, canon.Digest{})
	if err != nil || form == nil {
		return err
	}
	none, err := valuesOf(nil)
	if err != nil {
		return err
	}
	var fields []*regime.Field
	for i := range form.Fields {
		fields = append(fields, &form.Fields[i])
	}
	values, err := v.formView(form).values(none, fields, v.form)
	if err != nil {
		return errors.Join(errForm, err)
	}
	n.Values, err = values.Bytes()
	return err
}

// noteView is one note of the register.
type noteView struct {
	control.RegisterNote
	Fields []shownField
	Reason string // typed, if it could not be marked void
}

// number is the note that the address of a page names.
func (v *visit) number() (int64, error) {
	n, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil {
		return 0, errNoPage
	}
	return n, nil
}

func notePage(v *visit) error { return v.note(nil, "") }

// note shows the note of the address, with what was wrong with what was posted about it.
func (v *visit) note(wrong error, reason string) error {
	number, err := v.number()
	if err != nil {
		return err
	}
	n := noteView{Reason: reason}
	if err := v.call("note-show", control.NumberArgs{Number: number}, &n.RegisterNote); err != nil {
		return err
	}
	form, err := v.formOf(n.Code, n.Pack)
	if err != nil {
		return err
	}
	if form != nil && len(n.Values) > 0 {
		if values, err := regime.ReadValues(n.Values); err == nil {
			n.Fields = v.fields(form, values, nil)
		}
	}
	for i := range n.Faults {
		if s := n.Faults[i].Texts[regime.Lang(v.lang)]; s != "" {
			n.Faults[i].What = s
		}
	}
	title := v.t("note.title", "n", strconv.FormatInt(number, 10))
	if wrong != nil {
		return v.again(wrong, "note", title, string(n.Status), n)
	}
	return v.showAs("note", title, string(n.Status), n)
}

// files are those of a posted form that were chosen.
func (v *visit) files(name string) []*multipart.FileHeader {
	if v.r.MultipartForm == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(v.r.MultipartForm.File[name]), func(f *multipart.FileHeader) bool { return f.Filename == "" })
}

// send gives a chosen file to a verb.
func (v *visit) send(verb string, args any, f *multipart.FileHeader, result any) error {
	in, err := f.Open()
	if err != nil {
		return errors.Join(errForm, err)
	}
	defer in.Close()
	return v.door.Call(v.r.Context(), verb, args, in, nil, result)
}

func addScan(v *visit) error {
	number, err := v.number()
	if err != nil {
		return err
	}
	chosen := v.files("scan")
	if len(chosen) == 0 {
		return v.note(&control.Error{Code: control.Usage, Message: v.t("file.none")}, "")
	}
	for _, f := range chosen {
		// A browser may send a whole path, with strokes of either kind.
		name := path.Base(strings.ReplaceAll(f.Filename, `\`, "/"))
		if err := v.send("note-scan", control.NumberArgs{Number: number, Name: name}, f, nil); err != nil {
			return v.note(err, "")
		}
	}
	return v.redirect(fmt.Sprintf("/notes/%d", number), "scan-kept")
}

func voidNote(v *visit) error {
	number, err := v.number()
	if err != nil {
		return err
	}
	reason := v.text("reason")
	if err := v.call("note-void", control.NumberArgs{Number: number, Reason: reason}, nil); err != nil {
		return v.note(err, reason)
	}
	return v.redirect(fmt.Sprintf("/notes/%d", number), "note-void")
}

// scanFile hands a scan out to be kept, never to be shown in this origin.
func scanFile(v *visit) error {
	number, err := v.number()
	if err != nil {
		return err
	}
	place, err := strconv.Atoi(v.r.PathValue("place"))
	if err != nil {
		return errNoPage
	}
	var b bytes.Buffer
	var s register.Scan
	if err := v.file("note-file", control.NumberArgs{Number: number, Place: place}, &b, &s); err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", disposition(s.Name))
	v.w.Header().Set("Content-Type", "application/octet-stream")
	v.w.WriteHeader(http.StatusOK)
	_, err = io.Copy(v.w, &b)
	return err
}
