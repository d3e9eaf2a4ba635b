package key

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/canon"
	"filippo.io/mldsa"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectorsDir = "../spec/vectors/key"

// deterministic signs without the randomness of ML-DSA, for vectors only.
type deterministic struct{ *mldsa.PrivateKey }

func (d deterministic) Sign(_ io.Reader, message []byte, _ crypto.SignerOpts) ([]byte, error) {
	return d.SignDeterministic(message, nil)
}

// steady is s with deterministic signatures.
func steady(s *CosignerSecret) *CosignerSecret {
	return &CosignerSecret{Public: s.Public, Ed25519: s.Ed25519, MLDSA: deterministic{s.MLDSA.(*mldsa.PrivateKey)}}
}

// values are what follows from good-set.json and good-next.json.
type values struct {
	CardDigest       canon.Digest `json:"card_digest"`
	Words            []string     `json:"words"`
	WitnessDigest    canon.Digest `json:"witness_digest"`
	RecordDigest     canon.Digest `json:"record_digest"`
	Text             string       `json:"text"`
	Time             int64        `json:"time"`
	TimedMessage     string       `json:"timed_message"`   // base64
	SubtreeMessage   string       `json:"subtree_message"` // base64
	WitnessLines     [2]string    `json:"witness_lines"`
	Statement        string       `json:"statement"`
	StatementEd25519 string       `json:"statement_ed25519"` // base64, by the witness
	StatementMLDSA   string       `json:"statement_mldsa44"` // base64, by the witness
	BatchPublic      string       `json:"batch_public"`      // base64
	BatchList        string       `json:"batch_list"`
	BatchSignature   string       `json:"batch_signature"` // base64
}

func exampleValues(t *testing.T, s *Set, n *Next) values {
	t.Helper()
	w := steady(s.Witness)
	lines, err := w.Cosign(testText, testTime)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := parseTree(testText)
	if err != nil {
		t.Fatal(err)
	}
	const statement, list = "a statement about keys\n", "a list of keys\n"
	sig, err := w.SignStatement([]byte(statement))
	if err != nil {
		t.Fatal(err)
	}
	return values{
		CardDigest:       s.Card(n).Digest(),
		Words:            Words(s.Card(n).Digest()),
		WitnessDigest:    s.Witness.Public.Digest(),
		RecordDigest:     s.Record.Public.Digest(),
		Text:             testText,
		Time:             testTime,
		TimedMessage:     canon.Base64(timedMessage(testText, testTime)),
		SubtreeMessage:   canon.Base64(subtreeMessage(w.Public.Name, tr, testTime)),
		WitnessLines:     [2]string{lines[0].String(), lines[1].String()},
		Statement:        statement,
		StatementEd25519: canon.Base64(sig.Ed25519),
		StatementMLDSA:   canon.Base64(sig.MLDSA),
		BatchPublic:      canon.Base64(n.BatchPublic()),
		BatchList:        list,
		BatchSignature:   canon.Base64(n.SignBatch([]byte(list))),
	}
}

// example is the set of the vectors, from seeds that everybody can see.
func example(t testing.TB) (*Set, *Next) { return generate(t, 7) }

