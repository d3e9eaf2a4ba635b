package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/checkpoint"
	"detente/courier"
	"detente/docket"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/record"
	"detente/roster"
	"golang.org/x/mod/sumdb/tlog"
)

// incoming is what a bundle carries of one record, in the order of the bundle.
type incoming struct {
	origin party.Origin
	from   int64 // index of the first leaf
	leaves [][]byte
	notes  []checkpoint.Note

	remarks []remark // what was found while it was verified
}

// accepted is one record's part after verification: ready to be stored.
type accepted struct {
	origin party.Origin
	author party.ID
	log    *record.Log
	leaves [][]byte // new ones only
	acts   []arrived
	heads  []checkpoint.Signed
}

// arrived is one new leaf, read.
type arrived struct {
	ref   act.Ref
	state string
	act   *act.Act
}

// receive takes a whole arrival from a peer, read and bounded but not verified.
// What verifies is stored in one transaction together with the receipts for it;
// what does not is kept as an observation and nothing else of it remains.
func (n *Node) receive(ctx context.Context, from party.ID, in *arrival) error {
	if in.info.Group != n.cfg.First.Group {
		return n.refuse(ctx, from, fmt.Errorf("the bundle is of group %s, this node is in %s", in.info.Group, n.cfg.First.Group), nil)
	}
	if err := n.readCosigs(ctx, in); err != nil {
		return err
	}
	unnamed, err := n.unnamed(ctx, in.blobs)
	if err != nil {
		return err
	}
	n.receiving.Lock()
	defer n.receiving.Unlock()

	in.have = n.spoken(in.have)
	var all []*accepted
	slices.SortStableFunc(in.records, func(a, b *incoming) int { return a.origin.Volume() - b.origin.Volume() })
	taken := map[party.Origin]int{}
	for _, rec := range in.records {
		if n.author(rec.origin) == "" {
			// An edition that names it may come in the same arrival, which is not refused
			// for it; the record is asked for again once that edition is in force.
			in.remark(fmt.Sprintf("record %s belongs to no party of edition %d", rec.origin, n.keys.Load().Current().Edition), nil)
			continue
		}
		if !n.inTurn(rec, taken) {
			in.remark(fmt.Sprintf("%s does not follow a volume held here", rec.origin), rec.evidence())
			continue
		}
		acc, err := n.verify(ctx, from, rec)
		for _, r := range rec.remarks {
			in.remark(r.what, r.evidence)
		}
		if bad, ok := errors.AsType[*damagedError](err); ok {
			return n.refuse(ctx, from, bad, rec.evidence())
		}
		if err != nil {
			return err // our own store: nothing to remark about the peer
		}
		if acc != nil {
			all = append(all, acc)
			if len(acc.leaves) > 0 {
				taken[rec.origin.Base()] = max(taken[rec.origin.Base()], rec.origin.Volume())
			}
		}
	}
	sift(in.blobs, unnamed, all)
	cosigs, err := n.verifyCosigs(from, in, all)
	if err != nil {
		return err
	}
	if err := n.observeAll(ctx, from, in); err != nil {
		return err
	}
	opened := n.openAll(ctx, all, in.blobs)
	waited := n.unpark(all)
	if err := n.store(ctx, from, all, in, append(waited, cosigs...), opened); err != nil {
		for _, acc := range all {
			delete(n.logs, acc.origin) // what is on disk is read again
		}
		for _, s := range waited {
			n.park(s)
		}
		return err
	}
	return n.afterStore(ctx, from, all, in)
}

// damagedError is what is wrong with bytes that came from somebody, in one
// sentence.
type damagedError struct{ cause error }

func (e *damagedError) Error() string { return e.cause.Error() }
func (e *damagedError) Unwrap() error { return e.cause }

