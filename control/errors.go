package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"detente/desk"
	"detente/discreet"
	"detente/docket"
	"detente/home"
	"detente/internal/durable"
	"detente/key"
	"detente/node"
	"detente/phrasebook"
	"detente/portfolio"
	"detente/record"
	"detente/regime"
	"detente/sounding"
)

// Code is the kind of an error, for the exit code and for programs.
type Code string

// The codes; the exit code of each is in the command's help on exit codes.
const (
	Failed       Code = "failed"        // anything else; the sentence says what
	Usage        Code = "usage"         // the command was not understood
	NotFound     Code = "not-found"     // what was named does not exist here
	Permission   Code = "permission"    // sign-in or permission
	Verification Code = "verification"  // what was checked does not hold
	Unreachable  Code = "unreachable"   // peer not reachable; queued
	SecondPerson Code = "second-person" // another officer has to act
	Findings     Code = "findings"      // there are findings: faults of a form, something to mend
	Interrupted  Code = "interrupted"   // by the person at the keyboard
)

// Error is an error as it crosses the door.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// Name names what a page says in other languages than English; empty: Message only.
	Name   string  `json:"name,omitempty"`
	Hint   string  `json:"hint,omitempty"`
	Faults []Fault `json:"faults,omitempty"` // of a form or roster: every one
	// Unread is set where the answer is not known yet since the records are being read.
	Unread *Reading `json:"unread,omitempty"`
}

// Reading is how far the records are read.
type Reading struct {
	Read int64 `json:"read"` // acts
	Of   int64 `json:"of"`
}

func readingOf(r *portfolio.Reading) *Reading { return &Reading{r.Read, r.Of} }

// Fault is one fault of a form or roster.
type Fault struct {
	Where string `json:"where"` // number and name of the field, or place in the roster
	What  string `json:"what"`
	// Texts are What by language, where it is said in more than English.
	Texts  map[regime.Lang]string `json:"texts,omitempty"`
	Do     string                 `json:"do,omitempty"`
	Severe bool                   `json:"severe,omitempty"`
}

