package desk_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/desk"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// address is where the desk of these tests is opened.
var address = desk.Address{Origin: "https://desk.alatau.example:8443", Title: "Alatau"}

// stick is a security key with one credential, which does as WebAuthn says.
type stick struct {
	t       testing.TB
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	count   uint32
	counts  bool   // it counts its uses
	origin  string // that the browser is at
	flags   byte   // user present 1, verified 4, may be copied 8
	purpose string // type of the answer; empty: as asked
}

func newStick(t testing.TB) *stick {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id)
	return &stick{t: t, key: key, id: id, counts: true, origin: address.Origin, flags: 1 | 4}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (s *stick) client(what, challenge string) []byte {
	if s.purpose != "" {
		what = s.purpose
	}
	b, err := json.Marshal(map[string]any{"type": what, "challenge": challenge, "origin": s.origin, "crossOrigin": false})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *stick) data(host string, flags byte) []byte {
	if s.counts {
		s.count++
	}
	sum := sha256.Sum256([]byte(host))
	return binary.BigEndian.AppendUint32(append(sum[:], flags), s.count)
}

func (s *stick) cbor(v any) []byte {
	b, err := webauthncbor.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *stick) answer(response map[string]any) []byte {
	b, err := json.Marshal(map[string]any{"id": b64(s.id), "rawId": b64(s.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// make answers the options of BeginPasskey.
func (s *stick) make(options []byte) []byte {
	s.t.Helper()
	var o struct {
		RP        struct{ ID string }
		User      struct{ ID string }
		Challenge string
	}
	if err := json.Unmarshal(options, &o); err != nil {
		s.t.Fatal(err)
	}
	var err error
	if s.handle, err = base64.RawURLEncoding.DecodeString(o.User.ID); err != nil {
		s.t.Fatal(err)
	}
	public := s.key.PublicKey
	point, err := public.Bytes() // 4, x, y
	if err != nil {
		s.t.Fatal(err)
	}
	cose := s.cbor(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	data := s.data(o.RP.ID, s.flags|0x40)
	data = append(data, make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(s.id)))
	data = append(append(data, s.id...), cose...)
	object := s.cbor(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	return s.answer(map[string]any{"clientDataJSON": b64(s.client("webauthn.create", o.Challenge)), "attestationObject": b64(object)})
}

// use answers the options of PasskeyChallenge.
func (s *stick) use(options []byte) []byte {
	s.t.Helper()
	var o struct{ Challenge, RPID string }
	if err := json.Unmarshal(options, &o); err != nil {
		s.t.Fatal(err)
	}
	client, data := s.client("webauthn.get", o.Challenge), s.data(o.RPID, s.flags)
	of := sha256.Sum256(client)
	sum := sha256.Sum256(append(slices.Clone(data), of[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, s.key, sum[:])
	if err != nil {
		s.t.Fatal(err)
	}
	return s.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(sig), "userHandle": b64(s.handle)})
}

// begin begins to make a passkey of a clerk.
func (h *house) begin(s desk.Session) []byte {
	h.t.Helper()
	options, err := h.BeginPasskey(h.ctx(), s, address, phrase)
	if err != nil {
		h.t.Fatal(err)
	}
	return options
}

// ask begins a sign-in.
func (h *house) ask() []byte {
	h.t.Helper()
	options, err := h.PasskeyChallenge(address)
	if err != nil {
		h.t.Fatal(err)
	}
	return options
}

// holder makes an account with a passphrase and a passkey.
func (h *house) holder(id string) (desk.Session, *stick, desk.Passkey) {
	h.t.Helper()
	h.clerk(id)
	s, err := h.SignIn(h.ctx(), id, phrase)
	if err != nil {
		h.t.Fatal(err)
	}
	k := newStick(h.t)
	p, err := h.AddPasskey(h.ctx(), s, address, "stick of "+id, k.make(h.begin(s)))
	if err != nil {
		h.t.Fatal(err)
	}
	return s, k, p
}

func TestPasskeySignsIn(t *testing.T) {
	h := newHouse(t)
	s, k, p := h.holder("ann")
	if p.Officer != "ann" || p.Origin != address.Origin || p.Count != 1 || !p.Used.IsZero() || p.Copied || p.Doubted {
		t.Errorf("%+v", p)
	}
	in, err := h.SignInPasskey(h.ctx(), address, k.use(h.ask()))
	if err != nil || in.Officer().ID != "ann" || in.Token() == s.Token() {
		t.Fatalf("%+v %v", in.Officer(), err)
	}
	all, err := h.Passkeys(h.ctx(), in)
	if err != nil || len(all) != 1 || all[0].Count != 2 || all[0].Used.IsZero() {
		t.Fatalf("%+v %v", all, err)
	}
	// The passphrase that is asked for once more is counted as any is.
	for range 4 {
		if _, err := h.BeginPasskey(h.ctx(), in, address, "not the passphrase"); !errors.Is(err, desk.ErrSignIn) {
			t.Errorf("another passphrase: %v", err)
		}
	}
	h.clock.pass(time.Hour)
	// A key that does not count is taken as well, and one that may be copied is marked.
	silent := newStick(t)
	silent.counts, silent.flags = false, 1|4|8
	if p, err = h.AddPasskey(h.ctx(), in, address, "telephone", silent.make(h.begin(in))); err != nil || !p.Copied || p.Count != 0 {
		t.Fatalf("%+v %v", p, err)
	}
	for range 2 {
		if _, err := h.SignInPasskey(h.ctx(), address, silent.use(h.ask())); err != nil {
			t.Errorf("a key that does not count: %v", err)
		}
	}
	_, program := h.issue(in, desk.ScopeRead)
	if _, err := h.BeginPasskey(h.ctx(), program, address, phrase); !errors.Is(err, desk.ErrScope) {
		t.Errorf("a program: %v", err)
	}
	h.sound()
	if said := strings.Join(h.verbs(), " "); !strings.Contains(said, "passkey-add") {
		t.Errorf("the trail does not tell of it: %s", said)
	}
}

// TestPasskeyIsMadeForOneSession: what a key answers serves the session, the purpose and
// the address for which it was asked, once, for a while.
func TestPasskeyIsMadeForOneSession(t *testing.T) {
	h := newHouse(t)
	s, k, _ := h.holder("ann")
	h.clerk("bo")
	bo, err := h.SignIn(h.ctx(), "bo", phrase)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.SignIn(h.ctx(), "ann", phrase)
	if err != nil {
		t.Fatal(err)
	}
	add := func(by desk.Session, a desk.Address, answer []byte) error {
		_, err := h.AddPasskey(h.ctx(), by, a, "stick", answer)
		return err
	}
	unverified, elsewhere, wrong := newStick(t), newStick(t), newStick(t)
	unverified.flags, elsewhere.origin, wrong.purpose = 1, "https://elsewhere.example", "webauthn.get"
	fits := newStick(t).make(h.begin(s))
	late := newStick(t).make(h.begin(s))
	for name, err := range map[string]error{
		"for another officer":        add(bo, address, newStick(t).make(h.begin(s))),
		"for another session":        add(again, address, newStick(t).make(h.begin(s))),
		"at another address":         add(s, desk.Address{Origin: "https://desk.borovia.example"}, newStick(t).make(h.begin(s))),
		"from another origin":        add(s, address, elsewhere.make(h.begin(s))),
		"of an unverified user":      add(s, address, unverified.make(h.begin(s))),
		"of another purpose":         add(s, address, wrong.make(h.begin(s))),
		"of a challenge of nobody's": add(s, address, newStick(t).make([]byte(`{"rp":{"id":"desk.alatau.example"},"user":{"id":"AAAA"},"challenge":"`+b64(make([]byte, 72))+`"}`))),
		"of a sign-in's challenge":   add(s, address, newStick(t).make(slices.Concat([]byte(`{"rp":{"id":"desk.alatau.example"},"user":{"id":"AAAA"},`), h.ask()[1:]))),
		"of a key that is known":     add(s, address, k.make(h.begin(s))),
		"no answer":                  add(s, address, []byte("{}")),
		"too long":                   add(s, address, []byte(strings.Repeat(" ", 1<<17))),
	} {
		if !errors.Is(err, desk.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := add(s, address, fits); err != nil {
		t.Errorf("an answer that fits: %v", err)
	}
	if err := add(s, address, fits); !errors.Is(err, desk.ErrPasskey) {
		t.Errorf("the same answer again: %v", err)
	}
	h.clock.pass(5 * time.Minute)
	if err := add(s, address, late); !errors.Is(err, desk.ErrPasskey) {
		t.Errorf("after its time: %v", err)
	}
	for _, origin := range []string{"http://desk.alatau.example", "https://192.0.2.7:8443", "http://127.0.0.1:8443", "https://[::1]", "https://Desk.example", "https://desk.example/path", "ftp://localhost", "", "https://"} {
		if _, err := h.BeginPasskey(h.ctx(), s, desk.Address{Origin: origin}, phrase); !errors.Is(err, desk.ErrAddress) {
			t.Errorf("%s: %v", origin, err)
		}
	}
	if _, err := h.PasskeyChallenge(desk.Address{Origin: "http://localhost:8443"}); err != nil {
		t.Errorf("the machine itself: %v", err)
	}
}

func TestPasskeyRefusals(t *testing.T) {
	h := newHouse(t)
	ann, k, p := h.holder("ann")
	_, other, _ := h.holder("bo")
	in := func(answer []byte) error {
		s, err := h.SignInPasskey(h.ctx(), address, answer)
		if err != nil && !s.IsZero() {
			t.Error("a session with an error")
		}
		return err
	}
	with := func(change func(*stick)) error {
		c := *k
		change(&c)
		c.count += 100
		return in(c.use(h.ask()))
	}
	used := k.use(h.ask())
	if err := in(used); err != nil {
		t.Fatal(err)
	}
	late := k.use(h.ask())
	for name, err := range map[string]error{
		"the same answer again":               in(used),
		"a challenge of nobody's":             in(k.use([]byte(`{"rpId":"desk.alatau.example","challenge":"` + b64(make([]byte, 72)) + `"}`))),
		"a challenge for making one":          in(k.use(slices.Concat([]byte(`{"rpId":"desk.alatau.example",`), h.begin(ann)[1:]))),
		"the key of another officer":          with(func(c *stick) { c.key = other.key }),
		"the name of another officer":         with(func(c *stick) { c.handle = other.handle }),
		"no name":                             with(func(c *stick) { c.handle = nil }),
		"a credential that nobody has":        with(func(c *stick) { c.id = []byte("0123456789abcdef") }),
		"another origin":                      with(func(c *stick) { c.origin = "https://elsewhere.example" }),
		"another port":                        with(func(c *stick) { c.origin = "https://desk.alatau.example" }),
		"an unverified user":                  with(func(c *stick) { c.flags = 1 }),
		"an absent user":                      with(func(c *stick) { c.flags = 4 }),
		"a key that may suddenly be copied":   with(func(c *stick) { c.flags = 1 | 4 | 8 }),
		"the answer of one that is just made": with(func(c *stick) { c.purpose = "webauthn.create" }),
		"no answer":                           in([]byte("null")),
		"too long":                            in([]byte(strings.Repeat("x", 1<<17))),
	} {
		if !errors.Is(err, desk.ErrSignIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.SignInPasskey(h.ctx(), desk.Address{Origin: "https://desk.alatau.example"}, k.use(h.ask())); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("at another address: %v", err)
	}
	// At another port a browser would use it; here it was made for one desk.
	port := desk.Address{Origin: "https://desk.alatau.example"}
	options, err := h.PasskeyChallenge(port)
	if err != nil {
		t.Fatal(err)
	}
	moved := *k
	moved.origin, moved.count = port.Origin, k.count+100
	if _, err := h.SignInPasskey(h.ctx(), port, moved.use(options)); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("at another port: %v", err)
	}
	h.clock.pass(2 * time.Minute)
	if err := in(late); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("after its time: %v", err)
	}
	waiting := k.use(h.ask())
	h.restart()
	if err := in(waiting); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("a challenge from before a restart: %v", err)
	}
	// The count of a copy lags behind.
	copied := *k
	copied.count = 1
	if err := in(copied.use(h.ask())); !errors.Is(err, desk.ErrDoubted) {
		t.Errorf("a count that went back: %v", err)
	}
	if err := in(k.use(h.ask())); !errors.Is(err, desk.ErrDoubted) {
		t.Errorf("a passkey that is doubted: %v", err)
	}
	all, err := h.Passkeys(h.ctx(), ann)
	if err != nil || len(all) != 1 || all[0].ID != p.ID || !all[0].Doubted {
		t.Errorf("%+v %v", all, err)
	}
	h.sound()
	said := map[string]int{}
	for _, v := range h.verbs() {
		said[v]++
	}
	if said["passkey-doubt"] != 1 || said["sign-in-refused"] < 15 {
		t.Errorf("the trail: %v", said)
	}
}

func TestPasskeyEnds(t *testing.T) {
	h := newHouse(t)
	ann, k, p := h.holder("ann")
	bo, other, theirs := h.holder("bo")
	stolen, err := h.SignInPasskey(h.ctx(), address, k.use(h.ask()))
	if err != nil {
		t.Fatal(err)
	}
	waiting := k.use(h.ask())
	if err := h.EndPasskey(h.ctx(), bo, p.ID, phrase); !errors.Is(err, desk.ErrNoPasskey) {
		t.Errorf("another's: %v", err)
	}
	if err := h.EndPasskey(h.ctx(), ann, p.ID, "not the passphrase"); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("without the passphrase: %v", err)
	}
	if err := h.EndPasskey(h.ctx(), ann, p.ID, phrase); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignInPasskey(h.ctx(), address, waiting); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("one that is removed: %v", err)
	}
	if _, err := h.Resume(h.ctx(), stolen.Token()); !errors.Is(err, desk.ErrSession) {
		t.Errorf("its session goes on: %v", err)
	}
	if _, err := h.Resume(h.ctx(), ann.Token()); err != nil {
		t.Errorf("the session that removed it ended: %v", err)
	}
	admin := desk.Officer{ID: "root", Name: "Root", Post: "desk", Roles: manages}
	if err := h.AddOfficer(h.ctx(), desk.Console, admin, phrase); err != nil {
		t.Fatal(err)
	}
	root, err := h.SignIn(h.ctx(), "root", phrase)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := h.Passkeys(h.ctx(), root); err != nil || len(all) != 1 || all[0].Officer != "bo" {
		t.Errorf("%+v %v", all, err)
	}
	if err := h.Deactivate(h.ctx(), desk.Console, "bo"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignInPasskey(h.ctx(), address, other.use(h.ask())); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("of an account that ended: %v", err)
	}
	if err := h.EndPasskey(h.ctx(), root, theirs.ID, phrase); err != nil {
		t.Errorf("an admin: %v", err)
	}
	// An officer keeps a few.
	for range 10 {
		if _, err := h.AddPasskey(h.ctx(), root, address, "stick", newStick(t).make(h.begin(root))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.BeginPasskey(h.ctx(), root, address, phrase); err == nil {
		t.Error("an eleventh")
	}
}

// FuzzPasskeyAnswer: whatever a browser answers, it is refused with one error or is a
// sign-in that a key made.
func FuzzPasskeyAnswer(f *testing.F) {
	h := newHouse(f)
	ann, k, _ := h.holder("ann")
	f.Add(k.use(h.ask()))
	f.Add(newStick(f).make(h.begin(ann)))
	f.Add([]byte(`{"id":"","rawId":"","type":"public-key","response":{}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		// Nothing of a fuzzer's is signed by the key over an open challenge.
		if _, err := h.AddPasskey(t.Context(), ann, desk.Address{Origin: "https://other.example"}, "fuzz", answer); !errors.Is(err, desk.ErrPasskey) {
			t.Errorf("add: %v", err)
		}
		if _, err := h.SignInPasskey(t.Context(), desk.Address{Origin: "https://other.example"}, answer); !errors.Is(err, desk.ErrSignIn) {
			t.Errorf("sign in: %v", err)
		}
	})
}
