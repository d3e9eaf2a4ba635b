package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/provision"
	"detente/regime"
)

// measureTexts measures what is derived from the texts that ship: a group of 57 over
// twenty years, of whose acts a tenth are looked at, at growing lengths of its history.
func measureTexts(ctx context.Context, b *bench) error {
	sizes := []int{10_000, 100_000, loadActs}
	if b.short {
		sizes = []int{1_000, 10_000}
	}
	return b.each(ctx, func(run int, m floor) error {
		if err := b.checked(); err != nil {
			return err
		}
		first := 0.0
		for i, size := range sizes {
			if err := ctx.Err(); err != nil {
				return err
			}
			s := &study{size: size, whole: size == loadActs}
			if err := s.fold(); err != nil {
				return err
			}
			perAct := (s.added + s.looked).Seconds() * 1e6 / float64(size)
			if i == 0 {
				first = perAct
			}
			s.report(b, perAct/first)
			if err := s.further(b); err != nil {
				return err
			}
			s.open(b)
			s.memory(b)
		}
		return nil
	})
}

// study is one history that was folded into one book.
type study struct {
	size   int
	whole  bool // the targets are for this size
	load   *load
	book   *provision.Book
	last   []provision.Filing // those that were looked at last
	opened time.Duration      // reading the texts
	added  time.Duration
	looked time.Duration // the first question after the fold, by which all is derived
}

// fold hands so many acts to a new book. Making them up is not timed.
func (s *study) fold() error {
	var err error
	if s.load, err = newLoad(); err != nil {
		return err
	}
	start := time.Now()
	if s.book, err = provision.New(s.load.texts, s.load.group); err != nil {
		return err
	}
	s.opened = time.Since(start)
	batch := make([]provision.Filing, 0, 1000)
	for n := 0; n < s.size; n += len(batch) {
		batch = batch[:0]
		for range min(cap(batch), s.size-n) {
			f, err := s.load.act()
			if err != nil {
				return err
			}
			batch = append(batch, f)
		}
		start := time.Now()
		for i := range batch {
			s.book.Add(batch[i])
		}
		s.added += time.Since(start)
	}
	start = time.Now()
	m := s.now()
	s.book.Findings(m)
	s.book.Items(provision.Query{Obligor: s.load.group.Parties[0].ID, Open: true}, m)
	s.looked = time.Since(start)
	return nil
}

func (s *study) now() provision.Moment { return provision.Moment{Now: s.load.now.Unix() + 86400} }

func (s *study) name(what string) string { return what + ", " + thousands(int64(s.size)) + " acts" }

// only is a target for the whole history alone.
func (s *study) only(t target) target {
	if s.whole {
		return t
	}
	return target{}
}

func (s *study) report(b *bench, times float64) {
	b.note("  %d acts, %d with a form, %d of %d forms faulty; texts opened in %s", s.size, s.load.forms, s.load.faulty, s.load.given, short(s.opened))
	b.add(row{Name: s.name("texts: fold"), Unit: "s", Target: s.only(target{Most: 60}),
		What: "57 states, all texts that ship, 20 years; a tenth of the acts are looked at; texts opened, acts handed over, and all derived once; the contents are opened already"},
		(s.opened + s.added + s.looked).Seconds(), 0)
	b.add(row{Name: s.name("texts: per act"), Unit: "µs"}, (s.added+s.looked).Seconds()*1e6/float64(s.size), 0)
	b.add(row{Name: s.name("texts: per act, times the shortest"), Unit: "×", Target: s.only(target{Most: 1.5}), What: "flat: cost per act over that of the shortest history"}, times, 0)
}

// further times one act after the other up to what follows from it: all findings,
// and the items of its occasion. Every third is a receipt of an act already held.
func (s *study) further(b *bench) error {
	var took []time.Duration
	count := 3000
	if b.short {
		count = 300
	}
	for len(took) < count {
		f, err := s.load.act()
		if err != nil {
			return err
		}
		if len(s.load.behind) < loadActs/loadForms-1 { // not looked at
			s.book.Add(f)
			continue
		}
		s.last = append(s.last, f)
		if n := len(s.last); n%2 == 0 {
			old := s.last[n/2]
			old.Receipts = append(slices.Clone(old.Receipts), provision.Receipt{By: old.Author, At: s.load.now.Unix()})
			took = append(took, s.one(old))
		}
		took = append(took, s.one(f))
	}
	slices.Sort(took)
	b.add(row{Name: s.name("texts: one further act, p50"), Unit: "ms"}, ms(percentile(took, 50)), 0)
	b.add(row{Name: s.name("texts: one further act, p99"), Unit: "ms", Target: target{Most: 5},
		What: "handed over, all findings and the items of its occasion derived anew; notices, returns, replies, changes, words of others, later receipts"},
		ms(percentile(took, 99)), 0)
	b.add(row{Name: s.name("texts: one further act, at most"), Unit: "ms"}, ms(took[len(took)-1]), 0)
	return nil
}

