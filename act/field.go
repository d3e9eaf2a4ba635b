package act

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/internal/canon"
	"detente/party"
)

// field numbers the fields in the order in which they are written.
type field int

const (
	fGroup field = iota
	fEdition
	fKind
	fStatus
	fTo
	fSerial
	fThread
	fAnswers
	fFor
	fLife
	fTouches
	fMeasure
	fPack
	fRole
	fHandling
	fPost
	fClaimed
	fLanguage
	fOriginator
	fReleasable
	fDowngrade
	fEmbargo
	fNote
	fChannel
	fOn
	fSealed
	fClear
	fPayload
	fieldCount
)

// set is a set of fields, one bit each.
type set uint32

func of(fields ...field) set {
	var s set
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

// first is the lowest field of a set that is not empty.
func (s set) first() field { return field(bits.TrailingZeros32(uint32(s))) }

// present is the set of fields that a carries.
func (a *Act) present() set {
	var s set
	for f := range rows {
		if rows[f].has(a) {
			s |= 1 << f
		}
	}
	return s
}

// row is how one field is recognised, written, read and checked. Read accepts
// exactly the values that pass check and that write writes.
type row struct {
	name  string
	has   func(a *Act) bool
	write func(out []byte, a *Act) []byte
	read  func(a *Act, s string) error
	check func(a *Act) error
}

// rows is the table of fields; spec/act.md shows the same table.
var rows = [fieldCount]row{
	fGroup:      {"group", hasGroup, writeGroup, readGroup, checkNothing},
	fEdition:    {"edition", hasEdition, writeEdition, readEdition, checkEdition},
	fKind:       text("kind", func(a *Act) *Kind { return &a.Kind }, checkKindName),
	fStatus:     text("status", func(a *Act) *Status { return &a.Status }, oneOf("actual", "exercise", "test")),
	fTo:         {"to", hasTo, writeTo, readTo, checkTo},
	fSerial:     {"serial", hasSerial, writeSerial, readSerial, checkSerial},
	fThread:     text("thread", func(a *Act) *string { return &a.Thread }, checkToken),
	fAnswers:    {"answers", hasAnswers, writeAnswers, readAnswers, checkAnswers},
	fFor:        text("for", func(a *Act) *party.ID { return &a.For }, checkID),
	fLife:       text("life", func(a *Act) *Life { return &a.Life }, oneOf("new", "update", "correction", "cancellation", "withdrawal", "issued-in-error")),
	fTouches:    {"touches", hasTouches, writeTouches, readTouches, checkTouches},
	fMeasure:    text("measure", func(a *Act) *string { return &a.Measure }, checkMeasure),
	fPack:       {"pack", hasPack, writePack, readPack, checkNothing},
	fRole:       text("role", func(a *Act) *string { return &a.Role }, oneOf("record", "witness", "mirror", "sealing", "transport")),
	fHandling:   text("handling", func(a *Act) *string { return &a.Handling }, checkToken),
	fPost:       text("post", func(a *Act) *party.Post { return &a.Post }, checkPost),
	fClaimed:    moment("claimed", func(a *Act) *time.Time { return &a.Claimed }),
	fLanguage:   text("language", func(a *Act) *string { return &a.Language }, checkLanguage),
	fOriginator: text("originator", func(a *Act) *string { return &a.Originator }, checkToken),
	fReleasable: text("releasable", func(a *Act) *string { return &a.Releasable }, checkToken),
	fDowngrade:  moment("downgrade", func(a *Act) *time.Time { return &a.Downgrade }),
	fEmbargo:    moment("embargo", func(a *Act) *time.Time { return &a.Embargo }),
	fNote:       text("note", func(a *Act) *string { return &a.Note }, checkToken),
	fChannel:    text("channel", func(a *Act) *string { return &a.Channel }, oneOf(ByNote, ByMail, ByTelephone, ByEmbassy)),
	fOn:         moment("on", func(a *Act) *time.Time { return &a.On }),
	fSealed:     blob("ciphertext", func(a *Act) *Blob { return &a.Sealed }, false),
	fClear:      blob("clear", func(a *Act) *Blob { return &a.Clear }, true),
	fPayload:    text("payload", func(a *Act) *string { return &a.PayloadType }, checkMediaType),
}

// text is a field that is one word under a grammar.
func text[T ~string](name string, at func(a *Act) *T, check func(s string) error) row {
	return row{
		name:  name,
		has:   func(a *Act) bool { return *at(a) != "" },
		write: func(out []byte, a *Act) []byte { return append(out, *at(a)...) },
		read: func(a *Act, s string) error {
			*at(a) = T(s)
			return check(s)
		},
		check: func(a *Act) error { return check(string(*at(a))) },
	}
}

// moment is a field that is a time in whole seconds, UTC.
func moment(name string, at func(a *Act) *time.Time) row {
	return row{
		name:  name,
		has:   func(a *Act) bool { return !at(a).IsZero() },
		write: func(out []byte, a *Act) []byte { return append(out, canon.FormatTime(*at(a))...) },
		read: func(a *Act, s string) (err error) {
			*at(a), err = canon.ParseTime(s)
			return err
		},
		check: func(a *Act) error { return checkTime(*at(a)) },
	}
}

// blob is a field that points at bytes beside the record.
func blob(name string, at func(a *Act) *Blob, typed bool) row {
	return row{
		name:  name,
		has:   func(a *Act) bool { return !at(a).IsZero() },
		write: func(out []byte, a *Act) []byte { return at(a).append(out) },
		read: func(a *Act, s string) (err error) {
			*at(a), err = parseBlob(s, typed)
			return err
		},
		check: func(a *Act) error { return at(a).check(typed) },
	}
}

func checkNothing(*Act) error { return nil }

func hasGroup(a *Act) bool                 { return !a.Group.IsZero() }
func writeGroup(out []byte, a *Act) []byte { return append(out, a.Group.String()...) }
func readGroup(a *Act, s string) (err error) {
	a.Group, err = party.ParseGroup(s)
	return nonZero(err, hasGroup(a))
}
func hasPack(a *Act) bool                 { return !a.Pack.IsZero() }
func writePack(out []byte, a *Act) []byte { return append(out, a.Pack.String()...) }
func readPack(a *Act, s string) (err error) {
	a.Pack, err = canon.ParseDigest(s)
	return nonZero(err, hasPack(a))
}
func hasAnswers(a *Act) bool                   { return !a.Answers.IsZero() }
func writeAnswers(out []byte, a *Act) []byte   { return append(out, a.Answers.String()...) }
func readAnswers(a *Act, s string) (err error) { a.Answers, err = ParseRef(s); return err }
func checkAnswers(a *Act) error                { return a.Answers.check() }

func nonZero(err error, has bool) error {
	if err == nil && !has {
		return errors.New("is all zeros")
	}
	return err
}

// The edition is always written: 0 has a meaning.
func hasEdition(*Act) bool { return true }

func writeEdition(out []byte, a *Act) []byte { return strconv.AppendInt(out, int64(a.Edition), 10) }

func readEdition(a *Act, s string) error {
	n, err := canon.ParseDecimal(s, MaxEdition)
	a.Edition = int(n)
	return err
}

func checkEdition(a *Act) error {
	if a.Edition < 0 || a.Edition > MaxEdition {
		return fmt.Errorf("is %d, which is not between 0 and %d", a.Edition, MaxEdition)
	}
	return nil
}

// everyone is how "to all" is written; no addressee may bear the name.
const everyone = "all"

func hasTo(a *Act) bool { return a.ToAll || len(a.To) > 0 }

func writeTo(out []byte, a *Act) []byte {
	if a.ToAll {
		return append(out, everyone...)
	}
	for i, id := range a.To {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, id...)
	}
	return out
}

