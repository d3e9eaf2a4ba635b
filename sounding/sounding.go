// Package sounding is a conversation off the record between two parties: each is
// sure whom it hears, and neither can show anybody else what was said. Each side
// seals a secret to the other's sealing key; from both follow keys that both hold,
// so whatever one side could show, it could have written itself.
//
// It stores nothing, carries nothing and makes no act. It does not hide that two
// parties spoke, when, or about how much.
//
// Invariant: a Session exists only after the other side showed that it opened the
// secret sealed to it. Spec: spec/sounding.md.
package sounding

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"detente/internal/canon"
	"detente/party"
	"detente/seal"
	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

// Bounds of version 1.
const (
	// MaxBody bounds what one message says, in bytes.
	MaxBody = 64 << 10
	// MaxSize bounds one envelope, in bytes: a body with its padding in base64.
	MaxSize = 128 << 10
	// MaxNumber bounds the messages of one side of a session.
	MaxNumber = 1 << 20

	secretSize = 32
	idSize     = 16
	padTo      = 1024 // bodies are padded to a multiple, so that length tells little
	shareType  = "application/vnd.detente.sounding-secret"
)

// format is the first field of every envelope.
const format = "detente.sounding/v1"

// ErrRefused means that an envelope is not the other side's, not in its place, or
// damaged. More is not said: the line is not trusted.
var ErrRefused = errors.New("this is no sounding of that party, or not in its place")

// Kind says which step of a sounding an envelope is.
type Kind string

const (
	Offer   Kind = "offer"   // first: a secret sealed to the other side
	Accept  Kind = "accept"  // second: a secret sealed back, and proof that the first was opened
	Confirm Kind = "confirm" // third: proof that the second was opened
	Said    Kind = "said"    // afterwards: what one side says
)

// Envelope is one step as it travels. Who reads it without the keys learns the two
// parties, the session and the size.
type Envelope struct {
	Format  string       `json:"format"`
	Kind    Kind         `json:"kind"`
	Group   party.Group  `json:"group"`
	From    party.Origin `json:"from"`             // base origin
	To      party.Origin `json:"to"`               // base origin
	Session string       `json:"session"`          // 32 hexadecimal digits
	Number  int64        `json:"number,omitempty"` // said: from 1, for each side
	Secret  string       `json:"secret,omitempty"` // offer, accept: sealed, base64
	Proof   string       `json:"proof,omitempty"`  // accept, confirm: 32 bytes, base64
	Body    string       `json:"body,omitempty"`   // said: ciphertext, base64
}

func (e *Envelope) check() error {
	if e.Format != format {
		return fmt.Errorf("format: %q where %q belongs", e.Format, format)
	}
	if e.Group.IsZero() {
		return errors.New("group: names none")
	}
	for _, o := range []party.Origin{e.From, e.To} {
		if _, err := party.ParseOrigin(string(o)); err != nil || o != o.Base() {
			return fmt.Errorf("%q is no base origin of a record", o)
		}
	}
	if e.From == e.To {
		return errors.New("from and to are one record")
	}
	var id [idSize]byte
	if err := canon.ParseHex(e.Session, id[:]); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	has := map[Kind][4]bool{Offer: {true}, Accept: {true, true}, Confirm: {false, true}, Said: {false, false, true, true}}
	want, ok := has[e.Kind]
	if !ok {
		return fmt.Errorf("kind: %q is none of offer, accept, confirm, said", e.Kind)
	}
	if got := [4]bool{e.Secret != "", e.Proof != "", e.Body != "", e.Number != 0}; got != want {
		return fmt.Errorf("the fields are not those of kind %s", e.Kind)
	}
	if e.Number < 0 || e.Number > MaxNumber {
		return fmt.Errorf("number: %d where 1 to %d belong", e.Number, MaxNumber)
	}
	for _, s := range []string{e.Secret, e.Proof, e.Body} {
		if _, err := canon.ParseBase64(s); err != nil {
			return err
		}
	}
	if p, _ := canon.ParseBase64(e.Proof); e.Proof != "" && len(p) != sha256.Size {
		return fmt.Errorf("proof: %d bytes where %d belong", len(p), sha256.Size)
	}
	return nil
}

