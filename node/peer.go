package node

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync/atomic"
	"time"

	"detente/bundle"
	"detente/checkpoint"
	"detente/courier"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// Times of the links.
const (
	// retryAfter is the least time from one attempt without an answer to the next,
	// from beginning to beginning: over a silent line an attempt takes longer. A
	// node that comes back starts catching up within 2 s, so it never grows.
	retryAfter = 1500 * time.Millisecond
	// lazyAfter gathers what can wait: automatic receipts, cosignatures, mirrors.
	lazyAfter = time.Second
	// exchangeTimeout bounds one message and its answer.
	exchangeTimeout = 30 * time.Second
	// pollWait is how long a peer is asked to hold a long poll.
	pollWait = 50 * time.Second
)

// peer is another party as this node last heard of it.
type peer struct {
	id     party.ID
	wake   chan struct{} // capacity 1
	linked atomic.Bool   // its loops were started

	composing chan struct{} // a place for each answer that is being gathered for it

	// Guarded by Node.mu.
	client    *courier.Client                  // nil before the first attempt
	clientAs  string                           // keys and endpoints that it was made for
	former    bool                             // show it the former transport key: it does not know the newest
	told      map[party.Origin]bundle.Position // where it said it stands
	held      int64                            // how far it holds our stream of cosignatures
	all       bool                             // it asks for all of that stream
	got       int64                            // how far we hold its stream
	spoken    bool                             // it was told so since we started
	want      []canon.Digest                   // blobs it asked for
	asked     map[party.Origin]int64           // act from which it is asked for what is missing of a record
	back      map[party.Origin]stepBack        // records to be asked for from before what is held
	cut       party.Origin                     // record with which the next message begins, the last was cut there
	turn      int                              // of positions to tell, where there are more than go into a message
	reached   bool                             // the last attempt was answered
	tried     bool
	lastHeard time.Time // by this node's clock
	lastError string
	offset    time.Duration // its stated time minus ours when last heard
}

// PeerStatus is what is shown of a peer.
type PeerStatus struct {
	Party     party.ID  `json:"party"`
	Endpoints []string  `json:"endpoints"`
	Link      string    `json:"link"` // "direct", "dials in", "waiting", "courier", "none"
	LastHeard time.Time `json:"last_heard,omitzero"`
	Offset    string    `json:"clock_offset"` // its stated time minus ours
	Remark    bool      `json:"clock_remark"` // beyond the agreed skew
	HoldsOurs int64     `json:"holds_ours"`   // acts of our record that it says it holds
	WeHold    int64     `json:"we_hold"`      // acts of its record held here
	Error     string    `json:"error,omitempty"`
}

// startPeers begins the links with all parties that have an endpoint in the
// edition in force and none yet.
func (n *Node) startPeers(ctx context.Context) {
	for _, p := range n.keys.Load().Current().Parties {
		if p.ID == n.self || p.Card == nil {
			continue
		}
		one := n.peer(p.ID)
		if len(p.Endpoints) == 0 || n.noLink(p.ID) || one.linked.Swap(true) {
			continue
		}
		n.loops.Go(func() { n.link(ctx, one) })
		n.loops.Go(func() { n.poll(ctx, one) })
		n.loops.Go(func() { n.collect(ctx, one) })
	}
}

// clientOf is the client for a peer with the keys and endpoints of now: whoever
// rotates a transport key goes on without a restart, here and there.
func (n *Node) clientOf(p *peer) (*courier.Client, error) {
	keys, now := n.keys.Load(), n.now()
	row, known := keys.Current().Party(p.id)
	pin, ok := keys.Transport(p.id, now)
	if !known || !ok || len(row.Endpoints) == 0 {
		return nil, fmt.Errorf("%s has no endpoint in edition %d", p.id, keys.Current().Edition)
	}
	secret := n.set().Transport
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.former && n.former.Key != nil {
		secret = n.former
	}
	as := fmt.Sprintln(pin, secret.Pin(), row.Endpoints)
	if p.client != nil && p.clientAs == as {
		return p.client, nil
	}
	if p.client != nil {
		p.client.Close()
	}
	p.client, p.clientAs = courier.NewClient(row.Endpoints, courier.ClientTLS(secret, pin, n.cfg.Now), n.cfg.Dial), as
	return p.client, nil
}

// showTransport makes a new transport key the one that is shown. The one before
// is kept for peers that have not heard of the rotation: by it they are told.
func (n *Node) showTransport(entering key.TransportSecret) {
	n.mu.Lock()
	n.former = n.set().Transport
	n.mu.Unlock()
	if n.server != nil {
		n.server.Show(entering, n.cfg.Now())
	}
}

