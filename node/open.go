package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"detente/act"
	"detente/checkpoint"
	"detente/courier"
	"detente/desk"
	"detente/docket"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/phrasebook"
	"detente/record"
	"detente/register"
	"detente/roster"
	"detente/witness"
)

// Files of a home besides the configuration that cmd keeps there.
const (
	StoreFile = "store.db"
	GuardFile = "head"
)

// Node is one party in one group. Make it with Open; Run starts its loops.
type Node struct {
	cfg    Config
	self   party.ID
	origin party.Origin // of the newest own volume
	db     *durable.DB
	desk   *desk.Desk
	notes  *register.Register
	guard  guard

	keys    atomic.Pointer[roster.Keys]
	secrets atomic.Pointer[key.Set]
	own     *record.Log // owned by writer
	ownHead atomic.Pointer[checkpoint.Signed]
	assured assurance

	changes    chan *change
	closed     chan struct{}
	closing    sync.Once
	writerDone chan struct{}
	lastSigned int64 // owned by writer: time of the newest own signature

	cosigning  sync.Mutex                  // one round of cosigning at a time; guards shown
	triedUnder atomic.Pointer[roster.Keys] // the keys with which proofs that wait were last tried
	shown      []*witness.Fork             // forks found while cosigning, to be lodged after it
	receiving  sync.Mutex                  // one exchange is applied at a time per record; held only while applying

	mu        sync.Mutex // guards what follows
	peers     map[party.ID]*peer
	news      chan struct{}       // closed and replaced when something new is held
	changed   chan struct{}       // closed and replaced at every durable change
	links     chan struct{}       // closed and replaced when the links or the roster change
	failure   error               // set once: the node must stop
	lazy      bool                // a delayed wake-up is under way
	former    key.TransportSecret // the one before the last rotation, if it was in this process
	dirty     map[party.Origin]bool
	volume    map[party.Origin]int // newest volume held of each record, by its base
	reading   transit              // guards itself
	giving    transit              // guards itself
	sealers   sealers              // guards itself
	soundings soundings            // guards itself
	books     func() ([]*phrasebook.Book, error)
	served    served // guards itself

	// Guarded by receiving.
	logs           map[party.Origin]*record.Log // mirrors
	parked         map[party.Origin][]sentCosig
	waiting        map[party.ID]int    // cosignatures parked and strangers, by sender
	strangers      []stranger          // cosignatures under keys that are not known yet
	strangersUnder *roster.Keys        // the keys with which they were last tried
	contradicted   []contradictedCosig // to be weighed after the change under way

	server *courier.Server
	loops  sync.WaitGroup
	cancel context.CancelFunc
	cosign chan struct{}
	owed   chan struct{} // capacity 1

	trying chan struct{} // capacity 1: discreet acts wait to be tried
}

// GCPercent is the heap growth in percent at which a process that runs a node
// collects garbage, for its main to set unless GOGC does. With 50 instead of Go's
// 100 a node takes 6 MB less and sustains a tenth fewer notices a second.
const GCPercent = 50

// Open reads a home and is ready to take acts, without any loop or listener.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	cfg.defaults()
	if cfg.Keys == nil || cfg.First == nil {
		return nil, errors.New("open node: keys and first roster are needed")
	}
	db, err := durable.Open(ctx, filepath.Join(cfg.Dir, StoreFile))
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	n := &Node{
		cfg: cfg, self: cfg.Settings.Party, db: db,
		guard:   guard{path: filepath.Join(cfg.Dir, GuardFile), files: db.Files()},
		changes: make(chan *change), closed: make(chan struct{}), writerDone: make(chan struct{}),
		peers: map[party.ID]*peer{}, news: make(chan struct{}), changed: make(chan struct{}), links: make(chan struct{}), dirty: map[party.Origin]bool{}, volume: map[party.Origin]int{},
		cosign: make(chan struct{}, 1), owed: make(chan struct{}, 1), trying: make(chan struct{}, 1), logs: map[party.Origin]*record.Log{}, parked: map[party.Origin][]sentCosig{}, waiting: map[party.ID]int{},
	}
	n.reading.what, n.reading.most, n.reading.one = "read", maxReading, maxReadingOne
	n.books = sync.OnceValues(phrasebook.Shipped)
	n.giving.what, n.giving.most, n.giving.one = "sent", maxGiving, maxGivingOne
	n.secrets.Store(cfg.Keys)
	n.assured.answered = map[party.ID]bool{}
	if err := n.open(ctx); err != nil {
		db.Close()
		return nil, err
	}
	go n.writer()
	return n, nil
}

