package roster

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

func TestParseReadsWhatBytesWrites(t *testing.T) {
	for name, r := range map[string]*Roster{"region": region(t), "private": private(t), "second": after(t, region(t))} {
		b := bytesOf(t, r)
		p, err := Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(bytesOf(t, p), b) {
			t.Errorf("%s: written again it has other bytes", name)
		}
		if p.Digest() != canon.DigestOf(b) || r.Digest() != p.Digest() {
			t.Errorf("%s: digest is not that of the bytes", name)
		}
	}
}

func TestParseRefusesNull(t *testing.T) {
	b := bytesOf(t, private(t))
	bad := bytes.Replace(b, []byte(`"custodians": []`), []byte(`"custodians": null`), 1)
	if bytes.Equal(bad, b) {
		t.Fatal("the case does not apply")
	}
	if _, err := Parse(bad); err == nil {
		t.Error("null was read as a list")
	}
}

// TestBounds breaks one bound at a time; each must be refused, at its place.
func TestBounds(t *testing.T) {
	long := strings.Repeat("a", maxName+1)
	cases := []struct {
		name  string
		where string
		spoil func(r *Roster)
	}{
		{"format", "format", func(r *Roster) { r.Format = "detente.roster/v2" }},
		{"proposal", "proposal", func(r *Roster) { r.Proposal = " spaced" }},
		{"too many remarks", "remarks", func(r *Roster) { r.Remarks = make([]string, maxRemarks+1) }},
		{"empty remark", "remarks, number 1", func(r *Roster) { r.Remarks = []string{""} }},
		{"no group", "group", func(r *Roster) { r.Group = party.Group{} }},
		{"edition zero", "edition", func(r *Roster) { r.Edition = 0 }},
		{"edition negative", "edition", func(r *Roster) { r.Edition = -1 }},
		{"edition too large", "edition", func(r *Roster) { r.Edition = maxEdition + 1 }},
		{"previous in the first", "previous", func(r *Roster) { r.Previous[0] = 1 }},
		{"no previous in the second", "previous", func(r *Roster) { r.Edition = 2 }},
		{"effective", "effective", func(r *Roster) { r.Effective = "2026-09-01" }},
		{"no names", "names", func(r *Roster) { r.Names = nil }},
		{"name in no language", "names", func(r *Roster) { r.Names = map[string]string{"EN": "x"} }},
		{"name too long", "names, en", func(r *Roster) { r.Names = map[string]string{"en": long} }},
		{"name empty", "names, en", func(r *Roster) { r.Names = map[string]string{"en": ""} }},
		{"name turns round", "names, en", func(r *Roster) { r.Names = map[string]string{"en": "a\u202eb"} }},
		{"name with a line break", "names, en", func(r *Roster) { r.Names = map[string]string{"en": "a\nb"} }},
		{"name not UTF-8", "names, en", func(r *Roster) { r.Names = map[string]string{"en": "a\xff"} }},
		{"no language", "languages", func(r *Roster) { r.Languages = nil }},
		{"language", "languages", func(r *Roster) { r.Languages = []string{"english"} }},
		{"language script", "languages", func(r *Roster) { r.Languages = []string{"zh-hant"} }},
		{"language twice", "languages", func(r *Roster) { r.Languages = []string{"en", "en"} }},
		{"too many languages", "languages", func(r *Roster) { r.Languages = make([]string, MaxLanguages+1) }},
		{"no party", "parties", func(r *Roster) { r.Parties = nil }},
		{"too many parties", "parties", func(r *Roster) { r.Parties = make([]Party, MaxParties+1) }},
		{"party twice", "parties, alatau", func(r *Roster) { r.Parties[1].ID = "alatau" }},
		{"party id", "parties", func(r *Roster) { r.Parties[0].ID = "Alatau" }},
		{"standing", "parties, alatau", func(r *Roster) { r.Parties[0].Standing = "guest" }},
		{"party without a name", "parties, alatau, names", func(r *Roster) { r.Parties[0].Names = nil }},
		{"code", "parties, alatau", func(r *Roster) { r.Parties[0].Code = "al" }},
		{"code too long", "parties, alatau", func(r *Roster) { r.Parties[0].Code = "ALAT" }},
		{"remark", "parties, alatau, remark", func(r *Roster) { r.Parties[0].Remark = "a\tb" }},
		{"control", "parties, alatau", func(r *Roster) { r.Parties[0].Control = "A B" }},
		{"post", "parties, alatau", func(r *Roster) { r.Parties[0].Posts = []party.Post{"Desk"} }},
		{"post twice", "parties, alatau", func(r *Roster) { r.Parties[0].Posts = []party.Post{"desk", "desk"} }},
		{"too many posts", "parties, alatau", func(r *Roster) { r.Parties[0].Posts = make([]party.Post, maxPosts+1) }},
		{"endpoint twice", "parties, alatau", func(r *Roster) { r.Parties[0].Endpoints = []string{"https://a:1", "https://a:1"} }},
		{"too many endpoints", "parties, alatau", func(r *Roster) { r.Parties[0].Endpoints = make([]string, maxEndpoints+1) }},
		{"witness unknown", "counting, witnesses", func(r *Roster) { r.Counting.Witnesses[0] = "nowhere" }},
		{"witness twice", "counting, witnesses", func(r *Roster) { r.Counting.Witnesses[1] = "alatau" }},
		{"f negative", "counting, f", func(r *Roster) { r.Counting.F = -1 }},
		{"k too large", "counting, k", func(r *Roster) { r.Counting.K = MaxParties + 1 }},
		{"custodian unknown", "custodians", func(r *Roster) { r.Custodians[0] = "nowhere" }},
		{"adoption", "adoption", func(r *Roster) { r.Adoption = "most" }},
		{"courier", "courier", func(r *Roster) { r.Courier = "2w" }},
		{"courier zero", "courier", func(r *Roster) { r.Courier = "0h" }},
		{"courier leading zero", "courier", func(r *Roster) { r.Courier = "01h" }},
		{"courier too long", "courier", func(r *Roster) { r.Courier = "876001h" }},
		{"pack", "packs", func(r *Roster) { r.Packs[0].ID = "2.1" }},
		{"pack twice", "packs, cica", func(r *Roster) { r.Packs = append(r.Packs, r.Packs[0]) }},
		{"pack without a digest", "packs, cica", func(r *Roster) { r.Packs[0].Digest = canon.Digest{} }},
		{"too many packs", "packs", func(r *Roster) { r.Packs = make([]Pack, maxPacks+1) }},
		{"slot", "slots", func(r *Roster) { r.Slots[0].ID = "2.1" }},
		{"slot twice", "slots, cica.2.1.1d.lead", func(r *Roster) { r.Slots = append(r.Slots, r.Slots[0]) }},
		{"slot twice for the same pair", "slots, cica.2.1.1d.troops", func(r *Roster) {
			r.Slots = append(r.Slots, Slot{ID: r.Slots[1].ID, Value: "1", Between: []party.ID{"borovia", "alatau"}})
		}},
		{"slot without a value", "slots, cica.2.1.1d.lead", func(r *Roster) { r.Slots[0].Value = "" }},
		{"slot of one party", "slots, cica.2.1.1d.lead", func(r *Roster) { r.Slots[0].Between = []party.ID{"alatau"} }},
		{"slot of a stranger", "slots, cica.2.1.1d.lead", func(r *Roster) { r.Slots[0].Between = []party.ID{"alatau", "nobody"} }},
		{"too many slots", "slots", func(r *Roster) { r.Slots = make([]Slot, maxSlots+1) }},
		{"retention class", "retention", func(r *Roster) { r.Retention = map[string]string{"A": "1h"} }},
		{"retention", "retention, notices", func(r *Roster) { r.Retention["notices"] = "ten years" }},
		{"card", "parties, alatau", func(r *Roster) { r.Parties[0].Card.Witness[0] = "x" }},
		{"card of a volume", "parties, alatau", func(r *Roster) { *r.Parties[0].Card = volumeCard(t, "alatau") }},
		{"card without a commitment", "parties, alatau", func(r *Roster) { r.Parties[0].Card.Next.Mirror = canon.Digest{} }},
		{"one card twice", "parties, borovia", func(r *Roster) { r.Parties[1].Card = r.Parties[0].Card }},
		{"one sealing key twice", "parties, borovia", func(r *Roster) { r.Parties[1].Card.Sealing = r.Parties[0].Card.Sealing }},
		{"one transport key twice", "parties, borovia", func(r *Roster) { r.Parties[1].Card.Transport = r.Parties[0].Card.Transport }},
		{"a record key as transport", "parties, borovia", func(r *Roster) {
			r.Parties[1].Card.Transport = canon.Digest(ed25519Material(keysOf(t, "alatau").set.Record.Public.Plain))
		}},
		{"its own witness key as transport", "parties, borovia", func(r *Roster) {
			r.Parties[1].Card.Transport = canon.Digest(ed25519Material(keysOf(t, "borovia").set.Witness.Public.Ed25519))
		}},
		{"one witness key of two", "parties, borovia", func(r *Roster) {
			c := r.Parties[1].Card
			stolen := keysOf(t, "alatau").set.Witness.Public.WithName(key.CosignerName(c.Origin, key.Mirror))
			c.Mirror = stolen.VerifierLines()
		}},
		{"one commitment twice", "parties, borovia", func(r *Roster) { r.Parties[1].Card.Next.Record = r.Parties[0].Card.Next.Record }},
		{"a commitment in two roles", "parties, alatau", func(r *Roster) { r.Parties[0].Card.Next.Mirror = r.Parties[0].Card.Next.Witness }},
		{"a commitment to a key in use", "parties, alatau", func(r *Roster) {
			r.Parties[0].Card.Next.Witness = keysOf(t, "borovia").set.Mirror.Public.Digest()
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := region(t)
			c.spoil(r)
			_, err := r.Bytes()
			if err == nil {
				t.Fatal("was written")
			}
			var bound *boundError
			if err := r.check(edition); err != nil {
				bound = err.(*boundError)
			}
			if bound == nil || bound.where != c.where {
				t.Errorf("refused as %v, not at %q", err, c.where)
			}
			if !r.Digest().IsZero() {
				t.Error("has a digest all the same")
			}
			b, err := canon.JSON(r.filled())
			if err != nil || c.name == "format" {
				return // filled writes the right format
			}
			if _, err := Parse(b); err == nil {
				t.Error("was read")
			}
		})
	}
}