// verify checks one record's part against what is held: strict acts, the tree,
// the author's three lines. A part that shows nothing new returns nil.
func (n *Node) verify(ctx context.Context, from party.ID, in *incoming) (*accepted, error) {
	keys := n.keys.Load()
	p, ok := keys.Current().ByOrigin(in.origin.Base())
	if !ok {
		return nil, nil // an edition that names it no more took effect meanwhile
	}
	if frozen, err := n.frozen(ctx, in.origin); err != nil || frozen {
		return nil, err
	}
	if p.ID == n.self && in.origin.Volume() >= n.origin.Volume() {
		return nil, n.verifyOwn(ctx, from, in)
	}
	log, err := n.mirror(ctx, in.origin)
	if err != nil {
		return nil, err
	}
	size := log.Head().Size
	acc := &accepted{origin: in.origin, author: p.ID, log: log}
	if in.from > size {
		in.leaves = nil // a gap: our position in the answer asks for what lies before
	} else if skip := size - in.from; skip < int64(len(in.leaves)) {
		acc.leaves = in.leaves[skip:]
	}
	keys, err = n.readActs(acc, keys, size)
	if err != nil {
		return nil, err
	}
	signers := func(s int64) (key.RecordKey, bool) { return keys.Record(acc.origin, s) }
	shown, err := n.witnessed(ctx, in.origin)
	if err != nil {
		return nil, err
	}
	tree := log.Tree()
	roots := map[int64]tlog.Hash{size: log.Head().Root}
	sizes := in.sizes()
	for i, l := range acc.leaves {
		if err := tree.Append(tlog.RecordHash(l)); err != nil {
			return nil, err
		}
		if at := size + int64(i) + 1; at == shown.Size || sizes[at] {
			roots[size+int64(i)+1] = tree.Root()
		}
	}
	reach := size
	for _, note := range in.notes {
		signed, err := verifyHead(note, signers, in.origin)
		if err != nil {
			return nil, err
		}
		h := signed.Head()
		root, known := roots[h.Size]
		switch {
		case h.Size < size:
			if root, err = n.rootAt(ctx, in.origin, h.Size); err != nil {
				return nil, err
			}
		case !known:
			if in.from < 0 && h.Size > size {
				// Sent for want of a common tree: ask from before what is held.
				n.askBack(from, in.origin, size)
			}
			continue // beyond what came with it: nothing to compare with yet
		}
		if root != h.Root && keys.RecordRetired(in.origin, h.Size) {
			in.remarks = append(in.remarks, remark{retiredHead(h), signed.Bytes()})
			continue
		}
		if root != h.Root {
			return n.conflict(ctx, from, acc, in, signed)
		}
		acc.heads = append(acc.heads, signed)
		reach = max(reach, h.Size)
	}
	if end := in.from + int64(len(in.leaves)); len(in.leaves) > 0 && end < size {
		n.askOn(from, in.origin, end) // no difference so far
	}
	acc.leaves = acc.leaves[:reach-size] // leaves without a signed head over them are not the author's word
	acc.acts = acc.acts[:reach-size]
	if shown.Size > size && shown.Size <= reach && roots[shown.Size] != shown.Root {
		return nil, n.notAsShown(ctx, from, acc, size, shown)
	}
	if len(acc.leaves) == 0 && len(acc.heads) == 0 {
		return nil, nil
	}
	return acc, nil
}

// sizes are those of the heads that came along.
func (in *incoming) sizes() map[int64]bool {
	out := make(map[int64]bool, len(in.notes))
	for _, n := range in.notes {
		out[n.Head.Size] = true
	}
	return out
}

func (in *incoming) evidence() []byte {
	if in == nil || len(in.notes) == 0 {
		return nil
	}
	return in.notes[len(in.notes)-1].Bytes()
}

// readActs parses the new leaves and returns the keys with those that they enter.
func (n *Node) readActs(acc *accepted, keys *roster.Keys, size int64) (*roster.Keys, error) {
	var entering []roster.Change
	for i, l := range acc.leaves {
		ref := act.Ref{Origin: acc.origin, Index: size + int64(i), Leaf: tlog.RecordHash(l)}
		a, err := act.Parse(l)
		one := arrived{ref: ref, state: docket.Read, act: a}
		if ref.Index == 0 && (err == nil && a.Kind == act.Volume) != (acc.origin.Volume() > 1) {
			return nil, &damagedError{fmt.Errorf("record %s: a further volume begins with an act of kind volume, the first one does not", acc.origin)}
		}
		switch {
		case err != nil:
			one = arrived{ref: ref, state: docket.StateOf(err)}
		case a.Group != n.cfg.First.Group:
			one = arrived{ref: ref, state: docket.Invalid}
		case a.Kind == act.KeyChange:
			entering = append(entering, keyChange(acc.author, ref, a))
		}
		acc.acts = append(acc.acts, one)
	}
	return n.keysWith(keys, entering)
}

