package party

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"detente/internal/canon"
)

var update = flag.Bool("update", false, "write the vectors anew")

const (
	vectorsDir  = "../spec/vectors/party"
	vectorsFile = vectorsDir + "/names.json"
)

// name is one text for one reader, in names.json.
type name struct {
	Reader string `json:"reader"` // group, id, post, origin
	Text   string `json:"text"`
	Good   bool   `json:"good"`
	Why    string `json:"why"`
}

// readName runs a reader and writes again what it read.
func readName(reader, text string) (string, error) {
	switch reader {
	case "group":
		g, err := ParseGroup(text)
		return g.String(), err
	case "id":
		i, err := ParseID(text)
		return string(i), err
	case "post":
		p, err := ParsePost(text)
		return string(p), err
	case "origin":
		o, err := ParseOrigin(text)
		return string(o), err
	}
	return "", errors.New("no reader of this name")
}

var (
	goodNames = []string{"a", "alatau", "alatau-2", "a--b", "a1", "a" + strings.Repeat("0", 31)}
	badNames  = []string{
		"", "Alatau", "1alatau", "-alatau", "alatau-", "ala tau", "ala_tau", "ala.tau", "ala/tau", "алатау", "alatau\n",
		"a" + strings.Repeat("0", 32),
	}
	longName = strings.Repeat("a", 63)
)

var names = []struct {
	reader    string
	good, bad []string
}{
	{
		"group",
		[]string{"5f0c1d2e3a4b59687796a5b4c3d2e1f0", strings.Repeat("0", 31) + "1"},
		[]string{
			"", strings.Repeat("0", 32), strings.Repeat("a", 31), strings.Repeat("a", 33), strings.Repeat("A", 32),
			strings.Repeat("g", 32), "5f0c1d2e-3a4b-5968-7796-a5b4c3d2e1f0",
		},
	},
	{"id", goodNames, badNames},
	{"post", goodNames, badNames},
	{
		"origin",
		[]string{
			"alatau/1f2e3d4c", "a/00000000", "alatau.example/1f2e3d4c", "1-a/1f2e3d4c", "alatau/1f2e3d4c/v2",
			"alatau/1f2e3d4c/v9999", longName + "/1f2e3d4c/v9999",
		},
		[]string{
			"", "alatau", "/1f2e3d4c", "alatau/", "alatau/1f2e3d4", "alatau/1f2e3d4c5", "alatau/1F2E3D4C", "alatau/1f2e3d4g",
			"Alatau/1f2e3d4c", ".alatau/1f2e3d4c", "alatau./1f2e3d4c", "-alatau/1f2e3d4c", "alatau-/1f2e3d4c", "ala tau/1f2e3d4c",
			"ala+tau/1f2e3d4c", "alatau//1f2e3d4c", "alatau/x/1f2e3d4c", "alatau/1f2e3d4c/", "alatau/1f2e3d4c/2", "alatau/1f2e3d4c/v",
			"alatau/1f2e3d4c/v0", "alatau/1f2e3d4c/v1", "alatau/1f2e3d4c/v02", "alatau/1f2e3d4c/v+2", "alatau/1f2e3d4c/v10000",
			"alatau/1f2e3d4c/v2/v3", "alatau/1f2e3d4c/V2", "алатау/1f2e3d4c", "alatau/1f2e3d4c\n", longName + "a/1f2e3d4c",
			strings.Repeat("a", 200) + "/1f2e3d4c",
		},
	},
}

