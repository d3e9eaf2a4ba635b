package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"detente/internal/durable"
	"detente/party"
)

// Heads answers At and BeforeUntil for sizes of one record that lie near each
// other, with few queries. Its answers have no notes. It is for one reading: what
// arrives after it read a run may be missing from its answers. It is not safe for
// concurrent use.
type Heads struct {
	q    durable.Querier
	o    party.Origin
	most int

	loaded bool
	from   int64    // all over from entries and more, up to the last, are in the run
	run    []Stored // in order of size and rank
	end    bool     // there are none over larger trees

	back   bool     // what follows is known
	before []Stored // the newest over fewer than from entries, if there is one
	fell   bool     // some checkpoint has an earlier time than one over a smaller tree
}

// NewHeads reads the checkpoints of o, at most so many at a time, 1 to MaxPage.
func NewHeads(q durable.Querier, o party.Origin, most int) *Heads {
	return &Heads{q: q, o: o, most: max(1, page(most))}
}

// At is like the function At.
func (h *Heads) At(ctx context.Context, n int64) (Stored, bool, error) {
	if err := h.reach(ctx, n); err != nil {
		return Stored{}, false, err
	}
	i := h.first(n)
	if i == len(h.run) {
		return Stored{}, false, nil
	}
	return h.run[i], true, nil
}

// BeforeUntil is like the function BeforeUntil.
func (h *Heads) BeforeUntil(ctx context.Context, n, until int64) (Stored, bool, error) {
	err := h.reach(ctx, n+1)
	if err == nil {
		err = h.lookBack(ctx)
	}
	if err != nil {
		return Stored{}, false, err
	}
	for i := h.first(n+1) - 1; i >= 0 && !h.fell; i-- {
		if h.run[i].Time <= until {
			return h.run[i], true, nil
		}
	}
	switch {
	case h.fell || len(h.before) > 0 && h.before[0].Time > until:
		return BeforeUntil(ctx, h.q, h.o, n, until)
	case len(h.before) > 0:
		return h.before[0], true, nil
	}
	return Stored{}, false, nil
}

// first is the place in the run of the first over n entries or more.
func (h *Heads) first(n int64) int {
	return sort.Search(len(h.run), func(i int) bool { return h.run[i].Head.Size >= n })
}

// reach reads a run in which At of n is answered, if it is not in this one.
func (h *Heads) reach(ctx context.Context, n int64) (err error) {
	if h.loaded && n >= h.from && (h.end || h.run[len(h.run)-1].Head.Size >= n) {
		return nil
	}
	h.loaded, h.back = false, false
	if h.run, err = storedHeads(ctx, h.q, h.o, bareHeads+` and n.size >= $2 order by n.size, n.rank limit $3`, n, h.most); err != nil {
		return err
	}
	h.loaded, h.from, h.end = true, n, len(h.run) < h.most
	return nil
}

// lookBack reads what BeforeUntil needs besides the run.
func (h *Heads) lookBack(ctx context.Context) (err error) {
	if h.back {
		return nil
	}
	if h.before, err = storedHeads(ctx, h.q, h.o, bareHeads+` and n.size < $2 order by n.size desc, n.rank desc limit 1`, h.from); err != nil {
		return err
	}
	var fell int
	err = h.q.QueryRowContext(ctx, `select count(*) from record_logs l cross join record_reversals r
		where l.origin = $1 and r.log = l.id and r.signer = 0`, string(h.o)).Scan(&fell)
	if err != nil {
		return fmt.Errorf("look where the times of %s fell: %w", h.o, err)
	}
	h.back, h.fell = true, fell > 0
	return nil
}

// bareHeads is selectHeads without the notes.
const bareHeads = `select n.size, n.time, n.root, null from record_logs l cross join record_notes n
	where l.origin = $1 and n.log = l.id and n.signer = 0`

