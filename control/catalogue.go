package control

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"detente/desk"
	"detente/exercise"
)

// Verb is what the interface for programs says of a verb.
type Verb struct {
	Name   string
	Args   reflect.Type // a struct
	Answer reflect.Type // nil: nothing, or what the sentence of the verb says
	Scope  desk.Scope   // that a program needs; empty: people only
	Writes bool         // it may change something
	Stream Stream
	// Named reports whether a caller may name the call, so that it is done once. One
	// whose arguments or answer are a secret, or said off the record, may not be: both
	// are kept for a while.
	Named bool
}

// Stream is whether a verb reads or writes a file beside its arguments.
type Stream string

// Streams.
const (
	NoFile   Stream = ""
	ReadsIn  Stream = "in"
	WritesUp Stream = "out"
)

func streamOf(verb string) Stream {
	switch verb {
	case "import", "import-look", "note-scan", "pack-keep", "verify":
		return ReadsIn
	case "export", "prove", "backup", "note-file", "print", "evidence-file", "alert", "document-file":
		return WritesUp
	}
	return NoFile
}

// answers are the types of what verbs answer.
func answers() map[string]any {
	return map[string]any{
		"status": Status{}, "doctor": []Finding{}, "peer-list": []Peer{}, "observations": []Observation{},
		"sign-in": SignedIn{}, "sign-in-agent": SignedIn{}, "challenge": Challenge{}, "officer-list": []Officer{}, "officer-add": Officer{},
		"officer-set": Officer{}, "officer-invite": Link{}, "officer-link": Link{}, "founded": Founded{}, "link-show": LinkFor{}, "link-take": SignedIn{}, "first-take": SignedIn{},
		"passkey-list": []Passkey{}, "passkey-begin": PasskeyOptions{}, "passkey-add": Passkey{}, "passkey-challenge": PasskeyOptions{}, "sign-in-passkey": SignedIn{},
		"token-issue": Token{}, "token-list": []Token{}, "chain-show": desk.Chain{},
		"draft-list": []DraftLine{}, "draft-show": Draft{}, "statement-list": []Line{}, "statement-show": Statement{},
		"due": Due{}, "why": []Item{}, "quota": []Account{}, "matrix": []Cell{}, "report": Report{}, "roster-status": []Edition{}, "thread-show": Thread{}, "receipts": []Receipt{}, "forms": []FormLine{}, "masthead": Masthead{}, "overview": Overview{}, "watch": Watch{},
		"line-list": []LineView{}, "incident-list": Incidents{}, "visit-list": []Visit{}, "document-list": []Document{}, "incident-show": Incident{}, "hours-list": []PartyHours{}, "alerts": Alerts{}, "instructions-show": HouseWatch{}, "exercise-list": []Exercise{}, "exercise-report": exercise.Report{}, "texts-adopt": Adopted{}, "card-show": Card{}, "card-look": Card{}, "roster-look": RosterLook{},
	}
}

// Verbs lists the verbs of the door that a program may be told of, by name: all but
// those that hand out what a machine keeps for itself.
func Verbs() []Verb {
	known, of := table(), answers()
	var out []Verb
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if name == "backup" || name == "rebuild" || name == "first-link" {
			continue
		}
		v := Verb{Name: name, Args: known[name].args, Scope: ScopeOf(name), Writes: known[name].writes, Stream: streamOf(name)}
		v.Named = v.Writes && v.Stream == NoFile && !secret(name)
		if a, ok := of[name]; ok {
			v.Answer = reflect.TypeOf(a)
		}
		out = append(out, v)
	}
	return out
}

// secret reports whether the arguments or the answer of a verb are a secret, or said
// off the record.
func secret(verb string) bool {
	if strings.HasPrefix(verb, "sounding-") {
		return true
	}
	switch verb {
	case "token-issue", "officer-add", "officer-passphrase", "officer-invite", "officer-link", "first-link", "first-take", "link-take", "passkey-end":
		return true
	}
	return false
}

// Anybody reports whether a verb asks for no session: those that begin one or end it.
func Anybody(verb string) bool { return anybody(verb) }
