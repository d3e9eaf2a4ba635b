// Package discreet is the act of which others see only that there is one. What a plain
// act says on its outside is inside the seal here: for whom it is, of which kind,
// thread and number. Recipients stand in no order among dummies, and what is sealed
// has one of twelve sizes.
//
// It stores nothing, sends nothing and delays nothing: that an act was made, and when,
// it does not hide. It finds out by trying whether an act is for a reader.
//
// Invariant: what Open returns is a plain act that its author could have made in the
// same group and edition. Spec: spec/discreet.md.
package discreet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
	"detente/seal"
	"filippo.io/age"
)

// Type is the media type of the sealed content.
const Type = "application/vnd.detente.discreet-act"

// MaxAddressees bounds the parties that one discreet act is for: a reader tries every
// stanza of every discreet act of every other party.
const MaxAddressees = 16

// MostBytes bounds the payload of one discreet act: with every field at its longest it
// still fits the largest inside.
const MostBytes = 56 << 10

// maxKeys bounds with how many of its sealing keys a reader tries, the newest first.
const maxKeys = 4

// ErrInside means that what was opened is no plain act that this author could make
// here. ErrTooLong means that an act does not fit the largest size.
var (
	ErrInside  = errors.New("what is inside the discreet act is not to format")
	ErrTooLong = errors.New("too long for a discreet act")
)

// Shape is the size class of sealed content: all that can be seen of it.
type Shape struct {
	Stanzas int // 2, 4, 8 or 16
	Inside  int // bytes inside: 4,096, 16,384 or 65,536
}

var (
	stanzas = []int{2, 4, 8, 16}
	insides = []int{4 << 10, 16 << 10, 64 << 10}
)

// ShapeOf is the shape of a ciphertext by its size; false if no discreet act has it.
func ShapeOf(size int64) (Shape, bool) {
	i := slices.Index(act.DiscreetSizes(), size)
	if i < 0 {
		return Shape{}, false
	}
	return Shape{stanzas[i/len(insides)], insides[i%len(insides)]}, true
}

// Outside is the discreet act without its ciphertext, the same for all of an edition.
func Outside(g party.Group, edition int) *act.Act {
	return &act.Act{Group: g, Edition: edition, Kind: act.Discreet}
}

func binding(author party.Origin, outside *act.Act) (seal.Binding, error) {
	d, err := outside.OutsideDigest()
	if err != nil {
		return seal.Binding{}, err
	}
	return seal.Binding{Author: author.Base(), Group: outside.Group, Outside: d}, nil
}

// Check says whether a plain act may stand inside: a statement or a receipt, to named
// parties and not too many, its content, if any, as payload.
func Check(a *act.Act) error {
	switch {
	case a.Kind != act.Statement && !a.IsReceipt():
		return fmt.Errorf("%w: an act of kind %s is never discreet", ErrInside, a.Kind)
	case a.Life == act.Withdrawal:
		return fmt.Errorf("%w: a withdrawal, by which mirrors pass a content, is for all to see", ErrInside)
	case a.ToAll || len(a.To) == 0:
		return fmt.Errorf("%w: it names no addressees", ErrInside)
	case len(a.To) > MaxAddressees:
		return fmt.Errorf("%w: it names %d addressees, more than %d", ErrInside, len(a.To), MaxAddressees)
	case a.IsSealed() || !a.Clear.IsZero():
		return fmt.Errorf("%w: its content lies outside", ErrInside)
	case a.Edition == 0:
		return fmt.Errorf("%w: it is of a private record", ErrInside)
	}
	return a.Check()
}

// Write is the body that fills room bytes: four bytes of length, big endian, the act,
// zeros.
func Write(a *act.Act, room int) ([]byte, error) {
	if err := Check(a); err != nil {
		return nil, err
	}
	b, err := a.Bytes()
	if err != nil {
		return nil, err
	}
	if len(b) > room-4 {
		return nil, fmt.Errorf("%w: %d bytes where %d have room", ErrTooLong, len(b), room-4)
	}
	out := binary.BigEndian.AppendUint32(make([]byte, 0, room), uint32(len(b)))
	return append(append(out, b...), make([]byte, room-4-len(b))...), nil
}

// Parse reads what Write writes. The result keeps nothing of body.
func Parse(body []byte) (*act.Act, error) {
	if len(body) < 4 {
		return nil, fmt.Errorf("%w: %d bytes", ErrInside, len(body))
	}
	n, rest := binary.BigEndian.Uint32(body), body[4:]
	if int64(n) > int64(len(rest)) {
		return nil, fmt.Errorf("%w: it says %d bytes where %d are", ErrInside, n, len(rest))
	}
	if len(bytes.Trim(rest[n:], "\x00")) > 0 {
		return nil, fmt.Errorf("%w: the bytes after it are not all zeros", ErrInside)
	}
	a, err := act.Parse(rest[:n])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInside, err)
	}
	if err := Check(a); err != nil {
		return nil, err
	}
	return a, nil
}

// Sealed is a discreet act that is made.
type Sealed struct {
	Act        *act.Act // names the ciphertext
	Ciphertext []byte
	FileKey    []byte // 16 bytes that open this one act
}

