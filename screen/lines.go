package screen

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"detente/act"
	"detente/control"
	"detente/line"
	"detente/party"
	"detente/phrasebook"
)

func linesRoutes() []route {
	return []route{
		{"GET /lines", linesPage, false},
		{"POST /lines", openLine, false},
		{"GET /lines/{name}", linePage, false},
		{"POST /lines/{name}/say", sayOnLine, false},
		{"POST /lines/{name}/call", callOnLine, false},
		{"POST /lines/{name}/end", endLine, false},
		{"POST /lines/{name}/test", testLine, false},
		{"POST /lines/{name}/acknowledge", func(v *visit) error { return v.onMessage("acknowledge", "acknowledged") }, false},
		{"POST /lines/{name}/silence", func(v *visit) error { return v.onMessage("line-silence", "line-silenced") }, false},
		{"POST /lines/{name}/done", func(v *visit) error { return v.onMessage("line-done", "line-done") }, false},
	}
}

// lineAddress is where what is done on a line is posted; of nothing, the page of the line.
func lineAddress(id line.ID, others []party.ID, do string) string {
	names := make([]string, len(others))
	for i, o := range others {
		names[i] = string(o)
	}
	path := "/lines/" + url.PathEscape(string(id))
	if do != "" {
		path += "/" + do
	}
	return path + "?with=" + url.QueryEscape(strings.Join(names, ","))
}

// lineArgs name the line of the address.
func (v *visit) lineArgs() control.LineArgs {
	a := control.LineArgs{Line: line.ID(v.r.PathValue("name")), With: []party.ID{}}
	for _, id := range strings.Split(v.r.URL.Query().Get("with"), ",") {
		if id != "" {
			a.With = append(a.With, party.ID(id))
		}
	}
	return a
}

// others are the parties of a line without this state.
func (v *visit) others(parties []party.ID) []party.ID {
	return slices.DeleteFunc(slices.Clone(parties), func(id party.ID) bool { return id == v.head.Party })
}

// lineCard is a line with the way to what is done on it.
type lineCard struct {
	control.LineView
	With []party.ID
}

// To is the address of something that is done on the line; of "", its page.
func (l lineCard) To(do string) string { return lineAddress(l.Line, l.With, do) }

// Open reports whether this state says that it answers on the line.
func (l lineCard) Open() bool { return l.Mine == line.Open }

func (v *visit) lineCards() ([]lineCard, error) {
	var all []control.LineView
	if err := v.call("line-list", nil, &all); err != nil {
		return nil, err
	}
	cards := make([]lineCard, len(all))
	for i, l := range all {
		cards[i] = lineCard{l, v.others(l.Parties)}
	}
	return cards, nil
}

// linesView is every line, and one that is about to be opened, as it is typed.
type linesView struct {
	Lines     []lineCard
	Name      string
	With      []party.ID
	Subject   string
	Languages string
}

// Chosen reports whether a party is one of the line that is opened.
func (l linesView) Chosen(id party.ID) bool { return slices.Contains(l.With, id) }

func linesPage(v *visit) error {
	return v.lines(linesView{Languages: string(houseLanguage(v.lang))}, nil)
}

func (v *visit) lines(l linesView, wrong error) error {
	var err error
	if l.Lines, err = v.lineCards(); err != nil {
		return err
	}
	if wrong != nil {
		return v.again(wrong, "lines", v.t("page.lines"), "", l)
	}
	return v.show("lines", v.t("page.lines"), l)
}

// openLine makes a draft of this state's word that it answers on a line.
func openLine(v *visit) error {
	l := linesView{Name: v.text("name"), Subject: v.text("subject"), Languages: v.text("languages")}
	for _, id := range v.form["with"] {
		l.With = append(l.With, party.ID(id))
	}
	if l.Name == "" || len(l.With) == 0 {
		return v.lines(l, &control.Error{Code: control.Usage, Message: v.t("hotline.open.wrong")})
	}
	a := control.EndArgs{State: line.Open, Subject: l.Subject, Languages: languagesIn(l.Languages)}
	a.Line, a.With = line.ID(l.Name), l.With
	id, err := v.lineDraft("line-end", a)
	if err != nil {
		return v.lines(l, err)
	}
	return v.redirect("/drafts/"+id+"/review", "line-draft")
}