// Bytes writes an envelope; it is refused if it is not in order.
func (e *Envelope) Bytes() ([]byte, error) {
	e.Format = format
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("write a sounding: %w", err)
	}
	b, err := canon.JSON(e)
	if err == nil && len(b) > MaxSize {
		err = fmt.Errorf("write a sounding: %d bytes where %d are the most", len(b), MaxSize)
	}
	return b, err
}

// Parse reads what Bytes writes. It shows nothing about who wrote it.
func Parse(b []byte) (*Envelope, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("read a sounding: %d bytes where %d are the most", len(b), MaxSize)
	}
	var e Envelope
	if err := canon.ParseJSON(b, &e); err != nil {
		return nil, fmt.Errorf("read a sounding: %w", err)
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("read a sounding: %w", err)
	}
	return &e, nil
}

// Side is one party of a sounding to come: who it is, and with whom it speaks.
type Side struct {
	Group party.Group
	Self  party.Origin // base origin
	Peer  party.Origin // base origin
	// Keys open what is sealed to Self, PeerKey seals to Peer.
	Keys    []*age.HybridIdentity
	PeerKey *age.HybridRecipient
	Rand    io.Reader
}

// outside binds a sealed secret to its place: envelope and what went before.
func (e *Envelope) outside(before []byte) canon.Digest {
	return canon.DigestOf(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", format, e.Kind, e.Group, e.From, e.To, e.Session, canon.DigestOf(before)))
}

func (s *Side) sealSecret(e *Envelope, secret, before []byte) error {
	b, err := seal.Seal(s.Rand, seal.Content{Type: shareType, Body: secret},
		seal.Binding{Author: e.From, Group: e.Group, Outside: e.outside(before)}, []*age.HybridRecipient{s.PeerKey})
	e.Secret = canon.Base64(b)
	return err
}

func (s *Side) openSecret(e *Envelope, before []byte) ([]byte, error) {
	b, err := canon.ParseBase64(e.Secret)
	if err != nil {
		return nil, ErrRefused
	}
	o, err := seal.Open(b, seal.Binding{Author: e.From, Group: e.Group, Outside: e.outside(before)}, 0, s.Keys)
	if err != nil || o.Type != shareType || len(o.Body) != secretSize {
		return nil, ErrRefused
	}
	return o.Body, nil
}

// fits says whether an envelope is for this side from its peer, of a kind.
func (s *Side) fits(e *Envelope, kind Kind, session string) bool {
	return e.Kind == kind && e.Group == s.Group && e.From == s.Peer && e.To == s.Self && (session == "" || e.Session == session)
}

// keys are all that follows from the two secrets.
type keys struct {
	proof [2][]byte // of the side that offers, of the side that accepts
	say   [2][]byte
}

// derive makes the keys from both secrets, that of the offering side first, and the
// transcript: the offer and the accept without its proof.
func derive(first, second, offer, accept []byte) (keys, error) {
	transcript := sha256.Sum256(append(digest(offer), digest(accept)...))
	var k keys
	for i, side := range []string{"offers", "accepts"} {
		for what, into := range map[string]*[]byte{"proof": &k.proof[i], "say": &k.say[i]} {
			b, err := hkdf.Key(sha256.New, append(append([]byte{}, first...), second...), transcript[:], format+" "+what+" "+side, sha256.Size)
			if err != nil {
				return k, fmt.Errorf("derive keys: %w", err)
			}
			*into = b
		}
	}
	return k, nil
}

func digest(b []byte) []byte {
	d := sha256.Sum256(b)
	return d[:]
}

// proof shows that a side holds the keys of a session.
func proof(key []byte, session string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(format + " " + session))
	return m.Sum(nil)
}