// Seal makes the discreet act of author that has a inside, for the recipients of its
// addressees in any order. Its shape is no smaller than least, in neither measure, so
// that an answer looks like what it answers; the zero Shape asks for nothing. Rand
// orders the stanzas and gives the salt; dummy recipients come from the operating
// system, like all keys of age.
func Seal(rand io.Reader, author party.Origin, a *act.Act, to []*age.HybridRecipient, least Shape) (*Sealed, error) {
	if len(to) != len(a.To) {
		return nil, fmt.Errorf("seal discreetly: %d recipients for %d addressees", len(to), len(a.To))
	}
	out := Outside(a.Group, a.Edition)
	b, err := binding(author, out)
	if err != nil {
		return nil, fmt.Errorf("seal discreetly: %w", err)
	}
	body, err := fill(a, b, least.Inside)
	if err != nil {
		return nil, fmt.Errorf("seal discreetly: %w", err)
	}
	all, err := hide(rand, to, least.Stanzas)
	if err != nil {
		return nil, fmt.Errorf("seal discreetly: %w", err)
	}
	ciphertext, key, err := seal.SealWithKey(rand, seal.Content{Type: Type, Body: body}, b, all)
	if err != nil {
		return nil, fmt.Errorf("seal discreetly: %w", err)
	}
	out.Sealed = act.Blob{Digest: canon.DigestOf(ciphertext), Size: int64(len(ciphertext))}
	return &Sealed{out, ciphertext, key}, out.Check()
}

// fill is the body of the smallest inside that has room for a.
func fill(a *act.Act, b seal.Binding, least int) ([]byte, error) {
	for _, size := range insides {
		room, ok := seal.Room(Type, b, size)
		if size < least || !ok {
			continue
		}
		body, err := Write(a, room)
		if !errors.Is(err, ErrTooLong) || size == insides[len(insides)-1] {
			return body, err
		}
	}
	return nil, ErrTooLong
}

// hide puts recipients in random order among dummies, up to a number of stanzas.
func hide(rand io.Reader, to []*age.HybridRecipient, least int) ([]*age.HybridRecipient, error) {
	i := slices.IndexFunc(stanzas, func(n int) bool { return n >= len(to) && n >= least })
	if i < 0 {
		return nil, fmt.Errorf("%d recipients, more than %d", len(to), MaxAddressees)
	}
	all := slices.Clone(to)
	for len(all) < stanzas[i] {
		dummy, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, fmt.Errorf("make a dummy recipient: %w", err)
		}
		all = append(all, dummy.Recipient())
	}
	for n := len(all) - 1; n > 0; n-- {
		k, err := below(rand, n+1)
		if err != nil {
			return nil, err
		}
		all[n], all[k] = all[k], all[n]
	}
	return all, nil
}

// below is a number from 0 to n-1, each as likely: n is at most 256.
func below(rand io.Reader, n int) (int, error) {
	var b [1]byte
	for most := 256 - 256%n; ; {
		if _, err := io.ReadFull(rand, b[:]); err != nil {
			return 0, fmt.Errorf("order the stanzas: %w", err)
		}
		if int(b[0]) < most {
			return int(b[0]) % n, nil
		}
	}
}

// CheckBlob is what a holder checks without a key: that the bytes have the shape that
// the act's size says. The error wraps seal.ErrFormat.
func CheckBlob(ciphertext []byte) error {
	s, ok := ShapeOf(int64(len(ciphertext)))
	if !ok {
		return fmt.Errorf("%w: %d bytes is no size of discreet content", seal.ErrFormat, len(ciphertext))
	}
	return seal.CheckHeader(ciphertext, s.Stanzas)
}

// Open tries whether a discreet act of author is for whoever has the keys ids, newest
// first: seal.ErrNotForUs if it is not. A ciphertext made for another act, or not to
// format, is seal.ErrBinding, seal.ErrFormat or ErrInside.
func Open(author party.Origin, outside *act.Act, ciphertext []byte, ids []*age.HybridIdentity) (*act.Act, error) {
	if err := CheckBlob(ciphertext); err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	b, err := binding(author, outside)
	if err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	o, err := seal.Open(ciphertext, b, -1, ids[:min(len(ids), maxKeys)])
	if err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	return inner(outside, b, ciphertext, o)
}

// OpenWithFileKey opens one discreet act with the key of its content, for an arbiter.
func OpenWithFileKey(author party.Origin, outside *act.Act, ciphertext, key []byte) (*act.Act, error) {
	if err := CheckBlob(ciphertext); err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	b, err := binding(author, outside)
	if err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	o, err := seal.OpenWithFileKey(ciphertext, b, key)
	if err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	return inner(outside, b, ciphertext, o)
}

// inner reads what was opened; the whole inside belongs to the act.
func inner(outside *act.Act, b seal.Binding, ciphertext []byte, o seal.Opened) (*act.Act, error) {
	s, _ := ShapeOf(int64(len(ciphertext)))
	if room, ok := seal.Room(Type, b, s.Inside); o.Type != Type || !ok || room != len(o.Body) {
		return nil, fmt.Errorf("open a discreet act: %w: %d bytes of %s", ErrInside, len(o.Body), o.Type)
	}
	a, err := Parse(o.Body)
	if err != nil {
		return nil, fmt.Errorf("open a discreet act: %w", err)
	}
	if a.Group != outside.Group || a.Edition != outside.Edition {
		return nil, fmt.Errorf("open a discreet act: %w: it is of another group or edition", ErrInside)
	}
	return a, nil
}
