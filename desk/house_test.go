package desk_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"detente/desk"
	"detente/internal/durable"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// house is a desk over a real database, with an ssh-agent for all its officers.
type house struct {
	*desk.Desk
	t     testing.TB
	db    *durable.DB
	path  string
	clock *clock
	rand  *rand.ChaCha8
	agent agent.Agent
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{
		t:     t,
		path:  filepath.Join(t.TempDir(), "desk.db"),
		clock: &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)},
		rand:  rand.NewChaCha8([32]byte{1}),
		agent: agent.NewKeyring(),
	}
	h.open()
	t.Cleanup(func() { h.db.Close() })
	return h
}

func (h *house) open() {
	h.t.Helper()
	db, err := durable.Open(h.t.Context(), h.path)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := db.Update(h.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(desk.Schema)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	h.db, h.Desk = db, desk.Open(db, h.clock.now, h.rand)
}

// restart closes the database and opens it again, as the next start does.
func (h *house) restart() {
	h.t.Helper()
	if err := h.db.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.open()
}

func (h *house) ctx() context.Context { return h.t.Context() }

// key makes a key for the agent and returns its authorized_keys line.
func (h *house) key() string {
	h.t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	h.rand.Read(seed)
	private := ed25519.NewKeyFromSeed(seed)
	if err := h.agent.Add(agent.AddedKey{PrivateKey: &private}); err != nil {
		h.t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		h.t.Fatal(err)
	}
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(public)))
}

// officer adds an account with a key and signs in by the agent.
func (h *house) officer(id string, roles []desk.Role, steps ...string) desk.Session {
	h.t.Helper()
	o := desk.Officer{ID: id, Name: "Officer " + id, Post: "desk", Roles: roles, Steps: steps, SSHKey: h.key()}
	if err := h.AddOfficer(h.ctx(), desk.Console, o, ""); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(id)
}

func (h *house) signIn(id string) desk.Session {
	h.t.Helper()
	challenge, err := h.Challenge(h.ctx(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := h.SignInAgent(h.ctx(), id, challenge, h.sign(id, challenge))
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// sign has the agent sign a challenge with the officer's stored key.
func (h *house) sign(id string, challenge []byte) []byte {
	h.t.Helper()
	all, err := h.Officers(h.ctx())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, o := range all {
		if o.ID != id {
			continue
		}
		sig, err := desk.SignChallenge(h.agent.(agent.ExtendedAgent), o.SSHKey, id, challenge)
		if err != nil {
			h.t.Fatal(err)
		}
		return sig
	}
	h.t.Fatalf("no officer %s", id)
	return nil
}

// submitted makes a draft of s and submits it.
func (h *house) submitted(s desk.Session) desk.Draft {
	h.t.Helper()
	draft, err := h.Save(h.ctx(), s, "", []byte("{}\n"))
	if err != nil {
		h.t.Fatal(err)
	}
	draft, err = h.Submit(h.ctx(), s, draft.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return draft
}

// sent marks a draft as sent, as the node does.
func (h *house) sent(id, ref string) error {
	c, err := h.Ready(h.ctx(), h.db.Read(), id)
	if err != nil {
		return err
	}
	return h.db.Update(h.ctx(), func(tx *sql.Tx) error { return h.MarkSent(h.ctx(), tx, c, ref) })
}

// chain puts a chain in force by an admin of its own.
func (h *house) chain(admin desk.Session, c desk.Chain) {
	h.t.Helper()
	if err := h.SetChain(h.ctx(), admin, c); err != nil {
		h.t.Fatal(err)
	}
}

// verbs are the verbs of the trail, in order.
func (h *house) verbs() []string {
	h.t.Helper()
	entries, err := h.Trail(h.ctx(), 1, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.What)
	}
	return all
}

func (h *house) sound() {
	h.t.Helper()
	if err := h.CheckTrail(h.ctx()); err != nil {
		h.t.Error(err)
	}
}

var (
	writes  = []desk.Role{desk.Drafter}
	clears  = []desk.Role{desk.Clearer}
	both    = []desk.Role{desk.Drafter, desk.Clearer}
	all     = []desk.Role{desk.Drafter, desk.Clearer, desk.Duty, desk.Admin}
	manages = []desk.Role{desk.Admin}
)

// five is the chain of a large ministry.
func five(outside bool) desk.Chain {
	c := desk.Chain{Distinct: true, Urgent: true}
	for _, name := range []string{"section", "legal", "defence", "director", "release"} {
		c.Steps = append(c.Steps, desk.Step{Name: name, Outside: outside && name == "defence"})
	}
	return c
}
