package key

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"detente/party"
	"filippo.io/mldsa"
	formats "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

const (
	testOrigin = party.Origin("alatau/1f2e3d4c")
	testText   = "alatau/1f2e3d4c\n42\nKiAjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=\n"
	testTime   = int64(1795440000)
)

// seeded is deterministic randomness for tests.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func generate(t testing.TB, seed byte) (*Set, *Next) {
	t.Helper()
	s, n, err := Generate(seeded(seed), testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return s, n
}

func joined(text string, lines ...Line) string {
	var b strings.Builder
	b.WriteString(text + "\n")
	for _, l := range lines {
		b.WriteString(l.String())
	}
	return b.String()
}

func TestRecordLinesVerifyElsewhere(t *testing.T) {
	s, _ := generate(t, 1)
	lines, err := s.Record.Sign(testText, testTime)
	if err != nil {
		t.Fatal(err)
	}
	v := s.Record.Public.VerifierLines()
	plain, err := note.NewVerifier(v[0])
	if err != nil {
		t.Fatal(err)
	}
	timed, err := formats.NewVerifierForCosignatureV1(v[1])
	if err != nil {
		t.Fatal(err)
	}
	ml, err := formats.NewMLDSAVerifier(v[2])
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(joined(testText, lines[:]...)), note.VerifierList(plain, timed, ml))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Sigs) != 3 || len(n.UnverifiedSigs) != 0 {
		t.Fatalf("%d lines verified elsewhere, %d not", len(n.Sigs), len(n.UnverifiedSigs))
	}
	for _, sig := range n.Sigs[1:] {
		at, err := formats.CoSigV1Timestamp(sig)
		if err != nil || at.Unix() != testTime {
			t.Errorf("time elsewhere %v, %v", at, err)
		}
	}
	got, err := s.Record.Public.Verify(testText, lines)
	if err != nil || got != testTime {
		t.Errorf("time here %d, %v", got, err)
	}
}

func TestVerifyLinesMadeElsewhere(t *testing.T) {
	s, _ := generate(t, 2)
	w := s.Witness
	name := w.Public.Name
	v := w.Public.VerifierLines()
	skey := func(alg byte, vkey string, seed []byte) string {
		id := strings.Split(vkey, "+")[1]
		return "PRIVATE+KEY+" + name + "+" + id + "+" + b64(append([]byte{alg}, seed...))
	}
	ed, err := formats.NewSignerForCosignatureV1(skey(algTimed, v[0], w.Ed25519.(ed25519.PrivateKey).Seed()))
	if err != nil {
		t.Fatal(err)
	}
	ml, err := formats.NewMLDSASigner(skey(algMLDSA, v[1], w.MLDSA.(*mldsa.PrivateKey).Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	// Their signers read the clock; both lines fall into one second soon.
	for range 20 {
		var lines [2]Line
		for i, signer := range []note.Signer{ed, ml} {
			sig, err := signer.Sign([]byte(testText))
			if err != nil {
				t.Fatal(err)
			}
			lines[i] = Line{Name: name, ID: signer.KeyHash(), Sig: sig}
		}
		if !bytes.Equal(lines[0].Sig[:8], lines[1].Sig[:8]) {
			continue
		}
		if _, err := w.Public.Verify(testText, lines); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatal("no two lines within one second")
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func TestPlainLineIsTheStockOne(t *testing.T) {
	s, _ := generate(t, 3)
	lines, err := s.Record.Sign(testText, testTime)
	if err != nil {
		t.Fatal(err)
	}
	k := s.Record.Plain.(ed25519.PrivateKey)
	sig, err := k.Sign(nil, []byte(testText), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sig, lines[0].Sig) {
		t.Error("the plain line does not sign the note text")
	}
}
