package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"

	"detente/checkpoint"
	"detente/internal/durable"
	"detente/party"
	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// guardSize is the fixed size of one slot of the guard file, in bytes; a head
// with the longest origin takes under 400.
const guardSize = 512

// guard is the newest own head, kept outside the database and synced before
// anything leaves (protocol §9). It notices a database that was put back to an
// older state while the file was not. A whole machine put back with no peer
// reachable is not covered.
type guard struct {
	path  string
	files *durable.Files
	mu    sync.Mutex // orders writes
	seen  int        // volume of a head that a peer showed; what follows it in no later volume is not written over it
}

// guarded is what the guard file says.
type guarded struct {
	head checkpoint.Head
	boot string // the running period of the machine in which it was written
	sure bool   // whether an officer had confirmed by then
}

func (g *guard) write(h checkpoint.Head, boot string, sure bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.Origin.Volume() <= g.seen {
		return ErrNewVolume
	}
	return g.put(h, boot, sure)
}

// keepSeen writes a head of our own that a peer holds and the database does not.
// A restart finds it, whoever answers then.
func (g *guard) keepSeen(h checkpoint.Head) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = max(g.seen, h.Origin.Volume())
	return g.put(h, "", false)
}

func (g *guard) put(h checkpoint.Head, boot string, sure bool) error {
	text := fmt.Sprintf("detente-guard/v1\n%s\n%d\n%s\n%s\n%t\n", h.Origin, h.Size, h.Root, bootToken(boot), sure)
	return g.files.OverwriteFile(g.path, []byte(text), guardSize)
}

func bootToken(s string) string {
	if s == "" || len(s) > 64 || strings.ContainsAny(s, " \n") {
		return "-"
	}
	return s
}

// read returns false if there is no guard file yet.
func (g *guard) read() (guarded, bool, error) {
	b, err := durable.ReadGuard(g.path, guardSize)
	if errors.Is(err, fs.ErrNotExist) {
		return guarded{}, false, nil
	}
	if err != nil {
		return guarded{}, false, fmt.Errorf("read the head outside the database: %w", err)
	}
	lines := strings.Split(string(bytes.TrimRight(b, "\x00")), "\n")
	if len(lines) != 7 || lines[0] != "detente-guard/v1" || lines[6] != "" {
		return guarded{}, false, fmt.Errorf("the head file %s is damaged: expected six lines", g.path)
	}
	o, err := party.ParseOrigin(lines[1])
	if err != nil {
		return guarded{}, false, fmt.Errorf("the head file %s is damaged: %w", g.path, err)
	}
	size, err := strconv.ParseInt(lines[2], 10, 64)
	if err != nil || size < 0 {
		return guarded{}, false, fmt.Errorf("the head file %s is damaged: size %q", g.path, lines[2])
	}
	root, err := tlog.ParseHash(lines[3])
	if err != nil {
		return guarded{}, false, fmt.Errorf("the head file %s is damaged: root %q", g.path, lines[3])
	}
	return guarded{checkpoint.Head{Origin: o, Size: size, Root: root}, lines[4], lines[5] == "true"}, true, nil
}

// certainty says whether this node may sign.
type certainty int

const (
	unsure     certainty = iota // until a peer has answered or an officer confirms
	certain                     // nothing newer of our own is known to exist
	rolledBack                  // something newer is known: a new volume is needed
)

// state of the guard at start.
type assurance struct {
	mu       sync.Mutex
	level    certainty
	reason   string            // one sentence
	word     bool              // an officer confirmed, in this running period of the machine
	ahead    checkpoint.Head   // newest own head known outside the database, when rolledBack
	answered map[party.ID]bool // peers that hold nothing newer
}

func (n *Node) maySign() error {
	n.assured.mu.Lock()
	defer n.assured.mu.Unlock()
	switch n.assured.level {
	case certain:
		return nil
	case rolledBack:
		return fmt.Errorf("%w (%s)", ErrNewVolume, n.assured.reason)
	}
	return ErrNotSure
}

func (n *Node) sure() bool { return n.maySign() == nil }

// checkGuard compares the guard with the database before anything is signed.
func (n *Node) checkGuard(ctx context.Context) error {
	g, found, err := n.guard.read()
	if err != nil {
		return err
	}
	if found && g.head.Origin.Base() != n.origin.Base() {
		return fmt.Errorf("the head file %s is of another home: it names %s, the record here is %s; put the right file back, or move this one away", n.guard.path, g.head.Origin, n.origin)
	}
	db := n.own.Head()
	n.assured.level = unsure
	switch {
	case found && g.head.Origin.Volume() > n.origin.Volume():
		n.rollback(g.head, "the head kept outside the database is of a later volume")
	case found && g.head.Origin == n.origin && g.head.Size > db.Size:
		n.rollback(g.head, fmt.Sprintf("the head kept outside the database has %d acts, the database %d", g.head.Size, db.Size))
	case found && g.head.Origin == n.origin && g.head.Size <= db.Size:
		root, err := n.rootAt(ctx, n.origin, g.head.Size)
		if err != nil {
			return err
		}
		if root != g.head.Root {
			n.rollback(g.head, fmt.Sprintf("the head kept outside the database at %d acts has another root than the database", g.head.Size))
		}
	}
	if n.assured.level == rolledBack {
		return nil
	}
	if !n.hasPeers() {
		n.assured.level = certain // a group of one: nobody else could know more
	}
	if found && g.sure && g.boot != "-" && g.boot == bootToken(n.cfg.Boot) && (g.head.Size > 0 || db.Size == 0) {
		// An officer confirmed, in this same running period of the machine. The word
		// that a home is new says nothing about what comes after its first act.
		n.assured.level, n.assured.word = certain, db.Size > 0
	}
	return nil
}

