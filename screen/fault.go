package screen

import (
	"errors"
	"net/http"
	"net/url"

	"detente/control"
	"detente/regime"
)

// What a page refuses by itself, before a verb is asked.
var (
	errNoPage    = errors.New("no such page")
	errNoSession = errors.New("no session")
	errFormer    = errors.New("the form is of the session before")
	errElsewhere = errors.New("the form does not come from a page of this session")
	errForm      = errors.New("the form cannot be read")
	errTooLarge  = errors.New("the form is too large")
	errMoment    = errors.New("neither a day nor a moment")
	errProgram   = errors.New("a fault of the program")
)

// fault is an error as a page shows it.
type fault struct {
	Status   int
	Code     control.Code
	Sentence string // in the language of the page
	Detail   string // as the program says it, in English; empty: the sentence says all
	Do       string // what to do; empty: nothing more to say
	Faults   []fieldFault
	Again    bool // the page is asked for again by itself: what it shows is being read
}

// fieldFault is one fault of a form, with the way to its field.
type fieldFault struct {
	Where, What, Link string
}

// faultOf turns an error into what a page shows of it.
func (v *visit) faultOf(err error) *fault {
	own := func(status int, key string) *fault {
		f := &fault{Status: status, Sentence: v.t("fault." + key)}
		if do := "fault." + key + ".do"; sentences.Has(do) {
			f.Do = v.t(do)
		}
		return f
	}
	switch {
	case errors.Is(err, errNoPage):
		return own(http.StatusNotFound, "no-page")
	case errors.Is(err, errNoSession):
		return own(http.StatusUnauthorized, "no-session")
	case errors.Is(err, errElsewhere):
		return own(http.StatusForbidden, "elsewhere")
	case errors.Is(err, errForm):
		return own(http.StatusUnprocessableEntity, "form")
	case errors.Is(err, errMoment):
		return own(http.StatusUnprocessableEntity, "moment")
	case errors.Is(err, errTooLarge):
		return own(http.StatusRequestEntityTooLarge, "too-large")
	case errors.Is(err, errProgram):
		return own(http.StatusInternalServerError, "program")
	}
	var e *control.Error
	if !errors.As(err, &e) {
		v.site.Log.Error("page", "path", v.r.URL.Path, "reason", err.Error())
		return own(http.StatusInternalServerError, "program")
	}
	f := &fault{Status: e.Status(), Code: e.Code, Sentence: e.Message, Do: e.Hint}
	if e.Unread != nil {
		f.Sentence, f.Do, f.Again = v.t("refused.reading", "n", e.Unread.Read, "of", e.Unread.Of), "", true
	} else if key := "refused." + e.Name; e.Name != "" && sentences.Has(key) {
		f.Sentence, f.Do, f.Detail = v.t(key), "", e.Message
	}
	for _, one := range e.Faults {
		f.Faults = append(f.Faults, fieldFault{Where: one.Where, What: v.whatOf(one)})
	}
	if len(f.Faults) > 0 {
		f.Sentence, f.Do = v.t("fault.fields", "n", len(f.Faults)), ""
	}
	return f
}

// whatOf is the sentence of a fault of a form in the language of the page.
func (v *visit) whatOf(f control.Fault) string {
	if s := f.Texts[regime.Lang(v.lang)]; s != "" {
		return s
	}
	return f.What
}

// fault answers with a page that says what happened, what is kept and what to do;
// without a session it is the page of the sign-in, which leads back.
func (v *visit) fault(err error) {
	if errors.Is(err, errFormer) {
		if err = v.resume(v.r.URL.Path, keptOf(v.form)); err == nil {
			return
		}
	}
	f := v.faultOf(err)
	if f.Status == http.StatusUnauthorized {
		if v.r.Method == http.MethodPost {
			v.signInWith(v.r.URL.Path, v.form)
			return
		}
		to := "/sign-in"
		if here := v.r.URL.RequestURI(); here != "/" && local(here) {
			to += "?then=" + url.QueryEscape(here)
		}
		http.Redirect(v.w, v.r, to, http.StatusSeeOther)
		return
	}
	title := v.t("fault.title")
	if err := v.render(f.Status, "fault", frame{Title: title, Fault: f}); err != nil {
		v.site.Log.Error("page of a fault", "reason", err.Error())
		http.Error(v.w, title, http.StatusInternalServerError)
	}
}