func readTo(a *Act, s string) error {
	if s == everyone {
		a.ToAll = true
		return nil
	}
	n := strings.Count(s, ",") + 1
	if n > MaxAddressees {
		return fmt.Errorf("names %d parties, more than %d", n, MaxAddressees)
	}
	a.To = make([]party.ID, 0, n)
	for id := range strings.SplitSeq(s, ",") {
		a.To = append(a.To, party.ID(id))
	}
	return checkTo(a)
}

func checkTo(a *Act) error {
	if a.ToAll {
		if len(a.To) > 0 {
			return errors.New("is both all and a list")
		}
		return nil
	}
	if len(a.To) > MaxAddressees {
		return fmt.Errorf("names %d parties, more than %d", len(a.To), MaxAddressees)
	}
	for i, id := range a.To {
		if err := checkID(string(id)); err != nil {
			return err
		}
		if slices.Contains(a.To[:i], id) {
			return fmt.Errorf("names %s twice", id)
		}
	}
	return nil
}

func hasSerial(a *Act) bool { return len(a.Serial) > 0 }

func writeSerial(out []byte, a *Act) []byte {
	for i, id := range a.To {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, id...)
		out = append(out, '=')
		out = strconv.AppendInt(out, a.Serial[id], 10)
	}
	return out
}

// readSerial expects the addressees of the to line above, in their order.
func readSerial(a *Act, s string) error {
	if len(a.To) == 0 {
		return errors.New("numbers no addressees; to is not a list")
	}
	a.Serial = make(map[party.ID]int64, len(a.To))
	for i, id := range a.To {
		entry, rest, more := strings.Cut(s, ",")
		if more == (i == len(a.To)-1) {
			return errors.New("does not number each addressee once")
		}
		name, number, ok := strings.Cut(entry, "=")
		if !ok || name != string(id) {
			return fmt.Errorf("does not number %s where to names it", id)
		}
		n, err := canon.ParseDecimal(number, MaxSerial)
		if err != nil {
			return err
		}
		a.Serial[id] = int64(n)
		s = rest
	}
	return checkSerial(a)
}

func checkSerial(a *Act) error {
	if a.ToAll || len(a.Serial) != len(a.To) {
		return errors.New("does not number each addressee once")
	}
	for _, id := range a.To {
		if n := a.Serial[id]; n < 1 || n > MaxSerial {
			return fmt.Errorf("has %d for %s, which is not between 1 and %d", n, id, int64(MaxSerial))
		}
	}
	return nil
}

func hasTouches(a *Act) bool { return len(a.Touches) > 0 }

func writeTouches(out []byte, a *Act) []byte {
	return append(out, strings.Join(a.Touches, ",")...)
}

func readTouches(a *Act, s string) error {
	if n := strings.Count(s, ",") + 1; n > MaxTouches {
		return fmt.Errorf("names %d fields, more than %d", n, MaxTouches)
	}
	a.Touches = strings.Split(s, ",")
	return checkTouches(a)
}

func checkTouches(a *Act) error {
	if len(a.Touches) > MaxTouches {
		return fmt.Errorf("names %d fields, more than %d", len(a.Touches), MaxTouches)
	}
	for i, s := range a.Touches {
		if err := checkTouch(s); err != nil {
			return err
		}
		if slices.Contains(a.Touches[:i], s) {
			return fmt.Errorf("names field %s twice", s)
		}
	}
	return nil
}
