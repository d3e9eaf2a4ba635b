package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/checkpoint"
	"detente/courier"
	"detente/internal/canon"
	"detente/internal/frame"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// Bounds of one message.
const (
	chunkBytes  = 4 << 20 // leaves and blobs gathered for one record in one message; the rest follows in the next
	chunkLeaves = 4096    // leaves of one record in one message
	chunkCosigs = 128     // cosignatures in one message
	maxWants    = 256     // blobs asked for in one message

	messageBytes = 16 << 20 // of one message, all parts together; what is cut follows in the next
	singleBytes  = 24 << 20 // for one blob, or one batch of an author, that cannot be divided
	cosigBytes   = 1 << 20  // for cosignatures besides, so that they go on while a long record comes
	messageParts = 1 << 15  // half of what a reader admits
)

// arrival is a bundle read whole into memory: bounded, not verified.
type arrival struct {
	info    bundle.Info
	have    []bundle.Position
	want    []canon.Digest
	held    int64 // how far the sender holds our stream of cosignatures
	upto    int64 // how far this brings its own
	all     bool  // it asks for all of it
	stream  bool
	grew    bool  // something of it was new and is stored
	carried bool  // it came as a file
	told    int64 // how far we held its stream, in the message that it answers
	follows bool  // it brings its stream on from where we hold it
	dropped bool  // a cosignature of it found no room

	leaves   int // of all records
	remarks  []remark
	remarked int
	blobs    map[canon.Digest][]byte
	awaited  map[canon.Digest][]byte // those of blobs that something held before may have waited for, once stored
	records  []*incoming
	cosigs   []checkpoint.Note

	// Of cosigs, once readCosigs has looked: verified, and not verified so far.
	proven   []checkpoint.Cosigned
	doubtful []checkpoint.Note
}

// readArrival reads a bundle strictly. Its error is one sentence with the place.
func readArrival(r io.Reader, lim frame.Limits) (*arrival, error) {
	br, info, err := bundle.NewReader(r, lim)
	if err != nil {
		return nil, err
	}
	in := &arrival{info: info, blobs: map[canon.Digest][]byte{}, carried: lim.Total > bundle.NetworkLimits().Total}
	byOrigin := map[party.Origin]*incoming{}
	for {
		p, err := br.Next()
		if errors.Is(err, io.EOF) {
			return in, nil
		}
		if err != nil {
			return nil, err
		}
		if err := in.add(p, byOrigin); err != nil {
			return nil, err
		}
	}
}

func (in *arrival) add(p bundle.Part, byOrigin map[party.Origin]*incoming) error {
	at := func(o party.Origin) *incoming {
		rec := byOrigin[o]
		if rec == nil {
			rec = &incoming{origin: o, from: -1}
			byOrigin[o] = rec
			in.records = append(in.records, rec)
		}
		return rec
	}
	switch p.Kind {
	case bundle.Have:
		in.have = p.Have
	case bundle.Want:
		in.want = p.Want
	case bundle.Since:
		in.held, in.upto, in.all, in.stream = p.Held, p.Upto, p.All, true
	case bundle.Blob:
		in.blobs[p.Digest] = p.Blob
	case bundle.Entries:
		rec := at(p.Origin)
		if rec.from < 0 {
			rec.from = p.From
		}
		rec.leaves = append(rec.leaves, p.Leaves...)
		in.leaves += len(p.Leaves)
		return in.bound(false, nil, checkpoint.Note{})
	case bundle.Head:
		note, err := checkpoint.ParseNote(p.Note)
		if err != nil {
			return fmt.Errorf("checkpoint in the bundle: %w", err)
		}
		rec := at(note.Head.Origin)
		if err := in.bound(false, rec, note); err != nil {
			return err
		}
		rec.notes = append(rec.notes, note)
	case bundle.Cosig:
		note, err := checkpoint.ParseNote(p.Note)
		if err != nil {
			return fmt.Errorf("cosignature in the bundle: %w", err)
		}
		if err := in.bound(true, nil, note); err != nil {
			return err
		}
		in.cosigs = append(in.cosigs, note)
	default:
		return fmt.Errorf("part of kind %q is not expected here", p.Kind)
	}
	return nil
}