// lineDraft makes a draft of what is said on a line. One with faults is dropped again:
// it is mended where it was typed.
func (v *visit) lineDraft(verb string, args any) (id string, err error) {
	var d control.Draft
	if err := v.call(verb, args, &d); err != nil {
		return "", err
	}
	if len(d.Faults) == 0 {
		return d.ID, nil
	}
	if err := v.call("draft-drop", control.DraftArgs{ID: d.ID}, nil); err != nil {
		return "", err
	}
	return "", &control.Error{Code: control.Findings, Message: d.Faults[0].What, Faults: d.Faults}
}

// endLine makes a draft of how this state's side of the line stands.
func endLine(v *visit) error {
	e := control.EndArgs{LineArgs: v.lineArgs(), State: line.State(v.text("state")), Until: v.text("until"), Reason: v.text("reason"), Languages: languagesIn(v.text("languages"))}
	id, err := v.lineDraft("line-end", e)
	if err != nil {
		return v.line(control.SayArgs{Language: v.lang}, e, err)
	}
	return v.redirect("/drafts/"+id+"/review", "line-draft")
}

// languagesIn reads codes of languages as they are typed.
func languagesIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// spoken is a message on a line as it is read.
type spoken struct {
	control.LineMessage
	With    []party.ID
	Mine    bool
	Anchor  string // of the message on the page of its line
	Phrases []phraseRead
}

// To is the address of something that is done with the message.
func (m spoken) To(do string) string { return lineAddress(m.Line, m.With, do) }

// Page is the message on the page of its line.
func (m spoken) Page() string { return m.To("") + "#" + m.Anchor }

// Sounds reports whether the desk calls for it now, or was silenced.
func (m spoken) Sounds() bool { return m.Sound || m.Silenced != "" }

// phraseRead is an agreed phrase in the language of the page, else in one that its
// book has.
type phraseRead struct {
	ID, Language, Text string // of a book that is not at hand there is no text
	Standing           phrasebook.Standing
	Values             map[string]string
}

func (v *visit) spoken(all []control.LineMessage) []spoken {
	out := make([]spoken, len(all))
	for i, m := range all {
		s := spoken{LineMessage: m, With: v.others(m.Parties), Mine: m.Author == v.head.Party, Anchor: "m-" + strings.NewReplacer("/", "-", " ", "-").Replace(m.Place)}
		for _, p := range m.Agreed {
			one := phraseRead{ID: p.ID, Values: p.Values}
			for _, lang := range []string{v.lang, string(houseLanguage(v.lang)), "en"} {
				if text := p.Texts[lang]; text != "" {
					one.Language, one.Text, one.Standing = lang, text, p.Standing[lang]
					break
				}
			}
			s.Phrases = append(s.Phrases, one)
		}
		out[i] = s
	}
	return out
}

// lineView is one line with what was said on it, the newest last.
type lineView struct {
	lineCard
	Messages []spoken
	Typed    control.SayArgs
	End      control.EndArgs // what this state is about to say of its side, as typed
	Phrases  phraseMenu
	Answered *spoken // what the message that is typed answers; nil: it begins a thread
}

func linePage(v *visit) error {
	a := control.SayArgs{LineArgs: v.lineArgs(), Answers: v.r.URL.Query().Get("answers"), Thread: v.r.URL.Query().Get("thread"), Language: v.lang}
	for _, id := range v.r.URL.Query()["phrase"] {
		a.Agreed = append(a.Agreed, line.Phrase{ID: id})
	}
	return v.line(a, control.EndArgs{}, nil)
}

// line shows the line of the address, with what was typed and what was wrong with it.
func (v *visit) line(typed control.SayArgs, end control.EndArgs, wrong error) error {
	l := lineView{Typed: typed, End: end}
	cards, err := v.lineCards()
	if err != nil {
		return err
	}
	a := v.lineArgs()
	i := slices.IndexFunc(cards, func(c lineCard) bool {
		return c.Line == a.Line && (len(a.With) == 0 || line.KeyOf(a.Line, c.With) == line.KeyOf(a.Line, a.With))
	})
	if i < 0 {
		return errNoPage
	}
	l.lineCard = cards[i]
	var all []control.LineMessage
	if err := v.call("line-messages", control.MessagesArgs{LineArgs: control.LineArgs{Line: l.Line, With: l.With}, Limit: rowsOfPage}, &all); err != nil {
		return err
	}
	slices.Reverse(all)
	l.Messages = v.spoken(all)
	if typed.Answers != "" {
		i := slices.IndexFunc(l.Messages, func(m spoken) bool { return m.Place == typed.Answers })
		if i < 0 {
			return errNoPage
		}
		l.Answered = &l.Messages[i]
	}
	var fits int
	if l.Phrases, fits, err = v.phraseMenu(typed.Agreed); err != nil {
		return err
	}
	if l.Typed.Precedence == 0 {
		l.Typed.Precedence = line.Precedence(fits)
	}
	title := v.t("hotline.title", "name", string(l.Line), "with", namesIn(v.lang, v.head, l.With))
	if wrong != nil {
		return v.again(wrong, "line", title, "", l)
	}
	return v.show("line", title, l)
}