// Offered is a sounding that this side began and the other has not accepted yet.
type Offered struct {
	side    Side
	session string
	secret  []byte
	offer   []byte
}

// Session names the sounding.
func (o *Offered) Session() string { return o.session }

// Begin offers a sounding; the bytes go to the peer by any way.
func Begin(s Side) (*Offered, []byte, error) {
	id, secret := make([]byte, idSize), make([]byte, secretSize)
	for _, b := range [][]byte{id, secret} {
		if _, err := io.ReadFull(s.Rand, b); err != nil {
			return nil, nil, fmt.Errorf("begin a sounding: %w", err)
		}
	}
	e := &Envelope{Kind: Offer, Group: s.Group, From: s.Self, To: s.Peer, Session: hex.EncodeToString(id)}
	if err := s.sealSecret(e, secret, nil); err != nil {
		return nil, nil, fmt.Errorf("begin a sounding: %w", err)
	}
	b, err := e.Bytes()
	if err != nil {
		return nil, nil, err
	}
	return &Offered{s, e.Session, secret, b}, b, nil
}

// Accepted is a sounding that this side accepted; the other has not shown yet that
// it is who the offer says.
type Accepted struct {
	side    Side
	session string
	keys    keys
}

// Session names the sounding.
func (a *Accepted) Session() string { return a.session }

// Answer accepts an offer; the bytes go back to the peer.
func Answer(s Side, offer []byte) (*Accepted, []byte, error) {
	in, err := Parse(offer)
	if err != nil {
		return nil, nil, err
	}
	if !s.fits(in, Offer, "") {
		return nil, nil, ErrRefused
	}
	first, err := s.openSecret(in, nil)
	if err != nil {
		return nil, nil, err
	}
	second := make([]byte, secretSize)
	if _, err := io.ReadFull(s.Rand, second); err != nil {
		return nil, nil, fmt.Errorf("accept a sounding: %w", err)
	}
	e := &Envelope{Format: format, Kind: Accept, Group: s.Group, From: s.Self, To: s.Peer, Session: in.Session}
	if err := s.sealSecret(e, second, offer); err != nil {
		return nil, nil, fmt.Errorf("accept a sounding: %w", err)
	}
	k, err := e.derive(first, second, offer)
	if err != nil {
		return nil, nil, err
	}
	e.Proof = canon.Base64(proof(k.proof[1], e.Session))
	b, err := e.Bytes()
	return &Accepted{s, e.Session, k}, b, err
}

// derive makes the keys; e is the accept, whose proof does not count.
func (e *Envelope) derive(first, second, offer []byte) (keys, error) {
	bare := *e
	bare.Proof = ""
	b, err := canon.JSON(&bare)
	if err != nil {
		return keys{}, fmt.Errorf("derive keys: %w", err)
	}
	return derive(first, second, offer, b)
}

// Complete reads the accept: from here on the other side is known. The bytes go to
// it as the confirmation.
func (o *Offered) Complete(accept []byte) (*Session, []byte, error) {
	in, err := Parse(accept)
	if err != nil {
		return nil, nil, err
	}
	if !o.side.fits(in, Accept, o.session) {
		return nil, nil, ErrRefused
	}
	second, err := o.side.openSecret(in, o.offer)
	if err != nil {
		return nil, nil, err
	}
	k, err := in.derive(o.secret, second, o.offer)
	if err != nil {
		return nil, nil, err
	}
	if !shown(in, k.proof[1]) {
		return nil, nil, ErrRefused
	}
	e := &Envelope{Kind: Confirm, Group: o.side.Group, From: o.side.Self, To: o.side.Peer, Session: o.session, Proof: canon.Base64(proof(k.proof[0], o.session))}
	b, err := e.Bytes()
	if err != nil {
		return nil, nil, err
	}
	s, err := newSession(o.side, o.session, k.say[0], k.say[1])
	return s, b, err
}