func (s *study) one(f provision.Filing) time.Duration {
	m := s.now()
	start := time.Now()
	s.book.Add(f)
	s.book.Findings(m)
	s.book.Items(provision.Query{Filing: f.ID}, m)
	return time.Since(start)
}

// open times what is open for each state, now and at moments of the past.
func (s *study) open(b *bench) {
	now := s.now().Now
	span := now - loadStart.Unix()
	s.book.Items(provision.Query{Obligor: s.load.group.Parties[0].ID, Open: true}, s.now()) // after the acts of further
	for _, q := range []struct {
		what string
		of   func(id party.ID) provision.Query
	}{
		{"open items of a state, p99", func(id party.ID) provision.Query { return provision.Query{Obligor: id, Open: true} }},
		{"open items of and towards a state, p99", func(id party.ID) provision.Query { return provision.Query{Party: id, Open: true} }},
	} {
		var took []time.Duration
		items := 0
		for i, p := range s.load.group.Parties {
			for _, at := range []int64{now, now, now - span*int64(i)/loadParties} {
				start := time.Now()
				items += len(s.book.Items(q.of(p.ID), provision.Moment{Now: at}))
				took = append(took, time.Since(start))
			}
		}
		b.note("  %s: %d items on average, %d findings", q.what, items/len(took), len(s.book.Findings(s.now())))
		b.add(row{Name: s.name("texts: " + q.what), Unit: "ms", Target: target{Most: 50}, What: "now and at moments of the past"}, ms(percentile(took, 99)), 0)
	}
}

// memory is what a book holds after a collection, and nothing else does.
func (s *study) memory(b *bench) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	s.last = nil
	with := heap()
	s.book = nil
	b.add(row{Name: s.name("texts: book"), Unit: "MB", Target: s.only(target{Most: 400}), What: "heap of the book alone, after a collection"}, float64(with-heap())/1e6, 0)
}

// checked times the check of a form of 60 fields: the longest that ships, with as
// many of its fields once more.
func (b *bench) checked() error {
	const fields = 60
	library, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return err
	}
	var longest *regime.Form
	for _, id := range library.IDs() {
		p, err := library.Find(id, [32]byte{})
		if err != nil {
			return err
		}
		for _, f := range p.Forms {
			if longest == nil || len(f.Fields) > len(longest.Fields) || len(f.Fields) == len(longest.Fields) && f.ID < longest.ID {
				longest = f
			}
		}
	}
	form := *longest
	for i := 0; len(form.Fields) < fields; i++ {
		f := longest.Fields[i]
		f.ID, f.Number = f.ID+"_2", fmt.Sprint(longest.Groups[len(longest.Groups)-1].Number, ".", 900+i)
		form.Fields = append(slices.Clone(form.Fields), f)
	}
	l, err := newLoad()
	if err != nil {
		return err
	}
	l.fill.day, l.fill.author, l.fill.asked, l.fill.year = loadStart, "party-01", []party.ID{"party-02"}, loadStart.Year()
	v := l.fill.form(&form, nil)
	if _, faults := form.Check(v); l.fill.err != nil || len(faults) > 0 {
		return fmt.Errorf("the form %s that was filled in has faults: %v %v", form.ID, faults, l.fill.err)
	}
	count := 20_000
	if b.short {
		count = 2000
	}
	start := time.Now()
	for range count {
		form.Check(v)
	}
	b.add(row{Name: "texts: form of 60 fields checked", Unit: "/s", Target: target{Least: 4000},
		What: fmt.Sprintf("%s with %d fields, %d of them filled in, without faults", longest.ID, len(form.Fields), len(v.IDs()))}, perSecond(count, time.Since(start)), 0)
	return nil
}