// retiredHead says what is remarked of a head that a retired record key signed
// beside the tree which the key after it fixed: it accuses nobody, and the record
// goes on.
func retiredHead(h checkpoint.Head) string {
	return fmt.Sprintf("a checkpoint of %s at %d acts does not fit the record and is signed with a record key that was retired since", h.Origin, h.Size)
}

func keyChange(author party.ID, ref act.Ref, a *act.Act) roster.Change {
	return roster.Change{Party: author, Origin: ref.Origin, Index: ref.Index, Role: key.Role(a.Role), Payload: a.Payload}
}

func verifyHead(note checkpoint.Note, sign func(size int64) (key.RecordKey, bool), o party.Origin) (checkpoint.Signed, error) {
	k, ok := sign(note.Head.Size)
	if !ok {
		return checkpoint.Signed{}, &damagedError{fmt.Errorf("no key is known for record %s", o)}
	}
	s, err := note.Verify(k)
	if err != nil {
		return s, &damagedError{fmt.Errorf("checkpoint of %s at %d acts: %w", o, note.Head.Size, err)}
	}
	return s, nil
}

// verifyOwn looks at what a peer holds of our own record: a head under our own
// key that is newer than the database shows that we were rolled back.
func (n *Node) verifyOwn(ctx context.Context, from party.ID, in *incoming) error {
	for _, note := range in.notes {
		k, ok := n.keys.Load().Record(in.origin, note.Head.Size)
		if !ok {
			continue
		}
		s, err := note.Verify(k)
		if err != nil {
			continue // not our word
		}
		held, err := record.Held(ctx, n.db.Read(), in.origin)
		if err != nil {
			return err
		}
		if s.Head().Size <= held.Size && in.origin == n.origin {
			root, err := n.rootAt(ctx, in.origin, s.Head().Size)
			if err != nil {
				return err
			}
			if root == s.Head().Root {
				continue // ours, even if it is not guarded yet
			}
			if n.keys.Load().RecordRetired(in.origin, s.Head().Size) {
				in.remarks = append(in.remarks, remark{retiredHead(s.Head()), s.Bytes()})
				continue // we hold the act that retired it: no older state
			}
		}
		if err := n.ownSeen(from, s.Head()); err != nil {
			return err
		}
	}
	return nil
}

// readCosigs verifies what it can of the cosignatures of an arrival before its
// turn comes: verifying takes longer than storing, and an act must not wait for
// it. Those that are held already were verified before, and most are: every peer
// passes on what it holds.
func (n *Node) readCosigs(ctx context.Context, in *arrival) error {
	keys := n.keys.Load()
	for _, note := range in.cosigs {
		if len(note.Lines) > 0 {
			held, err := record.HoldsCosigned(ctx, n.db.Read(), note.Head, note.Lines[0].Name, note.Lines[0].ID, note.Bytes())
			if err != nil {
				return err
			}
			if held {
				continue
			}
		}
		if c, err := verifyCosig(keys, note); err == nil {
			in.proven = append(in.proven, c)
		} else {
			in.doubtful = append(in.doubtful, note)
		}
	}
	return nil
}

// verifyCosigs verifies cosignatures one by one; a bad one is an observation
// and does not spoil the others. One under a key that is not known waits in
// memory: the act that enters the key may still be on its way.
func (n *Node) verifyCosigs(from party.ID, in *arrival, all []*accepted) ([]sentCosig, error) {
	keys, err := n.keysAfter(n.keys.Load(), all)
	if err != nil {
		return nil, err
	}
	var notes []stranger
	if keys != n.strangersUnder {
		notes, n.strangers, n.strangersUnder = n.strangers, nil, keys
		for _, s := range notes {
			n.leave(s.from)
		}
	}
	for _, note := range in.doubtful {
		notes = append(notes, stranger{from, note})
	}
	var out []sentCosig
	for _, c := range in.proven {
		out = append(out, sentCosig{from, c})
	}
	for _, s := range notes {
		c, err := verifyCosig(keys, s.note)
		switch {
		case errors.Is(err, errKeyNotKnown) && n.admit(s.from):
			n.strangers = append(n.strangers, s)
		case errors.Is(err, errKeyNotKnown):
			in.dropped = true
		case err != nil:
			in.remark(err.Error(), s.note.Bytes())
		default:
			out = append(out, sentCosig{s.from, c})
		}
	}
	return out, nil
}