// peer returns what is known of a party, making it on first use.
func (n *Node) peer(id party.ID) *peer {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.peers[id]
	if p == nil {
		p = &peer{id: id, wake: make(chan struct{}, 1), composing: make(chan struct{}, maxComposing), told: map[party.Origin]bundle.Position{}, back: map[party.Origin]stepBack{}, asked: map[party.Origin]int64{}}
		n.peers[id] = p
	}
	return p
}

// link keeps one peer up to date: at once when something urgent is held here,
// soon when something else is, and at every heartbeat.
func (n *Node) link(ctx context.Context, p *peer) {
	for first := true; ctx.Err() == nil; {
		began := time.Now()
		again, err := n.talk(ctx, p, 0, first)
		n.attempted(p, err)
		switch {
		case err != nil:
			first = true
			n.pause(ctx, p, max(restAfter(began, err), n.cfg.TestOnlyRest))
		case again:
			first = false
		default:
			first = n.pause(ctx, p, time.Duration(n.cfg.Settings.HeartbeatSeconds)*time.Second)
		}
	}
}

// restAfter is how long to wait after an attempt that began then and was not answered.
func restAfter(began time.Time, err error) time.Duration {
	if errors.Is(err, courier.ErrUnreachable) {
		return max(0, retryAfter-time.Since(began))
	}
	return retryAfter
}

// pause waits for news, a sign of life, or the time; it reports whether the time came.
func (n *Node) pause(ctx context.Context, p *peer, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.wake:
		return false
	case <-t.C:
		return true
	case <-ctx.Done():
		return true
	}
}

// poll holds a long poll at a peer while this node needs one: because nobody can
// dial it, or to hear of parties that it has no link with.
func (n *Node) poll(ctx context.Context, p *peer) {
	for ctx.Err() == nil {
		changed := n.linksChanged()
		if !n.needsPoll(p) {
			n.awaitLinks(ctx, changed)
			continue
		}
		rest, began := n.cfg.TestOnlyRest, time.Now()
		if _, err := n.talk(ctx, p, pollWait, true); err != nil {
			rest = max(restAfter(began, err), rest)
		}
		if rest > 0 && !waitFor(ctx, time.NewTimer(rest)) {
			return
		}
	}
}

// linksChanged is closed when a peer begins or ceases to answer, or another
// edition is in force.
func (n *Node) linksChanged() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.links
}

// changeLinks closes the channel of linksChanged and makes the next one; n.mu
// is held.
func (n *Node) changeLinks() {
	close(n.links)
	n.links = make(chan struct{})
}

// awaitLinks waits until a poll may be needed: when the links change, and in a
// large group, whose relays change by the clock, within a minute.
func (n *Node) awaitLinks(ctx context.Context, changed <-chan struct{}) {
	var minute <-chan time.Time
	if len(n.keys.Load().Current().Parties) > smallGroup {
		t := time.NewTimer(time.Minute)
		defer t.Stop()
		minute = t.C
	}
	select {
	case <-changed:
	case <-minute:
	case <-ctx.Done():
	}
}

func waitFor(ctx context.Context, t *time.Timer) bool {
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (n *Node) needsPoll(p *peer) bool {
	me, _ := n.keys.Load().Current().Party(n.self)
	if len(me.Endpoints) == 0 {
		return true
	}
	return n.linked(p) && n.relays(p.id)
}

// relays reports whether this node hears of others through a peer: of all peers
// in a small group, in a large one of a few that change from minute to minute,
// so that what is known spreads without everyone asking everyone.
func (n *Node) relays(id party.ID) bool {
	if len(n.apart(id)) == 0 {
		return false
	}
	all := len(n.keys.Load().Current().Parties)
	if all <= smallGroup {
		return true
	}
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %s %d", n.self, id, n.cfg.Now().Unix()/60)
	return int(h.Sum32()%uint32(all)) < relaysAtOnce
}

const (
	smallGroup   = 16 // parties: up to here everyone may relay for everyone
	relaysAtOnce = 4  // about so many relays at once in a larger group
)

func (n *Node) linked(p *peer) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return p.reached
}

// apart lists the records of the parties, save one, that this node cannot hear
// of directly now: they are asked for at those it can reach.
func (n *Node) apart(save party.ID) []party.Origin {
	var out []party.Origin
	for _, q := range n.keys.Load().Current().Parties {
		if q.ID == n.self || q.ID == save || q.Card == nil {
			continue
		}
		if n.noLink(q.ID) || n.unreachable(q.ID) || len(q.Endpoints) == 0 {
			out = append(out, q.Card.Origin)
		}
	}
	return out
}

