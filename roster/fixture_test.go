package roster

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// stream is a reader of bytes that follow from a seed, for keys that are the
// same in every run.
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
)

// holderKeys are the secret keys behind one card.
type holderKeys struct {
	set  *key.Set
	next *key.Next
}

var made = map[string]holderKeys{}

// keysOf makes the keys of an invented party; the same name gives the same keys.
func keysOf(t testing.TB, name string) holderKeys {
	t.Helper()
	if k, ok := made[name]; ok {
		return k
	}
	random := &stream{seed: name}
	origin, err := party.GenerateOrigin(random, party.ID(name))
	if err != nil {
		t.Fatal(err)
	}
	set, next, err := key.Generate(random, origin)
	if err != nil {
		t.Fatal(err)
	}
	made[name] = holderKeys{set, next}
	return made[name]
}

// member is a party of the invented region with a card.
func member(t testing.TB, id party.ID, name string) Party {
	t.Helper()
	k := keysOf(t, string(id))
	card := k.set.Card(k.next)
	return Party{
		ID: id, Standing: Member, Names: map[string]string{"en": name},
		Posts: []party.Post{"arms-control"}, Endpoints: []string{"https://" + string(id) + ".example:8443"}, Card: &card,
	}
}

// region is edition 1 of the invented region: five states and a secretariat with
// records, and a member without one.
func region(t testing.TB) *Roster {
	t.Helper()
	r := &Roster{
		Format: Format, Group: testGroup, Edition: 1, Effective: canon.FormatTime(start),
		Names: map[string]string{"en": "Invented Region"}, Languages: []string{"en"},
		Adoption: AdoptionAll, Courier: "336h",
		Packs:     []Pack{{ID: "cica", Digest: canon.DigestOf([]byte("a text as data"))}},
		Slots:     []Slot{{ID: "cica.2.1.1d.lead", Value: "P42D"}, {ID: "cica.2.1.1d.troops", Value: "9000", Between: []party.ID{"alatau", "borovia"}}},
		Retention: map[string]string{"notices": "87600h"},
	}
	for _, p := range [][2]string{{"alatau", "Alatau"}, {"borovia", "Borovia"}, {"cintra", "Cintra"}, {"dovania", "Dovania"}, {"elbria", "Elbria"}, {"secretariat", "Secretariat"}} {
		r.Parties = append(r.Parties, member(t, party.ID(p[0]), p[1]))
		r.Counting.Witnesses = append(r.Counting.Witnesses, party.ID(p[0]))
		r.Custodians = append(r.Custodians, party.ID(p[0]))
	}
	r.Parties[5].Standing = Secretariat
	r.Parties = append(r.Parties, Party{ID: "faronia", Standing: Member, Names: map[string]string{"en": "Faronia"}})
	r.Counting.F, r.Counting.K = 1, 3
	return r
}

// private is a group of one.
func private(t testing.TB) *Roster {
	t.Helper()
	return &Roster{
		Format: Format, Group: testGroup, Edition: 1, Effective: canon.FormatTime(start),
		Names: map[string]string{"en": "Alatau alone"}, Languages: []string{"en"},
		Parties: []Party{member(t, "alatau", "Alatau")}, Adoption: AdoptionAll,
	}
}

// after is the edition that follows r a month later, not otherwise changed.
func after(t testing.TB, r *Roster) *Roster {
	t.Helper()
	b := bytesOf(t, r)
	next, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	effective, err := canon.ParseTime(r.Effective)
	if err != nil {
		t.Fatal(err)
	}
	next.Edition++
	next.Previous = canon.DigestOf(b)
	next.Effective = canon.FormatTime(effective.AddDate(0, 1, 0))
	return next
}

func bytesOf(t testing.TB, r *Roster) []byte {
	t.Helper()
	b, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