// Cosigned answers Cosignatures and CosignaturesBy for the entries of a run of one
// record, from few queries. Its answers have no notes. It is for one reading: what
// arrives later is missing from its answers.
type Cosigned struct {
	q        durable.Querier
	o        party.Origin
	from, to int64
	fell     bool            // some key has signed an earlier time over a larger tree
	by       [][]StoredCosig // of each key, in order of size and time
}

// ReadCosigned reads what covers the entries of o from index from up to, not
// including, to.
func ReadCosigned(ctx context.Context, q durable.Querier, o party.Origin, from, to int64) (*Cosigned, error) {
	if from < 0 || to <= from || to-from > MaxRun {
		return nil, fmt.Errorf("read cosignatures over entries %d to %d of %s: a run has 1 to %d entries", from, to, o, MaxRun)
	}
	c := &Cosigned{q: q, o: o, from: from, to: to}
	all, err := cosigs(ctx, q, bareCosigs+`from record_logs l cross join record_signers s cross join record_notes n
		where l.origin = $1 and n.log = l.id and n.signer = s.id and n.size > $2 and n.size <= $3`, string(o), from, to)
	if err != nil {
		return nil, err
	}
	next, err := cosigs(ctx, q, bareCosigs+`from record_logs l cross join record_signers s cross join record_notes n
		where l.origin = $1 and n.log = l.id and n.signer = s.id and n.size = (
			select m.size from record_notes m
			where m.log = l.id and m.signer = s.id and m.size > $2 order by m.size limit 1)`, string(o), to)
	if err != nil {
		return nil, err
	}
	all = append(all, next...)
	slices.SortFunc(all, func(a, b StoredCosig) int {
		return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Head.Size, b.Head.Size), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Seq, b.Seq))
	})
	for i, x := range all {
		if i == 0 || all[i-1].By != x.By || all[i-1].KeyID != x.KeyID {
			c.by = append(c.by, nil)
		}
		c.by[len(c.by)-1] = append(c.by[len(c.by)-1], x)
	}
	var fell int
	err = q.QueryRowContext(ctx, `select count(*) from record_logs l cross join record_reversals r
		where l.origin = $1 and r.log = l.id and r.signer > 0 and r.size > $2`, string(o), from).Scan(&fell)
	if err != nil {
		return nil, fmt.Errorf("look where the times over %s fell: %w", o, err)
	}
	c.fell = fell > 0
	return c, nil
}

// errOutside is returned for an entry that is not in the run.
var errOutside = errors.New("it is not in the run that was read")

// Over is like Cosignatures of n, where entry n-1 is in the run.
func (c *Cosigned) Over(ctx context.Context, n int64) ([]StoredCosig, error) {
	if n <= c.from || n > c.to {
		return nil, fmt.Errorf("cosignatures over entry %d of %s: %w", n-1, c.o, errOutside)
	}
	if c.fell {
		return Cosignatures(ctx, c.q, c.o, n)
	}
	var out []StoredCosig
	for _, all := range c.by {
		first := over(all, n)
		for i := first; i < len(all) && all[i].Head.Size == all[first].Head.Size; i++ {
			out = append(out, all[i])
		}
	}
	slices.SortFunc(out, func(a, b StoredCosig) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.By, b.By), cmp.Compare(a.Head.Size, b.Head.Size), cmp.Compare(a.Seq, b.Seq))
	})
	return out, nil
}

// FirstBy is the first that CosignaturesBy of n has, where entry n-1 is in the run.
func (c *Cosigned) FirstBy(n int64, by string) (StoredCosig, bool) {
	var best StoredCosig
	found := false
	for _, all := range c.by {
		i := over(all, n)
		if i == len(all) || all[i].By != by {
			continue
		}
		if x := all[i]; !found || cmp.Or(cmp.Compare(x.Head.Size, best.Head.Size), cmp.Compare(x.Time, best.Time), cmp.Compare(x.Seq, best.Seq)) < 0 {
			best, found = x, true
		}
	}
	return best, found
}

// over is the place of the first over n entries or more.
func over(all []StoredCosig, n int64) int {
	return sort.Search(len(all), func(i int) bool { return all[i].Head.Size >= n })
}
