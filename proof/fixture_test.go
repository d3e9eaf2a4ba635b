package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/roster"
	"detente/seal"
	"filippo.io/age"
	"golang.org/x/mod/sumdb/tlog"
)

// stream is a reader of bytes that follow from a seed.
type stream struct {
	seed string
	n    uint64
	rest []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) < len(p) {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.seed), s.n))
		s.n++
		s.rest = append(s.rest, sum[:]...)
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

var (
	testGroup = party.Group{0x5f, 15: 1}
	start     = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	// noon is when the story of the tests begins; after edition 1 takes effect.
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Unix()
)

// member is one party with its keys and its record in memory.
type member struct {
	id     party.ID
	set    *key.Set
	next   *key.Next
	leaves [][]byte
	hashes []tlog.Hash
	signed []roster.Cosignature // by the mirror key
}

func (m *member) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		if x >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("no hash %d", x)
		}
		out[i] = m.hashes[x]
	}
	return out, nil
}

// clone is the same party with a record that goes its own way: for forks.
func (m *member) clone() *member {
	c := *m
	c.leaves, c.hashes = slices.Clone(m.leaves), slices.Clone(m.hashes)
	return &c
}

func (m *member) add(t testing.TB, leaf []byte) int64 {
	t.Helper()
	n := int64(len(m.leaves))
	hs, err := tlog.StoredHashes(n, leaf, m)
	if err != nil {
		t.Fatal(err)
	}
	m.leaves, m.hashes = append(m.leaves, leaf), append(m.hashes, hs...)
	return n
}

func (m *member) tree(t testing.TB, size int64) checkpoint.Head {
	t.Helper()
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint.Head{Origin: m.set.Origin, Size: size, Root: root}
}