// readers are the parsers of this package; each writes again what it read.
var readers = map[string]func(b []byte) ([]byte, error){
	".line": func(b []byte) ([]byte, error) {
		l, err := ParseLine(string(b))
		return []byte(l.String()), err
	},
	".card": func(b []byte) ([]byte, error) {
		c, err := ParseCard(b)
		if err != nil {
			return nil, err
		}
		return c.Bytes()
	},
	".set": func(b []byte) ([]byte, error) {
		s, err := ParseSet(b)
		if err != nil {
			return nil, err
		}
		return s.Bytes()
	},
	".next": func(b []byte) ([]byte, error) {
		n, err := ParseNext(b)
		if err != nil {
			return nil, err
		}
		return n.Bytes()
	},
	".unlock": func(b []byte) ([]byte, error) {
		id, err := ParseUnlock(b)
		if err != nil {
			return nil, err
		}
		return FormatUnlock(id), nil
	},
	".cosigner": func(b []byte) ([]byte, error) {
		keys := strings.SplitAfter(string(b), "\n")
		if len(keys) != 3 || keys[2] != "" {
			return nil, errors.New("not two lines")
		}
		c, err := ParseCosigner(strings.TrimSuffix(keys[0], "\n"), strings.TrimSuffix(keys[1], "\n"))
		if err != nil {
			return nil, err
		}
		v := c.VerifierLines()
		return []byte(v[0] + "\n" + v[1] + "\n"), nil
	},
	".record": func(b []byte) ([]byte, error) {
		keys := strings.SplitAfter(string(b), "\n")
		if len(keys) != 4 || keys[3] != "" {
			return nil, errors.New("not three lines")
		}
		for i := range keys {
			keys[i] = strings.TrimSuffix(keys[i], "\n")
		}
		k, err := ParseRecordKey(keys[0], keys[1], keys[2])
		if err != nil {
			return nil, err
		}
		v := k.VerifierLines()
		return []byte(v[0] + "\n" + v[1] + "\n" + v[2] + "\n"), nil
	},
}

func goodFiles(t testing.TB) map[string][]byte {
	s, n := example(t)
	set := must(s.Bytes())
	next := must(n.Bytes())
	card := must(s.Card(n).Bytes())
	several := must(s.EnterSealing(s.Sealing[0]).Bytes())
	w, r := s.Witness.Public.VerifierLines(), s.Record.Public.VerifierLines()
	volume := s.Record.Public.AtOrigin(testOrigin.AtVolume(2)).VerifierLines()
	return map[string][]byte{
		"set.set":            set,
		"several.set":        several,
		"next.next":          next,
		"card.card":          card,
		"short.line":         []byte(Line{Name: "a", ID: 1, Sig: []byte{0}}.String()),
		"national.line":      []byte(Line{Name: "élbria/krypto", ID: 0xffffffff, Sig: bytes.Repeat([]byte{7}, 100)}.String()),
		"unlock.unlock":      FormatUnlock(s.Sealing[0]),
		"witness.cosigner":   []byte(w[0] + "\n" + w[1] + "\n"),
		"record.record":      []byte(r[0] + "\n" + r[1] + "\n" + r[2] + "\n"),
		"volume-2.record":    []byte(volume[0] + "\n" + volume[1] + "\n" + volume[2] + "\n"),
		"longest-name.line":  []byte(Line{Name: strings.Repeat("n", maxKeyName), ID: 1, Sig: []byte{0}}.String()),
		"largest-known.line": []byte(Line{Name: "a", ID: 1, Sig: make([]byte, stampSize+mldsa.MLDSA87SignatureSize)}.String()),
	}
}