// talk sends one message and takes the answer. again is true when more can be
// told or asked at once.
func (n *Node) talk(ctx context.Context, p *peer, wait time.Duration, full bool) (again bool, err error) {
	full = n.takeFull(p) || full
	known := n.lastTold(p)
	more := n.apart(p.id)
	if full {
		more = n.allOrigins()
	}
	held := n.heldStream(p.id)
	msg, err := n.compose(ctx, p.id, known, more)
	if err != nil {
		return false, err
	}
	if !full && !msg.news && wait == 0 {
		return false, nil
	}
	body, err := msg.reader()
	if err != nil {
		return false, fmt.Errorf("write message to %s: %w", p.id, err)
	}
	ctx, cancel := context.WithTimeout(ctx, wait+exchangeTimeout)
	defer cancel()
	client, err := n.clientOf(p)
	if err != nil {
		return false, err
	}
	res, err := client.Exchange(ctx, wait, body)
	if err != nil {
		return false, err
	}
	defer res.Close()
	room := n.reading.meter(p.id, res)
	defer room.done()
	arr, err := readArrival(room, bundle.NetworkLimits())
	if _, busy := errors.AsType[*courier.Refusal](err); busy {
		return false, err
	}
	if err != nil {
		return false, n.refuse(ctx, p.id, fmt.Errorf("answer of %s: %w", p.id, err), nil)
	}
	if arr.info.From != p.id {
		return false, n.refuse(ctx, p.id, fmt.Errorf("the answer says it is from %s, the connection is %s", arr.info.From, p.id), nil)
	}
	arr.told, arr.follows = held, true
	if err := n.receive(ctx, p.id, arr); err != nil {
		return false, err
	}
	n.heard(p.id, arr)
	return n.moreToSay(ctx, arr, known, msg.news), nil
}

// lastTold is what is known of a peer's position, in the form of an arrival.
func (n *Node) lastTold(p *peer) *arrival {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := &arrival{held: p.held, all: p.all, stream: true, want: p.want}
	for _, pos := range p.told {
		if pos.Origin.Base() == n.origin.Base() {
			a.have = append(a.have, pos)
		}
	}
	p.want = nil
	return a
}

// moreToSay compares positions after an exchange. Where nothing came of it, as
// with a record that one side froze, or a damaged line, there is no haste.
func (n *Node) moreToSay(ctx context.Context, arr *arrival, known *arrival, news bool) bool {
	before := map[party.Origin]int64{}
	for _, pos := range known.have {
		before[pos.Origin] = pos.Size
	}
	for _, pos := range arr.have {
		s, _, err := n.released(ctx, pos.Origin)
		if err != nil {
			return false
		}
		held := s.Head.Size
		if pos.Origin.Base() == n.origin.Base() {
			if was, told := before[pos.Origin]; pos.Size < held && (!told || pos.Size > was) {
				return true
			}
		} else if pos.Size > held && arr.grew {
			return true
		}
	}
	return len(arr.want) > 0 && news || len(arr.cosigs) >= chunkCosigs && !arr.dropped
}

// heard takes what a peer says of itself, once its message was accepted.
func (n *Node) heard(id party.ID, arr *arrival) {
	p := n.peer(id)
	now := n.cfg.Now()
	n.mu.Lock()
	for _, pos := range arr.have {
		if pos.Origin.Base() == n.origin.Base() {
			p.told[pos.Origin] = pos
		}
	}
	if arr.stream {
		p.held, p.all = arr.held, arr.all
		p.hold(arr)
	}
	if len(arr.want) > 0 {
		p.want = arr.want
	}
	p.lastHeard = now
	if t, err := canon.ParseTime(arr.info.Written); err == nil {
		p.offset = t.Sub(now.Truncate(time.Second))
	}
	revived, client := !p.reached && p.tried, p.client
	if p.reached {
		client = nil
	}
	n.mu.Unlock()
	if client != nil {
		client.Hurry()
	}
	if !n.sure() && n.holdsNothingNewer(arr.have) {
		n.peerAnswered(id)
	}
	if revived {
		p.nudge() // a sign of life: no waiting survives it
	}
}

// holdsNothingNewer reports whether somebody who said where it stands holds of
// our own record what we hold ourselves, or less.
func (n *Node) holdsNothingNewer(have []bundle.Position) bool {
	head := checkpoint.Head{Origin: n.origin, Root: emptyRoot}
	if own := n.ownHead.Load(); own != nil {
		head = own.Head()
	}
	said := false
	for _, pos := range have {
		switch {
		case pos.Origin.Base() != n.origin.Base() || pos.Size == 0 && pos.Origin != n.origin:
			continue
		case pos.Origin == n.origin:
			said = true
		case pos.Origin.Volume() < n.origin.Volume():
			continue
		}
		if newer(checkpoint.Head{Origin: pos.Origin, Size: pos.Size}, head) {
			return false
		}
		if root, err := n.rootAt(context.Background(), pos.Origin, pos.Size); err != nil || root != pos.Root {
			return false
		}
	}
	return said
}

