package roster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// author makes the key acts of one party, one after the other.
type author struct {
	t      testing.TB
	id     party.ID
	random *stream
	next   *key.Next // its Origin is the volume
}

func authorOf(t testing.TB, id party.ID) *author {
	next := *keysOf(t, string(id)).next // others use it too
	return &author{t, id, &stream{seed: "acts of " + string(id)}, &next}
}

// rotate enters the committed key of a role at index and commits to a new one.
func (a *author) rotate(role key.Role, index int64) Change {
	a.t.Helper()
	renewed, err := a.next.Renew(a.random, role)
	if err != nil {
		a.t.Fatal(err)
	}
	var listed CosignedList
	if role != key.Record {
		listed = NewCosignedList(sample())
	}
	payload, err := NewChange(testGroup, role, index, a.next, renewed.Commitments(), listed)
	if err != nil {
		a.t.Fatal(err)
	}
	c := Change{a.id, a.next.Origin, index, role, payload}
	a.next = renewed
	return c
}

// batch enters sealing or transport keys, one for each moment, and goes on with
// the same batch key.
func (a *author) batch(role key.Role, index int64, from ...time.Time) (Change, []Validity) {
	a.t.Helper()
	var valid []Validity
	for _, f := range from {
		v := Validity{From: f}
		if role == key.Sealing {
			id, err := key.GenerateSealing(a.random)
			if err != nil {
				a.t.Fatal(err)
			}
			v.Sealing = id.Recipient().String()
		} else {
			s, err := key.GenerateTransport(a.random)
			if err != nil {
				a.t.Fatal(err)
			}
			v.Pin = s.Pin()
		}
		valid = append(valid, v)
	}
	payload, err := NewBatch(testGroup, role, index, a.next, key.BatchDigest(a.next.BatchPublic()), valid)
	if err != nil {
		a.t.Fatal(err)
	}
	return Change{a.id, a.next.Origin, index, role, payload}, valid
}

func (a *author) volume(n int) { a.next = a.next.AtOrigin(a.next.Origin.AtVolume(n)) }

