package key

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

func TestGenerateTakesAllFromRandom(t *testing.T) {
	a, an := generate(t, 1)
	b, bn := generate(t, 1)
	c, cn := generate(t, 2)
	bytesOf := func(s *Set, n *Next) []byte { return append(must(s.Bytes()), must(n.Bytes())...) }
	if !bytes.Equal(bytesOf(a, an), bytesOf(b, bn)) {
		t.Error("the same randomness gave other keys")
	}
	if bytes.Equal(bytesOf(a, an), bytesOf(c, cn)) {
		t.Error("other randomness gave the same keys")
	}
	if err := a.Card(an).Check(); err != nil {
		t.Error(err)
	}
	if err := a.Card(nil).Check(); err == nil {
		t.Error("a card without commitments passed")
	}
	for n := range 19 * seedSize {
		if _, _, err := Generate(bytes.NewReader(make([]byte, n)), testOrigin); err == nil {
			t.Fatalf("keys from %d bytes", n)
		}
	}
	if _, _, err := Generate(seeded(1), "alatau"); err == nil {
		t.Error("keys for what is no origin")
	}
}

func TestIdentityText(t *testing.T) {
	for _, seed := range [][]byte{make([]byte, 32), bytes.Repeat([]byte{0xff}, 32), must(readOne(3))} {
		text := identityText(seed)
		id, err := age.ParseHybridIdentity(text)
		if err != nil || id.String() != text {
			t.Errorf("%s: %v", text, err)
		}
	}
	made, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if id, err := age.ParseHybridIdentity(made.String()); err != nil || id.String() != made.String() {
		t.Errorf("age's own text: %v", err)
	}
}

func readOne(seed byte) ([]byte, error) {
	s, err := readSeeds(seeded(seed), 1)
	return s[0], err
}

func TestDigestsAreOfMaterial(t *testing.T) {
	s, n := generate(t, 3)
	v := testOrigin.AtVolume(2)
	if s.Record.Public.Digest() != s.Record.Public.AtOrigin(v).Digest() {
		t.Error("a record key's digest depends on the volume")
	}
	if s.Witness.Public.Digest() != s.Witness.Public.WithName("x").Digest() {
		t.Error("a cosigner's digest depends on the name")
	}
	all := []canon.Digest{
		s.Record.Public.Digest(), s.Witness.Public.Digest(), s.Mirror.Public.Digest(), s.Record.Public.Timed.Digest(),
		n.Record.Public.Digest(), n.Witness.Public.Digest(), n.Mirror.Public.Digest(), BatchDigest(n.BatchPublic()), s.Transport.Pin(),
	}
	for i, d := range all {
		if slices.Index(all, d) != i || d.IsZero() {
			t.Errorf("digest %d is not of its own", i)
		}
	}
}

func TestRotation(t *testing.T) {
	s, n := generate(t, 4)
	for _, r := range []Role{Record, Witness, Mirror} {
		entered, err := s.Enter(r, n)
		if err != nil {
			t.Fatal(err)
		}
		after, err := n.Renew(seeded(9), r)
		if err != nil {
			t.Fatal(err)
		}
		if err := entered.Card(after).Check(); err != nil {
			t.Errorf("%s: %v", r, err)
		}
		changed := map[Role]bool{
			Record:  !entered.Record.Public.Timed.Equal(s.Record.Public.Timed),
			Witness: !entered.Witness.Public.Equal(s.Witness.Public),
			Mirror:  !entered.Mirror.Public.Equal(s.Mirror.Public),
		}
		before, next := n.Commitments(), after.Commitments()
		renewed := map[Role]bool{
			Record: before.Record != next.Record, Witness: before.Witness != next.Witness, Mirror: before.Mirror != next.Mirror,
		}
		for _, other := range []Role{Record, Witness, Mirror} {
			if changed[other] != (other == r) || renewed[other] != (other == r) {
				t.Errorf("%s: changed %v, renewed %v", r, changed, renewed)
			}
		}
		if before.Sealing != next.Sealing {
			t.Errorf("%s: the batch key changed", r)
		}
	}
	for _, r := range []Role{Sealing, Transport, ""} {
		if _, err := s.Enter(r, n); err == nil {
			t.Errorf("%q entered", r)
		}
		if _, err := n.Renew(seeded(9), r); err == nil {
			t.Errorf("%q renewed", r)
		}
	}
	// In a further volume the record's key enters under that volume's origin.
	v := testOrigin.AtVolume(2)
	far, err := s.AtOrigin(v).Enter(Record, n)
	if err != nil || far.Record.Public.Origin != v || far.Record.Timed.Public.Name != string(v) {
		t.Errorf("it entered as %s, %v", far.Record.Public.Origin, err)
	}
	if n.AtOrigin(v).Record.Public.Origin != v || n.Record.Public.Origin != testOrigin {
		t.Error("the next keys' volume is wrong")
	}
	if far.Witness.Public.Name != string(testOrigin)+"/witness" {
		t.Errorf("the witness is named %s", far.Witness.Public.Name)
	}
}