// edits make a bad file from a good one: old text, new text (first place only).
var edits = map[string]struct{ from, old, new string }{
	"no-newline.line":        {"short.line", "\n", ""},
	"crlf.line":              {"short.line", "\n", "\r\n"},
	"two-newlines.line":      {"short.line", "\n", "\n\n"},
	"hyphen.line":            {"short.line", "\u2014 ", "- "},
	"two-spaces.line":        {"short.line", "a ", "a  "},
	"no-name.line":           {"short.line", "a ", " "},
	"plus-name.line":         {"short.line", "a ", "a+b "},
	"wide-space-name.line":   {"short.line", "a ", "a\u2003b "},
	"control-name.line":      {"short.line", "a ", "a\x01 "},
	"not-utf8-name.line":     {"short.line", "a ", "a\xff "},
	"no-signature.line":      {"short.line", " AAAAAQA=", ""},
	"empty-signature.line":   {"short.line", "AAAAAQA=", "AAAAAQ=="},
	"base64-unused-bit.line": {"short.line", "AAAAAQA=", "AAAAAQB="},
	"base64-unpadded.line":   {"short.line", "AAAAAQA=", "AAAAAQA"},
	"base64-url.line":        {"short.line", "AAAAAQA=", "AAAA-QA="},
	"long-name.line":         {"longest-name.line", "n", "nn"},

	"other-name.cosigner":   {"witness.cosigner", "\nalatau/1f2e3d4c/witness", "\nalatau/1f2e3d4c/mirror"},
	"id.cosigner":           {"witness.cosigner", "witness+", "witness+0"},
	"no-id.cosigner":        {"witness.cosigner", "+", " "},
	"base64.cosigner":       {"witness.cosigner", "=\n", "\n"},
	"name-not-ascii.record": {"record.record", "alatau", "álatau"},
	"no-origin.record":      {"record.record", "/1f2e3d4c", ""},
	"two-origins.record":    {"record.record", "alatau/1f2e3d4c", "alatau/1f2e3d4d"},

	"no-newline.unlock": {"unlock.unlock", "\n", ""},
	"lower.unlock":      {"unlock.unlock", "AGE-SECRET-KEY-PQ-1", "age-secret-key-pq-1"},
	"classic.unlock":    {"unlock.unlock", "KEY-PQ-1", "KEY-1"},
	"checksum.unlock":   {"unlock.unlock", "PQ-1", "PQ-1Q"},

	"format.set":           {"set.set", "key-set/v1", "key-set/v2"},
	"no-origin.set":        {"set.set", "\"alatau/1f2e3d4c\"", "\"\""},
	"bad-origin.set":       {"set.set", "\"alatau/1f2e3d4c\"", "\"alatau\""},
	"unknown.set":          {"set.set", "\"origin\"", "\"comment\": \"\",\n  \"origin\""},
	"identity.set":         {"set.set", "AGE-SECRET-KEY-PQ-1", "AGE-SECRET-KEY-PQ-1Q"},
	"seed-short.set":       {"set.set", "\"plain\": \"", "\"plain\": \"AAAA\",\n    \"x\": \""},
	"transport-empty.set":  {"set.set", "\"transport\": \"", "\"transport\": \"\", \"x\": \""},
	"format.next":          {"next.next", "key-next/v1", "key-set/v1"},
	"no-origin.next":       {"next.next", "\"alatau/1f2e3d4c\"", "\"\""},
	"batch-short.next":     {"next.next", "\"batch\": \"", "\"batch\": \"AA"},
	"order.card":           {"card.card", "  \"origin\": \"alatau/1f2e3d4c\",\n", ""},
	"other-origin.card":    {"card.card", "\"alatau/1f2e3d4c\"", "\"alatau/1f2e3d4d\""},
	"classic-sealing.card": {"card.card", "age1pq1", "age1"},
}

func badFiles(t testing.TB) map[string][]byte {
	good := goodFiles(t)
	bad := map[string][]byte{}
	for name, e := range edits {
		b := good[e.from]
		if !bytes.Contains(b, []byte(e.old)) {
			t.Fatalf("%s: nothing to edit", name)
		}
		bad[name] = bytes.Replace(b, []byte(e.old), []byte(e.new), 1)
	}
	s, n := example(t)
	w := s.Witness.Public.VerifierLines()
	bad["order.cosigner"] = []byte(w[1] + "\n" + w[0] + "\n")

	noSealing := bytes.Index(good["set.set"], []byte("[\n"))
	end := bytes.Index(good["set.set"], []byte("]"))
	bad["no-sealing.set"] = append(bytes.Clone(good["set.set"][:noSealing]), append([]byte("[]"), good["set.set"][end+1:]...)...)
	twice := *s
	twice.Mirror = s.Witness
	bad["same-keys.set"] = must(twice.Bytes())
	record := *s.Record
	record.Plain = s.Record.Timed.Ed25519
	twice = *s
	twice.Record = &record
	bad["plain-is-timed.set"] = must(twice.Bytes())

	card := func(change func(c *Card)) []byte {
		c := s.Card(n)
		change(&c)
		return must(c.Bytes())
	}
	bad["no-transport.card"] = card(func(c *Card) { c.Transport = canon.Digest{} })
	bad["no-commitment.card"] = card(func(c *Card) { c.Next.Mirror = canon.Digest{} })
	bad["capital-sealing.card"] = card(func(c *Card) { c.Sealing = strings.ToUpper(c.Sealing) })
	bad["witness-as-mirror.card"] = card(func(c *Card) { c.Mirror = c.Witness })
	bad["one-key-twice.card"] = card(func(c *Card) {
		c.Mirror = s.Witness.Public.WithName(s.Mirror.Public.Name).VerifierLines()
	})
	bad["volume-2.card"] = card(func(c *Card) { c.Record = s.AtOrigin(s.Origin.AtVolume(2)).Record.Public.VerifierLines() })
	return bad
}

