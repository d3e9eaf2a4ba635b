package sounding

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

var update = flag.Bool("update", false, "write what is missing in spec/vectors/sounding; delete a file to have it written anew")

const vectorDir = "../spec/vectors/sounding"

func identity(t testing.TB) *age.HybridIdentity {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// sides are two parties that know each other's sealing keys.
func sides(t testing.TB) (a, b Side) {
	t.Helper()
	ka, kb := identity(t), identity(t)
	g := party.Group{1}
	a = Side{g, "alatau/00000001", "borovia/00000002", []*age.HybridIdentity{ka}, kb.Recipient(), rand.Reader}
	b = Side{g, "borovia/00000002", "alatau/00000001", []*age.HybridIdentity{kb}, ka.Recipient(), rand.Reader}
	return a, b
}

type dialogue struct {
	offer, accept, confirm []byte
	a, b                   *Session
}

func speak(t testing.TB, a, b Side) dialogue {
	t.Helper()
	o, offer, err := Begin(a)
	if err != nil {
		t.Fatal(err)
	}
	x, accept, err := Answer(b, offer)
	if err != nil {
		t.Fatal(err)
	}
	sa, confirm, err := o.Complete(accept)
	if err != nil {
		t.Fatal(err)
	}
	sb, err := x.Complete(confirm)
	if err != nil {
		t.Fatal(err)
	}
	return dialogue{offer, accept, confirm, sa, sb}
}

// Two parties speak, each hears the other in order and once, and a gap shows.
func TestSounding(t *testing.T) {
	t.Parallel()
	a, b := sides(t)
	d := speak(t, a, b)
	if d.a.ID() != d.b.ID() {
		t.Fatal("two sessions")
	}
	var sent [][]byte
	for _, text := range []string{"What if we met in May?", "In Faronia, say.", strings.Repeat("x", MaxBody)} {
		m, err := d.a.Say([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, m)
	}
	if len(sent[0]) != len(sent[1]) {
		t.Error("the size tells a short message from another")
	}
	if body, missed, err := d.b.Hear(sent[0]); err != nil || missed != 0 || string(body) != "What if we met in May?" {
		t.Errorf("%q, %d, %v", body, missed, err)
	}
	if body, missed, err := d.b.Hear(sent[2]); err != nil || missed != 1 || len(body) != MaxBody {
		t.Errorf("%d bytes, %d missed, %v", len(body), missed, err)
	}
	for i, m := range sent {
		if _, _, err := d.b.Hear(m); !errors.Is(err, ErrRefused) {
			t.Errorf("message %d is heard a second time or out of order: %v", i+1, err)
		}
	}
	back, err := d.b.Say([]byte("Perhaps."))
	if err != nil {
		t.Fatal(err)
	}
	if body, _, err := d.a.Hear(back); err != nil || string(body) != "Perhaps." {
		t.Errorf("%q, %v", body, err)
	}
	if _, _, err := d.b.Hear(back); !errors.Is(err, ErrRefused) {
		t.Errorf("a side hears itself: %v", err)
	}
	if _, err := d.a.Say(make([]byte, MaxBody+1)); err == nil {
		t.Error("more than the bound is said")
	}
}

// Nobody but the party whose sealing key it is can answer or begin in its name, and
// nothing of one sounding has a place in another.
func TestStrangers(t *testing.T) {
	t.Parallel()
	a, b := sides(t)
	o, offer, err := Begin(a)
	if err != nil {
		t.Fatal(err)
	}
	// A relay that answers in Borovia's name has no key of Borovia's.
	relay := b
	relay.Keys = []*age.HybridIdentity{identity(t)}
	if _, _, err := Answer(relay, offer); !errors.Is(err, ErrRefused) {
		t.Errorf("a stranger opened the offer: %v", err)
	}
	// One who has stolen Borovia's key cannot begin as Alatau towards Borovia.
	thief := a
	thief.Keys = b.Keys
	stolen, forged, err := Begin(thief)
	if err != nil {
		t.Fatal(err)
	}
	waits, accept, err := Answer(b, forged)
	if err != nil {
		t.Fatal(err) // an offer alone shows nothing
	}
	answered, err := Parse(accept)
	if err != nil {
		t.Fatal(err)
	}
	// The thief cannot confirm: neither with anything, nor with Borovia's own proof.
	for _, p := range []string{canon.Base64(make([]byte, 32)), answered.Proof} {
		confirm, err := (&Envelope{Kind: Confirm, Group: a.Group, From: a.Self, To: a.Peer, Session: waits.Session(), Proof: p}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := waits.Complete(confirm); !errors.Is(err, ErrRefused) {
			t.Errorf("a thief of the own key is taken for Alatau: %v", err)
		}
	}
	if _, _, err := stolen.Complete(accept); !errors.Is(err, ErrRefused) {
		t.Errorf("a thief of the other side's key is taken for Alatau: %v", err)
	}
	// The accept of another sounding, and one that was altered.
	if _, _, err := o.Complete(accept); !errors.Is(err, ErrRefused) {
		t.Errorf("the accept of another sounding is taken: %v", err)
	}
	x, accept, err := Answer(b, offer)
	if err != nil {
		t.Fatal(err)
	}
	altered, err := Parse(accept)
	if err != nil {
		t.Fatal(err)
	}
	altered.Proof = canon.Base64(make([]byte, 32))
	bad, err := altered.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.Complete(bad); !errors.Is(err, ErrRefused) {
		t.Errorf("an accept without proof is taken: %v", err)
	}
	_, confirm, err := o.Complete(accept)
	if err != nil {
		t.Fatal(err)
	}
	other := speak(t, a, b)
	if _, err := x.Complete(other.confirm); !errors.Is(err, ErrRefused) {
		t.Errorf("the confirmation of another sounding is taken: %v", err)
	}
	if _, err := x.Complete(accept); !errors.Is(err, ErrRefused) {
		t.Errorf("an own envelope is taken for a confirmation: %v", err)
	}
	s, err := x.Complete(confirm)
	if err != nil {
		t.Fatal(err)
	}
	m, err := other.a.Say([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Hear(m); !errors.Is(err, ErrRefused) {
		t.Errorf("a message of another session is heard: %v", err)
	}
	// An offer for somebody else.
	third := b
	third.Self = "cintra/00000003"
	if _, _, err := Answer(third, offer); !errors.Is(err, ErrRefused) {
		t.Errorf("an offer to another party is accepted: %v", err)
	}
}

// Whatever one side has, it could have made alone: Borovia writes a whole sounding
// with Alatau by itself, and its side reads it like a true one.
func TestDeniable(t *testing.T) {
	t.Parallel()
	a, b := sides(t)
	invented := a // Borovia plays Alatau with what it has: Alatau's public key
	offer := &Envelope{Kind: Offer, Group: a.Group, From: a.Self, To: a.Peer, Session: strings.Repeat("ab", 16)}
	first, second := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	if err := invented.sealSecret(offer, first, nil); err != nil {
		t.Fatal(err)
	}
	offered, err := offer.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	accept := &Envelope{Format: format, Kind: Accept, Group: a.Group, From: b.Self, To: b.Peer, Session: offer.Session}
	if err := b.sealSecret(accept, second, offered); err != nil {
		t.Fatal(err)
	}
	k, err := accept.derive(first, second, offered)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := newSession(a, offer.Session, k.say[0], k.say[1])
	if err != nil {
		t.Fatal(err)
	}
	m, err := mine.Say([]byte("never said by Alatau"))
	if err != nil {
		t.Fatal(err)
	}
	side, err := newSession(b, offer.Session, k.say[1], k.say[0])
	if err != nil {
		t.Fatal(err)
	}
	if body, _, err := side.Hear(m); err != nil || string(body) != "never said by Alatau" {
		t.Errorf("%q, %v", body, err)
	}
}

// derived is a vector of what follows from two secrets.
type derived struct {
	First    string `json:"first"`  // hex
	Second   string `json:"second"` // hex
	Offer    string `json:"offer"`
	Accept   string `json:"accept"` // without its proof
	Offers   string `json:"offers"` // proof key and key of what is said, hex
	OffersS  string `json:"offers_say"`
	Accepts  string `json:"accepts"`
	AcceptsS string `json:"accepts_say"`
	Body     string `json:"body"` // said first by the side that offers …
	Said     string `json:"said"` // … as this envelope
}

func makeDerived(t *testing.T) []byte {
	t.Helper()
	first, second := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	offer, accept := []byte("an offer\n"), []byte("an accept\n")
	k, err := derive(first, second, offer, accept)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSession(Side{Group: party.Group{1}, Self: "alatau/00000001", Peer: "borovia/00000002"}, strings.Repeat("ab", 16), k.say[0], k.say[1])
	if err != nil {
		t.Fatal(err)
	}
	said, err := s.Say([]byte("What if we met in May?"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := canon.JSON(derived{hex.EncodeToString(first), hex.EncodeToString(second), string(offer), string(accept),
		hex.EncodeToString(k.proof[0]), hex.EncodeToString(k.say[0]), hex.EncodeToString(k.proof[1]), hex.EncodeToString(k.say[1]), "What if we met in May?", string(said)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectors(t *testing.T) map[string][2]string {
	t.Helper()
	text := func(e Envelope) string {
		e.Group, e.From, e.To, e.Session = party.Group{1}, "alatau/00000001", "borovia/00000002", strings.Repeat("ab", 16)
		b, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	p := canon.Base64(bytes.Repeat([]byte{7}, 32))
	offer, accept, confirm := text(Envelope{Kind: Offer, Secret: "c2VhbGVk"}), text(Envelope{Kind: Accept, Secret: "c2VhbGVk", Proof: p}), text(Envelope{Kind: Confirm, Proof: p})
	said := text(Envelope{Kind: Said, Number: 1, Body: "c2FpZA=="})
	swap := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("the vector has no %s", old)
		}
		return strings.Replace(s, old, with, 1)
	}
	return map[string][2]string{
		"good-offer.json": {offer, ""}, "good-accept.json": {accept, ""}, "good-confirm.json": {confirm, ""}, "good-said.json": {said, ""},
		"bad-version.json":       {swap(offer, "sounding/v1", "sounding/v2"), "a version that is not known"},
		"bad-kind.json":          {swap(offer, `"offer"`, `"ask"`), "a kind that does not exist"},
		"bad-fields.json":        {swap(offer, `"offer"`, `"confirm"`), "the fields of another kind"},
		"bad-volume.json":        {swap(offer, "alatau/00000001", "alatau/00000001/v2"), "a base origin belongs here"},
		"bad-self.json":          {swap(offer, "borovia/00000002", "alatau/00000001"), "nobody speaks with itself"},
		"bad-session.json":       {swap(offer, strings.Repeat("ab", 16), strings.Repeat("AB", 16)), "small hexadecimal digits"},
		"bad-proof.json":         {swap(confirm, p, canon.Base64([]byte{7})), "a proof has 32 bytes"},
		"bad-number.json":        {swap(said, `"number": 1`, `"number": -1`), "numbers begin at 1"},
		"bad-base64.json":        {swap(said, "c2FpZA==", "c2FpZA"), "base64 has its padding"},
		"bad-spacing.json":       {swap(said, "  \"kind\"", " \"kind\""), "other spacing than that of canonical JSON"},
		"bad-after-the-end.json": {said + "\n", "bytes after the end"},
	}
}

func TestVectors(t *testing.T) {
	t.Parallel()
	all := vectors(t)
	all["derived.json"] = [2]string{string(makeDerived(t)), ""}
	for name, v := range all {
		path := filepath.Join(vectorDir, name)
		if _, err := os.Stat(path); *update && err != nil {
			if err := os.WriteFile(path, []byte(v[0]), 0o644); err != nil {
				t.Fatal(err)
			}
			if v[1] != "" {
				if err := os.WriteFile(strings.TrimSuffix(path, ".json")+".why", []byte(v[1]+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != v[0] {
			t.Errorf("%s is not what this program writes", name)
		}
		if name == "derived.json" {
			var d derived
			if err := json.Unmarshal(b, &d); err != nil || d.Offers == d.Accepts || d.OffersS == d.AcceptsS {
				t.Errorf("%+v, %v", d, err)
			}
			continue
		}
		e, err := Parse(b)
		good := strings.HasPrefix(name, "good-")
		if good != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			if again, err := e.Bytes(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%s is written as %q, %v", name, again, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*-*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s (%v)", vectorDir, err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	a, b := sides(f)
	d := speak(f, a, b)
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := Parse(text)
		if err == nil {
			if again, err := e.Bytes(); err != nil || !bytes.Equal(again, text) {
				t.Errorf("%q re-encodes to %q, %v", text, again, err)
			}
		}
		if _, _, err := d.b.Hear(text); err == nil {
			t.Errorf("%q is heard", text)
		}
	})
}