// Exchange answers one message of a peer; node implements courier.Host.
func (n *Node) Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
	if n.noLink(from) {
		return courier.Refuse("this node keeps no link with "+string(from), nil)
	}
	room := n.reading.meter(from, in)
	defer room.done()
	arr, err := readArrival(room, bundle.NetworkLimits())
	if _, busy := errors.AsType[*courier.Refusal](err); busy {
		return err
	}
	if err != nil {
		return n.refuse(ctx, from, err, nil)
	}
	if arr.info.From != from {
		return n.refuse(ctx, from, fmt.Errorf("the bundle says it is from %s, the connection is %s", arr.info.From, from), nil)
	}
	arr.follows = n.heardOurs(from)
	if err := n.receive(ctx, from, arr); err != nil {
		return err
	}
	n.heard(from, arr)
	arr.records, arr.blobs, arr.cosigs = nil, nil, nil // a long poll needs them no more
	room.done()
	msg, err := n.composeInTurn(ctx, from, arr)
	if err != nil {
		return err
	}
	if wait > 0 {
		if msg, err = n.awaitNews(ctx, from, arr, wait, msg); err != nil {
			return err
		}
		msg.info.Written = canon.FormatTime(n.now()) // the peer reads our clock off it
	}
	given := n.giving.meter(from, nil)
	defer given.done()
	if err := given.add(msg.bytes); err != nil {
		return err
	}
	return msg.write(out)
}

