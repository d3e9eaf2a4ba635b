package discreet

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

var update = flag.Bool("update", false, "write what is missing in spec/vectors/discreet; delete a file to have it written anew")

const vectorDir = "../spec/vectors/discreet"

// bodies are the vectors of what fills an inside, with the reason of the bad ones.
func bodies(t testing.TB) (files map[string][]byte) {
	t.Helper()
	const room = 1000
	good := func(a *act.Act) []byte {
		b, err := Write(a, room)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	files = map[string][]byte{"good-statement.body": good(statement("We propose a meeting.", "borovia", "cintra")), "good-delivered.body": good(delivered())}
	base := files["good-statement.body"]
	for _, bad := range []struct {
		name, why string
		edit      func(b []byte) []byte
	}{
		{"short", "it has no length", func(b []byte) []byte { return b[:3] }},
		{"long", "it says more bytes than there are", func(b []byte) []byte { b[0] = 0xff; return b }},
		{"trailing", "the bytes after the act are zeros", func(b []byte) []byte { b[room-1] = 1; return b }},
		{"empty", "nothing is no act", func(b []byte) []byte { clear(b); return b }},
		{"all", "the addressees are named", func(b []byte) []byte { return bytes.Replace(b, []byte("to borovia,cintra"), []byte("to all"), 1) }},
		{"version", "what is inside is an act of version 1", func(b []byte) []byte { return bytes.Replace(b, []byte("act/v1"), []byte("act/v2"), 1) }},
		{"kind", "an act of kind confirmed has no life, and is never discreet", func(b []byte) []byte { return bytes.Replace(b, []byte("kind statement"), []byte("kind confirmed"), 1) }},
	} {
		files["bad-"+bad.name+".body"] = bad.edit(bytes.Clone(base))
		files["bad-"+bad.name+".why"] = []byte(bad.why + "\n")
	}
	return files
}

// sealedVector is a discreet act with a key that opens it.
type sealedVector struct {
	Author     party.Origin `json:"author"`
	Identity   string       `json:"identity"` // of an addressee, made for this vector alone
	FileKey    string       `json:"file_key"` // base64
	Outside    string       `json:"outside"`  // the act in the record
	Ciphertext string       `json:"ciphertext"`
	Inside     string       `json:"inside"` // the act that is opened
}

func makeSealed(t *testing.T) []byte {
	t.Helper()
	id := identity(t)
	a := statement("We propose a meeting.", "borovia", "cintra", "dovania")
	s := sealFor(t, a, Shape{}, identity(t), id, identity(t))
	out, err := s.Act.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	in, err := a.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(sealedVector{author, id.String(), canon.Base64(s.FileKey), string(out), canon.Base64(s.Ciphertext), string(in)}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func vector(t *testing.T, name string, fresh func() []byte) []byte {
	t.Helper()
	path := filepath.Join(vectorDir, name)
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) && *update {
		b = fresh()
		if err := os.MkdirAll(vectorDir, 0o755); err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(path, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	for name, want := range bodies(t) {
		b := vector(t, name, func() []byte { return want })
		if !bytes.Equal(b, want) {
			t.Errorf("%s differs from what the code writes", name)
		}
		if strings.HasSuffix(name, ".why") {
			continue
		}
		a, err := Parse(b)
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) {
			t.Errorf("%s: %v, %v", name, a, err)
		} else if good {
			if again, err := Write(a, len(b)); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%s is written again as %q, %v", name, again, err)
			}
		}
	}
	var v sealedVector
	if err := json.Unmarshal(vector(t, "sealed.json", func() []byte { return makeSealed(t) }), &v); err != nil {
		t.Fatal(err)
	}
	id, err := age.ParseHybridIdentity(v.Identity)
	if err != nil {
		t.Fatal(err)
	}
	out, err := act.Parse([]byte(v.Outside))
	if err != nil {
		t.Fatal(err)
	}
	ciphertext, err := canon.ParseBase64(v.Ciphertext)
	if err != nil || canon.DigestOf(ciphertext) != out.Sealed.Digest {
		t.Fatalf("the ciphertext is not what the act names (%v)", err)
	}
	key, err := canon.ParseBase64(v.FileKey)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(v.Author, out, ciphertext, []*age.HybridIdentity{id})
	if err != nil {
		t.Fatal(err)
	}
	b, err := OpenWithFileKey(v.Author, out, ciphertext, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []*act.Act{a, b} {
		if got, err := one.Bytes(); err != nil || string(got) != v.Inside {
			t.Errorf("it opens as %q, %v", got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for name, b := range bodies(f) {
		if !strings.HasSuffix(name, ".why") {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			return
		}
		if again, err := Write(a, len(b)); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q is written again as %q, %v", b, again, err)
		}
	})
}
