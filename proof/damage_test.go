package proof

import (
	"bytes"
	"testing"

	"detente/act"
	"detente/checkpoint"
	"detente/key"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

func cutLastLine(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] }

func flip(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

func withHead(in Included, head []byte, p tlog.RecordProof) Included {
	in.Head, in.Inclusion = head, p
	return in
}

// witnessed is a witness cosignature over m.
func witnessed(t testing.TB, by, m *member, size int64) []byte {
	t.Helper()
	c, err := checkpoint.Cosign(m.tree(t, size), by.set.Witness, noon)
	if err != nil {
		t.Fatal(err)
	}
	return c.Bytes()
}

// forked is m's record with another last act.
func forked(t testing.TB, m *member) *member {
	t.Helper()
	c := newMember(t, m.id)
	for _, leaf := range m.leaves[:len(m.leaves)-1] {
		c.add(t, leaf)
	}
	c.add(t, []byte("another"))
	return c
}

// volume2 is the same record under the origin of a second volume.
func volume2(m *member) *member {
	c := m.clone()
	c.set = m.set.AtOrigin(m.set.Origin.AtVolume(2))
	return c
}

// answer is a receipt for act index of Alatau, in a copy of the record.
func (s *story) answer(t testing.TB, by party.ID, kind act.Kind, index int64, status act.Status) Included {
	t.Helper()
	m := s.by[by].clone()
	w := &world{roster: s.roster, by: map[party.ID]*member{by: m}}
	i := w.say(t, by, act.Act{Kind: kind, Status: status, To: []party.ID{"alatau"}, Answers: s.by["alatau"].ref(index)})
	return m.included(t, i, noon+70)
}

// misdirected is a receipt for the act to somebody else than its author.
func (s *story) misdirected(t testing.TB) Included {
	t.Helper()
	w := s.fresh()
	i := w.say(t, "borovia", act.Act{Kind: act.Delivered, To: []party.ID{"cintra"}, Answers: s.by["alatau"].ref(12)})
	return w.by["borovia"].included(t, i, noon+70)
}

// fresh is the same group with records of its own, so that s stays as it is.
func (s *story) fresh() *world {
	w := &world{roster: s.roster, by: make(map[party.ID]*member)}
	for id, m := range s.by {
		w.by[id] = m.clone()
	}
	return w
}

func (s *story) edition2(t testing.TB) []byte {
	raw, _ := s.fresh().follow(t, noon+600, noon+100, nil)
	return raw
}

func (s *story) oneAdoption(t testing.TB) []Included {
	_, adoptions := s.fresh().follow(t, noon+600, noon+100, nil)
	return adoptions[:1]
}

func (s *story) strangersKeyAct(t testing.TB) Included {
	w := s.fresh()
	w.by["faronia"] = newMember(t, "faronia")
	return w.rotate(t, w.by["faronia"], key.Record, nil, noon)
}

// resigned is a cosignature by the first, now retired mirror key at a time that its list does not name.
func resigned(t testing.TB, by, m *member, size int64) []byte {
	t.Helper()
	old := newMember(t, by.id)
	return old.cosign(t, m.tree(t, size), noon+705).Bytes()
}

// underOld is m's newest head signed by its first, now retired record key.
func underOld(t testing.TB, m *member) []byte {
	t.Helper()
	old := newMember(t, m.id)
	s, err := checkpoint.Sign(m.tree(t, 1), old.set.Record, noon+1)
	if err != nil {
		t.Fatal(err)
	}
	return s.Bytes()
}