func (m *member) sign(t testing.TB, size, at int64) checkpoint.Signed {
	t.Helper()
	s, err := checkpoint.Sign(m.tree(t, size), m.set.Record, at)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (m *member) cosign(t testing.TB, h checkpoint.Head, at int64) checkpoint.Cosigned {
	t.Helper()
	c, err := checkpoint.Cosign(h, m.set.Mirror, at)
	if err != nil {
		t.Fatal(err)
	}
	m.signed = append(m.signed, roster.Cosignature{Origin: h.Origin, Size: h.Size, Root: h.Root, Time: at})
	return c
}

func (m *member) inclusion(t testing.TB, index, size int64) tlog.RecordProof {
	t.Helper()
	p, err := tlog.ProveRecord(size, index, m)
	if err != nil {
		t.Fatal(err)
	}
	if len(p) == 0 {
		return nil
	}
	return p
}

func (m *member) consistency(t testing.TB, a, b int64) tlog.TreeProof {
	t.Helper()
	if a == b {
		return nil
	}
	p, err := tlog.ProveTree(max(a, b), min(a, b), m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// included is an act of m under the head of its whole record.
func (m *member) included(t testing.TB, index, at int64) Included {
	t.Helper()
	size := int64(len(m.leaves))
	return Included{Leaf: m.leaves[index], Origin: m.set.Origin, Index: index,
		Inclusion: m.inclusion(t, index, size), Head: m.sign(t, size, at).Bytes()}
}

func (m *member) ref(index int64) act.Ref {
	return act.Ref{Origin: m.set.Origin, Index: index, Leaf: act.LeafHash(m.leaves[index])}
}

// world is a group in memory: five states and a secretariat.
type world struct {
	roster *roster.Roster
	by     map[party.ID]*member
}

var names = []struct {
	id   party.ID
	name string
}{{"alatau", "Alatau"}, {"borovia", "Borovia"}, {"cintra", "Cintra"}, {"dovania", "Dovania"}, {"elbria", "Elbria"}, {"secretariat", "Secretariat"}}

func newMember(t testing.TB, id party.ID) *member {
	t.Helper()
	random := &stream{seed: string(id)}
	origin, err := party.GenerateOrigin(random, id)
	if err != nil {
		t.Fatal(err)
	}
	set, next, err := key.Generate(random, origin)
	if err != nil {
		t.Fatal(err)
	}
	return &member{id: id, set: set, next: next}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{by: make(map[party.ID]*member)}
	r := &roster.Roster{Format: roster.Format, Group: testGroup, Edition: 1, Effective: canon.FormatTime(start),
		Names: map[string]string{"en": "Invented Region"}, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Courier: "336h"}
	for _, n := range names {
		m := newMember(t, n.id)
		w.by[n.id] = m
		card := m.set.Card(m.next)
		r.Parties = append(r.Parties, roster.Party{ID: n.id, Standing: roster.Member, Names: map[string]string{"en": n.name},
			Posts: []party.Post{"arms-control"}, Endpoints: []string{"https://" + string(n.id) + ".example:8443"}, Card: &card})
		r.Counting.Witnesses = append(r.Counting.Witnesses, n.id)
	}
	r.Parties[5].Standing = roster.Secretariat
	r.Parties = append(r.Parties, roster.Party{ID: "faronia", Standing: roster.Member, Names: map[string]string{"en": "Faronia"}})
	r.Counting.F, r.Counting.K = 1, 3
	r.Custodians = []party.ID{"dovania", "elbria", "secretariat"}
	b, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if w.roster, err = roster.Parse(b); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) keys(t testing.TB) *roster.Keys {
	t.Helper()
	k, err := roster.NewKeys(w.roster)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// say appends an act, filled in where every act is alike.
func (w *world) say(t testing.TB, id party.ID, a act.Act) int64 {
	t.Helper()
	a.Group = testGroup
	if a.Edition == 0 {
		a.Edition = 1
	}
	if a.Status == "" {
		a.Status = act.Exercise
	}
	if len(a.To) == 0 {
		a.ToAll = true
	}
	b, err := a.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return w.by[id].add(t, b)
}

func (w *world) note(t testing.TB, id party.ID) int64 {
	return w.say(t, id, act.Act{Kind: act.Statement, Life: act.New, PayloadType: "text/plain", Payload: []byte("a remark")})
}

// cosigs are the mirror cosignatures of ids over the first size entries of m, a
// second apart from at on, fit to stand beside a head of the given size.
func (w *world) cosigs(t testing.TB, m *member, size, beside, at int64, ids ...party.ID) []Cosig {
	t.Helper()
	var cs []Cosig
	for i, id := range ids {
		c := w.by[id].cosign(t, m.tree(t, size), at+int64(i))
		cs = append(cs, Cosig{Note: c.Bytes(), Consistency: m.consistency(t, size, beside)})
	}
	return cs
}

// story is the file of the main job: a notification of Alatau sealed to Borovia
// and Cintra as act 12, mirrored by three, delivered and acknowledged by Borovia.
type story struct {
	*world
	file   *File
	secret []byte // what was sealed
	now    int64
}

func newStory(t testing.TB) *story {
	t.Helper()
	w := newWorld(t)
	a, b := w.by["alatau"], w.by["borovia"]
	for range 12 {
		w.note(t, "alatau")
	}
	earlier := a.sign(t, 12, noon)
	s := &story{world: w, secret: []byte("{\"troops\": 9000}\n"), now: noon + 3600}
	f := &File{Index: 12, Earlier: earlier.Bytes()}
	f.Ciphertext, f.FileKey = w.sealed(t, s.secret)
	w.say(t, "alatau", *w.notification(f.Ciphertext))
	w.note(t, "alatau")
	w.note(t, "alatau")
	f.Leaf, f.Inclusion, f.Head = a.leaves[12], a.inclusion(t, 12, 15), a.sign(t, 15, noon+30).Bytes()
	f.Cosigs = slices.Concat(w.cosigs(t, a, 13, 15, noon+10, "borovia", "dovania"), w.cosigs(t, a, 15, 15, noon+40, "elbria"))
	answer := act.Act{To: []party.ID{"alatau"}, Answers: a.ref(12)}
	delivered, acknowledged := answer, answer
	delivered.Kind, acknowledged.Kind, acknowledged.Post = act.Delivered, act.Acknowledged, "arms-control"
	w.note(t, "borovia")
	i, j := w.say(t, "borovia", delivered), w.say(t, "borovia", acknowledged)
	f.Receipts = []Included{b.included(t, i, noon+20), b.included(t, j, noon+60)}
	s.file = f
	return s
}

// notification is the act without its content's binding settled.
func (w *world) notification(ciphertext []byte) *act.Act {
	a := &act.Act{Group: testGroup, Edition: 1, Kind: act.Statement, Status: act.Exercise, To: []party.ID{"borovia", "cintra", "faronia"},
		Serial: map[party.ID]int64{"borovia": 1, "cintra": 1, "faronia": 1}, Thread: "ALA/2026/17", Life: act.New, Measure: "cica.2.1.1d",
		Claimed: time.Unix(noon+5, 0).UTC()}
	if ciphertext != nil {
		a.Sealed = act.Blob{Digest: canon.DigestOf(ciphertext), Size: int64(len(ciphertext))}
	}
	return a
}

func (w *world) sealed(t testing.TB, content []byte) (ciphertext, fileKey []byte) {
	t.Helper()
	a := w.notification(nil)
	a.Sealed = act.Blob{Digest: canon.Digest{1}, Size: 1} // left out of the outside digest
	outside, err := a.OutsideDigest()
	if err != nil {
		t.Fatal(err)
	}
	to := []*age.HybridRecipient{w.by["borovia"].set.Sealing[0].Recipient(), w.by["cintra"].set.Sealing[0].Recipient()}
	b := seal.Binding{Author: w.by["alatau"].set.Origin, Group: testGroup, Outside: outside}
	ciphertext, fileKey, err = seal.SealWithKey(&stream{seed: "salt"}, seal.Content{Type: "application/json", Body: content}, b, to)
	if err != nil {
		t.Fatal(err)
	}
	return ciphertext, fileKey
}

// rotate enters m's next key of a role by a key act and returns it included
// under a head signed at the given time.
func (w *world) rotate(t testing.TB, m *member, role key.Role, list roster.CosignedList, at int64) Included {
	t.Helper()
	after, err := m.next.Renew(&stream{seed: string(m.id) + string(role) + fmt.Sprint(len(m.leaves))}, role)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := roster.NewChange(testGroup, role, int64(len(m.leaves)), m.next, after.Commitments(), list)
	if err != nil {
		t.Fatal(err)
	}
	a := act.Act{Kind: act.KeyChange, Status: act.Actual, Role: string(role), PayloadType: act.TypeKeyChange, Payload: payload}
	var blob []byte
	if role != key.Record {
		if blob, err = list.Bytes(); err != nil {
			t.Fatal(err)
		}
		a.Clear = act.Blob{Digest: canon.DigestOf(blob), Size: int64(len(blob)), Type: act.TypeCosignatures}
	}
	i := w.say(t, m.id, a)
	if m.set, err = m.set.Enter(role, m.next); err != nil {
		t.Fatal(err)
	}
	m.next = after
	in := m.included(t, i, at)
	in.Blob = blob
	return in
}

// follow is the edition after the world's, with its adoptions lodged at a time.
func (w *world) follow(t testing.TB, effective, lodged int64, edit func(*roster.Roster)) ([]byte, []Included) {
	t.Helper()
	b, err := w.roster.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	r.Edition, r.Previous, r.Effective = 2, canon.DigestOf(b), canon.FormatTime(time.Unix(effective, 0))
	if edit != nil {
		edit(r)
	}
	raw, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var adoptions []Included
	for _, id := range roster.Required(w.roster) {
		m := w.by[id]
		i := w.say(t, id, act.Act{Kind: act.Adoption, Status: act.Actual,
			Clear: act.Blob{Digest: canon.DigestOf(raw), Size: int64(len(raw)), Type: act.TypeRoster}})
		in := m.included(t, i, lodged)
		others := slices.DeleteFunc(slices.Sorted(maps.Keys(w.by)), func(o party.ID) bool { return o == id })
		in.Cosigs = w.cosigs(t, m, i+1, i+1, lodged, others[:3]...)
		adoptions = append(adoptions, in)
	}
	return raw, adoptions
}