// Status is the status of HTTP (RFC 9110) that fits the error.
func (e *Error) Status() int {
	switch e.Code {
	case NotFound:
		return http.StatusNotFound
	case Permission:
		if e.Name == "session" {
			return http.StatusUnauthorized
		}
		if e.Name == "slow" {
			return http.StatusTooManyRequests
		}
		return http.StatusForbidden
	case SecondPerson, Failed:
		return http.StatusConflict
	case Usage, Verification, Findings:
		return http.StatusUnprocessableEntity
	case Unreachable, Interrupted:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Error is the sentence.
func (e *Error) Error() string { return e.Message }

// kinds pairs what a caller may branch on with its code and a hint. The first
// that fits counts.
func kinds() []struct {
	err  error
	name string
	code Code
	hint string
} {
	return []struct {
		err  error
		name string
		code Code
		hint string
	}{
		{desk.ErrSession, "session", Permission, "detente sign-in OFFICER"},
		{desk.ErrSlow, "slow", Permission, ""},
		{desk.ErrSignIn, "sign-in", Permission, ""},
		{desk.ErrRole, "role", Permission, "an admin gives roles: detente officer list"},
		{desk.ErrScope, "scope", Permission, "an officer signs in and does it"},
		{desk.ErrNoToken, "no-token", NotFound, "detente token list"},
		{desk.ErrOtherCall, "other-call", Failed, ""},
		{desk.ErrUnfinished, "unfinished", Failed, ""},
		{desk.ErrDoubted, "passkey-doubted", Permission, ""},
		{desk.ErrPasskey, "passkey", Verification, ""},
		{desk.ErrAddress, "passkey-address", Usage, ""},
		{desk.ErrNoPasskey, "no-passkey", NotFound, ""},
		{desk.ErrLink, "link", Permission, "detente officer link"},
		{desk.ErrFounded, "founded", Permission, "detente officer add ID, or the page of the officers"},
		{desk.ErrLastAdmin, "last-admin", Permission, ""},
		{desk.ErrAuthor, "author", SecondPerson, "another officer signs in and clears it: detente clear ID"},
		{desk.ErrDistinct, "distinct", SecondPerson, "another officer signs in and clears this step"},
		{desk.ErrNotYours, "not-yours", SecondPerson, "detente chain show says who may"},
		{desk.ErrNotCleared, "not-cleared", SecondPerson, "an officer who may clear the open step: detente clear ID"},
		{desk.ErrReference, "reference", Usage, "give the reference of the concurrence: --reference TEXT"},
		{desk.ErrStale, "stale", Failed, "read it again: detente draft show ID"},
		{desk.ErrNotUrgent, "not-urgent", Permission, "detente chain show"},
		{desk.ErrNotSubmitted, "not-submitted", Failed, ""},
		{desk.ErrNothingToClear, "nothing-to-clear", Failed, ""},
		{desk.ErrSent, "sent", Failed, ""},
		{desk.ErrDropped, "dropped", Failed, ""},
		{desk.ErrNoDraft, "no-draft", NotFound, "detente draft list"},
		{desk.ErrNoOfficer, "no-officer", NotFound, "detente officer list"},
		{node.ErrNoSounding, "no-sounding", NotFound, "detente sounding list"},
		{node.ErrNotOpen, "not-open", Failed, "carry its confirmation here: detente sounding take FILE"},
		{node.ErrDiscreetEdition, "discreet-edition", Failed, "the next edition says so: detente roster set DRAFT --discreet"},
		{node.ErrDiscreetAnswer, "discreet-answer", Usage, "say it with --discreet, or give another --thread"},
		{node.ErrDiscreetReturn, "discreet-return", Usage, ""},
		{discreet.ErrTooLong, "discreet-long", Usage, "say it in parts"},
		{node.ErrMoved, "sounding-moved", Failed, "say it there, or begin another: detente sounding begin PARTY"},
		{node.ErrWaiting, "sounding-waiting", Failed, "detente sounding send SESSION, or detente sounding file SESSION --out FILE"},
		{sounding.ErrRefused, "sounding-refused", Verification, ""},
		{desk.ErrNoShift, "no-shift", NotFound, "detente shift show"},
		{desk.ErrSameOfficer, "same-officer", SecondPerson, "name the officer who comes on duty"},
		{node.ErrNoLine, "no-line", NotFound, "detente line list; open this state's side: detente line open NAME --with PARTY"},
		{node.ErrNoMessage, "no-message", NotFound, "detente line messages"},
		{node.ErrNotAcknowledged, "not-acknowledged", Failed, "detente line acknowledge REF"},
		{docket.ErrNone, "no-act", NotFound, "detente statement list"},
		{record.ErrNotHeld, "not-held", NotFound, "detente peer list says what is held"},
		{node.ErrNoContent, "no-content", NotFound, ""},
		{node.ErrNotAddressed, "not-addressed", Permission, ""},
		{node.ErrNotSure, "not-sure", Unreachable, "wait until a peer has answered (detente node run), or if nothing was restored: detente node confirm"},
		{node.ErrNewVolume, "new-volume", Verification, "stop the node, then: detente node new-volume --next FILE"},
		{node.ErrClosed, "closed", Unreachable, "start it again: detente node run"},
		{home.ErrNoHome, "", NotFound, "make one: detente init --home DIR --name PARTY; or name it: --home DIR, DETENTE_HOME"},
		{home.ErrNoRoster, "no-roster", Failed, "detente roster adopt FILE"},
		{home.ErrOwnCard, "", Verification, ""},
		{home.ErrRestored, "restored", Failed, "detente node new-volume --next FILE"},
		{home.ErrNeedsPassphrase, "", Permission, "give it at the prompt or by --unlock-passphrase-file FILE"},
		{key.ErrPassphrase, "", Permission, ""},
		{durable.ErrLocked, "", Failed, "another detente has this home open; wait until it is done"},
		{context.Canceled, "", Interrupted, ""},
		{fs.ErrPermission, "", Permission, "run it under the account that owns the home"},
		{fs.ErrNotExist, "", NotFound, ""},
	}
}

// formFaults are the faults of a form, each by its numbered field.
func formFaults(faults []regime.Fault) []Fault {
	out := []Fault{}
	for _, f := range faults {
		out = append(out, Fault{Where: f.Number + " " + f.Field, What: f.Text[regime.English], Texts: f.Text})
	}
	return out
}

// ErrorOf is an error as it crosses the door.
func ErrorOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	e = &Error{Code: Failed, Message: strings.ReplaceAll(err.Error(), "\n", "; ")}
	var faults *node.FaultsError
	if errors.As(err, &faults) {
		e.Code = Findings
		e.Faults = formFaults(faults.Faults)
		e.Hint = "mend the fields named; detente form show ID says what each asks for"
		return e
	}
	var blanks *phrasebook.FaultsError
	if errors.As(err, &blanks) {
		e.Code, e.Hint = Findings, "detente phrase show "+blanks.Phrase
		for _, f := range blanks.Faults {
			e.Faults = append(e.Faults, Fault{Where: f.Slot, What: f.What})
		}
		return e
	}
	var refused *home.RefusedError
	if errors.As(err, &refused) {
		e.Code = Verification
		for _, f := range refused.Faults {
			e.Faults = append(e.Faults, Fault{Where: f.Where, What: f.What, Do: f.Do, Severe: f.Severe})
		}
		return e
	}
	if durable.IsFull(err) {
		e.Hint = "the disk is full: make room; nothing that was confirmed is lost"
		return e
	}
	if r, ok := errors.AsType[*portfolio.Reading](err); ok {
		e.Code, e.Name, e.Unread = Unreachable, "reading", readingOf(r)
		return e
	}
	var trail *desk.TrailError
	if errors.As(err, &trail) {
		e.Code = Verification
		return e
	}
	for _, k := range kinds() {
		if errors.Is(err, k.err) {
			e.Code, e.Hint, e.Name = k.code, k.hint, k.name
			break
		}
	}
	return e
}

// named is e with a name, for pages in other languages.
func (e *Error) named(name string) *Error {
	e.Name = name
	return e
}

func refuse(code Code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