func TestVectors(t *testing.T) {
	var all []name
	for _, n := range names {
		for _, s := range n.good {
			if again, err := readName(n.reader, s); err != nil || again != s {
				t.Errorf("%s %q: read %q, %v", n.reader, s, again, err)
			}
			all = append(all, name{Reader: n.reader, Text: s, Good: true})
		}
		for _, s := range n.bad {
			_, err := readName(n.reader, s)
			if err == nil {
				t.Errorf("%s %q: accepted", n.reader, s)
				continue
			}
			all = append(all, name{Reader: n.reader, Text: s, Why: err.Error()})
		}
	}
	want, err := canon.JSON(all)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := errors.Join(os.MkdirAll(vectorsDir, 0o755), os.WriteFile(vectorsFile, want, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s differs from what this code writes: %v", vectorsFile, err)
	}
}

func TestVolumes(t *testing.T) {
	const first = Origin("alatau/1f2e3d4c")
	for n, want := range map[int]Origin{1: first, 2: first + "/v2", 9999: first + "/v9999", 0: "", -1: "", 10000: ""} {
		if got := first.AtVolume(n); got != want {
			t.Errorf("volume %d is %q", n, got)
		}
		if want == "" {
			continue
		}
		if _, err := ParseOrigin(string(want)); err != nil {
			t.Error(err)
		}
		if want.Volume() != n || want.Base() != first || want.AtVolume(1) != first || want.AtVolume(7) != first+"/v7" {
			t.Errorf("%s: volume %d, base %s, seventh %s", want, want.Volume(), want.Base(), want.AtVolume(7))
		}
	}
	if Origin("").Volume() != 0 || Origin("").AtVolume(2) != "" || Origin("a/b/c").Volume() != 0 {
		t.Error("what is no origin has a volume")
	}
}

func TestGenerate(t *testing.T) {
	random := bytes.NewReader([]byte("0123456789abcdefABCD"))
	g, err := GenerateGroup(random)
	if err != nil || g.String() != hex.EncodeToString([]byte("0123456789abcdef")) {
		t.Errorf("group %s, %v", g, err)
	}
	o, err := GenerateOrigin(random, "alatau")
	if err != nil || o != "alatau/41424344" {
		t.Errorf("origin %s, %v", o, err)
	}
	if _, err := GenerateGroup(random); err == nil {
		t.Error("a group without randomness")
	}
	if _, err := GenerateOrigin(random, "alatau"); err == nil {
		t.Error("an origin without randomness")
	}
	if _, err := GenerateGroup(bytes.NewReader(make([]byte, 16))); err == nil {
		t.Error("a group of zeros")
	}
	if _, err := GenerateOrigin(bytes.NewReader(make([]byte, 4)), ""); err == nil {
		t.Error("an origin without a name")
	}
}

// Names in JSON are checked where they are read; an empty one is the zero value.
func TestJSON(t *testing.T) {
	type all struct {
		Group  Group      `json:"group"`
		ID     ID         `json:"id"`
		Post   Post       `json:"post"`
		Origin Origin     `json:"origin"`
		Serial map[ID]int `json:"serial"`
	}
	group := Group(sha256.New().Sum(nil)[:16])
	for _, v := range []all{
		{group, "alatau", "desk", "alatau/1f2e3d4c", map[ID]int{"borovia": 1}},
		{Group: group},
	} {
		b, err := canon.JSON(v)
		if err != nil {
			t.Fatal(err)
		}
		var again all
		if err := canon.ParseJSON(b, &again); err != nil || again.ID != v.ID || again.Post != v.Post || again.Origin != v.Origin {
			t.Errorf("read again as %v, %v", again, err)
		}
	}
	for _, text := range []string{`{"group":""}`, `{"id":"A"}`, `{"post":"A"}`, `{"origin":"a"}`, `{"serial":{"A":1}}`} {
		var v all
		if err := canon.ReadJSON([]byte(text), &v); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}

// seeds are the texts of the vectors for one reader.
func seeds(f *testing.F, reader string) {
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		f.Fatal(err)
	}
	var all []name
	if err := canon.ParseJSON(b, &all); err != nil {
		f.Fatal(err)
	}
	n := 0
	for _, v := range all {
		if v.Reader == reader {
			f.Add(v.Text)
			n++
		}
	}
	if n == 0 {
		f.Fatalf("no seeds for %s in %s", reader, vectorsFile)
	}
}

func FuzzParseGroup(f *testing.F) {
	seeds(f, "group")
	f.Fuzz(func(t *testing.T, s string) {
		if g, err := ParseGroup(s); err == nil && (g.String() != s || g.IsZero()) {
			t.Errorf("%q was read and written again as %q", s, g)
		}
	})
}

func FuzzParseID(f *testing.F) {
	seeds(f, "id")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		post, postErr := ParsePost(s)
		if (err == nil) != (postErr == nil) {
			t.Errorf("%q: as a party %v, as a post %v", s, err, postErr)
		}
		if err == nil && (string(id) != s || string(post) != s || len(s) > maxID || strings.ContainsAny(s, "/+ \n")) {
			t.Errorf("%q was accepted as %q", s, id)
		}
	})
}

func FuzzParseOrigin(f *testing.F) {
	seeds(f, "origin")
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParseOrigin(s)
		if err != nil {
			return
		}
		if string(o) != s || len(s) > maxOrigin || strings.ContainsAny(s, "+ \n") {
			t.Errorf("%q was accepted as %q", s, o)
		}
		if o.Base().AtVolume(o.Volume()) != o {
			t.Errorf("%q: its volume %d is %q", s, o.Volume(), o.Base().AtVolume(o.Volume()))
		}
	})
}