func (p *peer) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (n *Node) attempted(p *peer, err error) {
	n.mu.Lock()
	changed := !p.tried || p.reached != (err == nil)
	p.tried, p.reached = true, err == nil
	p.lastError = ""
	if err != nil {
		p.lastError = err.Error()
	}
	if errors.Is(err, courier.ErrNotKnown) || errors.Is(err, courier.ErrForbidden) {
		p.former = !p.former
	}
	if changed {
		n.changeLinks()
	}
	n.mu.Unlock()
	if changed && err != nil {
		n.cfg.Log.Info("peer does not answer", "peer", string(p.id), "reason", err.Error())
	}
	if changed && err == nil {
		n.cfg.Log.Info("peer answers", "peer", string(p.id))
	}
}

func (n *Node) noLink(id party.ID) bool {
	for _, x := range n.cfg.Settings.NoLink {
		if x == id {
			return true
		}
	}
	return false
}

// unreachable reports whether a peer was tried and did not answer.
func (n *Node) unreachable(id party.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.peers[id]
	return p != nil && p.tried && !p.reached
}

func (n *Node) heldStream(id party.ID) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.peers[id]; p != nil {
		return p.got
	}
	return 0
}

// heardOurs reports whether a peer was told, since this node started, how far its
// stream is held; from now on it is.
func (n *Node) heardOurs(id party.ID) bool {
	p := n.peer(id)
	n.mu.Lock()
	defer n.mu.Unlock()
	before := p.spoken
	p.spoken = true
	return before
}

// stepBack is from where a peer is asked for a record whose tree there is not
// the one held here.
type stepBack struct {
	from int64 // position to tell
	step int64 // how far it lies before what is held
	due  bool  // not told yet
}

// askBack remembers to ask a peer for a record from before size, because its tree
// is not the one held here: one act back, then two, then four, until what it
// sends begins below the place where the trees part.
func (n *Node) askBack(id party.ID, o party.Origin, size int64) {
	if id == "" {
		return
	}
	p := n.peer(id)
	n.mu.Lock()
	b := p.back[o]
	if b.step > 0 && b.from == 0 {
		delete(p.back, o) // it sent nothing even from the beginning
		n.mu.Unlock()
		return
	}
	b.step = max(1, 2*b.step)
	b.from, b.due = max(0, size-b.step), true
	p.back[o] = b
	n.mu.Unlock()
	p.nudge()
}

// askOn goes on from where what a peer sent after a step back ended without a
// difference.
func (n *Node) askOn(id party.ID, o party.Origin, from int64) {
	p := n.peer(id)
	n.mu.Lock()
	b, stepped := p.back[o]
	if stepped {
		b.from, b.due = from, true
		p.back[o] = b
	}
	n.mu.Unlock()
	if stepped {
		p.nudge()
	}
}

// askedBack reports a position before what is held that a peer is to be told,
// once.
func (n *Node) askedBack(id party.ID, o party.Origin) (int64, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.peers[id]
	if p == nil || !p.back[o].due {
		return 0, false
	}
	b := p.back[o]
	b.due = false
	p.back[o] = b
	return b.from, true
}

// forgetBack ends the stepping back for a record.
func (n *Node) forgetBack(id party.ID, o party.Origin) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.peers[id]; p != nil {
		delete(p.back, o)
	}
}

// takeFull reports whether all positions are to be told.
func (n *Node) takeFull(p *peer) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, b := range p.back {
		if b.due {
			return true
		}
	}
	return false
}

// wakeAll tells links and long polls that something urgent is held.
func (n *Node) wakeAll() {
	n.mu.Lock()
	close(n.news)
	n.news = make(chan struct{})
	list := make([]*peer, 0, len(n.peers))
	for _, p := range n.peers {
		list = append(list, p)
	}
	n.mu.Unlock()
	for _, p := range list {
		p.nudge()
	}
}

// gather is how long to wait for more to come, d in a small group and longer in a
// large one: there everybody tells everybody, and what is told together costs one
// message instead of many.
func (n *Node) gather(d time.Duration) time.Duration {
	return d * time.Duration(max(1, len(n.keys.Load().Current().Parties)/smallGroup))
}

// wakeLazy does so after a while, once for all that comes meanwhile.
func (n *Node) wakeLazy() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lazy {
		return
	}
	n.lazy = true
	time.AfterFunc(n.gather(lazyAfter), func() {
		n.mu.Lock()
		n.lazy = false
		n.mu.Unlock()
		n.wakeAll()
	})
}

// newsSignal is closed at the next news.
func (n *Node) newsSignal() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.news
}

// Peer resolves a transport pin; node implements courier.Host.
func (n *Node) Peer(pin canon.Digest) (party.ID, bool) {
	k := n.keys.Load()
	for _, p := range k.Current().Parties {
		if p.ID == n.self || p.Card == nil {
			continue
		}
		if t, ok := k.Transport(p.ID, n.now()); ok && t == pin {
			return p.ID, true
		}
	}
	return "", false
}