func keysFor(t testing.TB, r *Roster) *Keys {
	t.Helper()
	k, err := NewKeys(r)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func apply(t testing.TB, k *Keys, c Change) {
	t.Helper()
	if err := k.Change(c); err != nil {
		t.Fatal(err)
	}
}

func TestFirstKeys(t *testing.T) {
	r := region(t)
	k := keysFor(t, r)
	card := r.Parties[0].Card
	for _, o := range []party.Origin{card.Origin, card.Origin.AtVolume(2)} {
		got, ok := k.Record(o, 0)
		if !ok || got.Origin != o || got.Digest() != keysOf(t, "alatau").set.Record.Public.Digest() {
			t.Errorf("record key at %s: %v", o, got.Origin)
		}
	}
	w := k.Cosigners("alatau", key.Witness)
	if len(w) != 1 || w[0].Retired || w[0].Party != "alatau" || w[0].Role != key.Witness {
		t.Errorf("witness keys %+v", w)
	}
	for _, id := range w[0].Key.IDs() {
		if c, ok := k.ByName(w[0].Key.Name, id); !ok || !c.Key.Equal(w[0].Key) {
			t.Error("a witness key is not found by its line")
		}
	}
	if s, ok := k.Sealing("alatau", start); !ok || s != card.Sealing {
		t.Errorf("sealing key %q", s)
	}
	if p, ok := k.Transport("alatau", time.Time{}); !ok || p != card.Transport {
		t.Errorf("transport pin %s", p)
	}
	if id, ok := k.Owner(card.Origin.AtVolume(7)); !ok || id != "alatau" {
		t.Errorf("owner %q", id)
	}
	if c, ok := k.Commitments(card.Origin); !ok || c != card.Next {
		t.Error("commitments are not those of the card")
	}
	// What is not there.
	_, record := k.Record("alatau/00000000", 1)
	_, negative := k.Record(card.Origin, -1)
	_, name := k.ByName("alatau/00000000/witness", 1)
	_, short := k.ByName("alatau", 1)
	_, id := k.ByName(w[0].Key.Name, 1)
	_, role := k.ByName(string(card.Origin)+"/record", w[0].ids[0])
	_, sealing := k.Sealing("faronia", start)
	_, transport := k.Transport("nowhere", start)
	_, owner := k.Owner("alatau/00000000")
	_, commitments := k.Commitments("alatau/00000000")
	if record || negative || name || short || id || role || sealing || transport || owner || commitments || k.Cosigners("faronia", key.Mirror) != nil {
		t.Error("found what is not there")
	}
}

func TestRecordKeyRulesAboveItsIndex(t *testing.T) {
	k := keysFor(t, region(t))
	a := authorOf(t, "alatau")
	o := a.next.Origin
	var digests []canon.Digest
	first, _ := k.Record(o, 0)
	digests = append(digests, first.Digest())
	for _, index := range []int64{17, 40} {
		digests = append(digests, a.next.Record.Public.Digest())
		apply(t, k, a.rotate(key.Record, index))
	}
	a.volume(2)
	digests = append(digests, a.next.Record.Public.Digest())
	apply(t, k, a.rotate(key.Record, 3))
	v2 := o.AtVolume(2)
	for _, c := range []struct {
		o    party.Origin
		size int64
		key  int
	}{{o, 0, 0}, {o, 17, 0}, {o, 18, 1}, {o, 40, 1}, {o, 41, 2}, {o, 1 << 40, 2}, {v2, 0, 2}, {v2, 3, 2}, {v2, 4, 3}, {o.AtVolume(3), 0, 3}} {
		got, ok := k.Record(c.o, c.size)
		if !ok || got.Digest() != digests[c.key] || got.Origin != c.o || got.Timed.Name != string(c.o) {
			t.Errorf("%s at size %d is not signed by key %d", c.o, c.size, c.key)
		}
	}
}

func TestCosignerRetires(t *testing.T) {
	k := keysFor(t, region(t))
	a := authorOf(t, "borovia")
	first := k.Cosigners("borovia", key.Mirror)[0]
	before := k.Clone()
	c := a.rotate(key.Mirror, 5)
	apply(t, k, c)
	keys := k.Cosigners("borovia", key.Mirror)
	if len(keys) != 2 || keys[0].Retired || !keys[1].Retired || !keys[1].Key.Equal(first.Key) {
		t.Fatalf("mirror keys %+v", keys)
	}
	list, err := NewCosignedList(sample()).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if keys[1].Listed != canon.DigestOf(list) || !keys[0].Listed.IsZero() {
		t.Error("the retired key does not name the list")
	}
	for _, want := range keys {
		if got, ok := k.ByName(want.Key.Name, want.ids[1]); !ok || got.Retired != want.Retired || got.Listed != want.Listed {
			t.Errorf("by name: %+v", got)
		}
	}
	if w := k.Cosigners("borovia", key.Witness); len(w) != 1 || w[0].Retired {
		t.Error("the witness key changed with the mirror key")
	}
	if m := before.Cosigners("borovia", key.Mirror); len(m) != 1 || m[0].Retired {
		t.Error("a clone changed with its original")
	}
	r, err := ParseRotation(c.Payload)
	if err != nil || r.Listed != keys[1].Listed || r.ListedSize != int64(len(list)) {
		t.Errorf("the payload names another list: %v", err)
	}
}

func TestBatches(t *testing.T) {
	k := keysFor(t, region(t))
	a := authorOf(t, "cintra")
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	c1, v1 := a.batch(key.Sealing, 2, day(10), day(100), day(190))
	c2, v2 := a.batch(key.Sealing, 8, day(120), day(210))
	c3, v3 := a.batch(key.Transport, 9, day(5))
	card, _ := k.Sealing("cintra", start)
	for _, c := range []Change{c1, c2, c3} {
		apply(t, k, c)
	}
	for _, c := range []struct {
		day  int
		want string
	}{{0, card}, {9, card}, {10, v1[0].Sealing}, {99, v1[0].Sealing}, {100, v1[1].Sealing}, {119, v1[1].Sealing},
		{120, v2[0].Sealing}, {190, v2[0].Sealing}, {210, v2[1].Sealing}, {9000, v2[1].Sealing}} {
		if got, ok := k.Sealing("cintra", day(c.day)); !ok || got != c.want {
			t.Errorf("day %d: another sealing key", c.day)
		}
	}
	if got, _ := k.Transport("cintra", day(5)); got != v3[0].Pin {
		t.Error("transport pin of the batch is not in force")
	}
	if got, _ := k.Transport("cintra", day(5).Add(-time.Second)); got == v3[0].Pin {
		t.Error("transport pin of the batch is in force early")
	}
}

// TestBatchKeyFollows: a batch may commit to another batch key; the old one then
// enters nothing.
func TestBatchKeyFollows(t *testing.T) {
	k := keysFor(t, region(t))
	a := authorOf(t, "dovania")
	fresh, err := key.GenerateNext(a.random, a.next.Origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := key.GenerateTransport(a.random)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := NewBatch(testGroup, key.Transport, 1, a.next, key.BatchDigest(fresh.BatchPublic()), []Validity{{From: start, Pin: s.Pin()}})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, k, Change{"dovania", a.next.Origin, 1, key.Transport, payload})
	old, _ := a.batch(key.Transport, 2, start)
	if err := k.Change(old); err == nil {
		t.Error("the old batch key entered a key")
	}
	a.next.Batch, a.random = fresh.Batch, &stream{seed: "other"}
	good, _ := a.batch(key.Transport, 2, start)
	apply(t, k, good)
}

func TestChangeRefuses(t *testing.T) {
	thief := authorOf(t, "borovia") // its next keys are not those that alatau committed to
	fake := func(spoil func(n *key.Next)) *author {
		a := authorOf(t, "alatau")
		n := *a.next
		spoil(&n)
		a.next = &n
		return a
	}
	own := func() *author { return authorOf(t, "alatau") }
	cases := map[string]func() Change{
		"unknown record": func() Change { c := own().rotate(key.Record, 1); c.Origin = "alatau/00000000"; return c },
		"another party":  func() Change { c := own().rotate(key.Record, 1); c.Party = "borovia"; return c },
		"another index":  func() Change { c := own().rotate(key.Record, 1); c.Index = 2; return c },
		"another role":   func() Change { c := own().rotate(key.Witness, 1); c.Role = key.Mirror; return c },
		"another volume": func() Change { c := own().rotate(key.Record, 1); c.Origin = c.Origin.AtVolume(2); return c },
		"another group": func() Change {
			a := own()
			payload, err := NewChange(party.Group{9}, key.Record, 1, a.next, keysOf(t, "cintra").next.Commitments(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return Change{"alatau", a.next.Origin, 1, key.Record, payload}
		},
		"a key not committed to": func() Change {
			return fake(func(n *key.Next) { n.Record = thief.next.Record.AtOrigin(n.Origin) }).rotate(key.Record, 1)
		},
		"a witness key not committed to": func() Change {
			return fake(func(n *key.Next) { n.Witness = thief.next.Witness.WithName(key.CosignerName(n.Origin, key.Witness)) }).rotate(key.Witness, 1)
		},
		"the current key again": func() Change {
			return fake(func(n *key.Next) { n.Record = keysOf(t, "alatau").set.Record }).rotate(key.Record, 1)
		},
		"another batch key": func() Change {
			c, _ := fake(func(n *key.Next) { n.Batch = thief.next.Batch }).batch(key.Sealing, 1, start)
			return c
		},
		"signed by another": func() Change {
			return fake(func(n *key.Next) {
				secret := *n.Record
				secret.Plain = keysOf(t, "cintra").set.Record.Plain
				n.Record = &secret
			}).rotate(key.Record, 1)
		},
		"signature of another act": func() Change {
			one, two := own().rotate(key.Record, 1), own().rotate(key.Record, 2)
			a, err := ParseRotation(one.Payload)
			if err != nil {
				t.Fatal(err)
			}
			b, err := ParseRotation(two.Payload)
			if err != nil {
				t.Fatal(err)
			}
			b.sig = a.sig
			if two.Payload, err = b.Bytes(); err != nil {
				t.Fatal(err)
			}
			return two
		},
		"batch signature of another act": func() Change {
			one, valid := own().batch(key.Transport, 1, start)
			a, err := ParseRotation(one.Payload)
			if err != nil {
				t.Fatal(err)
			}
			a.Valid[0] = Validity{From: valid[0].From, Pin: canon.DigestOf([]byte("another"))}
			if one.Payload, err = a.Bytes(); err != nil {
				t.Fatal(err)
			}
			return one
		},
		"a key that served in another role": func() Change {
			a := own()
			payload, err := NewBatch(testGroup, key.Transport, 1, a.next, key.BatchDigest(a.next.BatchPublic()),
				[]Validity{{From: start, Pin: canon.Digest(ed25519Material(keysOf(t, "alatau").set.Record.Public.Plain))}})
			if err != nil {
				t.Fatal(err)
			}
			return Change{"alatau", a.next.Origin, 1, key.Transport, payload}
		},
		"a following key that served": func() Change {
			a := own()
			after := a.next.Commitments()
			after.Record = keysOf(t, "alatau").set.Record.Public.Digest()
			payload, err := NewChange(testGroup, key.Record, 1, a.next, after, nil)
			if err != nil {
				t.Fatal(err)
			}
			return Change{"alatau", a.next.Origin, 1, key.Record, payload}
		},
		"damage": func() Change { c := own().rotate(key.Record, 1); c.Payload = c.Payload[:len(c.Payload)-1]; return c },
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			k := keysFor(t, region(t))
			c := make()
			err := k.Change(c)
			if err == nil {
				t.Fatal("was applied")
			}
			if errors.Is(err, ErrNoRecord) != (name == "unknown record") {
				t.Errorf("%v", err)
			}
			apply(t, k, own().rotate(key.Record, 1)) // nothing was left behind
		})
	}
}

func TestChangeOrder(t *testing.T) {
	k := keysFor(t, region(t))
	a := authorOf(t, "alatau")
	first, second := a.rotate(key.Record, 4), a.rotate(key.Record, 9)
	if err := k.Change(second); err == nil {
		t.Error("the second was applied before the first")
	}
	apply(t, k, first)
	apply(t, k, second)
	apply(t, k, first) // again: nothing
	if c, _ := k.Record(a.next.Origin, 10); c.Digest() == a.next.Record.Public.Digest() {
		t.Error("a key that is only committed to is in force")
	}
	late, _ := a.batch(key.Transport, 8, start)
	if err := k.Change(late); err == nil {
		t.Error("an earlier key act was applied after a later one")
	}
}

func TestNewChangeRefuses(t *testing.T) {
	n := keysOf(t, "alatau").next
	after := keysOf(t, "borovia").next.Commitments()
	same := n.Commitments()
	cases := map[string]error{}
	_, cases["list for a record"] = NewChange(testGroup, key.Record, 1, n, after, CosignedList{})
	_, cases["no list for a mirror"] = NewChange(testGroup, key.Mirror, 1, n, after, nil)
	_, cases["list not sorted"] = NewChange(testGroup, key.Mirror, 1, n, after, sample())
	_, cases["sealing"] = NewChange(testGroup, key.Sealing, 1, n, after, nil)
	_, cases["negative index"] = NewChange(testGroup, key.Record, -1, n, after, nil)
	_, cases["no group"] = NewChange(party.Group{}, key.Record, 1, n, after, nil)
	_, cases["no following key"] = NewChange(testGroup, key.Record, 1, n, key.Commitments{}, nil)
	_, cases["the same key follows"] = NewChange(testGroup, key.Record, 1, n, same, nil)
	_, cases["the same witness follows"] = NewChange(testGroup, key.Witness, 1, n, same, CosignedList{})
	_, cases["batch of a record"] = NewBatch(testGroup, key.Record, 1, n, same.Sealing, nil)
	_, cases["empty batch"] = NewBatch(testGroup, key.Sealing, 1, n, same.Sealing, nil)
	pin := canon.DigestOf([]byte("pin"))
	for name, valid := range map[string][]Validity{
		"pin in a sealing batch":   {{From: start, Pin: pin}},
		"not a recipient":          {{From: start, Sealing: "age1pq1x"}},
		"too many":                 make([]Validity, maxValidities+1),
		"part of a second":         {{From: start.Add(time.Millisecond), Pin: pin}},
		"before 1970":              {{From: time.Unix(-1, 0), Pin: pin}},
		"not in order":             {{From: start, Pin: pin}, {From: start, Pin: canon.DigestOf(nil)}},
		"one key twice":            {{From: start, Pin: pin}, {From: start.Add(time.Hour), Pin: pin}},
		"sealing in a transport's": {{From: start, Sealing: "x"}},
	} {
		role := key.Transport
		if name == "pin in a sealing batch" || name == "not a recipient" {
			role = key.Sealing
		}
		_, cases[name] = NewBatch(testGroup, role, 1, n, same.Sealing, valid)
	}
	for name, err := range cases {
		if err == nil {
			t.Errorf("%s: was written", name)
		}
	}
}

func TestEditions(t *testing.T) {
	first := region(t)
	k := keysFor(t, first)
	// Edition 2: elbria leaves, gardenia joins.
	second := after(t, first)
	second.Parties = append(second.Parties[:4:4], second.Parties[5], second.Parties[6], member(t, "gardenia", "Gardenia"))
	for _, ids := range [][]party.ID{second.Counting.Witnesses, second.Custodians} {
		for i := range ids {
			if ids[i] == "elbria" {
				ids[i] = "gardenia"
			}
		}
	}
	if faults := second.Lint(first); len(faults) > 0 {
		t.Fatal(faults)
	}
	gardenia := authorOf(t, "gardenia")
	early := gardenia.rotate(key.Record, 3)
	if err := k.Change(early); !errors.Is(err, ErrNoRecord) {
		t.Errorf("key act of a party that has not joined: %v", err)
	}
	if err := k.Adopt(second); err != nil {
		t.Fatal(err)
	}
	if err := k.Adopt(second); err != nil {
		t.Errorf("adopted again: %v", err)
	}
	apply(t, k, early)
	effective := start.AddDate(0, 1, 0)
	for _, c := range []struct {
		at   time.Time
		want *Roster
	}{{start.Add(-time.Hour), first}, {start, first}, {effective.Add(-time.Second), first}, {effective, second}, {effective.AddDate(9, 0, 0), second}} {
		if k.In(c.at) != c.want {
			t.Errorf("at %s another edition is in force", c.at)
		}
	}
	if k.Current() != second || k.CurrentDigest() != second.Digest() {
		t.Error("the newest edition is not current")
	}
	for number, want := range map[int]*Roster{0: nil, 1: first, 2: second, 3: nil} {
		if r, ok := k.Edition(number); r != want || ok != (want != nil) {
			t.Errorf("edition %d", number)
		}
	}
	_, before := k.Sealing("elbria", effective.Add(-time.Second))
	_, later := k.Sealing("elbria", effective)
	if !before || later {
		t.Errorf("the sealing key of a removed party: %t before, %t after", before, later)
	}
	// What a removed party signed stays verifiable, and its next record key may enter.
	elbria := authorOf(t, "elbria")
	apply(t, k, elbria.rotate(key.Record, 2))
	if len(k.Cosigners("elbria", key.Witness)) != 1 {
		t.Error("a removed party's keys are not found")
	}
	// Edition 3: gardenia lost its keys and enters with a new record.
	third := after(t, second)
	lost := keysOf(t, "gardenia-again")
	card := lost.set.Card(lost.next)
	if err := third.SetCard("gardenia", card, nil); err != nil {
		t.Fatal(err)
	}
	if err := k.Adopt(third); err != nil {
		t.Fatal(err)
	}
	if c := k.Cosigners("gardenia", key.Witness); len(c) != 1 || !c[0].Key.Equal(lost.set.Witness.Public) {
		t.Error("the new record's cosigner is not current")
	}
	if _, ok := k.Record(gardenia.next.Origin, 1); !ok {
		t.Error("the old record is not verifiable any more")
	}
	// Edition 4: elbria returns with the card it had.
	fourth := after(t, third)
	fourth.Parties = append(fourth.Parties, member(t, "elbria", "Elbria"))
	if err := k.Adopt(fourth); err != nil {
		t.Fatal(err)
	}
	// Nobody else can take a record that once was elbria's, even after editions.
	fifth := after(t, third)
	fifth.Parties = append(fifth.Parties, member(t, "elbria", "Zemlia"))
	fifth.Parties[len(fifth.Parties)-1].ID = "zemlia"
	k3 := keysFor(t, first)
	for _, r := range []*Roster{second, third} {
		if err := k3.Adopt(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := k3.Adopt(fifth); err == nil {
		t.Error("another party took over a record")
	}
}

func TestNewKeysRefusesAHalfRoster(t *testing.T) {
	r := region(t)
	r.Group = party.Group{}
	if _, err := NewKeys(r); err == nil {
		t.Error("keys of a roster without a group")
	}
}

// TestOrderOfRecordsDoesNotMatter applies the same key acts and editions in many
// interleavings that respect each record's own order; the answers are the same.
func TestOrderOfRecordsDoesNotMatter(t *testing.T) {
	first := region(t)
	second := after(t, first)
	second.Parties = append(second.Parties, member(t, "gardenia", "Gardenia"))
	third := after(t, second)
	third.Parties = append(third.Parties[:3:3], third.Parties[4:]...) // without dovania
	rename(third, "dovania", "gardenia")

	var records [][]Change
	for _, id := range []party.ID{"alatau", "borovia", "dovania", "gardenia"} {
		a := authorOf(t, id)
		var acts []Change
		acts = append(acts, a.rotate(key.Record, 1), a.rotate(key.Mirror, 2), a.rotate(key.Record, 5))
		s, _ := a.batch(key.Sealing, 7, start, start.AddDate(0, 3, 0))
		acts = append(acts, s, a.rotate(key.Witness, 8))
		a.volume(2)
		acts = append(acts, a.rotate(key.Mirror, 1), a.rotate(key.Record, 2))
		p, _ := a.batch(key.Transport, 3, start.AddDate(0, 1, 0))
		records = append(records, append(acts, p))
	}
	random := rand.New(rand.NewPCG(7, 11))
	var want string
	for run := range 25 {
		k := keysFor(t, first)
		editions := []*Roster{second, third}
		at := make([]int, len(records))
		for left := true; left; {
			left = len(editions) > 0
			for i, r := range records {
				left = left || at[i] < len(r)
			}
			i := random.IntN(len(records) + 1)
			if i == len(records) {
				if len(editions) > 0 && random.IntN(4) == 0 {
					if err := k.Adopt(editions[0]); err != nil {
						t.Fatal(err)
					}
					editions = editions[1:]
				}
				continue
			}
			if at[i] == len(records[i]) {
				continue
			}
			err := k.Change(records[i][at[i]])
			if errors.Is(err, ErrNoRecord) {
				continue // gardenia before edition 2: read again later
			}
			if err != nil {
				t.Fatal(err)
			}
			at[i]++
		}
		got := answers(k, append([]*Roster{first}, second, third))
		if run == 0 {
			want = got
		}
		if got != want {
			t.Fatalf("run %d: other answers\n%s\n%s", run, got, want)
		}
	}
}

// answers asks k everything that it can be asked about the parties of editions.
func answers(k *Keys, editions []*Roster) string {
	var s strings.Builder
	fmt.Fprintln(&s, k.Current().Edition)
	for _, r := range editions {
		for _, p := range r.Parties {
			for _, role := range []key.Role{key.Witness, key.Mirror} {
				for _, c := range k.Cosigners(p.ID, role) {
					fmt.Fprintln(&s, c.Party, c.Role, c.Key.Digest(), c.Retired, c.Listed)
					by, ok := k.ByName(c.Key.Name, c.ids[0])
					fmt.Fprintln(&s, ok, by.Key.Digest())
				}
			}
			for days := -10; days < 200; days += 30 {
				t := start.AddDate(0, 0, days)
				sealing, _ := k.Sealing(p.ID, t)
				pin, _ := k.Transport(p.ID, t)
				fmt.Fprintln(&s, sealing, pin, k.In(t).Edition)
			}
			if p.Card == nil {
				continue
			}
			for _, volume := range []int{1, 2, 3} {
				for size := range int64(10) {
					c, _ := k.Record(p.Card.Origin.AtVolume(volume), size)
					fmt.Fprintln(&s, c.Origin, c.Digest())
				}
			}
			n, _ := k.Commitments(p.Card.Origin)
			fmt.Fprintln(&s, n)
		}
	}
	return s.String()
}

func BenchmarkRebuild57(b *testing.B) {
	r, err := Template("osce-57")
	if err != nil {
		b.Fatal(err)
	}
	r.Group, r.Effective = testGroup, canon.FormatTime(start)
	for i := range r.Parties {
		k := keysOf(b, string(r.Parties[i].ID))
		if err := r.SetCard(r.Parties[i].ID, k.set.Card(k.next), nil); err != nil {
			b.Fatal(err)
		}
	}
	text := bytesOf(b, r)
	b.Run("parse", func(b *testing.B) {
		for range b.N {
			if _, err := Parse(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("keys", func(b *testing.B) {
		for range b.N {
			if _, err := NewKeys(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("adopt", func(b *testing.B) {
		k := keysFor(b, r)
		second := after(b, r)
		b.ResetTimer()
		for range b.N {
			if err := k.Clone().Adopt(second); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("clone", func(b *testing.B) {
		k := keysFor(b, r)
		b.ResetTimer()
		for range b.N {
			k.Clone()
		}
	})
}