// must is for bytes that this test makes itself.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	files := map[string][]byte{}
	for name, b := range goodFiles(t) {
		again, err := readers[filepath.Ext(name)](b)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("good-%s: %v; written again:\n%s", name, err, again)
		}
		files["good-"+name] = b
	}
	for name, b := range badFiles(t) {
		_, err := readers[filepath.Ext(name)](b)
		if err == nil {
			t.Errorf("bad-%s: accepted", name)
			continue
		}
		files["bad-"+name] = b
		files["bad-"+name+".why"] = []byte(err.Error() + "\n")
	}
	s, n := example(t)
	files["values.json"] = must(canon.JSON(exampleValues(t, s, n)))
	files["words.txt"] = []byte(strings.Join(strings.Fields(wordList), "\n") + "\n")
	if *update {
		if err := errors.Join(os.RemoveAll(vectorsDir), os.MkdirAll(vectorsDir, 0o755)); err != nil {
			t.Fatal(err)
		}
		for name, b := range files {
			if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(vectorsDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(files) {
		t.Errorf("%d files in the folder where %d belong", len(entries), len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(vectorsDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what this code writes: %v", name, err)
		}
	}
}

// fuzz adds the vectors of one kind as seeds.
func fuzz(f *testing.F, ext string) {
	names, err := filepath.Glob(vectorsDir + "/*" + ext)
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds %s in %s: %v", ext, vectorsDir, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// again checks that what was accepted is written again as it was.
func again(t *testing.T, ext string, b []byte) {
	t.Helper()
	if out, err := readers[ext](b); err == nil && !bytes.Equal(out, b) {
		t.Errorf("%q was read and written again as %q", b, out)
	}
}

func FuzzParseLine(f *testing.F) {
	fuzz(f, ".line")
	f.Fuzz(func(t *testing.T, s []byte) {
		l, err := ParseLine(string(s))
		if err != nil {
			return
		}
		if l.String() != string(s) {
			t.Errorf("%q was read and written again as %q", s, l)
		}
		if _, err := base64.StdEncoding.DecodeString(canon.Base64(l.Sig)); err != nil {
			t.Error(err)
		}
	})
}

func FuzzParseCard(f *testing.F) {
	fuzz(f, ".card")
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCard(b)
		if err != nil {
			return
		}
		if c.Digest() != canon.DigestOf(b) {
			t.Error("the digest is not that of the bytes")
		}
		again(t, ".card", b)
	})
}

func FuzzParseSet(f *testing.F) {
	fuzz(f, ".set")
	fuzz(f, ".next")
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseSet(b); err == nil {
			again(t, ".set", b)
		}
		if _, err := ParseNext(b); err == nil {
			again(t, ".next", b)
		}
	})
}

func FuzzParseVerifierKeys(f *testing.F) {
	fuzz(f, ".cosigner")
	fuzz(f, ".record")
	f.Fuzz(func(t *testing.T, b []byte) {
		l := strings.SplitN(string(b)+"\n\n\n", "\n", 4)
		if c, err := ParseCosigner(l[0], l[1]); err == nil && c.VerifierLines() != [2]string{l[0], l[1]} {
			t.Errorf("read and written again as %v", c.VerifierLines())
		}
		if k, err := ParseRecordKey(l[0], l[1], l[2]); err == nil && k.VerifierLines() != [3]string{l[0], l[1], l[2]} {
			t.Errorf("read and written again as %v", k.VerifierLines())
		}
	})
}

func FuzzParseUnlock(f *testing.F) {
	fuzz(f, ".unlock")
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := ParseUnlock(b); err == nil {
			again(t, ".unlock", b)
		}
		if r, err := ParseRole(string(b)); err == nil && string(r) != string(b) {
			t.Errorf("role %q", r)
		}
	})
}