// hasPeers reports whether another party of the edition in force has a record.
func (n *Node) hasPeers() bool {
	for _, p := range n.keys.Load().Current().Parties {
		if p.ID != n.self && p.Card != nil {
			return true
		}
	}
	return false
}

func (n *Node) rollback(h checkpoint.Head, reason string) {
	n.assured.level, n.assured.ahead, n.assured.reason = rolledBack, h, reason
	n.cfg.Log.Error("this node holds an older state than it has signed", "reason", reason)
}

// peerAnswered counts a peer that has answered and holds nothing newer of our
// record than the database. f of the peers may lie, so f+1 must say so, or all
// that there are. A peer that holds something newer sends it with our own
// signature (receive.go); its bare word changes nothing.
func (n *Node) peerAnswered(from party.ID) {
	if n.nowCertain(from) {
		n.owe()
		n.wakeAll()
	}
}

func (n *Node) nowCertain(from party.ID) bool {
	n.assured.mu.Lock()
	defer n.assured.mu.Unlock()
	if n.assured.level != unsure {
		return false
	}
	n.assured.answered[from] = true
	r := n.keys.Load().Current()
	peers := 0
	for _, p := range r.Parties {
		if p.ID != n.self && p.Card != nil {
			peers++
		}
	}
	if len(n.assured.answered) < min(r.Counting.F+1, peers) {
		return false
	}
	n.assured.level = certain
	n.cfg.Log.Info("peers have answered and hold nothing newer of our record", "peers", len(n.assured.answered))
	return true
}

// ownSeen takes a head of our own record, verified under our own key, that is
// newer than the database, or another: we were rolled back. It is on disk beside
// the database when ownSeen returns.
func (n *Node) ownSeen(from party.ID, h checkpoint.Head) error {
	n.assured.mu.Lock()
	defer n.assured.mu.Unlock()
	if n.assured.level == rolledBack && !newer(h, n.assured.ahead) {
		return nil
	}
	n.rollback(h, fmt.Sprintf("%s holds %d acts of %s with our own signature, the database %d", from, h.Size, h.Origin, n.own.Head().Size))
	if err := n.guard.keepSeen(h); err != nil {
		err = fmt.Errorf("write the head that %s holds outside the database: %w", from, err)
		n.fail(err) // what is known may not be forgotten
		return err
	}
	return nil
}

// released is the newest head of a record that may leave this node: of the own
// record the one that is kept outside the database too, of any other the newest
// over entries that are held.
func (n *Node) released(ctx context.Context, o party.Origin) (record.Stored, bool, error) {
	if o != n.origin {
		return n.served.head(ctx, n.db.Read(), o)
	}
	own := n.ownHead.Load()
	if own == nil || own.Head().Origin != o {
		return record.Stored{}, false, nil
	}
	return record.Stored{Head: own.Head(), Time: own.Time(), Note: own.Bytes()}, true, nil
}

// releasedTile reports whether a tile of the own record lies within the head
// that may leave.
func (n *Node) releasedTile(t tlog.Tile) bool {
	own := n.ownHead.Load()
	return own != nil && t.N < 1<<48 && t.N<<8+int64(t.W) <= own.Head().Size>>(8*max(t.L, 0))
}

// newer reports whether a comes after b among the heads of one record's volumes.
func newer(a, b checkpoint.Head) bool {
	return a.Origin.Volume() > b.Origin.Volume() || a.Origin == b.Origin && a.Size > b.Size
}

// Confirm is an officer's word that this machine was not restored from an older
// state; it holds until the machine restarts. It is refused when the opposite is
// known. Whoever makes a home says so by it too: a home that lost its store looks
// like a new one.
func (n *Node) Confirm(ctx context.Context) error {
	head := checkpoint.Head{Origin: n.origin, Root: emptyRoot}
	if cur := n.ownHead.Load(); cur != nil {
		head = cur.Head()
	}
	n.assured.mu.Lock()
	if n.assured.level == rolledBack {
		n.assured.mu.Unlock()
		return fmt.Errorf("%w (%s)", ErrNewVolume, n.assured.reason)
	}
	n.assured.level, n.assured.word = certain, head.Size > 0
	n.assured.mu.Unlock()
	if err := n.guard.write(head, n.cfg.Boot, true); err != nil {
		return fmt.Errorf("write the head outside the database: %w", err)
	}
	n.owe()
	n.wakeAll()
	return nil
}

// confirmed reports whether an officer's word stands behind the node's certainty.
func (n *Node) confirmed() bool {
	n.assured.mu.Lock()
	defer n.assured.mu.Unlock()
	return n.assured.level == certain && n.assured.word
}

// rootAt is the root of a record at an earlier size.
func (n *Node) rootAt(ctx context.Context, o party.Origin, size int64) (tlog.Hash, error) {
	if size == 0 {
		return tlog.TreeHash(0, nil)
	}
	return tlog.TreeHash(size, record.Hashes(ctx, n.db.Read(), o))
}