func volumeCard(t *testing.T, name string) key.Card {
	k := keysOf(t, name)
	o := k.set.Origin.AtVolume(2)
	c := k.set.AtOrigin(o).Card(k.next)
	return c
}

func TestEndpoints(t *testing.T) {
	for e, good := range map[string]bool{
		"https://node.example:443":                         true,
		"https://127.0.0.1:8443":                           true,
		"https://[::1]:8443":                               true,
		"https://xn--e1afmkfd.example:1":                   true,
		"http://node.example:443":                          false,
		"https://node.example":                             false,
		"https://node.example:":                            false,
		"https://node.example:0":                           false,
		"https://node.example:65536":                       false,
		"https://node.example:0443":                        false,
		"https://node.example:443/":                        false,
		"https://Node.example:443":                         false,
		"https://-node.example:443":                        false,
		"https://node.example.:443":                        false,
		"https://user@node:443":                            false,
		"https://:443":                                     false,
		"https://[1]:443":                                  false,
		"https://[::1:443":                                 false,
		"https://::1:443":                                  false,
		"https://[]:443":                                   false,
		"https://" + strings.Repeat("a", maxHost+1) + ":1": false,
	} {
		if err := checkEndpoint(e); (err == nil) != good {
			t.Errorf("%s: %v", e, err)
		}
	}
}

