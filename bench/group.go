package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"detente/act"
	"detente/desk"
	"detente/node"
	"detente/party"
	"detente/record"
	"detente/town"
)

// names of the first parties of a measured group; further ones are numbered.
var names = []party.ID{"alatau", "borovia", "cintra", "dovania", "elbria", "faronia"}

// found makes keys, homes and the roster of a group of n under dir.
func found(dir string, n int, tune func(*town.Plan)) (*town.Town, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p := town.Plan{Dir: dir, Group: party.Group{0xbe, 0x2c}, Names: map[string]string{"en": "Benchmark"}, F: 1, K: 2}
	if n < 5 { // too few for a quorum that withstands a liar, and for custodians
		p.F, p.K, p.Custodians = 0, 1, []party.ID{}
	}
	for i := range n {
		id := party.ID(fmt.Sprintf("party-%02d", i+1))
		if i < len(names) {
			id = names[i]
		}
		p.Parties = append(p.Parties, town.Resident{ID: id})
	}
	if tune != nil {
		tune(&p)
	}
	return town.Found(p)
}

// writer makes acts in the clear for a record, without officers. They are
// addressed to a party that is not there, so that nobody owes a receipt.
type writer struct {
	n    *node.Node
	to   party.ID
	text []byte
	next int64
}

// newWriter writes acts whose leaf has size bytes.
func newWriter(n *node.Node, to party.ID, size int) (*writer, error) {
	w := &writer{n: n, to: to, text: []byte("x")}
	b, err := w.act().Bytes()
	if err != nil {
		return nil, err
	}
	w.text = []byte(strings.Repeat("x", max(1, size-len(b))))
	w.next = 0
	return w, nil
}

func (w *writer) act() *act.Act {
	w.next++
	k := w.n.Keys().Current()
	return &act.Act{
		Group: k.Group, Edition: k.Edition, Kind: act.Statement, Status: act.Exercise, Life: act.New,
		To: []party.ID{w.to}, Serial: map[party.ID]int64{w.to: w.next}, Thread: fmt.Sprintf("BENCH/%d", w.next),
		PayloadType: node.TextType, Payload: w.text, Claimed: time.Now().UTC().Truncate(time.Second),
	}
}

// batch appends count acts as one change.
func (w *writer) batch(ctx context.Context, count int) error {
	acts := make([]*act.Act, count)
	for i := range acts {
		acts[i] = w.act()
	}
	return w.n.TestOnlyAppend(ctx, acts)
}

// fill appends acts in batches of 256 until there are count.
func (w *writer) fill(ctx context.Context, count int64) error {
	for w.next < count {
		if err := w.batch(ctx, int(min(256, count-w.next))); err != nil {
			return err
		}
	}
	return nil
}

// clerks are two officers of one house: one drafts, the other clears.
type clerks struct {
	n              *node.Node
	drafts, clears desk.Session
}

const passphrase = "correct horse battery staple"

// enrol makes the accounts of the clerks.
func enrol(ctx context.Context, n *node.Node) error {
	for _, o := range []desk.Officer{
		{ID: "drafter", Name: "Drafter", Post: "duty-officer", Roles: []desk.Role{desk.Admin, desk.Drafter}},
		{ID: "clearer", Name: "Clearer", Post: "duty-officer", Roles: []desk.Role{desk.Clearer}, Steps: []string{"release"}},
	} {
		if err := n.Desk().AddOfficer(ctx, desk.Console, o, passphrase); err != nil {
			return err
		}
	}
	return nil
}

func signIn(ctx context.Context, n *node.Node) (*clerks, error) {
	c := &clerks{n: n}
	var err, again error
	c.drafts, err = n.Desk().SignIn(ctx, "drafter", passphrase)
	c.clears, again = n.Desk().SignIn(ctx, "clearer", passphrase)
	return c, errors.Join(err, again)
}

