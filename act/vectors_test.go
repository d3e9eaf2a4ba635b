package act

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

var update = flag.Bool("update", false, "write spec/vectors/act and the tables in spec/act.md")

const vectorDir = "../spec/vectors/act"

// goodVector is an act with what another implementation must compute from it.
type goodVector struct {
	File    string `json:"file"`
	Leaf    string `json:"leaf"`    // record hash, base64
	Outside string `json:"outside"` // outside digest
}

// badVector is an entry with the place of its fault; Version marks an entry
// that is set aside. Line 0: the fault is of no line.
type badVector struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Version bool   `json:"version"`
	Why     string `json:"why"`
}

type vectorIndex struct {
	Good []goodVector `json:"good"`
	Bad  []badVector  `json:"bad"`
}

var (
	at        = time.Date(2026, 11, 23, 14, 4, 0, 0, time.UTC)
	testGroup = party.Group{0x5f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
)

func testRef() Ref {
	return Ref{Origin: "alatau/1f2e3d4c", Index: 41, Leaf: tlog.RecordHash([]byte("an earlier leaf"))}
}

func testBlob(mediaType string) Blob {
	return Blob{Digest: canon.DigestOf([]byte("blob")), Size: 12345, Type: mediaType}
}

// typical is what most traffic looks like: a sealed notice to four parties.
func typical() *Act {
	return &Act{
		Group: testGroup, Edition: 1, Kind: Statement, Status: Exercise,
		To:     []party.ID{"borovia", "cintra", "dovania", "elbria"},
		Serial: map[party.ID]int64{"borovia": 1, "cintra": 1, "dovania": 7, "elbria": 12},
		Thread: "ALA/2026/17", Life: New, Measure: "cica.2.1.1d", Handling: "RESTRICTED",
		Post: "verification-centre", Claimed: at, Language: "en", Sealed: testBlob(""),
	}
}

// goodActs are one or more acts of each kind, in the order of the kinds.
func goodActs() map[string]*Act {
	public := func(k Kind) *Act {
		return &Act{Group: testGroup, Edition: 2, Kind: k, Status: Actual, ToAll: true, Claimed: at}
	}
	receipt := func(k Kind) *Act {
		return &Act{Group: testGroup, Edition: 2, Kind: k, Status: Exercise, To: []party.ID{"alatau"}, Answers: testRef()}
	}
	acts := map[string]*Act{"statement-sealed": typical()}

	full := typical()
	full.Answers, full.Life, full.Touches = testRef(), Correction, []string{"5", "12.2", "B1.3"}
	full.Pack = canon.DigestOf([]byte("pack"))
	full.Originator, full.Releasable, full.Note = "secretariat", "observers", "12/2026-DA"
	full.Downgrade, full.Embargo = at.AddDate(1, 0, 0), at.AddDate(0, 0, 2)
	full.Language = "zh-Hant-TW"
	acts["statement-full"] = full

	clear := public(Statement)
	clear.Life, clear.PayloadType, clear.Payload = New, "text/plain", []byte("\n\nA payload may begin with blank lines\nand hold any bytes: \x00\xff")
	acts["statement-payload"] = clear

	withdrawn := typical()
	withdrawn.Life, withdrawn.Answers, withdrawn.Sealed, withdrawn.Status = Withdrawal, testRef(), Blob{}, Test
	acts["statement-withdrawal"] = withdrawn

	private := &Act{Group: testGroup, Kind: Statement, Status: Actual, Life: New, Note: "1", PayloadType: "text/plain", Payload: []byte("register")}
	acts["statement-private"] = private

	acts["delivered"] = receipt(Delivered)
	acknowledged := receipt(Acknowledged)
	acknowledged.Post, acknowledged.Serial = "duty-desk", map[party.ID]int64{"alatau": 3}
	acts["acknowledged"] = acknowledged
	returned := receipt(Returned)
	returned.Sealed = testBlob("")
	acts["returned"] = returned

	acts["discreet"] = &Act{Group: testGroup, Edition: 1, Kind: Discreet, Sealed: Blob{Digest: canon.DigestOf([]byte("blob")), Size: DiscreetSizes()[0]}}

	handed := public(HandedOver)
	handed.Answers, handed.For, handed.Channel, handed.On, handed.Note = testRef(), "faronia", ByEmbassy, at, "77"
	acts["handed-over"] = handed
	entered := public(Entered)
	entered.For, entered.Channel, entered.On, entered.Note, entered.Clear = "faronia", ByNote, at, "F-9/2026", testBlob("application/pdf")
	acts["entered"] = entered
	confirmed := public(Confirmed)
	confirmed.Answers = testRef()
	acts["confirmed"] = confirmed
	contested := public(Contested)
	contested.Answers, contested.PayloadType, contested.Payload = testRef(), "text/plain", []byte("The note was of another date.")
	acts["contested"] = contested

	adoption := public(Adoption)
	adoption.Clear = testBlob(TypeRoster)
	acts["adoption"] = adoption
	record := public(KeyChange)
	record.Role, record.PayloadType, record.Payload = "record", TypeKeyChange, []byte("the next key's own statement")
	acts["key-record"] = record
	witness := public(KeyChange)
	witness.Role, witness.PayloadType, witness.Payload, witness.Clear = "witness", TypeKeyChange, []byte("the next key's own statement"), testBlob(TypeCosignatures)
	acts["key-witness"] = witness
	acts["suspension"] = public(Suspension)
	acts["resumption"] = public(Resumption)
	volume := public(Volume)
	volume.PayloadType = TypeVolume
	volume.Payload, _ = VolumeHead{Origin: "alatau/1f2e3d4c", Size: 41, Root: tlog.RecordHash([]byte("root")), Reason: Restore}.Bytes()
	acts["volume"] = volume
	misconduct := public(Misconduct)
	misconduct.Clear = testBlob("application/vnd.detente.proof")
	acts["misconduct"] = misconduct
	return acts
}

// badActs are edits of good ones: in file base, old becomes new.
var badActs = []struct {
	name, base, old, new string
	line                 int
	field                string
	version              bool
	why                  string
}{
	{"version-3", "delivered", "detente-act/v1\n", "detente-act/v3\n", 0, "", true, "a later version is set aside"},
	{"version-2-receipt", "delivered", "detente-act/v1\n", "detente-act/v2\n", 4, "kind", false, "version 2 has discreet acts alone"},
	{"discreet-version-1", "discreet", "detente-act/v2\n", "detente-act/v1\n", 4, "kind", false, "version 1 has no discreet acts"},
	{"discreet-status", "discreet", "kind discreet\n", "kind discreet\nstatus actual\n", 5, "status", false, "the status is inside"},
	{"discreet-to", "discreet", "kind discreet\n", "kind discreet\nto borovia\n", 5, "to", false, "the addressees are inside"},
	{"discreet-to-all", "discreet", "kind discreet\n", "kind discreet\nto all\n", 5, "to", false, "the addressees are inside"},
	{"discreet-thread", "discreet", "kind discreet\n", "kind discreet\nthread ALA/2026/17\n", 5, "thread", false, "the thread is inside"},
	{"discreet-claimed", "discreet", "kind discreet\n", "kind discreet\nclaimed 2026-11-23T14:04:00Z\n", 5, "claimed", false, "the claimed time is inside"},
	{"discreet-private", "discreet", "edition 1\n", "edition 0\n", 3, "edition", false, "a private record has nobody to be discreet towards"},
	{"discreet-empty", "discreet", "ciphertext ", "clear ", 5, "clear", false, "a clear blob has a media type, and a discreet act has none"},
	{"discreet-payload", "discreet", "\n\n", "\npayload text/plain\n\nx", 6, "payload", false, "all content is sealed"},
	{"discreet-size", "discreet", " 7312\n", " 7313\n", 5, "ciphertext", false, "not one of the twelve sizes"},
	{"discreet-size-odd-stanzas", "discreet", " 7312\n", " 8869\n", 5, "ciphertext", false, "three stanzas are none of 2, 4, 8, 16"},
	{"version-crlf", "delivered", "detente-act/v1\n", "detente-act/v1\r\n", 0, "", true, "the first line names no known format"},
	{"version-none", "delivered", "detente-act/v1\n", "", 0, "", true, "the first line names no known format"},
	{"no-blank-line", "delivered", "\n\n", "\n", 8, "", false, "the blank line after the fields is missing"},
	{"group-missing", "delivered", "group 5f0102030405060708090a0b0c0d0e0f\n", "", 0, "group", false, "a needed field is missing"},
	{"group-upper-case", "delivered", "group 5f", "group 5F", 2, "group", false, "hexadecimal digits are lower case"},
	{"group-zero", "delivered", "5f0102030405060708090a0b0c0d0e0f", "00000000000000000000000000000000", 2, "group", false, "the zero group names no group"},
	{"edition-missing", "delivered", "edition 2\n", "", 0, "edition", false, "the edition is always written"},
	{"edition-leading-zero", "delivered", "edition 2", "edition 02", 3, "edition", false, "a number has no leading zero"},
	{"edition-bound", "delivered", "edition 2", "edition 1000000", 3, "edition", false, "more than 999,999"},
	{"kind-unknown", "delivered", "kind delivered", "kind read", 4, "kind", false, "not a kind of version 1"},
	{"kind-reserved", "delivered", "kind delivered", "kind heads", 4, "kind", false, "reserved for a later version"},
	{"status-unknown", "delivered", "status exercise", "status drill", 5, "status", false, "not a status"},
	{"status-group-state", "adoption", "status actual", "status test", 5, "status", false, "group state is always actual"},
	{"to-missing", "statement-payload", "to all\n", "", 0, "to", false, "only an act of edition 0 has no addressee"},
	{"to-twice", "statement-withdrawal", "borovia,cintra,dovania,elbria\n", "borovia,cintra,dovania,borovia\n", 6, "to", false, "an addressee named twice"},
	{"to-space", "statement-sealed", "borovia,cintra,", "borovia, cintra,", 6, "to", false, "no space after the comma"},
	{"to-upper-case", "delivered", "to alatau", "to Alatau", 6, "to", false, "names of parties are lower case"},
	{"to-all-among", "statement-withdrawal", "borovia,cintra", "borovia,all", 6, "to", false, "no party is named all"},
	{"to-two-receipt", "delivered", "to alatau", "to alatau,cintra", 6, "to", false, "a receipt goes to one party"},
	{"to-list-group-state", "adoption", "to all", "to borovia", 6, "to", false, "group state is to all"},
	{"to-all-sealed", "returned", "to alatau", "to all", 6, "to", false, "a receipt goes to one party; sealed content needs a list"},
	{"serial-short", "statement-sealed", ",elbria=12", "", 7, "serial", false, "each addressee is numbered once"},
	{"serial-long", "statement-sealed", ",elbria=12", ",elbria=12,faronia=1", 7, "serial", false, "only addressees are numbered"},
	{"serial-order", "statement-sealed", "borovia=1,cintra=1", "cintra=1,borovia=1", 7, "serial", false, "in the order of to"},
	{"serial-zero", "statement-sealed", "cintra=1", "cintra=0", 7, "serial", false, "serials begin at 1"},
	{"serial-all", "statement-payload", "to all\n", "to all\nserial borovia=1\n", 7, "serial", false, "a list is numbered, all is not"},
	{"serial-none", "statement-private", "life new\n", "serial borovia=1\nlife new\n", 6, "serial", false, "nobody is addressed"},
	{"thread-space", "statement-sealed", "thread ALA/2026/17", "thread ALA 2026 17", 8, "thread", false, "a token has no space"},
	{"thread-long", "statement-sealed", "thread ALA", "thread " + strings.Repeat("A", 64), 8, "thread", false, "a token has at most 64 bytes"},
	{"thread-missing", "statement-full", "thread ALA/2026/17\n", "", 0, "thread", false, "a correction names its thread"},
	{"answers-missing", "delivered", "answers ", "thread ", 7, "thread", false, "a receipt answers one act"},
	{"answers-negative", "delivered", " 41 ", " -41 ", 7, "answers", false, "an index has no sign"},
	{"answers-loose-base64", "delivered", "=\n", "\n", 7, "answers", false, "base64 is padded"},
	{"life-missing", "statement-sealed", "life new\n", "", 0, "life", false, "a statement says its life"},
	{"life-receipt", "delivered", "\n\n", "\nlife new\n\n", 8, "life", false, "a receipt has no life"},
	{"life-order", "statement-sealed", "life new\nmeasure cica.2.1.1d\n", "measure cica.2.1.1d\nlife new\n", 10, "life", false, "fields stand in their order"},
	{"life-twice", "statement-sealed", "life new\n", "life new\nlife new\n", 10, "life", false, "a field stands once"},
	{"touches-new", "statement-payload", "life new\n", "life new\ntouches 5\n", 8, "touches", false, "only an update or correction touches fields"},
	{"touches-twice", "statement-full", "5,12.2", "5,5", 11, "touches", false, "a numbered field is named once"},
	{"touches-empty", "statement-full", "5,12.2", "5,,12.2", 11, "touches", false, "an empty name between commas"},
	{"measure-upper-case", "statement-sealed", "measure cica", "measure CICA", 10, "measure", false, "measures are lower case"},
	{"role-unknown", "key-record", "role record", "role root", 7, "role", false, "not a role"},
	{"claimed-offset", "statement-sealed", "14:04:00Z", "15:04:00+01:00", 13, "claimed", false, "times are UTC with the letter Z"},
	{"claimed-fraction", "statement-sealed", "14:04:00Z", "14:04:00.5Z", 13, "claimed", false, "times are whole seconds"},
	{"claimed-day", "statement-sealed", "2026-11-23T", "2026-02-30T", 13, "claimed", false, "there is no such day"},
	{"language-shape", "statement-sealed", "language en", "language English", 14, "language", false, "not a language tag"},
	{"channel-unknown", "entered", "channel note", "channel fax", 10, "channel", false, "not a channel"},
	{"note-missing", "entered", "note F-9/2026\n", "", 0, "note", false, "an entered statement has its number"},
	{"field-near-miss", "entered", "\nclear ", "\nclear-not ", 12, "clear-not", false, "not a field"},
	{"content-none", "entered", testLine("clear"), "", 0, "ciphertext", false, "an entered statement has content"},
	{"content-two", "statement-full", "\n\n", "\npayload text/plain\n\nx", 24, "payload", false, "at most one content"},
	{"ciphertext-type", "returned", " 12345", " 12345 text/plain", 8, "ciphertext", false, "the type of sealed content is inside"},
	{"ciphertext-size-zero", "returned", " 12345", " 0", 8, "ciphertext", false, "a blob has at least one byte"},
	{"ciphertext-group-state", "suspension", "\n\n", "\n" + testLine("ciphertext") + "\n", 8, "ciphertext", false, "group state is clear"},
	{"clear-type-missing", "entered", " application/pdf", "", 12, "clear", false, "a clear blob has a media type"},
	{"clear-type-adoption", "adoption", TypeRoster, "application/json", 8, "clear", false, "an adoption carries a roster"},
	{"clear-key-record", "key-record", "payload ", testLine("clear") + "payload ", 9, "clear", false, "only a witness or mirror lists cosignatures"},
	{"payload-parameter", "statement-payload", "text/plain", "text/plain;charset=utf-8", 9, "payload", false, "a media type has no parameters"},
	{"payload-empty", "contested", "The note was of another date.", "", 9, "payload", false, "a payload has at least one byte"},
	{"payload-untyped", "delivered", "\n\n", "\n\nx", 0, "payload", false, "bytes without a media type follow the fields"},
	{"payload-volume", "volume", "reason restore", "reason rest", 8, "payload", false, "the payload is not a volume head"},
	{"field-unknown", "delivered", "\n\n", "\nsignature x\n\n", 8, "signature", false, "not a field of version 1"},
	{"field-empty", "delivered", "answers ", "answers", 7, "answersalatau/1f2e3d4c", false, "a name and its value are parted by one space"},
	{"field-no-value", "confirmed", "kind confirmed", "kind", 4, "kind", false, "a field has a value"},
	{"field-two-spaces", "delivered", "to alatau", "to  alatau", 6, "to", false, "one space"},
	{"field-final-space", "delivered", "to alatau", "to alatau ", 6, "to", false, "no space before the newline"},
}

// testLine is the whole line of a blob field as the vectors have it.
func testLine(name string) string {
	b := testBlob("")
	if name == "clear" {
		b.Type = "application/pdf"
	}
	return name + " " + string(b.append(nil)) + "\n"
}

func TestVectors(t *testing.T) {
	index := vectorIndex{}
	files := map[string][]byte{}
	acts := goodActs()
	for name, a := range acts {
		b, err := a.Bytes()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		outside, err := a.OutsideDigest()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		file := "good-" + name + ".act"
		files[file] = b
		index.Good = append(index.Good, goodVector{file, LeafHash(b).String(), outside.String()})
	}
	slices.SortFunc(index.Good, func(a, b goodVector) int { return strings.Compare(a.File, b.File) })
	for _, bad := range badActs {
		base := files["good-"+bad.base+".act"]
		if !bytes.Contains(base, []byte(bad.old)) {
			t.Fatalf("%s: nothing to edit in %s", bad.name, bad.base)
		}
		file := "bad-" + bad.name + ".act"
		files[file] = bytes.Replace(base, []byte(bad.old), []byte(bad.new), 1)
		index.Bad = append(index.Bad, badVector{file, bad.line, bad.field, bad.version, bad.why})
	}
	text, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	files["index.json"] = append(text, '\n')
	compareFiles(t, files)
	for _, v := range index.Good {
		checkGood(t, v)
	}
	for _, v := range index.Bad {
		checkBad(t, v)
	}
}

// compareFiles writes the vectors with -update and else demands that the folder
// holds exactly them.
func compareFiles(t *testing.T, files map[string][]byte) {
	t.Helper()
	if *update {
		for name, b := range files {
			if err := os.WriteFile(filepath.Join(vectorDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	have, err := os.ReadDir(vectorDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(have) != len(files) {
		t.Errorf("%d files in %s, want %d", len(have), vectorDir, len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(vectorDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what the code writes (%v)", name, err)
		}
	}
}

func checkGood(t *testing.T, v goodVector) {
	t.Helper()
	b := readVector(t, v.File)
	a, err := Parse(b)
	if err != nil {
		t.Errorf("%s: %v", v.File, err)
		return
	}
	again, err := a.Bytes()
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("%s: does not re-encode to itself (%v)", v.File, err)
	}
}

func checkBad(t *testing.T, v badVector) {
	t.Helper()
	_, err := Parse(readVector(t, v.File))
	if v.Version {
		if !errors.Is(err, ErrVersion) {
			t.Errorf("%s: got %v, want ErrVersion", v.File, err)
		}
		return
	}
	var fe *FormatError
	if !errors.As(err, &fe) {
		t.Errorf("%s: got %v, want a FormatError", v.File, err)
		return
	}
	if fe.Line != v.Line || fe.Field != v.Field || fe.Text == "" {
		t.Errorf("%s: got %v, want line %d, field %q", v.File, err, v.Line, v.Field)
	}
}

func readVector(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectorDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