func TestReadTakesADraft(t *testing.T) {
	text := `{ "languages": ["en"], "format": "detente.roster/v1", "names": {"en": "Draft"}, "adoption": "all",
	  "parties": [ {"standing": "member", "id": "alatau", "names": {"en": "Alatau"}} ] }`
	r, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Bytes(); err == nil {
		t.Error("a draft without a group was written as an edition")
	}
	b, err := r.DraftBytes()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(b)
	if err != nil {
		t.Fatalf("a written draft: %v\n%s", err, b)
	}
	if c, err := again.DraftBytes(); err != nil || !bytes.Equal(b, c) {
		t.Errorf("a draft changes when it is read and written: %v", err)
	}
	for name, bad := range map[string]string{
		"unknown key":  strings.Replace(text, `"adoption"`, `"adopted"`, 1),
		"bad standing": strings.Replace(text, "member", "guest", 1),
		"bad time":     strings.Replace(text, `"languages"`, `"effective": "soon", "languages"`, 1),
	} {
		if _, err := Read([]byte(bad)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func TestFind(t *testing.T) {
	r := region(t)
	o := r.Parties[2].Card.Origin
	for _, at := range []party.Origin{o, o.AtVolume(3)} {
		if p, ok := r.ByOrigin(at); !ok || p.ID != "cintra" {
			t.Errorf("%s is that of %q", at, p.ID)
		}
	}
	if _, ok := r.ByOrigin("cintra/00000000"); ok {
		t.Error("found a record that is not there")
	}
	if _, ok := r.Party("nowhere"); ok {
		t.Error("found a party that is not there")
	}
	if d, ok := r.RoundTrip(); !ok || d != 14*24*time.Hour {
		t.Errorf("round trip %s", d)
	}
	r.Parties[0].Control = "ministry"
	rule := r.Rule()
	if rule.K != 3 || len(rule.Counting) != 6 || len(rule.Custodians) != 6 || rule.Control["alatau"] != "ministry" || len(rule.Control) != 1 {
		t.Errorf("rule %+v", rule)
	}
	r.Languages = []string{"fr", "en"}
	if n := r.Name("alatau", "ru"); n != "Alatau" {
		t.Errorf("name %q", n)
	}
	if n := r.Name("nowhere", "en"); n != "nowhere" {
		t.Errorf("name %q", n)
	}
}

func TestSetCard(t *testing.T) {
	r, err := Template("central-asia-5")
	if err != nil {
		t.Fatal(err)
	}
	k := keysOf(t, "kazakhstan")
	card := k.set.Card(k.next)
	if err := r.SetCard("kazakhstan", card, []string{"https://node.example:8443"}); err != nil {
		t.Fatal(err)
	}
	if p, _ := r.Party("kazakhstan"); p.Card.Digest() != card.Digest() || len(p.Endpoints) != 1 {
		t.Error("the card was not entered")
	}
	broken := card
	broken.Sealing = "age1pq1"
	for name, err := range map[string]error{
		"unknown party":    r.SetCard("nowhere", card, nil),
		"another's card":   r.SetCard("uzbekistan", card, nil),
		"broken card":      r.SetCard("tajikistan", broken, nil),
		"broken endpoint":  r.SetCard("kazakhstan", card, []string{"node.example"}),
		"nobody's absence": r.SetNoRecord("nowhere"),
	} {
		if err == nil {
			t.Errorf("%s: was entered", name)
		}
	}
	if p, _ := r.Party("uzbekistan"); p.Card != nil {
		t.Error("a refused card was entered")
	}
	if err := r.SetNoRecord("turkmenistan"); err != nil {
		t.Fatal(err)
	}
	if len(r.Counting.Witnesses) != 4 || len(r.Custodians) != 4 {
		t.Error("a party without a record stayed a witness")
	}
}