// keysAfter are the keys with those that the new acts of an arrival enter.
func (n *Node) keysAfter(keys *roster.Keys, all []*accepted) (*roster.Keys, error) {
	var entering []roster.Change
	for _, acc := range all {
		for _, a := range acc.acts {
			if a.act == nil || a.act.Kind != act.KeyChange {
				continue
			}
			entering = append(entering, keyChange(acc.author, a.ref, a.act))
		}
	}
	return n.keysWith(keys, entering)
}

// keysWith are the keys with those that key acts on their way in enter. It is
// built from all that is held: a key act may come before an earlier one of its
// record.
func (n *Node) keysWith(keys *roster.Keys, entering []roster.Change) (*roster.Keys, error) {
	if len(entering) == 0 {
		return keys, nil
	}
	return n.buildKeys(context.Background(), n.db.Read(), entering...)
}

// errKeyNotKnown: nobody of the roster has this key, as far as is known here.
var errKeyNotKnown = errors.New("no party of the roster has this key")

func verifyCosig(keys *roster.Keys, note checkpoint.Note) (checkpoint.Cosigned, error) {
	if len(note.Lines) == 0 {
		return checkpoint.Cosigned{}, fmt.Errorf("cosignature over %s: no signature line", note.Head.Origin)
	}
	ck, ok := keys.ByName(note.Lines[0].Name, note.Lines[0].ID)
	if !ok {
		return checkpoint.Cosigned{}, fmt.Errorf("cosignature over %s by %s: %w", note.Head.Origin, note.Lines[0].Name, errKeyNotKnown)
	}
	c, err := note.VerifyCosigned(ck.Key)
	if err != nil {
		return c, fmt.Errorf("cosignature over %s by %s: %w", note.Head.Origin, note.Lines[0].Name, err)
	}
	return c, nil
}

// store commits an arrival: leaves, heads, blobs, what follows from each act,
// and the receipts, in one transaction of the writer.
func (n *Node) store(ctx context.Context, from party.ID, all []*accepted, in *arrival, cosigs []sentCosig, contents map[act.Ref]content) error {
	if len(all) == 0 && len(cosigs) == 0 && len(in.blobs) == 0 {
		return nil
	}
	return n.update(ctx, func(tx *Tx) error {
		var err error
		if in.awaited, err = n.storeBlobs(ctx, tx, from, all, in.blobs); err != nil {
			return err
		}
		for _, acc := range all {
			if err := n.storeRecord(ctx, tx, acc, contents); err != nil {
				return err
			}
			if err := n.remarkEdition(ctx, tx, from, acc); err != nil {
				return err
			}
		}
		return n.storeCosigs(ctx, tx, from, in, cosigs)
	})
}

// contradictedCosig is a cosignature over another tree than the one held.
type contradictedCosig struct {
	from party.ID
	c    checkpoint.Cosigned
	held []byte // another note of the same signer, or nil
}

// storeBlobs keeps those blobs that an act names, one that came along or one held before.
// It returns those that something held before may have waited for: all but the
// ones that came together with the act that names them.
func (n *Node) storeBlobs(ctx context.Context, tx *Tx, from party.ID, all []*accepted, blobs map[canon.Digest][]byte) (awaited map[canon.Digest][]byte, err error) {
	awaited = map[canon.Digest][]byte{}
	named := namedBy(all)
	for d, b := range blobs {
		kept, waited, err := n.place(ctx, tx, from, d, b, named[d])
		if err != nil {
			return nil, err
		}
		if !kept || waited == 0 && len(named[d]) > 0 {
			continue
		}
		awaited[d] = b
		if err := n.fileWaiting(ctx, tx, d); err != nil {
			return nil, err
		}
	}
	return awaited, nil
}