// composeInTurn is compose for a peer that asked: of one peer a few at a time.
func (n *Node) composeInTurn(ctx context.Context, to party.ID, arr *arrival) (*message, error) {
	turn := n.peer(to).composing
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
		return n.compose(ctx, to, arr, nil)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// awaitNews holds a long poll until there is something to say.
func (n *Node) awaitNews(ctx context.Context, from party.ID, arr *arrival, wait time.Duration, msg *message) (*message, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for !msg.news {
		signal := n.newsSignal()
		var err error
		if msg, err = n.composeInTurn(ctx, from, arr); err != nil || msg.news {
			return msg, err
		}
		select {
		case <-signal:
		case <-timer.C:
			return msg, nil
		case <-ctx.Done():
			return msg, ctx.Err()
		case <-courier.Closing(ctx):
			return msg, nil
		}
	}
	return msg, nil
}

// message is what goes to a peer: parts in order, and whether they say anything new.
type message struct {
	info  bundle.Info
	parts []bundle.Part
	news  bool
	bytes int  // of leaves, blobs and notes
	blobs int  // bytes of blobs among them
	whole bool // a file, not a message: nothing is cut
	cut   party.Origin
	upto  int64
}

// put adds a part.
func (m *message) put(p bundle.Part) {
	m.bytes += len(p.Note) + len(p.Blob)
	m.blobs += len(p.Blob)
	for _, l := range p.Leaves {
		m.bytes += len(l) + 2
	}
	m.parts = append(m.parts, p)
}

// fits reports whether a piece of size bytes that cannot be divided goes into
// the message. One larger than a message should be goes alone.
func (m *message) fits(size int) bool {
	if m.whole {
		return true
	}
	return len(m.parts) < messageParts && (m.bytes+size <= messageBytes || m.bytes == 0 && size <= singleBytes)
}

func (m *message) write(w io.Writer) error {
	bw, err := bundle.NewWriter(w, m.info)
	if err != nil {
		return err
	}
	for _, p := range m.parts {
		if err := bw.Write(p); err != nil {
			return err
		}
	}
	return bw.Close()
}

func (m *message) reader() (io.Reader, error) {
	var b bytes.Buffer
	b.Grow(m.bytes + len(m.parts)<<7 + 1<<10) // a frame has a short header; what it lacks is grown
	if err := m.write(&b); err != nil {
		return nil, err
	}
	return &b, nil
}

// compose gathers what a peer lacks by its own account: the records whose
// positions it named, the cosignatures since the one it holds, the blobs it asks
// for. more lists further records whose positions we want to tell.
func (n *Node) compose(ctx context.Context, to party.ID, arr *arrival, more []party.Origin) (*message, error) {
	m := &message{info: bundle.Info{Group: n.cfg.First.Group, From: n.self, Written: canon.FormatTime(n.now())}}
	at := map[party.Origin]bundle.Position{}
	for _, p := range arr.have {
		at[p.Origin] = p
	}
	have, err := n.positions(ctx, to, arr, more)
	if err != nil {
		return nil, err
	}
	m.parts = append(m.parts, bundle.Part{Kind: bundle.Have, Have: have})
	since := len(m.parts)
	m.parts = append(m.parts, bundle.Part{Kind: bundle.Since, Held: n.heldStream(to), All: n.relays(to)})
	want, err := n.wanted(ctx, to)
	if err != nil {
		return nil, err
	}
	if len(want) > 0 {
		m.parts = append(m.parts, bundle.Part{Kind: bundle.Want, Want: want})
	}
	sent := map[canon.Digest]bool{}
	if err := n.addWanted(ctx, m, to, arr.want, sent); err != nil {
		return nil, err
	}
	for _, o := range n.tellable(to, arr) {
		pos, named := at[o]
		if !named {
			continue
		}
		if err := n.addRecord(ctx, m, to, o, pos, sent); err != nil {
			return nil, err
		}
	}
	n.goOnAt(to, m.cut)
	upto, err := n.addCosigs(ctx, m, arr)
	if err != nil {
		return nil, err
	}
	m.upto = upto
	m.parts[since].Upto = upto
	return m, nil
}

// tellable are the records this node may speak of to the sender of arr: its own
// volumes first, then those that were asked for, beginning where the last message
// to it was cut.
func (n *Node) tellable(to party.ID, arr *arrival) []party.Origin {
	own := n.origin.Base()
	var others []party.Origin
	for _, p := range arr.have {
		if p.Origin.Base() != own {
			others = append(others, p.Origin)
		}
	}
	p := n.peer(to)
	n.mu.Lock()
	at := max(0, slices.Index(others, p.cut))
	n.mu.Unlock()
	return append(append(n.volumes(), others[at:]...), others[:at]...)
}

// goOnAt remembers at which record the next message to a peer begins.
func (n *Node) goOnAt(to party.ID, o party.Origin) {
	p := n.peer(to)
	n.mu.Lock()
	p.cut = o
	n.mu.Unlock()
}

// addRecord adds the leaves of o past pos, the blobs that they name and the
// peer may hold, and the signed head over them.
func (n *Node) addRecord(ctx context.Context, m *message, to party.ID, o party.Origin, pos bundle.Position, sent map[canon.Digest]bool) error {
	latest, ok, err := n.released(ctx, o)
	if err != nil || !ok {
		return err
	}
	head := latest
	switch {
	case pos.Size > latest.Head.Size:
		return nil // the peer is ahead of us; our own position asks for the rest
	case pos.Size > 0:
		root := latest.Head.Root
		if pos.Size < latest.Head.Size {
			if root, err = n.rootAt(ctx, o, pos.Size); err != nil {
				return err
			}
		}
		if root != pos.Root {
			if frozen, err := n.frozen(ctx, o); err != nil || frozen {
				return err // the proof is lodged: there is nothing to find out
			}
			return n.addContradiction(ctx, m, o, pos.Size, latest)
		}
	}
	if pos.Size < latest.Head.Size {
		if head, err = n.addLeaves(ctx, m, to, o, pos.Size, latest, sent); err != nil {
			return err
		}
		if head.Head.Size <= pos.Size {
			if m.cut == "" && o.Base() != n.origin.Base() {
				m.cut = o
			}
			return nil
		}
		m.news = true
	} else if o.Base() != n.origin.Base() {
		return nil
	}
	m.put(bundle.Part{Kind: bundle.Head, Note: head.Note})
	return nil
}

// addContradiction sends our signed heads of a record that the peer holds with
// another root, so that both sides can prove a fork.
func (n *Node) addContradiction(ctx context.Context, m *message, o party.Origin, size int64, latest record.Stored) error {
	same, ok, err := record.At(ctx, n.db.Read(), o, size)
	if err != nil {
		return err
	}
	if ok && same.Head.Size == size && same.Head != latest.Head {
		m.put(bundle.Part{Kind: bundle.Head, Note: same.Note})
	}
	m.put(bundle.Part{Kind: bundle.Head, Note: latest.Note})
	m.news = true
	return nil
}

// addLeaves adds leaves from size on up to a signed head, and returns that head:
// the newest if all fit one message, else the last one that fits, and the zero
// value if not even the next one does.
func (n *Node) addLeaves(ctx context.Context, m *message, to party.ID, o party.Origin, from int64, latest record.Stored, sent map[canon.Digest]bool) (record.Stored, error) {
	head := latest
	var err error
	if head.Head.Size-from > chunkLeaves {
		if head, err = n.headWithin(ctx, o, from, from+chunkLeaves); err != nil {
			return head, err
		}
	}
	if !m.fits(1) {
		return record.Stored{}, nil
	}
	limit := chunkBytes
	if !m.whole {
		limit = max(1, min(limit, messageBytes-m.bytes))
	}
	leaves, err := n.leaves(ctx, o, from, head.Head.Size, limit)
	if err != nil {
		return head, err
	}
	if fit := from + int64(len(leaves)); fit < head.Head.Size {
		if head, err = n.headWithin(ctx, o, from, fit); err != nil {
			return head, err
		}
		if head.Head.Size > fit { // one batch of its author, larger than a message should be
			most := singleBytes
			if m.whole {
				most = math.MaxInt
			}
			leaves, err = n.leaves(ctx, o, from, head.Head.Size, most)
			if err != nil {
				return head, err
			}
			if int64(len(leaves)) < head.Head.Size-from || !m.fits(sizeOf(leaves)) {
				return record.Stored{}, nil // in a message of its own, or by file
			}
		} else {
			leaves = leaves[:head.Head.Size-from]
		}
	}
	took := sizeOf(leaves)
	m.bytes += took // kept free of blobs
	for i, l := range leaves {
		if err := n.addBlobsOf(ctx, m, to, o, from+int64(i), l, sent); err != nil {
			return head, err
		}
	}
	m.bytes -= took
	for i := 0; i < len(leaves); i += bundle.MaxLeaves {
		part := leaves[i:min(i+bundle.MaxLeaves, len(leaves))]
		m.put(bundle.Part{Kind: bundle.Entries, Origin: o, From: from + int64(i), Leaves: part})
	}
	return head, nil
}

func sizeOf(leaves [][]byte) int {
	sum := 0
	for _, l := range leaves {
		sum += len(l) + 2
	}
	return sum
}

// headWithin is the newest signed head of o past from and over at most most
// entries, or the first one past from if there is none.
func (n *Node) headWithin(ctx context.Context, o party.Origin, from, most int64) (record.Stored, error) {
	h, ok, err := record.Before(ctx, n.db.Read(), o, most)
	if err != nil || ok && h.Head.Size > from {
		return h, err
	}
	h, _, err = record.At(ctx, n.db.Read(), o, from+1)
	return h, err
}

// leaves reads leaves from index from to before to, as long as all together have
// at most limit bytes; at least one.
func (n *Node) leaves(ctx context.Context, o party.Origin, from, to int64, limit int) ([][]byte, error) {
	var out [][]byte
	for sum := 0; from < to; {
		run, err := record.Entries(ctx, n.db.Read(), o, from, min(to, from+record.MaxRun))
		if err != nil {
			return nil, err
		}
		for _, l := range run {
			if sum += len(l); sum > limit && len(out) > 0 {
				return out, nil
			}
			out = append(out, l)
		}
		from += int64(len(run))
	}
	return out, nil
}

// addBlobsOf adds the blobs that a leaf names and the peer may hold.
func (n *Node) addBlobsOf(ctx context.Context, m *message, to party.ID, o party.Origin, idx int64, leaf []byte, sent map[canon.Digest]bool) error {
	a, err := act.Parse(leaf)
	if err != nil {
		return nil // set aside or invalid: nothing to send beside it
	}
	d, ok := a.Clear.Digest, true
	if d.IsZero() {
		d = a.Sealed.Digest
	}
	switch {
	case d.IsZero():
		return nil
	case o.Base() != n.origin.Base():
		ok, err = n.entitled(ctx, to, d)
	case a.IsDiscreet(): // unasked to every mirror
	case !a.Sealed.Digest.IsZero():
		ok, err = n.mayHold(ctx, to, act.Ref{Origin: o, Index: idx, Leaf: tlog.RecordHash(leaf)}, a.To)
	}
	if err != nil || !ok {
		return err
	}
	return n.addBlob(ctx, m, d, sent)
}

func (n *Node) addBlob(ctx context.Context, m *message, d canon.Digest, sent map[canon.Digest]bool) error {
	if sent[d] || m.blobs > chunkBytes && !m.whole {
		return nil // what does not fit is asked for by itself
	}
	b, err := record.ReadBlob(ctx, n.db.Read(), d)
	if err != nil || !m.fits(len(b)) {
		return nil // not held here, or it goes alone
	}
	sent[d] = true
	m.put(bundle.Part{Kind: bundle.Blob, Digest: d, Blob: b})
	m.news = true
	return nil
}

// addWanted answers a request for blobs, as far as the peer may hold them.
func (n *Node) addWanted(ctx context.Context, m *message, to party.ID, want []canon.Digest, sent map[canon.Digest]bool) error {
	for _, d := range want {
		ok, err := n.entitled(ctx, to, d)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := n.addBlob(ctx, m, d, sent); err != nil {
			return err
		}
	}
	return nil
}

// addCosigs adds the cosignatures past the one the peer holds of our stream:
// those over our own record and those made by us, or all if it asks for all. The
// choice depends on the peer's own last word alone, so that a position in the
// stream means the same to both.
func (n *Node) addCosigs(ctx context.Context, m *message, arr *arrival) (int64, error) {
	if !arr.stream {
		return 0, nil
	}
	most := m.bytes + cosigBytes
	part := record.Part{}
	if !arr.all {
		part = record.Part{Of: n.origin.Base(), By: [2]string{n.set().Witness.Public.Name, n.set().Mirror.Public.Name}}
	}
	list, upto, err := record.CosignaturesOf(ctx, n.db.Read(), part, arr.held, chunkCosigs)
	if err != nil {
		return 0, err
	}
	before := min(arr.held, upto)
	for _, c := range list {
		if m.bytes+len(c.Note) > most {
			return before, nil
		}
		before = c.Seq
		m.put(bundle.Part{Kind: bundle.Cosig, Note: c.Note})
		m.news = true
	}
	return upto, nil
}

func (n *Node) originOf(id party.ID) party.Origin {
	p, ok := n.keys.Load().Current().Party(id)
	if !ok || p.Card == nil {
		return ""
	}
	return p.Card.Origin
}

// positions tells where we stand in our own record, in the peer's, and in those
// that it named or that we want.
func (n *Node) positions(ctx context.Context, to party.ID, arr *arrival, more []party.Origin) ([]bundle.Position, error) {
	seen := map[party.Origin]bool{}
	var out []bundle.Position
	add := func(o party.Origin) error {
		if o == "" || seen[o] {
			return nil
		}
		seen[o] = true
		s, ok, err := n.released(ctx, o)
		if err != nil {
			return err
		}
		h := checkpoint.Head{Origin: o, Root: emptyRoot}
		if ok {
			h = s.Head
		}
		if from, asked := n.askedBack(to, o); asked && from < h.Size {
			if h.Size, h.Root, err = from, emptyRoot, nil; from > 0 {
				h.Root, err = n.rootAt(ctx, o, from)
			}
			if err != nil {
				return err
			}
		}
		out = append(out, bundle.Position{Origin: o, Size: h.Size, Root: h.Root})
		return nil
	}
	all := append(n.volumes(), n.volumesOf(n.originOf(to))...)
	others := more
	for _, p := range arr.have {
		others = append(others, p.Origin)
	}
	all = append(all, n.page(to, others, bundle.MaxPositions-len(all))...)
	for _, o := range all {
		if err := add(o); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// page takes at most most origins, others each time where there are more.
func (n *Node) page(to party.ID, all []party.Origin, most int) []party.Origin {
	if len(all) <= most {
		return all
	}
	p := n.peer(to)
	n.mu.Lock()
	defer n.mu.Unlock()
	at := p.turn % len(all)
	p.turn = at + most
	return append(append([]party.Origin{}, all[at:]...), all[:at]...)[:most]
}

var emptyRoot, _ = tlog.TreeHash(0, nil)
