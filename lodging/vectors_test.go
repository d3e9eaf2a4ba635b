package lodging

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"detente/party"
)

var update = flag.Bool("update", false, "write spec/vectors/lodging anew")

const vectorsPath = "../spec/vectors/lodging/good-findings.json"

// vector is one case of spec/vectors/lodging: what is known, the rule, the
// deadline, and what follows. Addressee is empty for the finding towards all.
type vector struct {
	Name      string       `json:"name"`
	Index     int64        `json:"index"`
	Author    party.ID     `json:"author"`
	Claimed   int64        `json:"claimed"`
	Stamps    []stampJSON  `json:"stamps"`
	Heads     []ownJSON    `json:"heads"`
	Sealed    bool         `json:"sealed"`
	To        []party.ID   `json:"to"`
	Receipts  []stampJSON  `json:"receipts"`
	Now       int64        `json:"now"`
	Gap       int64        `json:"gap"`
	Rule      ruleJSON     `json:"rule"`
	Addressee party.ID     `json:"addressee"`
	Deadline  int64        `json:"deadline"`
	Want      expectedJSON `json:"want"`
}

type stampJSON struct {
	By   party.ID `json:"by"`
	Size int64    `json:"size"`
	Time int64    `json:"time"`
}

type ownJSON struct {
	Size int64 `json:"size"`
	Time int64 `json:"time"`
}

type ruleJSON struct {
	Counting   []party.ID          `json:"counting"`
	K          int                 `json:"k"`
	Custodians []party.ID          `json:"custodians"`
	Control    map[party.ID]string `json:"control"`
	From       int64               `json:"from"`
}

type expectedJSON struct {
	NotAfter      int64       `json:"not_after"`
	NotBefore     int64       `json:"not_before"`
	Shown         []stampJSON `json:"shown"`
	Need          int         `json:"need"`
	Have          int         `json:"have"`
	Of            int         `json:"of"`
	Contradiction bool        `json:"contradiction"`
	Finding       Finding     `json:"finding"`
}

func (v vector) compute() expectedJSON {
	e := Evidence{Index: v.Index, Author: v.Author, Claimed: v.Claimed, Sealed: v.Sealed, To: v.To, Now: v.Now, Gap: v.Gap}
	for _, s := range v.Stamps {
		e.Stamps = append(e.Stamps, Stamp(s))
	}
	for _, h := range v.Heads {
		e.Heads = append(e.Heads, Own(h))
	}
	for _, s := range v.Receipts {
		e.Receipts = append(e.Receipts, Stamp(s))
	}
	b := Bound(e, Rule(v.Rule))
	if v.Addressee != "" {
		b = BoundFor(e, Rule(v.Rule), v.Addressee)
	}
	want := expectedJSON{NotAfter: b.NotAfter, NotBefore: b.NotBefore, Need: b.Need, Have: b.Have, Of: b.Of,
		Contradiction: b.Contradiction, Finding: Judge(b, v.Deadline, v.Now), Shown: []stampJSON{}}
	for _, s := range b.Shown {
		want.Shown = append(want.Shown, stampJSON(s))
	}
	return want
}

func vectors() []vector {
	w := []party.ID{"borovia", "cintra", "dovania", "elbria", "secretariat"}
	base := func(name string, stamps ...stampJSON) vector {
		stamps = append([]stampJSON{}, stamps...) // no list is null
		return vector{Name: name, Index: 12, Author: "alatau", Stamps: stamps, Heads: []ownJSON{}, To: []party.ID{}, Receipts: []stampJSON{},
			Now: 2000, Gap: -1, Deadline: 1000,
			Rule: ruleJSON{Counting: w, K: 3, Custodians: []party.ID{"dovania", "elbria", "secretariat"}, Control: map[party.ID]string{}}}
	}
	three := []stampJSON{{"borovia", 13, 700}, {"cintra", 13, 800}, {"dovania", 14, 900}}
	with := func(v vector, edit func(*vector)) vector { edit(&v); return v }
	vs := []vector{
		base("timely: third of five at 900", three...),
		base("two of three needed: not shown timely", three[:2]...),
		with(base("two of three needed, before the deadline: pending", three[:2]...), func(v *vector) { v.Now = 1000 }),
		with(base("late by the author's own head", three[:2]...), func(v *vector) { v.Heads = []ownJSON{{12, 1001}} }),
		with(base("late by the author's own claim"), func(v *vector) { v.Claimed = 1001 }),
		with(base("timely outranks late, clocks contradict", three...), func(v *vector) { v.Claimed = 1001 }),
		with(base("the author never counts", three[:2]...), func(v *vector) {
			v.Stamps = append(v.Stamps[:2:2], stampJSON{"alatau", 13, 900})
			v.Rule.Counting = append([]party.ID{"alatau"}, w...)
		}),
		with(base("common control counts once", three...), func(v *vector) {
			v.Rule.Control = map[party.ID]string{"cintra": "union", "dovania": "union"}
		}),
		with(base("a head past the withdrawal does not count", three...), func(v *vector) { v.Gap = 13 }),
		base("a stamp of next year is set aside", three[0], three[1], stampJSON{"dovania", 13, 2001}),
		with(base("sealed: cintra holds nothing", three...), func(v *vector) { v.Sealed, v.To = true, []party.ID{"borovia"} }),
		with(base("sealed: k' is the number of mirrors when that is smaller", three...), func(v *vector) {
			v.Sealed, v.To, v.Rule.Custodians = true, []party.ID{"borovia"}, []party.ID{"dovania"}
		}),
		with(base("one addressee: its own stamp", three[:1]...), func(v *vector) {
			v.Sealed, v.To, v.Addressee = true, []party.ID{"borovia"}, "borovia"
		}),
		with(base("one addressee: its receipt"), func(v *vector) {
			v.Sealed, v.To, v.Addressee = true, []party.ID{"borovia"}, "borovia"
			v.Receipts = []stampJSON{{"borovia", 0, 950}}
		}),
	}
	vs = append(vs, edges(base, with)...)
	for i := range vs {
		vs[i].Want = vs[i].compute()
	}
	return vs
}