// fileWaiting files the acts that were held already and waited for a blob.
func (n *Node) fileWaiting(ctx context.Context, tx *Tx, d canon.Digest) error {
	rows, err := docket.List(ctx, tx.Tx, docket.Filter{Digest: d.String(), Kinds: []act.Kind{act.Adoption, act.Misconduct}})
	if err != nil {
		return err
	}
	for _, r := range rows {
		a, err := n.readAct(ctx, r.Ref)
		if err != nil {
			return err
		}
		if err := n.file(ctx, tx, r.Author, r.Ref, a); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) storeRecord(ctx context.Context, tx *Tx, acc *accepted, contents map[act.Ref]content) error {
	if len(acc.leaves) > 0 {
		ext, err := acc.log.Extend(ctx, tx.Tx, acc.leaves)
		if err != nil {
			return fmt.Errorf("mirror %s: %w", acc.origin, err)
		}
		tx.After(ext.Done)
		tx.After(func() { n.holdVolume(acc.origin) })
	}
	tx.After(func() { n.served.forget(acc.origin) })
	for _, h := range acc.heads {
		if err := record.SaveHead(ctx, tx.Tx, h, false); err != nil {
			return err
		}
	}
	for _, a := range acc.acts {
		if err := docket.Fold(ctx, tx.Tx, n.self, docket.Entry{Ref: a.ref, Author: acc.author, State: a.state, Act: a.act}); err != nil {
			return err
		}
		if a.act == nil {
			continue
		}
		if err := n.file(ctx, tx, acc.author, a.ref, a.act); err != nil {
			return err
		}
		if err := saveSealed(ctx, tx, a.ref, a.act); err != nil {
			return err
		}
		if err := n.noteMissing(ctx, tx, a.ref, a.act); err != nil {
			return err
		}
		if err := n.noteDiscreet(ctx, tx, a.ref, a.act); err != nil {
			return err
		}
		if c, ok := contents[a.ref]; ok {
			if err := n.saveContent(ctx, tx.Tx, a.ref, a.act, c); err != nil {
				return err
			}
		}
		if err := n.answer(ctx, tx, a.ref, a.act, contents[a.ref]); err != nil {
			return err
		}
	}
	return nil
}

// file is the one switch in which the kinds of act meet: what an act changes in
// this node besides being held.
func (n *Node) file(ctx context.Context, tx *Tx, author party.ID, ref act.Ref, a *act.Act) error {
	switch a.Kind {
	case act.KeyChange:
		return n.fileKeyChange(ctx, tx, keyChange(author, ref, a))
	case act.Adoption:
		return n.fileAdoption(ctx, tx, a)
	case act.Misconduct:
		return n.fileMisconduct(ctx, tx, author, a)
	case act.Volume:
		tx.After(func() {
			n.cfg.Log.Warn("a party opened a new volume of its record", "party", string(author), "origin", string(ref.Origin))
		})
		return n.beginStream(ctx, tx, author)
	case act.Statement, act.Delivered, act.Acknowledged, act.Returned, act.HandedOver,
		act.Entered, act.Confirmed, act.Contested, act.Suspension, act.Resumption:
		return nil // what they mean is read from the docket
	case act.Discreet:
		return nil // whether it is for this party is tried apart: tryDiscreet
	}
	return fmt.Errorf("act %s has kind %q, which this node cannot file", ref, a.Kind)
}

// afterStore runs what an arrival sets in motion.
func (n *Node) afterStore(ctx context.Context, from party.ID, all []*accepted, in *arrival) error {
	news := false
	for _, acc := range all {
		if len(acc.leaves) > 0 {
			news, in.grew = true, true
			n.forgetBack(from, acc.origin)
			n.markDirty(acc.origin)
		}
		if err := n.invalidActs(ctx, from, acc); err != nil {
			return err
		}
	}
	if err := n.weighCosigs(ctx); err != nil {
		return err
	}
	if err := n.blobsArrived(ctx, in.awaited); err != nil {
		return err
	}
	if news || len(in.proven) > 0 {
		n.wakeLazy()
	}
	return nil
}

// mirror is the edge of a record held here, kept between arrivals.
func (n *Node) mirror(ctx context.Context, o party.Origin) (*record.Log, error) {
	if l, ok := n.logs[o]; ok {
		return l, nil
	}
	l, err := record.Load(ctx, n.db.Read(), o)
	if err != nil {
		return nil, fmt.Errorf("load the mirror of %s: %w", o, err)
	}
	n.logs[o] = l
	return l, nil
}

// refuse keeps an observation and returns the sentence for the peer.
func (n *Node) refuse(ctx context.Context, from party.ID, cause error, evidence []byte) error {
	if errors.Is(cause, context.Canceled) {
		return cause
	}
	if err := n.observe(ctx, from, cause.Error(), evidence); err != nil {
		return err
	}
	return courier.Refuse(cause.Error(), nil)
}

func (n *Node) observe(ctx context.Context, from party.ID, what string, evidence []byte) error {
	n.cfg.Log.Info("observation", "from", string(from), "what", what)
	return n.update(ctx, func(tx *Tx) error {
		return record.Observe(ctx, tx.Tx, record.Observation{From: string(from), What: what, Bytes: evidence, At: n.now().Unix()})
	})
}
