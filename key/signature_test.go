package key

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"detente/internal/canon"
	"filippo.io/mldsa"
)

// stampedLines signs as s would if it took any times at all.
func stampedLines(t *testing.T, s *CosignerSecret, text string, ed, ml int64) [2]Line {
	t.Helper()
	tr, err := parseTree(text)
	if err != nil {
		t.Fatal(err)
	}
	name, ids := s.Public.Name, s.Public.IDs()
	a, err := s.Ed25519.Sign(nil, timedMessage(text, ed), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.MLDSA.Sign(nil, subtreeMessage(name, tr, ml), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	return [2]Line{{name, ids[0], stamped(ed, a)}, {name, ids[1], stamped(ml, b)}}
}

func TestVerifyCosignature(t *testing.T) {
	s, _ := generate(t, 4)
	w, m := s.Witness, s.Mirror
	right := stampedLines(t, w, testText, testTime, testTime)
	if at, err := w.Public.Verify(testText, right); err != nil || at != testTime {
		t.Fatalf("the right lines: %d, %v", at, err)
	}
	other := strings.Replace(testText, "42", "43", 1)
	flip := func(line, i int) [2]Line {
		l := right
		l[line].Sig = slices.Clone(l[line].Sig)
		l[line].Sig[i] ^= 1
		return l
	}
	cut := func(line int) [2]Line {
		l := right
		l[line].Sig = l[line].Sig[:len(l[line].Sig)-1]
		return l
	}
	for name, c := range map[string]struct {
		key   Cosigner
		text  string
		lines [2]Line
	}{
		"time zero":          {w.Public, testText, stampedLines(t, w, testText, 0, 0)},
		"two times":          {w.Public, testText, stampedLines(t, w, testText, testTime, testTime+1)},
		"time zero once":     {w.Public, testText, stampedLines(t, w, testText, testTime, 0)},
		"time below zero":    {w.Public, testText, stampedLines(t, w, testText, -1, -1)},
		"time beyond 9999":   {w.Public, testText, stampedLines(t, w, testText, canon.MaxTime+1, canon.MaxTime+1)},
		"swapped":            {w.Public, testText, [2]Line{right[1], right[0]}},
		"twice the first":    {w.Public, testText, [2]Line{right[0], right[0]}},
		"other text":         {w.Public, other, right},
		"extension line":     {w.Public, testText + "more\n", right},
		"no text":            {w.Public, "", right},
		"other key":          {m.Public, testText, right},
		"other name":         {w.Public.WithName("x"), testText, right},
		"other key, my name": {m.Public.WithName(w.Public.Name), testText, right},
		"first time":         {w.Public, testText, flip(0, 7)},
		"first signature":    {w.Public, testText, flip(0, 40)},
		"second time":        {w.Public, testText, flip(1, 7)},
		"second signature":   {w.Public, testText, flip(1, 1000)},
		"first cut":          {w.Public, testText, cut(0)},
		"second cut":         {w.Public, testText, cut(1)},
		"no lines":           {w.Public, testText, [2]Line{}},
		"no key":             {Cosigner{}, testText, right},
	} {
		if at, err := c.key.Verify(c.text, c.lines); err == nil || at != 0 {
			t.Errorf("%s: verified at %d", name, at)
		}
	}
}

func TestVerifyRecord(t *testing.T) {
	s, n := generate(t, 5)
	k := s.Record.Public
	right, err := s.Record.Sign(testText, testTime)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(testText, "1f2e3d4c", "1f2e3d4d", 1)
	plain := right
	plain[0].Sig = slices.Clone(plain[0].Sig)
	plain[0].Sig[0] ^= 1
	timed := right
	timed[1].Sig = slices.Clone(timed[1].Sig)
	timed[1].Sig[20] ^= 1
	short := right
	short[0].Sig = short[0].Sig[:63]
	zero := stampedLines(t, &s.Record.Timed, testText, 0, 0)
	for name, c := range map[string]struct {
		key   RecordKey
		text  string
		lines [3]Line
	}{
		"other origin":   {k, other, right},
		"plain flipped":  {k, testText, plain},
		"plain short":    {k, testText, short},
		"timed flipped":  {k, testText, timed},
		"order":          {k, testText, [3]Line{right[1], right[0], right[2]}},
		"time zero":      {k, testText, [3]Line{right[0], zero[0], zero[1]}},
		"next key":       {n.Record.Public, testText, right},
		"further volume": {k.AtOrigin(testOrigin.AtVolume(2)), testText, right},
		"no key":         {RecordKey{}, testText, right},
		"garbage text":   {k, "garbage", right},
	} {
		if at, err := c.key.Verify(c.text, c.lines); err == nil || at != 0 {
			t.Errorf("%s: verified at %d", name, at)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	s, _ := generate(t, 6)
	for name, text := range map[string]string{
		"other origin":   strings.Replace(testText, "alatau", "borovia", 1),
		"extension":      testText + "more\n",
		"two lines":      "alatau/1f2e3d4c\n42\n",
		"leading zero":   strings.Replace(testText, "42", "042", 1),
		"loose base64":   strings.Replace(testText, "A=", "B=", 1),
		"short root":     "alatau/1f2e3d4c\n42\nAAAA\n",
		"no newline":     strings.TrimSuffix(testText, "\n"),
		"carriage":       strings.ReplaceAll(testText, "\n", "\r\n"),
		"no origin":      "\n42\nKiAjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=\n",
		"size too large": strings.Replace(testText, "42", "9223372036854775808", 1),
	} {
		if _, err := s.Record.Sign(text, testTime); err == nil {
			t.Errorf("%s: signed", name)
		}
		if name == "other origin" {
			continue // what a witness cosigns
		}
		if _, err := s.Witness.Cosign(text, testTime); err == nil {
			t.Errorf("%s: cosigned", name)
		}
	}
	for _, at := range []int64{0, -1, canon.MaxTime + 1} {
		if _, err := s.Record.Sign(testText, at); err == nil {
			t.Errorf("signed at %d", at)
		}
		if _, err := s.Witness.Cosign(testText, at); err == nil {
			t.Errorf("cosigned at %d", at)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "é", strings.Repeat("n", 256)} {
		if _, err := s.Witness.WithName(name).Cosign(testText, testTime); err == nil {
			t.Errorf("cosigned as %q", name)
		}
	}
}

// token stands for an agent or a token that may answer anything.
type token struct {
	crypto.Signer
	answer func(sig []byte) ([]byte, error)
}

func (k token) Sign(r io.Reader, message []byte, o crypto.SignerOpts) ([]byte, error) {
	sig, err := k.Signer.Sign(r, message, o)
	if err != nil {
		return nil, err
	}
	return k.answer(sig)
}

func TestTokens(t *testing.T) {
	s, _ := generate(t, 8)
	away := errors.New("the token was pulled out")
	for name, c := range map[string]struct {
		answer func(sig []byte) ([]byte, error)
		good   bool
	}{
		"right":   {func(sig []byte) ([]byte, error) { return sig, nil }, true},
		"changed": {func(sig []byte) ([]byte, error) { sig[0] ^= 1; return sig, nil }, false},
		"empty":   {func([]byte) ([]byte, error) { return nil, nil }, false},
		"away":    {func([]byte) ([]byte, error) { return nil, away }, false},
	} {
		held := []*RecordSecret{
			{Public: s.Record.Public, Plain: token{s.Record.Plain, c.answer}, Timed: s.Record.Timed},
			{Public: s.Record.Public, Plain: s.Record.Plain, Timed: CosignerSecret{Public: s.Record.Timed.Public, Ed25519: token{s.Record.Timed.Ed25519, c.answer}, MLDSA: s.Record.Timed.MLDSA}},
			{Public: s.Record.Public, Plain: s.Record.Plain, Timed: CosignerSecret{Public: s.Record.Timed.Public, Ed25519: s.Record.Timed.Ed25519, MLDSA: token{s.Record.Timed.MLDSA, c.answer}}},
		}
		for i, r := range held {
			lines, err := r.Sign(testText, testTime)
			if (err == nil) != c.good || name == "away" && !errors.Is(err, away) {
				t.Errorf("%s, key %d: %v", name, i, err)
			}
			if c.good {
				if _, err := s.Record.Public.Verify(testText, lines); err != nil {
					t.Errorf("%s, key %d: %v", name, i, err)
				}
			}
			set := *s
			set.Record = r
			if _, err := set.Bytes(); err == nil {
				t.Errorf("%s, key %d: a key held elsewhere was written", name, i)
			}
		}
	}
}

func TestStatements(t *testing.T) {
	s, n := generate(t, 9)
	statement := []byte("this key enters")
	sig, err := s.Witness.SignStatement(statement)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Witness.Public.VerifyStatement(statement, sig); err != nil {
		t.Error(err)
	}
	whole, err := s.Record.SignStatement(statement)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Record.Public.VerifyStatement(statement, whole); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"other text":       s.Witness.Public.VerifyStatement([]byte("x"), sig),
		"other key":        s.Mirror.Public.VerifyStatement(statement, sig),
		"no first":         s.Witness.Public.VerifyStatement(statement, StatementSig{MLDSA: sig.MLDSA}),
		"no second":        s.Witness.Public.VerifyStatement(statement, StatementSig{Ed25519: sig.Ed25519}),
		"no key":           Cosigner{}.VerifyStatement(statement, sig),
		"record, no plain": s.Record.Public.VerifyStatement(statement, StatementSig{Ed25519: whole.Ed25519, MLDSA: whole.MLDSA}),
		"record, no pair":  s.Record.Public.VerifyStatement(statement, StatementSig{Plain: whole.Plain}),
		"record, no key":   RecordKey{}.VerifyStatement(statement, whole),
	} {
		if err == nil {
			t.Errorf("%s: verified", name)
		}
	}
	list := []byte("list")
	batch := n.SignBatch(list)
	committed := n.Commitments().Sealing
	if err := VerifyBatch(committed, n.BatchPublic(), list, batch); err != nil {
		t.Error(err)
	}
	other := ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)
	for name, err := range map[string]error{
		"other key":  VerifyBatch(committed, other, list, batch),
		"no key":     VerifyBatch(committed, nil, list, batch),
		"other list": VerifyBatch(committed, n.BatchPublic(), []byte("x"), batch),
		"no sig":     VerifyBatch(committed, n.BatchPublic(), list, nil),
		"statement":  VerifyBatch(committed, n.BatchPublic(), statement, batch),
	} {
		if err == nil {
			t.Errorf("batch, %s: verified", name)
		}
	}
}

// One message never serves for another: no domain begins another, and none can
// begin a checkpoint.
func TestDomainsAreApart(t *testing.T) {
	domains := []string{batchDomain, batchKeyDomain, statementDomain, cosignerDomain, recordDomain, "cosignature/v1\n", "subtree/v1\n\x00"}
	for i, a := range domains {
		for j, b := range domains {
			if i != j && strings.HasPrefix(a, b) {
				t.Errorf("%q begins %q", b, a)
			}
		}
		if _, err := parseTree(a + "1\n" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"); err == nil && strings.HasPrefix(a, "detente/") {
			if _, err := ParseRecordKey(vkey(strings.TrimSuffix(a, "\n"), algPlain, make([]byte, 32)), "", ""); err == nil {
				t.Errorf("%q is an origin", a)
			}
		}
	}
	if !bytes.HasPrefix(subtreeMessage("x", tree{}, 1), []byte("subtree/v1\n\x00")) {
		t.Error("the label of a subtree is another")
	}
}

func BenchmarkSign(b *testing.B) {
	s, _ := generate(b, 1)
	for b.Loop() {
		if _, err := s.Record.Sign(testText, testTime); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s, _ := generate(b, 1)
	lines, err := s.Record.Sign(testText, testTime)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Record.Public.Verify(testText, lines); err != nil {
			b.Fatal(err)
		}
	}
}

var _ crypto.Signer = (*mldsa.PrivateKey)(nil)