// prepare takes a request through draft, submission and clearance.
func (c *clerks) prepare(ctx context.Context, r node.Request) (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	d, err := c.n.Desk().Save(ctx, c.drafts, "", b)
	if err != nil {
		return "", err
	}
	if d, err = c.n.Desk().Submit(ctx, c.drafts, d.ID); err != nil {
		return "", err
	}
	_, err = c.n.Desk().Clear(ctx, c.clears, d.ID, d.Revision, "")
	return d.ID, err
}

// pile prepares count drafts; it returns the time that one took.
func (c *clerks) pile(ctx context.Context, r node.Request, count int) ([]string, time.Duration, error) {
	start := time.Now()
	out := make([]string, count)
	for i := range out {
		r.Thread = fmt.Sprintf("BENCH/%d/%d", start.UnixNano(), i)
		var err error
		if out[i], err = c.prepare(ctx, r); err != nil {
			return nil, 0, err
		}
	}
	return out, time.Since(start) / time.Duration(max(1, count)), nil
}

// notice is a sealed statement of 2 kB.
func notice(to ...party.ID) node.Request {
	return node.Request{Kind: act.Statement, Status: act.Exercise, Life: act.New, To: to, Text: strings.Repeat("x", entrySize)}
}

// receipts watches a node's mirror of one record for the receipts in it, each of
// which is there only once it is verified and durable.
type receipts struct {
	n      *node.Node
	origin party.Origin
	next   int64

	mu      sync.Mutex
	arrived map[act.Ref]time.Time
	waiting map[act.Ref]chan time.Time
}

func watchReceipts(ctx context.Context, n *node.Node, from party.Origin) (*receipts, error) {
	held, err := n.Position(ctx)
	if err != nil {
		return nil, err
	}
	w := &receipts{n: n, origin: from, next: held[from], arrived: map[act.Ref]time.Time{}, waiting: map[act.Ref]chan time.Time{}}
	go func() {
		for ctx.Err() == nil {
			changed := n.Changed()
			w.look(ctx)
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}()
	return w, nil
}

func (w *receipts) look(ctx context.Context) {
	for ; ; w.next++ {
		a, _, err := w.n.Act(ctx, act.Ref{Origin: w.origin, Index: w.next})
		if errors.Is(err, record.ErrNotHeld) || ctx.Err() != nil {
			return
		}
		if err != nil || a.Kind != act.Delivered {
			continue
		}
		now := time.Now()
		w.mu.Lock()
		if c := w.waiting[a.Answers]; c != nil {
			c <- now
			delete(w.waiting, a.Answers)
		} else {
			w.arrived[a.Answers] = now
		}
		w.mu.Unlock()
	}
}

// wait returns when the receipt for ref was there.
func (w *receipts) wait(ctx context.Context, ref act.Ref) (time.Time, error) {
	w.mu.Lock()
	if t, ok := w.arrived[ref]; ok {
		delete(w.arrived, ref)
		w.mu.Unlock()
		return t, nil
	}
	c := make(chan time.Time, 1)
	w.waiting[ref] = c
	w.mu.Unlock()
	select {
	case t := <-c:
		return t, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	case <-time.After(time.Minute):
		return time.Time{}, fmt.Errorf("no receipt within a minute for %s", ref)
	}
}

// until waits for something to hold after a change of n.
func until(ctx context.Context, n *node.Node, what string, holds func() (bool, error)) error {
	limit := time.After(10 * time.Minute)
	for {
		changed := n.Changed()
		if ok, err := holds(); ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-time.After(100 * time.Millisecond): // links come up without a change
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return fmt.Errorf("not within ten minutes: %s", what)
		}
	}
}

// linked reports whether so many peers have answered, so that the node may sign.
func linked(ctx context.Context, n *node.Node, all int) func() (bool, error) {
	return func() (bool, error) {
		peers, err := n.Peers(ctx)
		direct := 0
		for _, p := range peers {
			if p.Link == "direct" {
				direct++
			}
		}
		return direct >= all && n.Assured() == nil, err
	}
}
