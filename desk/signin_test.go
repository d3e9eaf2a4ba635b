package desk_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"detente/desk"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

const phrase = "семь тихих журавлей"

// clerk adds an account with a passphrase.
func (h *house) clerk(id string) {
	h.t.Helper()
	o := desk.Officer{ID: id, Name: "Clerk", Post: "desk", Roles: writes}
	if err := h.AddOfficer(h.ctx(), desk.Console, o, phrase); err != nil {
		h.t.Fatal(err)
	}
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	h.clerk("ann")
	s, err := h.SignIn(h.ctx(), "ann", phrase)
	if err != nil || s.IsZero() || s.Officer().ID != "ann" || len(s.Token()) != 64 {
		t.Fatalf("%v", err)
	}
	// й as two characters is the same passphrase.
	if _, err := h.SignIn(h.ctx(), "ann", phrase); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := h.SetPassphrase(h.ctx(), "ann", "ann", "синий майский вечер"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(h.ctx(), "ann", strings.ReplaceAll("синий майский вечер", "й", "и\u0306")); err != nil {
		t.Errorf("decomposed: %v", err)
	}
	if _, err := h.Resume(h.ctx(), s.Token()); !errors.Is(err, desk.ErrSession) {
		t.Errorf("a session outlived the passphrase: %v", err)
	}
	for name, try := range map[string][2]string{
		"wrong": {"ann", "шесть тихих журавлей"}, "unknown": {"bob", phrase}, "empty": {"ann", ""}, "too long": {"ann", strings.Repeat("x", 5000)},
	} {
		if s, err := h.SignIn(h.ctx(), try[0], try[1]); !errors.Is(err, desk.ErrSignIn) || !s.IsZero() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.AddOfficer(h.ctx(), desk.Console, desk.Officer{ID: "key", Name: "k", Post: "desk", SSHKey: h.key()}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(h.ctx(), "key", ""); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("an account without a passphrase: %v", err)
	}
	if err := h.AddOfficer(h.ctx(), desk.Console, desk.Officer{ID: "off", Name: "k", Post: "desk"}, phrase); err != nil {
		t.Fatal(err)
	}
	if err := h.Deactivate(h.ctx(), desk.Console, "off"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.SignIn(h.ctx(), "off", phrase); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("an account that is not active: %v", err)
	}
	entries, err := h.Trail(h.ctx(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Officer+e.Detail, "bob") || strings.Contains(e.Detail, "журавлей") {
			t.Errorf("the trail repeats what was typed: %+v", e)
		}
	}
	h.sound()
}

// The stored text has the parameters that are asked for, and nothing that is
// stored signs in by itself.
func TestWhatIsStored(t *testing.T) {
	h := newHouse(t)
	h.clerk("ann")
	s, err := h.SignIn(h.ctx(), "ann", phrase)
	if err != nil {
		t.Fatal(err)
	}
	var stored, session string
	if err := h.db.Read().QueryRow("select passphrase from desk_officer where id = 'ann'").Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if err := h.db.Read().QueryRow("select hash from desk_session").Scan(&session); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("passphrase stored as %s", stored)
	}
	if strings.Contains(session, s.Token()) {
		t.Error("the token is stored")
	}
	if _, err := h.Resume(h.ctx(), session); !errors.Is(err, desk.ErrSession) {
		t.Errorf("what is stored resumes: %v", err)
	}
	// Other parameters stand with the hash, and are bounded.
	for text, want := range map[string]error{
		"$argon2id$v=19$m=4294967295,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": nil,
		"$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA":           nil,
		"plain": nil,
		"$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA": desk.ErrSignIn,
	} {
		h.clock.pass(time.Hour)
		if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error {
			_, err := tx.Exec("update desk_officer set passphrase = $1", text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, err := h.SignIn(h.ctx(), "ann", phrase)
		if err == nil || want != nil && !errors.Is(err, want) || want == nil && errors.Is(err, desk.ErrSignIn) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSignInsSlowDown(t *testing.T) {
	for _, name := range []string{"ann", "nobody"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.clerk("ann")
			wrong := func() error {
				_, err := h.SignIn(h.ctx(), name, "not the passphrase")
				return err
			}
			for range 5 {
				if err := wrong(); !errors.Is(err, desk.ErrSignIn) {
					t.Fatal(err)
				}
			}
			for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
				var slow *desk.SlowError
				if err := wrong(); !errors.As(err, &slow) || !slow.Until.Equal(h.clock.now().Add(wait)) || !errors.Is(err, desk.ErrSlow) {
					t.Fatalf("after %s: %v", wait, err)
				}
				h.restart() // it is stored
				h.clock.pass(wait - time.Second)
				if err := wrong(); !errors.Is(err, desk.ErrSlow) {
					t.Fatalf("a second early: %v", err)
				}
				h.clock.pass(time.Second)
				if err := wrong(); !errors.Is(err, desk.ErrSignIn) {
					t.Fatalf("after the wait: %v", err)
				}
			}
			h.clock.pass(31 * time.Minute)
			for range 4 {
				if err := wrong(); !errors.Is(err, desk.ErrSignIn) {
					t.Fatalf("after a quiet time: %v", err)
				}
			}
			if name == "ann" {
				if _, err := h.SignIn(h.ctx(), "ann", phrase); err != nil {
					t.Fatal(err)
				}
				for range 4 {
					if err := wrong(); !errors.Is(err, desk.ErrSignIn) {
						t.Fatalf("a success did not end the count: %v", err)
					}
				}
			}
			// A clock that is set back does not lock for long.
			wrong()
			h.clock.pass(-24 * time.Hour)
			if err := wrong(); !errors.Is(err, desk.ErrSignIn) {
				t.Errorf("after the clock was set back: %v", err)
			}
		})
	}
}

// A hundred guesses at once are counted as a hundred.
func TestGuessesAtOnce(t *testing.T) {
	h := newHouse(t)
	h.clerk("ann")
	var mu sync.Mutex
	tried := 0
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := h.SignIn(h.ctx(), "ann", "not the passphrase")
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, desk.ErrSignIn) {
				tried++
			} else if !errors.Is(err, desk.ErrSlow) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tried != 5 {
		t.Errorf("%d guesses were looked at", tried)
	}
}

func TestSessionsEnd(t *testing.T) {
	h := newHouse(t)
	s := h.officer("ann", writes)
	resume := func() error {
		_, err := h.Resume(h.ctx(), s.Token())
		return err
	}
	for range 2 {
		h.clock.pass(11 * time.Hour)
		if err := resume(); err != nil {
			t.Fatalf("in use: %v", err)
		}
	}
	h.clock.pass(2*time.Hour - time.Second)
	if err := resume(); err != nil {
		t.Fatalf("in use: %v", err)
	}
	h.clock.pass(time.Second)
	if err := resume(); !errors.Is(err, desk.ErrSession) {
		t.Errorf("after 24 hours: %v", err)
	}
	s = h.signIn("ann")
	h.clock.pass(12 * time.Hour)
	if err := resume(); !errors.Is(err, desk.ErrSession) {
		t.Errorf("idle: %v", err)
	}
	again := h.signIn("ann")
	if _, err := h.Resume(h.ctx(), again.Token()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := h.db.Read().QueryRow("select count(*) from desk_session").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d sessions are kept: %v", n, err)
	}
	if err := h.db.Update(h.ctx(), func(tx *sql.Tx) error {
		_, err := tx.Exec("update desk_officer set active = 0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Resume(h.ctx(), again.Token()); !errors.Is(err, desk.ErrSession) {
		t.Errorf("of an account that is not active: %v", err)
	}
	for _, token := range []string{"", "0", strings.Repeat("0", 64)} {
		if _, err := h.Resume(h.ctx(), token); !errors.Is(err, desk.ErrSession) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestAgent(t *testing.T) {
	h := newHouse(t)
	h.officer("ann", writes)
	bo, _, _, _, err := ssh.ParseAuthorizedKey([]byte(h.officer("bo", writes).Officer().SSHKey))
	if err != nil {
		t.Fatal(err)
	}
	challenge := func(id string) []byte {
		c, err := h.Challenge(h.ctx(), id)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	try := func(id string, c, sig []byte) error {
		s, err := h.SignInAgent(h.ctx(), id, c, sig)
		if (err == nil) == s.IsZero() {
			t.Errorf("session and error: %v", err)
		}
		return err
	}
	c := challenge("ann")
	sig := h.sign("ann", c)
	if err := try("ann", c, sig); err != nil {
		t.Fatal(err)
	}
	refused := map[string]func() error{
		"used twice": func() error { return try("ann", c, sig) },
		"of another": func() error { c := challenge("ann"); return try("bo", c, h.sign("ann", c)) },
		"of another, signed by oneself": func() error {
			c := challenge("ann")
			sig, err := h.agent.Sign(bo, c)
			if err != nil {
				t.Fatal(err)
			}
			return try("bo", c, ssh.Marshal(sig))
		},
		"made up": func() error {
			c := []byte("detente-sign-in/v1\nann\n9999999999\n00\n")
			return try("ann", c, h.sign("ann", c))
		},
		"altered signature": func() error { c := challenge("ann"); s := h.sign("ann", c); s[len(s)-1] ^= 1; return try("ann", c, s) },
		"cut signature":     func() error { c := challenge("ann"); s := h.sign("ann", c); return try("ann", c, s[:len(s)-1]) },
		"longer signature":  func() error { c := challenge("ann"); return try("ann", c, append(h.sign("ann", c), 0)) },
		"no signature":      func() error { return try("ann", challenge("ann"), nil) },
		"signature of another challenge": func() error {
			return try("ann", challenge("ann"), h.sign("ann", challenge("ann")))
		},
		"expired": func() error {
			c := challenge("ann")
			s := h.sign("ann", c)
			h.clock.pass(2 * time.Minute)
			return try("ann", c, s)
		},
		"used up by a wrong signature": func() error {
			c := challenge("ann")
			s := h.sign("ann", c)
			try("ann", c, nil)
			return try("ann", c, s)
		},
		"ninth in a row": func() error {
			c := challenge("ann")
			for range 8 {
				h.clock.pass(time.Second)
				challenge("ann")
			}
			return try("ann", c, h.sign("ann", c))
		},
		"no such officer": func() error { return try("eve", challenge("eve"), sig) },
	}
	for name, f := range refused {
		if err := f(); !errors.Is(err, desk.ErrSignIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c = challenge("bo")
	sig = h.sign("bo", c)
	if err := h.Deactivate(h.ctx(), desk.Console, "bo"); err != nil {
		t.Fatal(err)
	}
	if err := try("bo", c, sig); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("not active: %v", err)
	}
	h.sound()
}

// An account that ends while its passphrase is hashed does not sign in.
func TestAccountEndsDuringSignIn(t *testing.T) {
	h := newHouse(t)
	h.clerk("ann")
	release := h.TestOnlyHold()
	done := make(chan error)
	go func() {
		_, err := h.SignIn(h.ctx(), "ann", phrase)
		done <- err
	}()
	for n := 0; n == 0; runtime.Gosched() {
		if err := h.db.Read().QueryRow("select count(*) from desk_attempt").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Deactivate(h.ctx(), desk.Console, "ann"); err != nil {
		t.Fatal(err)
	}
	release()
	if err := <-done; !errors.Is(err, desk.ErrSignIn) {
		t.Error(err)
	}
}

func TestSignChallengeSignsNothingElse(t *testing.T) {
	h := newHouse(t)
	h.officer("ann", writes)
	line := h.key()
	for _, b := range []string{"", "SSHSIG", "detente-sign-in/v1\nbo\n1\n00\n", "detente-sign-in/v2\nann\n1\n00\n"} {
		if _, err := desk.SignChallenge(h.agent.(agent.ExtendedAgent), line, "ann", []byte(b)); err == nil {
			t.Errorf("signed %q", b)
		}
	}
}

func TestKeysOfOtherTypes(t *testing.T) {
	h := newHouse(t)
	line := func(public any) string {
		key, err := ssh.NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(key)))
	}
	small, err := rsa.GenerateKey(cryptorand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(cryptorand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{
		"rsa of 1024 bits": line(small.Public()), "no key": "ssh-ed25519", "two lines": h.key() + "\n" + h.key(),
		"options": `command="x" ` + h.key(), "too long": "ssh-ed25519 " + strings.Repeat("A", 20000),
	} {
		if err := h.AddOfficer(h.ctx(), desk.Console, desk.Officer{ID: "x", Name: "x", Post: "desk", SSHKey: key}, ""); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for id, private := range map[string]any{"rsa": large, "ecdsa": curve} {
		if err := h.agent.Add(agent.AddedKey{PrivateKey: private}); err != nil {
			t.Fatal(err)
		}
		public := large.Public()
		if id == "ecdsa" {
			public = curve.Public()
		}
		o := desk.Officer{ID: id, Name: id, Post: "desk", SSHKey: line(public) + " laptop of the duty desk"}
		if err := h.AddOfficer(h.ctx(), desk.Console, o, ""); err != nil {
			t.Fatal(err)
		}
		h.signIn(id)
	}
	// RSA with SHA-1 is refused although it verifies.
	c, err := h.Challenge(h.ctx(), "rsa")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(large.Public())
	if err != nil {
		t.Fatal(err)
	}
	sha1, err := h.agent.Sign(key, c)
	if err != nil {
		t.Fatal(err)
	}
	if sha1.Format != ssh.KeyAlgoRSA {
		t.Fatalf("the agent signed with %s: this test shows nothing", sha1.Format)
	}
	if _, err := h.SignInAgent(h.ctx(), "rsa", c, ssh.Marshal(sha1)); !errors.Is(err, desk.ErrSignIn) {
		t.Errorf("SHA-1: %v", err)
	}
}