func TestSealingKeysAreKept(t *testing.T) {
	s, _ := generate(t, 5)
	first := s.Sealing[0].String()
	for i := range MaxSealing + 3 {
		id, err := GenerateSealing(seeded(byte(20 + i)))
		if err != nil {
			t.Fatal(err)
		}
		s = s.EnterSealing(id)
		if s.Sealing[0] != id {
			t.Fatal("the newest is not first")
		}
	}
	if len(s.Sealing) != MaxSealing || s.Sealing[MaxSealing-1].String() == first {
		t.Errorf("%d are kept", len(s.Sealing))
	}
	if _, err := s.Bytes(); err != nil {
		t.Error(err)
	}
	if n := len(s.DropSealing(2).Sealing); n != 2 {
		t.Errorf("%d stay of two", n)
	}
	if n := len(s.DropSealing(0).Sealing); n != 1 {
		t.Errorf("%d stay of none", n)
	}
}

func TestLock(t *testing.T) {
	s, _ := generate(t, 6)
	id, err := GenerateUnlock(seeded(30))
	if err != nil {
		t.Fatal(err)
	}
	plain := must(s.Bytes())
	locked := must(Lock(plain, id.Recipient()))
	if bytes.Contains(locked, plain[:40]) {
		t.Error("it is not encrypted")
	}
	if got, err := Unlock(locked, id); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("unlocked: %v", err)
	}
	if _, err := Unlock(locked, s.Sealing[0]); err == nil {
		t.Error("another identity unlocked it")
	}
	for _, i := range []int{0, 50, len(locked) - 1} {
		b := bytes.Clone(locked)
		b[i] ^= 1
		if _, err := Unlock(b, id); err == nil {
			t.Errorf("unlocked with byte %d changed", i)
		}
	}
	if _, err := Unlock(locked[:len(locked)-1], id); err == nil {
		t.Error("unlocked although cut")
	}
	if _, err := Unlock(make([]byte, maxLocked+1), id); err == nil {
		t.Error("unlocked although too large")
	}
	if _, err := Lock(make([]byte, maxLocked), id.Recipient()); err == nil {
		t.Error("locked although too large")
	}
}

func TestPassphrase(t *testing.T) {
	id, err := GenerateUnlock(seeded(31))
	if err != nil {
		t.Fatal(err)
	}
	locked := must(lockIdentity(id, "correct horse", 10))
	got, err := UnlockIdentity(locked, "correct horse")
	if err != nil || got.String() != id.String() {
		t.Errorf("unlocked: %v", err)
	}
	if _, err := UnlockIdentity(locked, "wrong horse"); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a wrong passphrase gave %v", err)
	}
	if _, err := UnlockIdentity([]byte("garbage"), "correct horse"); err == nil || errors.Is(err, ErrPassphrase) {
		t.Errorf("garbage gave %v", err)
	}
	if _, err := LockIdentity(id, ""); err == nil {
		t.Error("locked without a passphrase")
	}
	// Somebody else's text under the passphrase is no identity.
	r, err := age.NewScryptRecipient("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(10)
	if _, err := UnlockIdentity(must(encrypt([]byte("hello\n"), r)), "correct horse"); err == nil {
		t.Error("any text was unlocked")
	}
}

