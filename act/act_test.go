package act

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

func TestBytesIsWhatThePageShows(t *testing.T) {
	a := typical()
	a.Handling, a.Post, a.Language = "", "", ""
	got, err := a.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := `detente-act/v1
group 5f0102030405060708090a0b0c0d0e0f
edition 1
kind statement
status exercise
to borovia,cintra,dovania,elbria
serial borovia=1,cintra=1,dovania=7,elbria=12
thread ALA/2026/17
life new
measure cica.2.1.1d
claimed 2026-11-23T14:04:00Z
ciphertext ` + canon.DigestOf([]byte("blob")).String() + ` 12345

`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCheckNamesTheField(t *testing.T) {
	many := make([]party.ID, MaxAddressees+1)
	for i := range many {
		many[i] = party.ID(fmt.Sprintf("p%d", i))
	}
	touches := make([]string, MaxTouches+1)
	for i := range touches {
		touches[i] = fmt.Sprint(i)
	}
	for _, c := range []struct {
		name  string
		base  string
		edit  func(a *Act)
		field string
	}{
		{"no kind", "delivered", func(a *Act) { a.Kind = "" }, "kind"},
		{"no status", "delivered", func(a *Act) { a.Status = "" }, "status"},
		{"negative edition", "delivered", func(a *Act) { a.Edition = -1 }, "edition"},
		{"large edition", "delivered", func(a *Act) { a.Edition = MaxEdition + 1 }, "edition"},
		{"all and a list", "statement-sealed", func(a *Act) { a.ToAll = true }, "to"},
		{"sealed to all", "statement-sealed", func(a *Act) { a.To, a.Serial, a.ToAll = nil, nil, true }, "to"},
		{"sealed to none", "statement-private", func(a *Act) { a.Payload, a.PayloadType, a.Sealed = nil, "", testBlob("") }, "to"},
		{"too many addressees", "statement-sealed", func(a *Act) { a.To, a.Serial = many, nil }, "to"},
		{"addressee twice", "statement-sealed", func(a *Act) { a.To[1] = a.To[0] }, "to"},
		{"bad name", "statement-sealed", func(a *Act) { a.To[1] = "Cintra" }, "to"},
		{"receipt to none", "delivered", func(a *Act) { a.To = nil }, "to"},
		{"receipt to none, private", "delivered", func(a *Act) { a.To, a.Edition = nil, 0 }, "to"},
		{"serial of a stranger", "acknowledged", func(a *Act) { a.Serial = map[party.ID]int64{"cintra": 1} }, "serial"},
		{"serial too large", "acknowledged", func(a *Act) { a.Serial["alatau"] = MaxSerial + 1 }, "serial"},
		{"serial beyond the list", "acknowledged", func(a *Act) { a.Serial["cintra"] = 1 }, "serial"},
		{"serial of none", "delivered", func(a *Act) { a.To, a.Edition, a.Serial = nil, 0, map[party.ID]int64{"cintra": 1} }, "serial"},
		{"index too large", "delivered", func(a *Act) { a.Answers.Index = MaxIndex + 1 }, "answers"},
		{"negative index", "delivered", func(a *Act) { a.Answers.Index = -1 }, "answers"},
		{"bad origin", "delivered", func(a *Act) { a.Answers.Origin = "alatau" }, "answers"},
		{"bad for", "entered", func(a *Act) { a.For = "F" }, "for"},
		{"too many touches", "statement-full", func(a *Act) { a.Touches = touches }, "touches"},
		{"bad touch", "statement-full", func(a *Act) { a.Touches = []string{"5", "a-b"} }, "touches"},
		{"long touch", "statement-full", func(a *Act) { a.Touches = []string{strings.Repeat("1", MaxTouch+1)} }, "touches"},
		{"long measure", "statement-sealed", func(a *Act) { a.Measure = strings.Repeat("a", MaxMeasure+1) }, "measure"},
		{"newline in a token", "statement-sealed", func(a *Act) { a.Handling = "A\nnote 1" }, "handling"},
		{"long token", "statement-sealed", func(a *Act) { a.Handling = strings.Repeat("a", MaxToken+1) }, "handling"},
		{"post of a person", "statement-sealed", func(a *Act) { a.Post = "A. Person" }, "post"},
		{"half a second", "statement-sealed", func(a *Act) { a.Claimed = a.Claimed.Add(time.Second / 2) }, "claimed"},
		{"before 1970", "statement-sealed", func(a *Act) { a.Claimed = time.Unix(-1, 0) }, "claimed"},
		{"year 10000", "statement-sealed", func(a *Act) { a.Claimed = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "claimed"},
		{"language", "statement-sealed", func(a *Act) { a.Language = "en-" }, "language"},
		{"long language", "statement-sealed", func(a *Act) { a.Language = "en" + strings.Repeat("-latin", 6) }, "language"},
		{"blob without digest", "returned", func(a *Act) { a.Sealed.Digest = canon.Digest{} }, "ciphertext"},
		{"ciphertext with a type", "returned", func(a *Act) { a.Sealed.Type = "text/plain" }, "ciphertext"},
		{"blob too large", "returned", func(a *Act) { a.Sealed.Size = MaxBlob + 1 }, "ciphertext"},
		{"blob type", "entered", func(a *Act) { a.Clear.Type = "PDF" }, "clear"},
		{"long media type", "entered", func(a *Act) { a.Clear.Type = "a/" + strings.Repeat("b", MaxMediaType) }, "clear"},
		{"media type of three parts", "entered", func(a *Act) { a.Clear.Type = "a/b/c" }, "clear"},
		{"payload without type", "delivered", func(a *Act) { a.Payload = []byte("x") }, "payload"},
		{"type without payload", "contested", func(a *Act) { a.Payload = nil }, "payload"},
		{"clear beside payload", "contested", func(a *Act) { a.Clear = testBlob("text/plain") }, "payload"},
		{"entered without content", "entered", func(a *Act) { a.Clear = Blob{} }, "ciphertext"},
		{"cancellation of nothing", "statement-withdrawal", func(a *Act) { a.Life, a.Answers = Cancellation, Ref{} }, "answers"},
		{"life of an entered statement", "entered", func(a *Act) { a.Life = Update }, "thread"},
		{"key act of another format", "key-record", func(a *Act) { a.PayloadType = "text/plain" }, "payload"},
		{"key act without payload", "key-record", func(a *Act) { a.PayloadType, a.Payload = "", nil }, "payload"},
		{"cosignatures of another format", "key-witness", func(a *Act) { a.Clear.Type = "text/plain" }, "clear"},
		{"cosignatures of a record key", "key-witness", func(a *Act) { a.Role = "record" }, "clear"},
		{"volume of another format", "volume", func(a *Act) { a.PayloadType = "text/plain" }, "payload"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := goodActs()[c.base]
			c.edit(a)
			var fe *FormatError
			if err := a.Check(); !errors.As(err, &fe) || fe.Field != c.field || fe.Line != 0 {
				t.Errorf("got %v, want a fault of field %s", err, c.field)
			}
			if b, err := a.Bytes(); err == nil || b != nil {
				t.Errorf("Bytes wrote %q", b)
			}
		})
	}
}

// Every kind with every field that it may not carry, and without every field
// that it needs.
func TestKindsCarryWhatTheTableSays(t *testing.T) {
	full := goodActs()["statement-full"]
	for name, good := range goodActs() {
		for f := range rows {
			a := *good
			r := ruleOf(a.Kind)
			switch allowed := head | r.need | r.may; {
			case allowed&of(field(f)) != 0:
				continue
			case field(f) == fSerial:
				continue // without a list it is refused for another reason
			}
			setField(&a, full, field(f))
			var fe *FormatError
			if err := a.Check(); !errors.As(err, &fe) || fe.Field != rows[f].name {
				t.Errorf("%s with %s: got %v", name, rows[f].name, err)
			}
		}
	}
}

func setField(a, from *Act, f field) {
	switch f {
	case fFor:
		a.For = "faronia"
	case fChannel:
		a.Channel = ByNote
	case fOn:
		a.On = at
	case fRole:
		a.Role = "record"
	case fClear:
		a.Clear = testBlob("text/plain")
	case fPayload:
		a.PayloadType, a.Payload = "text/plain", []byte("x")
	default:
		var buf []byte
		buf = rows[f].write(buf, from)
		if err := rows[f].read(a, string(buf)); err != nil {
			panic(err)
		}
	}
}

func TestSizeBound(t *testing.T) {
	a := goodActs()["statement-payload"]
	b, err := a.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	a.Payload = bytes.Repeat([]byte{'x'}, MaxSize-len(b)+len(a.Payload))
	if b, err = a.Bytes(); err != nil || len(b) != MaxSize {
		t.Fatalf("an act of the largest size: %d bytes, %v", len(b), err)
	}
	if _, err := Parse(b); err != nil {
		t.Error(err)
	}
	var fe *FormatError
	if _, err := Parse(append(b, 'x')); !errors.As(err, &fe) {
		t.Errorf("one byte more: %v", err)
	}
	a.Payload = append(a.Payload, 'x')
	if _, err := a.Bytes(); !errors.As(err, &fe) {
		t.Errorf("one byte more: %v", err)
	}
}

// The largest lists that the bounds allow still fit an act.
func TestBoundsFitTogether(t *testing.T) {
	a := goodActs()["statement-full"]
	a.To, a.Serial, a.Touches = nil, map[party.ID]int64{}, nil
	for i := range MaxAddressees {
		id := party.ID(fmt.Sprintf("%s%03d", strings.Repeat("p", 29), i))
		a.To = append(a.To, id)
		a.Serial[id] = MaxSerial
	}
	for i := range MaxTouches {
		a.Touches = append(a.Touches, fmt.Sprintf("%s%03d", strings.Repeat("9", MaxTouch-4), i))
	}
	b, err := a.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(b); err != nil {
		t.Error(err)
	}
}

func TestParseKeepsNothing(t *testing.T) {
	b, err := goodActs()["statement-payload"].Bytes()
	if err != nil {
		t.Fatal(err)
	}
	in := bytes.Clone(b)
	a, err := Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	clear(in)
	if again, err := a.Bytes(); err != nil || !bytes.Equal(again, b) {
		t.Errorf("the act changed with its source: %q, %v", again, err)
	}
}

func TestOutsideDigest(t *testing.T) {
	a := typical()
	sealed, err := a.OutsideDigest()
	if err != nil {
		t.Fatal(err)
	}
	a.Sealed.Size++
	if again, _ := a.OutsideDigest(); again != sealed {
		t.Error("the digest depends on the ciphertext")
	}
	a.Sealed = Blob{}
	if before, err := a.OutsideDigest(); err != nil || before != sealed {
		t.Errorf("the digest differs before sealing (%v)", err)
	}
	b, err := a.Bytes()
	if err != nil || canon.DigestOf(b) != sealed {
		t.Errorf("the digest is not that of the bytes without the ciphertext line (%v)", err)
	}
	a.Thread = "ALA/2026/18"
	if other, _ := a.OutsideDigest(); other == sealed {
		t.Error("the digest does not depend on the thread")
	}
	a.Thread = "ALA 2026"
	if _, err := a.OutsideDigest(); err == nil {
		t.Error("an act that Check refuses has a digest")
	}
	// An entered statement needs content, which is still to be sealed.
	e := goodActs()["entered"]
	e.To, e.ToAll, e.Clear = []party.ID{"borovia"}, false, Blob{}
	if _, err := e.OutsideDigest(); err != nil {
		t.Error(err)
	}
}

func TestWhoIsAddressed(t *testing.T) {
	a := typical()
	if !a.Addressed("cintra") || a.Addressed("faronia") {
		t.Error("Addressed does not follow the list")
	}
	if a.Stanza("borovia") != 0 || a.Stanza("elbria") != 3 || a.Stanza("faronia") != -1 {
		t.Error("Stanza does not follow the list")
	}
	all := goodActs()["adoption"]
	if !all.Addressed("faronia") || all.Stanza("faronia") != -1 {
		t.Error("all are addressed, without stanzas")
	}
}

func TestClassesOfKinds(t *testing.T) {
	for _, k := range Kinds() {
		a := &Act{Kind: k}
		receipt := k == Delivered || k == Acknowledged || k == Returned
		state := k == Adoption || k == KeyChange || k == Suspension || k == Resumption || k == Volume || k == Misconduct
		if a.IsReceipt() != receipt || a.IsGroupState() != state {
			t.Errorf("%s: receipt %t, group state %t", k, a.IsReceipt(), a.IsGroupState())
		}
	}
	if (&Act{Kind: "heads"}).IsGroupState() {
		t.Error("a reserved kind is not group state")
	}
}

func TestRef(t *testing.T) {
	r := testRef()
	got, err := ParseRef(r.String())
	if err != nil || got != r {
		t.Fatalf("got %v, %v", got, err)
	}
	hash := r.Leaf.String()
	// The final character of the hash carries two unused bits.
	loose := hash[:42] + string(hash[42]+1) + "="
	for _, s := range []string{
		"", "alatau/1f2e3d4c", "alatau/1f2e3d4c 1", "alatau 1 " + hash, "alatau/1f2e3d4c 01 " + hash,
		"alatau/1f2e3d4c 9007199254740992 " + hash, "alatau/1f2e3d4c 1 " + hash + " ", "alatau/1f2e3d4c 1 " + hash[:43],
		"alatau/1f2e3d4c 1 " + loose, "alatau/1f2e3d4c 1 " + hash[:42] + "\n=",
		"alatau/1f2e3d4c 1 " + hash[:20] + "\n" + hash[20:], "alatau/1f2e3d4c 1 " + hash + hash,
		"alatau/1f2e3d4c 1 " + strings.Repeat("A", 44),
	} {
		if got, err := ParseRef(s); err == nil {
			t.Errorf("%q was read as %v", s, got)
		}
	}
	if (Ref{}).IsZero() != true || r.IsZero() {
		t.Error("IsZero")
	}
}

func TestLeafHashIsRFC6962(t *testing.T) {
	if LeafHash([]byte("x")) != tlog.RecordHash([]byte("x")) {
		t.Error("another hash")
	}
}

func TestFormatErrorSaysThePlace(t *testing.T) {
	for want, e := range map[string]*FormatError{
		"act: line 7, field to: is missing": {7, "to", "is missing"},
		"act: field to: is missing":         {0, "to", "is missing"},
		"act: line 7: is missing":           {7, "", "is missing"},
		"act: is missing":                   {0, "", "is missing"},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e.Error(), want)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"statement-sealed", "statement-full", "delivered"} {
		text, err := goodActs()[name].Bytes()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBytes(b *testing.B) {
	a := typical()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

// What is wrong with an act is shown on terminals, in logs and in proofs of
// misconduct: no byte of a foreign field name gets there as it is.
func TestFaultShowsNoForeignControl(t *testing.T) {
	for _, name := range []string{"\x1b[2Jgroup", "group\r", "\u202eord", "a\xff", "gro\u2028up"} {
		_, err := Parse([]byte("detente-act/v1\n" + name + " x\n\n"))
		if err == nil {
			t.Fatalf("%q: accepted", name)
		}
		for _, r := range err.Error() {
			if r == utf8.RuneError || !unicode.IsPrint(r) {
				t.Errorf("%q: the fault has %q: %q", name, r, err.Error())
			}
		}
	}
}
