package witness_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"detente/checkpoint"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/witness"

	"golang.org/x/mod/sumdb/tlog"
)

const origin = party.Origin("alatau/1f2e3d4c")

// tree is a log in memory, with a salt that makes another of it.
type tree struct {
	salt   string
	hashes []tlog.Hash
	size   int64
}

func (l *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		if i >= int64(len(l.hashes)) {
			return nil, errors.New("beyond what is held")
		}
		out = append(out, l.hashes[i])
	}
	return out, nil
}

// grow appends entries up to size; those from fork on are of the salt.
func grow(t *testing.T, size, fork int64, salt string) *tree {
	t.Helper()
	l := &tree{salt: salt}
	for ; l.size < size; l.size++ {
		entry := fmt.Sprintf("entry %d", l.size)
		if l.size >= fork {
			entry += salt
		}
		more, err := tlog.StoredHashes(l.size, []byte(entry), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes = append(l.hashes, more...)
	}
	return l
}

func (l *tree) head(t *testing.T, size int64) checkpoint.Head {
	t.Helper()
	h := checkpoint.Head{Origin: origin, Size: size, Root: sha256.Sum256(nil)}
	if size > 0 {
		var err error
		if h.Root, err = tlog.TreeHash(size, l); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (l *tree) proof(t *testing.T, from, to int64) tlog.TreeProof {
	t.Helper()
	if from == 0 || from == to {
		return nil
	}
	p, err := tlog.ProveTree(to, from, l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// house is a witness with its store and the log that it watches.
type house struct {
	db     *durable.DB
	log    *key.RecordSecret
	secret *key.CosignerSecret
	policy func(checkpoint.Head) (witness.Policy, bool)
	now    int64
}

func newHouse(t *testing.T) *house {
	t.Helper()
	author, _, err := key.Generate(rand.NewChaCha8([32]byte{1}), origin)
	if err != nil {
		t.Fatal(err)
	}
	own, _, err := key.Generate(rand.NewChaCha8([32]byte{2}), "borovia/00000001")
	if err != nil {
		t.Fatal(err)
	}
	db, err := durable.Open(t.Context(), filepath.Join(t.TempDir(), "node.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	h := &house{db: db, log: author.Record, secret: own.Witness, now: 1_800_000_000}
	h.policy = func(head checkpoint.Head) (witness.Policy, bool) {
		return witness.ThreeLines(h.log.Public), head.Origin == origin
	}
	err = db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), witness.Schema)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// note is the log's checkpoint over a head.
func (h *house) note(t *testing.T, head checkpoint.Head) checkpoint.Signed {
	t.Helper()
	s, err := checkpoint.Sign(head, h.log, 1_700_000_000)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (h *house) submit(t *testing.T, old int64, proof tlog.TreeProof, note []byte) (c checkpoint.Cosigned, err error) {
	t.Helper()
	err = h.db.Update(t.Context(), func(tx *sql.Tx) (err error) {
		c, err = witness.Submit(t.Context(), tx, h.secret, h.policy,
			witness.Submission{OldSize: old, Proof: proof, Note: note}, time.Unix(h.now, 0))
		return err
	})
	return c, err
}

func (h *house) vouch(t *testing.T, s checkpoint.Signed, hashes tlog.HashReader) (c checkpoint.Cosigned, err error) {
	t.Helper()
	err = h.db.Update(t.Context(), func(tx *sql.Tx) (err error) {
		c, err = witness.Vouch(t.Context(), tx, h.secret, s, hashes, time.Unix(h.now, 0))
		return err
	})
	return c, err
}

func (h *house) last(t *testing.T) (int64, int64) {
	t.Helper()
	head, at, _, err := witness.Last(t.Context(), h.db.Read(), origin, h.secret.Public.Name)
	if err != nil {
		t.Fatal(err)
	}
	return head.Size, at
}

func TestSubmit(t *testing.T) {
	h := newHouse(t)
	l := grow(t, 40, 40, "")
	other := grow(t, 40, 12, " of another branch")
	steps := []struct {
		name     string
		old      int64
		proof    tlog.TreeProof
		note     checkpoint.Head
		sooner   int64 // seconds by which the clock goes back
		kind     error // nil: cosigned
		size     int64 // of a *SizeError
		lastSize int64 // cosigned last, afterwards
	}{
		{"empty tree", 0, nil, l.head(t, 0), 0, nil, 0, 0},
		{"first", 0, nil, l.head(t, 5), 0, nil, 0, 5},
		{"same again", 5, nil, l.head(t, 5), 0, nil, 0, 5},
		{"same with a proof", 5, tlog.TreeProof{{}}, l.head(t, 5), 0, witness.ErrProof, 0, 5},
		{"longer", 5, l.proof(t, 5, 12), l.head(t, 12), 0, nil, 0, 12},
		{"from zero again", 0, nil, l.head(t, 13), 0, nil, 12, 12},
		{"from an older size", 5, l.proof(t, 5, 13), l.head(t, 13), 0, nil, 12, 12},
		{"shorter", 5, nil, l.head(t, 5), 0, nil, 12, 12},
		{"from beyond the note", 13, nil, l.head(t, 12), 0, witness.ErrMalformed, 0, 12},
		{"from a negative size", -1, nil, l.head(t, 12), 0, witness.ErrMalformed, 0, 12},
		{"proof of something else", 12, l.proof(t, 11, 20), l.head(t, 20), 0, witness.ErrProof, 0, 12},
		{"no proof", 12, nil, l.head(t, 20), 0, witness.ErrProof, 0, 12},
		{"clock goes back", 12, l.proof(t, 12, 20), l.head(t, 20), 500, witness.ErrClock, 0, 12},
		{"clock is right again", 12, l.proof(t, 12, 20), l.head(t, 20), 0, nil, 0, 20},
		{"another branch", 20, other.proof(t, 12, 30), other.head(t, 30), 0, witness.ErrProof, 0, 20},
		{"another branch, same size", 20, nil, other.head(t, 20), 0, witness.ErrFork, 0, 20},
		{"another branch, same size, from elsewhere", 3, other.proof(t, 3, 20), other.head(t, 20), 0, witness.ErrFork, 20, 20},
		{"on", 20, l.proof(t, 20, 40), l.head(t, 40), 0, nil, 0, 40},
	}
	for _, s := range steps {
		h.now -= s.sooner
		c, err := h.submit(t, s.old, s.proof, h.note(t, s.note).Bytes())
		h.now += s.sooner
		switch {
		case s.kind == nil && s.size == 0:
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			checkCosigned(t, h, c, s.note)
		case s.size != 0:
			stale, ok := errors.AsType[*witness.SizeError](err)
			if !ok || stale.Size != s.size {
				t.Errorf("%s: %v; want the size %d", s.name, err, s.size)
			}
		default:
			if !errors.Is(err, s.kind) {
				t.Errorf("%s: %v; want %v", s.name, err, s.kind)
			}
		}
		if s.kind != nil && !c.IsZero() {
			t.Errorf("%s: a cosignature came with the error", s.name)
		}
		if errors.Is(s.kind, witness.ErrFork) {
			checkFork(t, h, err, l.head(t, 20), s.note)
		}
		if size, _ := h.last(t); size != s.lastSize {
			t.Errorf("%s: the size cosigned last is %d, want %d", s.name, size, s.lastSize)
		}
		if s.sooner == 0 {
			h.now += 10
		}
	}
}

// checkCosigned verifies what would leave the house.
func checkCosigned(t *testing.T, h *house, c checkpoint.Cosigned, head checkpoint.Head) {
	t.Helper()
	note := append([]byte(head.Text()+"\n"), witness.Lines(c)...)
	n, err := checkpoint.ParseNote(note)
	if err != nil {
		t.Fatalf("%v in %q", err, note)
	}
	again, err := n.VerifyCosigned(h.secret.Public)
	if err != nil || again.Time() != h.now || len(n.Lines) != 2 {
		t.Errorf("cosignature: %v, time %d, %d lines", err, again.Time(), len(n.Lines))
	}
}

// checkFork verifies that the evidence speaks for itself.
func checkFork(t *testing.T, h *house, err error, heads ...checkpoint.Head) {
	t.Helper()
	fork, ok := errors.AsType[*witness.Fork](err)
	if !ok {
		t.Fatalf("%v is no evidence", err)
	}
	for i, b := range [][]byte{fork.First, fork.Second} {
		n, err := checkpoint.ParseNote(b)
		if err != nil {
			t.Fatal(err)
		}
		s, err := n.Verify(h.log.Public)
		if err != nil || s.Head() != heads[i] {
			t.Errorf("evidence %d: %v, %+v; want %+v", i, err, s.Head(), heads[i])
		}
	}
	if heads[0].Size == heads[1].Size {
		return
	}
	if err := tlog.CheckTree(fork.Proof, heads[1].Size, heads[1].Root, heads[0].Size, fork.Root); err != nil || fork.Root == heads[0].Root {
		t.Errorf("the proof shows nothing: %v", err)
	}
}

func TestRefusedNotes(t *testing.T) {
	h := newHouse(t)
	l := grow(t, 3, 3, "")
	good := h.note(t, l.head(t, 3)).Bytes()
	n, err := checkpoint.ParseNote(good)
	if err != nil {
		t.Fatal(err)
	}
	two := checkpoint.Note{Head: n.Head, Lines: n.Lines[:2]}
	plain := checkpoint.Note{Head: n.Head, Lines: n.Lines[:1]}
	stranger, _, err := key.Generate(rand.NewChaCha8([32]byte{3}), origin)
	if err != nil {
		t.Fatal(err)
	}
	strange, err := checkpoint.Sign(l.head(t, 3), stranger.Record, 1)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := checkpoint.Sign(checkpoint.Head{Origin: "cintra/00000001", Size: 1}, stranger.Record.AtOrigin("cintra/00000001"), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		note []byte
		kind error
	}{
		"nothing":            {nil, witness.ErrMalformed},
		"cut short":          {good[:len(good)-1], witness.ErrMalformed},
		"another text":       {bytes.Replace(good, []byte("\n3\n"), []byte("\n4\n"), 1), witness.ErrSignature},
		"leading zero":       {bytes.Replace(good, []byte("\n3\n"), []byte("\n03\n"), 1), witness.ErrMalformed},
		"two of three lines": {two.Bytes(), witness.ErrSignature},
		"plain line alone":   {plain.Bytes(), witness.ErrSignature},
		"another's key":      {strange.Bytes(), witness.ErrSignature},
		"another log":        {elsewhere.Bytes(), witness.ErrUnknown},
	} {
		if _, err := h.submit(t, 0, nil, test.note); !errors.Is(err, test.kind) {
			t.Errorf("%s: %v; want %v", name, err, test.kind)
		}
	}
	if size, _ := h.last(t); size != 0 {
		t.Errorf("something was cosigned: %d", size)
	}
	h.policy = func(checkpoint.Head) (witness.Policy, bool) { return witness.Policy{}, true }
	if _, err := h.submit(t, 0, nil, good); !errors.Is(err, witness.ErrUnknown) {
		t.Errorf("the zero policy: %v", err)
	}
}

// A plain line is believed only where the operator said so, and then it is
// enough, with or without the other two.
func TestPlainOnly(t *testing.T) {
	h := newHouse(t)
	l := grow(t, 9, 9, "")
	h.policy = func(checkpoint.Head) (witness.Policy, bool) {
		return witness.PlainOnly(key.RecordKey{Origin: origin, Plain: h.log.Public.Plain}), true
	}
	full := h.note(t, l.head(t, 3)).Bytes()
	n, err := checkpoint.ParseNote(full)
	if err != nil {
		t.Fatal(err)
	}
	plain := checkpoint.Note{Head: n.Head, Lines: n.Lines[:1]}.Bytes()
	for _, note := range [][]byte{plain, full} {
		old, _ := h.last(t)
		c, err := h.submit(t, old, nil, note)
		if err != nil {
			t.Fatal(err)
		}
		checkCosigned(t, h, c, l.head(t, 3))
	}
	bad := checkpoint.Note{Head: n.Head, Lines: []key.Line{{Name: n.Lines[0].Name, ID: n.Lines[0].ID, Sig: make([]byte, ed25519.SignatureSize)}}}
	if _, err := h.submit(t, 3, nil, bad.Bytes()); !errors.Is(err, witness.ErrSignature) {
		t.Errorf("a false line: %v", err)
	}
	timed := checkpoint.Note{Head: n.Head, Lines: n.Lines[1:]}
	if _, err := h.submit(t, 3, nil, timed.Bytes()); !errors.Is(err, witness.ErrSignature) {
		t.Errorf("without the plain line: %v", err)
	}
	h.policy = func(checkpoint.Head) (witness.Policy, bool) {
		return witness.PlainOnly(key.RecordKey{Origin: origin}), true
	}
	if _, err := h.submit(t, 3, nil, plain); !errors.Is(err, witness.ErrSignature) {
		t.Errorf("without a key: %v", err)
	}
}

func TestVouch(t *testing.T) {
	h := newHouse(t)
	l := grow(t, 40, 40, "")
	other := grow(t, 40, 3, " of another branch")
	c, err := h.vouch(t, h.note(t, l.head(t, 7)), l)
	if err != nil {
		t.Fatal(err)
	}
	checkCosigned(t, h, c, l.head(t, 7))
	h.now++
	if _, err := h.submit(t, 7, l.proof(t, 7, 12), h.note(t, l.head(t, 12)).Bytes()); err != nil {
		t.Fatalf("a submission goes on from there: %v", err)
	}
	_, err = h.vouch(t, h.note(t, l.head(t, 9)), l)
	if stale, ok := errors.AsType[*witness.SizeError](err); !ok || stale.Size != 12 {
		t.Errorf("shorter: %v", err)
	}
	if _, err := h.vouch(t, h.note(t, l.head(t, 20)), other); !errors.Is(err, witness.ErrProof) {
		t.Errorf("a checkpoint that is not of the entries held: %v", err)
	}
	_, err = h.vouch(t, h.note(t, other.head(t, 12)), other)
	checkFork(t, h, err, l.head(t, 12), other.head(t, 12))
	_, err = h.vouch(t, h.note(t, other.head(t, 20)), other)
	checkFork(t, h, err, l.head(t, 12), other.head(t, 20))
	if _, err := h.vouch(t, h.note(t, l.head(t, 30)), grow(t, 20, 20, "")); err == nil {
		t.Error("entries that are not held were vouched for")
	}
	if _, err := h.vouch(t, checkpoint.Signed{}, l); err == nil {
		t.Error("the zero value was vouched for")
	}
	if _, err := h.vouch(t, h.note(t, l.head(t, 40)), l); err != nil {
		t.Error(err)
	}
}

// Nothing that is not stored leaves, and nothing stored goes back.
func TestNothingGoesBack(t *testing.T) {
	h := newHouse(t)
	l := grow(t, 20, 20, "")
	undone := errors.New("undone")
	err := h.db.Update(t.Context(), func(tx *sql.Tx) error {
		s := witness.Submission{Note: h.note(t, l.head(t, 9)).Bytes()}
		if _, err := witness.Submit(t.Context(), tx, h.secret, h.policy, s, time.Unix(h.now, 0)); err != nil {
			t.Error(err)
		}
		return undone
	})
	if size, _ := h.last(t); err != undone || size != 0 {
		t.Errorf("after a rollback the size is %d (%v)", size, err)
	}
	if _, err := h.submit(t, 0, nil, h.note(t, l.head(t, 5)).Bytes()); err != nil {
		t.Fatal(err)
	}
	// The next key of the same name goes on where the last one was.
	next, _, err := key.Generate(rand.NewChaCha8([32]byte{4}), "borovia/00000001")
	if err != nil {
		t.Fatal(err)
	}
	h.secret = next.Witness
	_, err = h.submit(t, 0, nil, h.note(t, l.head(t, 4)).Bytes())
	if stale, ok := errors.AsType[*witness.SizeError](err); !ok || stale.Size != 5 {
		t.Errorf("the next key: %v", err)
	}
}

// Whatever is submitted, the cosigned trees are beginnings of one another and
// sizes and times never fall.
func TestRandomSubmissions(t *testing.T) {
	h := newHouse(t)
	branches := []*tree{grow(t, 300, 300, ""), grow(t, 300, 6, " b"), grow(t, 300, 13, " c")}
	random := rand.New(rand.NewPCG(1, 2))
	var heads []checkpoint.Head
	at := int64(0)
	for range 400 {
		l := branches[random.IntN(len(branches))]
		old, _ := h.last(t)
		to := min(300, max(0, old+random.Int64N(7)-2))
		if random.IntN(4) == 0 {
			old = random.Int64N(to + 1)
		}
		var proof tlog.TreeProof
		if old <= to {
			proof = l.proof(t, old, to)
		}
		h.now += random.Int64N(5) - 1
		c, err := h.submit(t, old, proof, h.note(t, l.head(t, to)).Bytes())
		if err != nil {
			continue
		}
		if c.Time() < at {
			t.Fatalf("time fell from %d to %d", at, c.Time())
		}
		at = c.Time()
		heads = append(heads, c.Head())
	}
	if len(heads) < 10 {
		t.Fatalf("only %d were cosigned: this shows nothing", len(heads))
	}
	for i, h := range heads[1:] {
		if h.Size < heads[i].Size {
			t.Errorf("size fell from %d to %d", heads[i].Size, h.Size)
		}
	}
	final := heads[len(heads)-1]
	for _, l := range branches {
		if l.head(t, final.Size) != final {
			continue
		}
		for _, h := range heads {
			if l.head(t, h.Size) != h {
				t.Errorf("the tree of %d is of another branch", h.Size)
			}
		}
		return
	}
	t.Error("the last tree is of no branch")
}