func TestCertificate(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 4, 0, 0, time.UTC)
	a, err := GenerateTransport(seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := GenerateTransport(seeded(2))
	if err != nil {
		t.Fatal(err)
	}
	derA, derB := must(a.Certificate(now)), must(b.Certificate(now))
	if again := must(a.Certificate(now)); !bytes.Equal(again, derA) {
		t.Error("the certificate is another one each time")
	}
	cert, err := x509.ParseCertificate(derA)
	if err != nil {
		t.Fatal(err)
	}
	if PinOf(cert) != a.Pin() || a.Pin() == b.Pin() || a.Pin() != canon.Digest(sha256.Sum256(cert.RawSubjectPublicKeyInfo)) {
		t.Error("the pin is not that of the certificate")
	}
	if err := cert.CheckSignatureFrom(cert); err == nil {
		t.Error("it may sign others")
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		t.Error(err)
	}
	if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		t.Error("it is not valid now")
	}
	if _, err := (TransportSecret{}).Certificate(now); err == nil {
		t.Error("a certificate without a key")
	}
	// Both ends of a TLS 1.3 connection show each other their pins.
	config := func(s TransportSecret, der []byte, want canon.Digest) *tls.Config {
		return &tls.Config{
			MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, ClientAuth: tls.RequireAnyClientCert,
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: s.Key}},
			VerifyConnection: func(c tls.ConnectionState) error {
				if len(c.PeerCertificates) != 1 || PinOf(c.PeerCertificates[0]) != want {
					return errors.New("another pin")
				}
				return nil
			},
		}
	}
	for _, c := range []struct {
		pin  canon.Digest
		good bool
	}{{b.Pin(), true}, {a.Pin(), false}} {
		listener, err := tls.Listen("tcp", "127.0.0.1:0", config(b, derB, a.Pin()))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := listener.Accept(); err == nil {
				conn.(*tls.Conn).Handshake()
				conn.Close()
			}
		}()
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		err = tls.Client(conn, config(a, derA, c.pin)).Handshake()
		conn.Close()
		listener.Close()
		if (err == nil) != c.good {
			t.Errorf("handshake: %v", err)
		}
	}
}

func TestWords(t *testing.T) {
	list := strings.Fields(wordList)
	if len(list) != wordTotal || !slices.IsSorted(list) {
		t.Fatalf("%d words, sorted: %t", len(list), slices.IsSorted(list))
	}
	starts := map[string]string{}
	for i, w := range list {
		if len(w) < 3 || len(w) > 8 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("word %q", w)
		}
		start := w[:min(4, len(w))]
		if starts[start] != "" {
			t.Errorf("%s and %s begin alike", starts[start], w)
		}
		starts[start] = w
		if i > 0 && strings.HasPrefix(w, list[i-1]) {
			t.Errorf("%s begins %s", list[i-1], w)
		}
	}
	for _, c := range []struct {
		d    canon.Digest
		want []int
	}{
		{canon.Digest{}, make([]int, 12)},
		{canon.Digest(bytes.Repeat([]byte{0xff}, 32)), slices.Repeat([]int{2047}, 12)},
		{canon.Digest{0x00, 0x20, 0x08}, []int{1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{canon.Digest{16: 0x10}, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
		{canon.Digest{16: 0x0f, 17: 0xff}, make([]int, 12)}, // beyond 132 bits
	} {
		got := Words(c.d)
		for i, n := range c.want {
			if got[i] != list[n] {
				t.Errorf("%x: word %d is %s, not %s", c.d, i+1, got[i], list[n])
			}
		}
	}
}

func TestRoles(t *testing.T) {
	for _, r := range []Role{Record, Witness, Mirror, Sealing, Transport} {
		if got, err := ParseRole(string(r)); err != nil || got != r {
			t.Errorf("%s: %s, %v", r, got, err)
		}
	}
	for _, s := range []string{"", "Record", "records", "record "} {
		if _, err := ParseRole(s); err == nil {
			t.Errorf("%q is a role", s)
		}
	}
	if CosignerName(party.Origin("alatau/1f2e3d4c/v3"), Mirror) != "alatau/1f2e3d4c/mirror" {
		t.Error("the mirror is named by its volume")
	}
}