// Complete reads the confirmation: from here on the other side is known.
func (a *Accepted) Complete(confirm []byte) (*Session, error) {
	in, err := Parse(confirm)
	if err != nil {
		return nil, err
	}
	if !a.side.fits(in, Confirm, a.session) || !shown(in, a.keys.proof[0]) {
		return nil, ErrRefused
	}
	return newSession(a.side, a.session, a.keys.say[1], a.keys.say[0])
}

func shown(e *Envelope, key []byte) bool {
	p, err := canon.ParseBase64(e.Proof)
	return err == nil && hmac.Equal(p, proof(key, e.Session))
}

// Session is a sounding between two parties that know each other. It is not safe
// for concurrent use.
type Session struct {
	id          string
	side        Side
	mine, their cipher.AEAD
	said, heard int64 // newest number of each side
}

func newSession(s Side, id string, mine, their []byte) (*Session, error) {
	m, err := chacha20poly1305.New(mine)
	if err != nil {
		return nil, fmt.Errorf("begin a session: %w", err)
	}
	t, err := chacha20poly1305.New(their)
	if err != nil {
		return nil, fmt.Errorf("begin a session: %w", err)
	}
	s.Keys, s.PeerKey = nil, nil // not needed any more
	return &Session{id: id, side: s, mine: m, their: t}, nil
}

// ID names the session.
func (s *Session) ID() string { return s.id }

// nonce of a number: each key serves one side of one session, and each number once.
func nonce(n int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, chacha20poly1305.NonceSize-8), uint64(n))
}

// head is what the ciphertext of a message is bound to.
func (e *Envelope) head() []byte {
	return fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s\n%d\n", format, e.Group, e.From, e.To, e.Session, e.Number)
}

// Say closes what this side says; the bytes go to the peer by any way.
func (s *Session) Say(body []byte) ([]byte, error) {
	if len(body) == 0 || len(body) > MaxBody {
		return nil, fmt.Errorf("say it off the record: %d bytes where 1 to %d belong", len(body), MaxBody)
	}
	if s.said == MaxNumber {
		return nil, errors.New("say it off the record: the session is full; begin another")
	}
	s.said++
	e := &Envelope{Kind: Said, Group: s.side.Group, From: s.side.Self, To: s.side.Peer, Session: s.id, Number: s.said}
	plain := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	plain = append(plain, body...)
	if rest := len(plain) % padTo; rest > 0 {
		plain = append(plain, make([]byte, padTo-rest)...)
	}
	e.Body = canon.Base64(s.mine.Seal(nil, nonce(e.Number), plain, e.head()))
	return e.Bytes()
}

// Hear opens what the other side said, in its order: one number is heard once, and
// missed says how many before it did not come.
func (s *Session) Hear(b []byte) (body []byte, missed int64, err error) {
	e, err := Parse(b)
	if err != nil {
		return nil, 0, err
	}
	if !s.side.fits(e, Said, s.id) || e.Number <= s.heard {
		return nil, 0, ErrRefused
	}
	sealed, err := canon.ParseBase64(e.Body)
	if err != nil {
		return nil, 0, ErrRefused
	}
	plain, err := s.their.Open(nil, nonce(e.Number), sealed, e.head())
	if err != nil || len(plain) < 4 || len(plain)%padTo != 0 {
		return nil, 0, ErrRefused
	}
	n := int64(binary.BigEndian.Uint32(plain))
	if n == 0 || n > MaxBody || n > int64(len(plain)-4) || len(bytes.Trim(plain[4+n:], "\x00")) > 0 {
		return nil, 0, ErrRefused
	}
	missed = e.Number - s.heard - 1
	s.heard = e.Number
	return plain[4 : 4+n], missed, nil
}
