package node

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/courier"
	"detente/party"
	"detente/record"
)

// Bounds on what others may make this node keep and do. Each is far above what a
// node that keeps to the rules sends.
const (
	// maxVolumes of one record: a further one follows a restore, a loss or a fork.
	maxVolumes = 64
	// maxHeads of one record in one message: one over what comes along, two to
	// show a fork.
	maxHeads = 16
	// maxArrivalLeaves of all records in one message: a batch of an author may be
	// larger than the 4,096 that a message should bring of one record.
	maxArrivalLeaves = 1 << 17
	// maxArrivalCosigs in one message: twice what a node sends.
	maxArrivalCosigs = 2 * chunkCosigs
	// maxRemarks are kept of one arrival; of the others only the number.
	maxRemarks = 16
	// maxReading are the bytes that all peers together may have this node hold
	// before it has verified them, maxReadingOne those of one: one message and the
	// beginning of another.
	maxReading    = 512 << 20
	maxReadingOne = 40 << 20
	// maxGiving are the bytes of answers that all peers together may leave unread
	// here, maxGivingOne those of one: two of the largest.
	maxGiving    = 512 << 20
	maxGivingOne = 2 * (singleBytes + cosigBytes)
	// maxComposing answers to one peer are gathered at a time; more wait.
	maxComposing = 2
)

// transit counts the bytes of messages that were read and not yet taken or refused,
// or gathered and not yet read by the other side.
type transit struct {
	what      string
	most, one int64

	all atomic.Int64
	mu  sync.Mutex
	of  map[party.ID]int64
}

// meter counts what one message takes up.
type meter struct {
	r    io.Reader
	in   *transit
	from party.ID
	sum  int64
}

func (c *transit) meter(from party.ID, r io.Reader) *meter { return &meter{r: r, in: c, from: from} }

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if full := m.add(n); full != nil {
		return n, full
	}
	return n, err
}

// add counts n bytes more, or says that it is too much.
func (m *meter) add(n int) error {
	m.sum += int64(n)
	all := m.in.all.Add(int64(n))
	m.in.mu.Lock()
	if m.in.of == nil {
		m.in.of = map[party.ID]int64{}
	}
	m.in.of[m.from] += int64(n)
	one := m.in.of[m.from]
	m.in.mu.Unlock()
	if all > m.in.most || one > m.in.one {
		return &courier.Refusal{Kind: courier.ErrBusy, Sentence: "too much is being " + m.in.what + " at once"}
	}
	return nil
}

// done gives the room back.
func (m *meter) done() {
	m.in.all.Add(-m.sum)
	m.in.mu.Lock()
	if m.in.of[m.from] -= m.sum; m.in.of[m.from] <= 0 {
		delete(m.in.of, m.from)
	}
	m.in.mu.Unlock()
	m.sum = 0
}

// remark is something about an arrival that is kept as an observation.
type remark struct {
	what     string
	evidence []byte
}

// remark notes something about what came; observeAll keeps it.
func (in *arrival) remark(what string, evidence []byte) {
	if in.remarked++; in.remarked <= maxRemarks {
		in.remarks = append(in.remarks, remark{what, evidence})
	}
}

// observeAll keeps the remarks about an arrival in one change.
func (n *Node) observeAll(ctx context.Context, from party.ID, in *arrival) error {
	if len(in.remarks) == 0 {
		return nil
	}
	if more := in.remarked - len(in.remarks); more > 0 {
		in.remarks = append(in.remarks, remark{fmt.Sprintf("%d more remarks about the same message", more), nil})
	}
	list := in.remarks
	in.remarks, in.remarked = nil, 0
	n.cfg.Log.Info("observation", "from", string(from), "what", list[0].what, "number", len(list))
	return n.update(ctx, func(tx *Tx) error {
		for _, r := range list {
			if err := record.Observe(ctx, tx.Tx, record.Observation{From: string(from), What: r.what, Bytes: r.evidence, At: n.now().Unix()}); err != nil {
				return err
			}
		}
		return nil
	})
}

// loadVolumes reads which volumes are held.
func (n *Node) loadVolumes(ctx context.Context) error {
	all, err := record.Records(ctx, n.db.Read())
	if err != nil {
		return fmt.Errorf("list records: %w", err)
	}
	for _, o := range all {
		held, err := record.Held(ctx, n.db.Read(), o)
		if err != nil {
			return err
		}
		if held.Size > 0 {
			n.holdVolume(o)
		}
	}
	return nil
}

// holdVolume remembers that entries of a volume are held.
func (n *Node) holdVolume(o party.Origin) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.volume[o.Base()] = max(n.volume[o.Base()], o.Volume())
}

// newestHeld is the number of the newest volume of a record of which entries are
// held, 0 if there is none.
func (n *Node) newestHeld(o party.Origin) int {
	if o.Base() == n.origin.Base() {
		return n.origin.Volume()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.volume[o.Base()]
}

// volumesOf lists the volumes of a record held here and the one that would follow.
func (n *Node) volumesOf(base party.Origin) []party.Origin {
	if base == "" {
		return nil
	}
	out := []party.Origin{base.Base()}
	for v := 2; v <= min(n.newestHeld(base)+1, maxVolumes); v++ {
		out = append(out, base.AtVolume(v))
	}
	return out
}

// inTurn reports whether what came of a record may be looked at: it is of a
// volume held, of the first one, or begins the volume that follows the newest. A
// volume that jumps ahead would make room for any number of them. taken are the
// newest volumes of this arrival.
func (n *Node) inTurn(in *incoming, taken map[party.Origin]int) bool {
	base, v := in.origin.Base(), in.origin.Volume()
	newest := max(1, n.newestHeld(in.origin), taken[base])
	switch {
	case base == n.origin.Base():
		return true // never stored: what is newer than our own is looked at by itself
	case v <= newest:
		return true
	case v > newest+1 || v > maxVolumes || in.from != 0 || len(in.leaves) == 0:
		return false
	}
	a, err := act.Parse(in.leaves[0])
	if err != nil || a.Kind != act.Volume {
		return false
	}
	before, err := act.ParseVolumeHead(a.Payload)
	return err == nil && before.Origin == base.AtVolume(newest)
}

// spoken are the positions that this node may go by: of the records of parties
// of the edition in force, and of their volumes held and the one that follows.
func (n *Node) spoken(have []bundle.Position) []bundle.Position {
	var out []bundle.Position
	for _, p := range have {
		most := min(n.newestHeld(p.Origin)+1, maxVolumes)
		if p.Origin.Base() == n.origin.Base() {
			most = maxVolumes
		}
		if p.Origin.Volume() <= max(1, most) && n.author(p.Origin) != "" {
			out = append(out, p)
		}
	}
	return out
}

// bound refuses an arrival over the network of more than a node sends.
func (in *arrival) bound(cosig bool, rec *incoming, note checkpoint.Note) error {
	switch {
	case in.carried:
		return nil
	case cosig && len(in.cosigs) >= maxArrivalCosigs:
		return fmt.Errorf("more than %d cosignatures in one message", maxArrivalCosigs)
	case rec != nil && len(rec.notes) >= maxHeads:
		return fmt.Errorf("more than %d checkpoints of %s in one message", maxHeads, note.Head.Origin)
	case in.leaves > maxArrivalLeaves:
		return fmt.Errorf("more than %d entries in one message", maxArrivalLeaves)
	}
	return nil
}