// sayOnLine makes a draft, which another officer clears; or it shows the form again with
// one phrase more or less, or in another order.
func sayOnLine(v *visit) error {
	a := control.SayArgs{LineArgs: v.lineArgs(), Answers: v.text("answers"), Thread: v.text("thread"), Text: v.text("text"), Language: v.text("language"), Agreed: v.agreed(), Discreet: v.text("discreet") != ""}
	n, err := strconv.Atoi(v.text("precedence"))
	a.Precedence, a.Status = line.Precedence(n), act.Status(v.text("status"))
	if all, pressed := v.arranged(a.Agreed); len(all) > line.MaxAgreed {
		return v.line(a, control.EndArgs{}, &control.Error{Code: control.Usage, Message: v.t("hotline.phrase.most", "n", line.MaxAgreed)})
	} else if pressed {
		a.Agreed = all
		return v.line(a, control.EndArgs{}, nil)
	}
	if err != nil || a.Status == "" || a.Text == "" && len(a.Agreed) == 0 {
		return v.line(a, control.EndArgs{}, &control.Error{Code: control.Usage, Message: v.t("hotline.say.wrong")})
	}
	sent := a
	if a.Text == "" {
		sent.Language = ""
	}
	id, err := v.lineDraft("line-say", sent)
	if err != nil {
		return v.line(a, control.EndArgs{}, err)
	}
	return v.redirect("/drafts/"+id+"/review", "line-draft")
}

func callOnLine(v *visit) error {
	a := control.CallArgs{LineArgs: v.lineArgs(), Precedence: line.Immediate, Status: act.Status(v.text("status"))}
	if a.Status != act.Actual && a.Status != act.Exercise {
		return v.line(control.SayArgs{Language: v.lang}, control.EndArgs{}, &control.Error{Code: control.Usage, Message: v.t("hotline.call.wrong")})
	}
	return v.callLine(a, "line-called")
}

func testLine(v *visit) error {
	return v.callLine(control.CallArgs{LineArgs: v.lineArgs(), Test: true, Precedence: line.Timed}, "line-tested")
}

func (v *visit) callLine(a control.CallArgs, done string) error {
	if err := v.call("line-call", a, nil); err != nil {
		return v.line(control.SayArgs{Language: v.lang}, control.EndArgs{}, err)
	}
	return v.redirect(lineAddress(a.Line, a.With, ""), done)
}

// onMessage does something with a message of the line.
func (v *visit) onMessage(verb, done string) error {
	if err := v.call(verb, control.RefArgs{Ref: v.text("of")}, nil); err != nil {
		return v.line(control.SayArgs{Language: v.lang}, control.EndArgs{}, err)
	}
	a := v.lineArgs()
	return v.redirect(lineAddress(a.Line, a.With, ""), done)
}

// onLines is what the desk says of lines.
type onLines struct {
	Any                bool // there is a line
	Needs, Waits, Sent []spoken
	Remarks            []string
	NoPlay             []control.NoPlay
}

func (v *visit) onLines() (onLines, error) {
	var w control.Watch
	if err := v.call("watch", nil, &w); err != nil {
		return onLines{}, err
	}
	return onLines{Any: len(w.Lines) > 0, Needs: v.spoken(w.Needs), Waits: v.spoken(w.Waits), Sent: v.spoken(w.Sent), Remarks: w.Remarks, NoPlay: w.NoPlay}, nil
}

// has reports whether a place is one of the messages.
func has(all []spoken, place string) bool {
	return slices.ContainsFunc(all, func(m spoken) bool { return m.Place == place })
}