func (n *Node) open(ctx context.Context) error {
	err := n.db.Update(ctx, func(tx *sql.Tx) error {
		for _, s := range []string{record.Schema, docket.Schema, desk.Schema, register.Schema, witness.Schema, Schema} {
			if _, err := tx.ExecContext(ctx, durable.Tables(s)); err != nil {
				return fmt.Errorf("create tables: %w", err)
			}
		}
		if err := docket.Prepare(ctx, tx, n.self); err != nil {
			return err
		}
		return n.pinRoster(ctx, tx)
	})
	if err != nil {
		return err
	}
	n.desk = desk.Open(n.db, n.cfg.Now, n.cfg.Rand)
	n.notes = register.Open(n.db, n.cfg.Local, n.cfg.Now, n.cfg.Rand, n.desk.Audit)
	keys, err := n.loadKeys(ctx)
	if err != nil {
		return err
	}
	n.keys.Store(keys)
	if err := n.keepAdopted(ctx); err != nil {
		return err
	}
	me, ok := keys.Current().Party(n.self)
	if !ok || me.Card == nil {
		return fmt.Errorf("the roster in force (edition %d) has no record of %s", keys.Current().Edition, n.self)
	}
	if err := errors.Join(n.loadVolumes(ctx), n.loadStreams(ctx)); err != nil {
		return err
	}
	if n.origin, err = n.newestVolume(ctx, me.Card.Origin); err != nil {
		return err
	}
	if n.own, err = record.Load(ctx, n.db.Read(), n.origin); err != nil {
		return fmt.Errorf("load the own record: %w", err)
	}
	s, ok, err := record.Latest(ctx, n.db.Read(), n.origin)
	if err != nil {
		return fmt.Errorf("load the own head: %w", err)
	}
	if ok {
		if err := n.adoptHead(s); err != nil {
			return err
		}
	}
	return n.checkGuard(ctx)
}

// adoptHead takes the stored own head after verifying it under our own key.
func (n *Node) adoptHead(s record.Stored) error {
	note, err := checkpoint.ParseNote(s.Note)
	if err != nil {
		return fmt.Errorf("read the own head: %w", err)
	}
	k, ok := n.keys.Load().Record(n.origin, s.Head.Size)
	if !ok {
		return fmt.Errorf("no key is known for the own record %s", n.origin)
	}
	signed, err := note.Verify(k)
	if err != nil {
		return fmt.Errorf("verify the own head: %w", err)
	}
	if signed.Head() != n.own.Head() {
		return fmt.Errorf("the own head says %d acts, the store holds %d: run detente doctor", signed.Head().Size, n.own.Head().Size)
	}
	n.ownHead.Store(&signed)
	n.lastSigned = signed.Time()
	return nil
}

// newestVolume finds the newest volume of the own record that is held here.
func (n *Node) newestVolume(ctx context.Context, base party.Origin) (party.Origin, error) {
	all, err := record.Records(ctx, n.db.Read())
	if err != nil {
		return "", fmt.Errorf("list records: %w", err)
	}
	newest := base.Base()
	for _, o := range all {
		if o.Base() == base.Base() && o.Volume() > newest.Volume() {
			newest = o
		}
	}
	return newest, nil
}

// Desk is the officers' side.
func (n *Node) Desk() *desk.Desk { return n.desk }

// Notes is the register of notes of the house.
func (n *Node) Notes() *register.Register { return n.notes }

// Self is this node's party; Origin its newest record.
func (n *Node) Self() party.ID       { return n.self }
func (n *Node) Origin() party.Origin { return n.origin }

// Keys is the key state in force.
func (n *Node) Keys() *roster.Keys { return n.keys.Load() }

// set is the key set in use.
func (n *Node) set() *key.Set { return n.secrets.Load() }

// recordSecret is the key that signs the own checkpoints.
func (n *Node) recordSecret() *key.RecordSecret { return n.set().Record.AtOrigin(n.origin) }

// fail stops the node for good; the first reason is kept.
func (n *Node) fail(err error) {
	n.mu.Lock()
	first := n.failure == nil
	if first {
		n.failure = err
	}
	n.mu.Unlock()
	if first {
		n.cfg.Log.Error("the node stops", "reason", err.Error())
		go n.Close()
	}
}

// Run starts the loops: the listener (may be nil), one worker per peer,
// cosigning and heartbeats. It returns at once.
func (n *Node) Run(l net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	if l != nil {
		var host courier.Host = n
		if n.cfg.TestOnlyHost != nil {
			host = n.cfg.TestOnlyHost(n)
		}
		n.server = courier.NewServer(host, n.set().Transport, n.cfg.Now)
		n.loops.Go(func() {
			if err := n.server.Serve(l); err != nil && ctx.Err() == nil {
				n.fail(fmt.Errorf("serve peers: %w", err))
			}
		})
	}
	n.loops.Go(func() { n.cosignLoop(ctx) })
	n.loops.Go(func() { n.heartbeatLoop(ctx) })
	n.loops.Go(func() { n.discreetLoop(ctx) })
	n.startPeers(ctx)
	n.owe()
}

// Close ends the loops, waits for the change under way and closes the store.
func (n *Node) Close() error {
	var err error
	n.closing.Do(func() {
		if n.cancel != nil {
			n.cancel()
		}
		if n.server != nil {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			n.server.Shutdown(ctx)
			cancel()
		}
		n.mu.Lock()
		for _, p := range n.peers {
			if p.client != nil {
				p.client.Close()
			}
		}
		n.mu.Unlock()
		n.loops.Wait()
		close(n.closed)
		<-n.writerDone
		err = n.db.Close()
	})
	return err
}

// Head is the own head, or false before the first act.
func (n *Node) Head() (checkpoint.Signed, bool) {
	s := n.ownHead.Load()
	if s == nil {
		return checkpoint.Signed{}, false
	}
	return *s, true
}

// ref of a row's own place, as text for people and the desk.
func refText(r act.Ref) string { return r.String() }