// edges are the cases at the very second, at the very size and of doubtful parties.
func edges(base func(string, ...stampJSON) vector, with func(vector, func(*vector)) vector) []vector {
	three := []stampJSON{{"borovia", 13, 700}, {"cintra", 13, 800}, {"dovania", 14, 900}}
	sealed := func(v *vector) { v.Sealed, v.To = true, []party.ID{"borovia", "cintra"} }
	return []vector{
		with(base("not after is the second of the deadline: timely", three...), func(v *vector) { v.Deadline = 900 }),
		with(base("not after is a second past the deadline", three...), func(v *vector) { v.Deadline = 899 }),
		with(base("not before is the second of the deadline: not late"), func(v *vector) { v.Claimed = 1000 }),
		with(base("the deadline is now: pending"), func(v *vector) { v.Now = 1000 }),
		with(base("a second past the deadline"), func(v *vector) { v.Now = 1001 }),
		with(base("a stamp of now counts", three...), func(v *vector) { v.Now = 900 }),
		with(base("a claim and a head of a time to come are set aside"), func(v *vector) { v.Claimed, v.Heads = 2001, []ownJSON{{12, 2001}, {3, 400}} }),
		with(base("the newest word by its time, not by its size"), func(v *vector) { v.Heads = []ownJSON{{12, 500}, {3, 1100}, {13, 1900}} }),
		base("times of zero and below never count", three[0], three[1], stampJSON{"dovania", 13, 0}, stampJSON{"elbria", 13, -5}),
		base("a head that ends before the act does not cover it", three[0], three[1], stampJSON{"dovania", 12, 650}),
		base("one party that stamps three times counts once", three[0], stampJSON{"borovia", 14, 600}, stampJSON{"borovia", 15, 950}),
		base("equal times are ordered by party, then size", stampJSON{"dovania", 14, 700}, stampJSON{"cintra", 15, 700}, stampJSON{"cintra", 13, 700}, stampJSON{"borovia", 13, 700}),
		base("a party outside the list does not count", three[0], three[1], stampJSON{"faronia", 13, 600}),
		with(base("a head up to the withdrawal counts, one past it does not", three[0], three[1], stampJSON{"dovania", 14, 650}, stampJSON{"elbria", 15, 600}), func(v *vector) { v.Gap = 14 }),
		with(base("under common control with the author", three...), func(v *vector) {
			v.Rule.Control = map[party.ID]string{"alatau": "union", "borovia": "union"}
		}),
		with(base("common control through one outside the list counts for nobody", three[0], three[1], stampJSON{"faronia", 13, 600}), func(v *vector) {
			v.Rule.Control = map[party.ID]string{"dovania": "union", "faronia": "union"}
		}),
		with(base("a control token is no party", three...), func(v *vector) { v.Rule.Control = map[party.ID]string{"borovia": "cintra"} }),
		with(base("k below 1 shows nothing", three...), func(v *vector) { v.Rule.K = 0 }),
		with(base("sealed, custodians and addressees count", three...), sealed),
		with(base("sealed to the author alone, without custodians: nothing counts", stampJSON{"alatau", 13, 700}), func(v *vector) {
			v.Sealed, v.To, v.Rule.Custodians = true, []party.ID{"alatau"}, []party.ID{}
		}),
		with(base("one addressee: what is shown to all is earlier than its receipt", three...), func(v *vector) {
			sealed(v)
			v.Addressee, v.Receipts = "cintra", []stampJSON{{"cintra", 0, 950}}
			v.Stamps = []stampJSON{{"borovia", 13, 700}, {"dovania", 13, 750}, {"elbria", 13, 800}}
		}),
		with(base("one addressee: the receipt of another does not count"), func(v *vector) {
			sealed(v)
			v.Addressee, v.Receipts = "cintra", []stampJSON{{"borovia", 0, 950}}
		}),
		with(base("one addressee of a clear act outside of W: its own stamp", stampJSON{"faronia", 13, 650}), func(v *vector) {
			v.To, v.Addressee = []party.ID{"faronia"}, "faronia"
		}),
		with(base("one addressee: the author is none", stampJSON{"alatau", 13, 650}), func(v *vector) {
			v.To, v.Addressee = []party.ID{"alatau"}, "alatau"
		}),
		with(base("stamps from before the edition show its moment", three...), func(v *vector) { v.Rule.From = 950 }),
		with(base("the edition came into force past the deadline", three...), func(v *vector) { v.Rule.From = 1500 }),
		with(base("one addressee: its own stamp is not held up by the edition", three[0]), func(v *vector) {
			sealed(v)
			v.Addressee, v.Rule.From = "borovia", 1500
		}),
	}
}

func TestVectors(t *testing.T) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	if err := enc.Encode(vectors()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(vectorsPath), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorsPath, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(vectorsPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, buf.Bytes()) {
		t.Error("spec/vectors/lodging differs from what this package computes; if the specification changed, run with -update")
	}
}
