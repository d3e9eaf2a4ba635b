package roster

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"filippo.io/age"
)

// RotationFormat is the first line of every key act's payload of this version.
const RotationFormat = "detente-key/v1"

// Rotation is the payload of a key act: the statement of the entering key itself,
// signed by it. Of Record, Cosigner and Batch exactly the one of the role is set.
type Rotation struct {
	Group party.Group
	In    party.Origin // volume of the record that carries the act
	Index int64        // of the act in it
	Role  key.Role

	// Witness and mirror: digest and size of the CosignedList of the key that
	// retires. Only what it lists counts from then on.
	Listed     canon.Digest
	ListedSize int64

	Record   key.RecordKey     // role record; named by the origin of the first volume
	Cosigner key.Cosigner      // roles witness and mirror
	Batch    ed25519.PublicKey // roles sealing and transport: the offline key that signs the batch
	Next     canon.Digest      // commitment to the key that follows; for a batch it may be the same key
	Valid    []Validity        // roles sealing and transport: 1 to 16, in the order of From

	sig      key.StatementSig // by Record or Cosigner
	batchSig []byte           // by Batch
}

// Validity is one key of a batch. It is in force from From until the next one's,
// or until the next batch begins.
type Validity struct {
	From    time.Time    // whole seconds
	Sealing string       // role sealing: age1pq1…
	Pin     canon.Digest // role transport
}

// NewChange writes the payload that enters next's key of a committed role
// (record, witness, mirror) by an act at index of the record next.Origin, which
// names the volume. It is signed by the entering key and commits to after's of
// that role. listed is what the retiring cosigner key signed: required for
// witness and mirror, where an empty list means that nothing of it counts; nil
// for record. The act carries listed.Bytes() as its clear blob.
func NewChange(group party.Group, role key.Role, index int64, next *key.Next, after key.Commitments, listed CosignedList) ([]byte, error) {
	r := Rotation{Group: group, In: next.Origin, Index: index, Role: role}
	var sign func([]byte) (key.StatementSig, error)
	switch role {
	case key.Record:
		if listed != nil {
			return nil, errors.New("write key act: the role record has no list of cosignatures")
		}
		r.Record = next.Record.Public.AtOrigin(next.Origin.Base())
		r.Next = after.Record
		sign = next.Record.SignStatement
	case key.Witness:
		r.Cosigner, r.Next, sign = next.Witness.Public, after.Witness, next.Witness.SignStatement
	case key.Mirror:
		r.Cosigner, r.Next, sign = next.Mirror.Public, after.Mirror, next.Mirror.SignStatement
	default:
		return nil, fmt.Errorf("write key act: keys of role %q enter by a batch", clip(string(role)))
	}
	if role != key.Record {
		if listed == nil {
			return nil, errors.New("write key act: the list of what the retiring key signed is missing")
		}
		b, err := listed.Bytes()
		if err != nil {
			return nil, fmt.Errorf("write key act: %w", err)
		}
		r.Listed, r.ListedSize = canon.DigestOf(b), int64(len(b))
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("write key act: %w", err)
	}
	var err error
	if r.sig, err = sign(r.statement()); err != nil {
		return nil, fmt.Errorf("write key act: %w", err)
	}
	return r.Bytes()
}

// NewBatch writes the payload that enters sealing or transport keys, each from
// its moment on, by an act at index of the record next.Origin. It is signed by
// next's batch key and commits to after, the digest of the batch key that
// follows; it may be the same key again. What an earlier batch listed for the
// time from the first of valid on is void.
func NewBatch(group party.Group, role key.Role, index int64, next *key.Next, after canon.Digest, valid []Validity) ([]byte, error) {
	r := Rotation{Group: group, In: next.Origin, Index: index, Role: role, Batch: next.BatchPublic(), Next: after, Valid: slices.Clone(valid)}
	if role != key.Sealing && role != key.Transport {
		return nil, fmt.Errorf("write batch of keys: role %q has none", clip(string(role)))
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("write batch of keys: %w", err)
	}
	r.batchSig = next.SignBatch(r.statement())
	return r.Bytes()
}

// check holds r to the bounds of spec/key-act.md §2, signatures apart.
func (r *Rotation) check() error {
	if r.Group.IsZero() {
		return errors.New("the group is missing")
	}
	if _, err := party.ParseOrigin(string(r.In)); err != nil {
		return err
	}
	if r.Index < 0 {
		return fmt.Errorf("index %d is negative", r.Index)
	}
	if r.Next.IsZero() {
		return errors.New("the commitment to the key that follows is missing")
	}
	switch r.Role {
	case key.Record:
		if r.Record.IsZero() || r.Record.Origin != r.In.Base() {
			return fmt.Errorf("the entering record key is not named %s", r.In.Base())
		}
		if !distinct(recordMaterials(r.Record)) {
			return errors.New("the plain and the timed record key are the same")
		}
		return differs(r.Next, r.Record.Digest())
	case key.Witness, key.Mirror:
		if want := key.CosignerName(r.In, r.Role); r.Cosigner.IsZero() || r.Cosigner.Name != want {
			return fmt.Errorf("the entering %s key is not named %s", r.Role, want)
		}
		if r.Listed.IsZero() || r.ListedSize < 1 || r.ListedSize > MaxListedSize {
			return errors.New("the list of what the retiring key signed is missing or too large")
		}
		return differs(r.Next, r.Cosigner.Digest())
	case key.Sealing, key.Transport:
		if len(r.Batch) != ed25519.PublicKeySize {
			return errors.New("the batch key is missing")
		}
		return r.checkValid()
	}
	return fmt.Errorf("role %q is none of record, witness, mirror, sealing, transport", clip(string(r.Role)))
}

func distinct(ms []material) bool {
	for i, m := range ms {
		if slices.Contains(ms[:i], m) {
			return false
		}
	}
	return true
}

func differs(next, entering canon.Digest) error {
	if next == entering {
		return errors.New("the key that follows is the entering one again")
	}
	return nil
}

func (r *Rotation) checkValid() error {
	if len(r.Valid) < 1 || len(r.Valid) > maxValidities {
		return fmt.Errorf("%d keys in the batch where 1 to %d belong", len(r.Valid), maxValidities)
	}
	for i, v := range r.Valid {
		if u := v.From.Unix(); u < 0 || u > maxListedTime || v.From.Nanosecond() != 0 {
			return fmt.Errorf("key %d of the batch: its moment is not a whole second of the years 1970 to 9999", i+1)
		}
		if i > 0 && !r.Valid[i-1].From.Before(v.From) {
			return fmt.Errorf("key %d of the batch does not begin after the one before", i+1)
		}
		for _, w := range r.Valid[:i] {
			if w.Sealing == v.Sealing && w.Pin == v.Pin {
				return fmt.Errorf("key %d of the batch stands twice", i+1)
			}
		}
		if (r.Role == key.Sealing) == (v.Sealing == "") || (r.Role == key.Transport) == v.Pin.IsZero() {
			return fmt.Errorf("key %d of the batch is not of role %s", i+1, r.Role)
		}
		if r.Role == key.Transport {
			continue
		}
		a, err := age.ParseHybridRecipient(v.Sealing)
		if err != nil {
			return fmt.Errorf("key %d of the batch: %w", i+1, err)
		}
		if a.String() != v.Sealing {
			return fmt.Errorf("key %d of the batch is not in canonical form", i+1)
		}
	}
	return nil
}

// statement is what the entering key signs: everything before the empty line.
func (r *Rotation) statement() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\ngroup %s\nrecord %s\nindex %d\nrole %s\n", RotationFormat, r.Group, r.In, r.Index, r.Role)
	switch r.Role {
	case key.Record:
		for _, v := range r.Record.VerifierLines() {
			fmt.Fprintf(&b, "key %s\n", v)
		}
	case key.Witness, key.Mirror:
		fmt.Fprintf(&b, "listed %s %d\n", r.Listed, r.ListedSize)
		for _, v := range r.Cosigner.VerifierLines() {
			fmt.Fprintf(&b, "key %s\n", v)
		}
	default:
		fmt.Fprintf(&b, "key %s\n", canon.Base64(r.Batch))
	}
	fmt.Fprintf(&b, "next %s\n", r.Next)
	for _, v := range r.Valid {
		if r.Role == key.Sealing {
			fmt.Fprintf(&b, "from %s %s\n", canon.FormatTime(v.From), v.Sealing)
		} else {
			fmt.Fprintf(&b, "from %s %s\n", canon.FormatTime(v.From), v.Pin)
		}
	}
	return b.Bytes()
}

// signatures are in the order in which they are written.
func (r *Rotation) signatures() [][]byte {
	switch r.Role {
	case key.Record:
		return [][]byte{r.sig.Plain, r.sig.Ed25519, r.sig.MLDSA}
	case key.Witness, key.Mirror:
		return [][]byte{r.sig.Ed25519, r.sig.MLDSA}
	}
	return [][]byte{r.batchSig}
}

// Bytes writes the payload.
func (r *Rotation) Bytes() ([]byte, error) {
	b := append(r.statement(), '\n')
	for _, s := range r.signatures() {
		b = fmt.Appendf(b, "signature %s\n", canon.Base64(s))
	}
	if len(b) > maxChange {
		return nil, fmt.Errorf("write key act: %d bytes where %d are the most", len(b), maxChange)
	}
	return b, nil
}

// verify checks that the entering key is the committed one and signed.
func (r *Rotation) verify(committed canon.Digest) error {
	switch r.Role {
	case key.Record:
		if r.Record.Digest() != committed {
			return errors.New("the entering record key is not the one that was committed to")
		}
		return r.Record.VerifyStatement(r.statement(), r.sig)
	case key.Witness, key.Mirror:
		if r.Cosigner.Digest() != committed {
			return fmt.Errorf("the entering %s key is not the one that was committed to", r.Role)
		}
		return r.Cosigner.VerifyStatement(r.statement(), r.sig)
	}
	return key.VerifyBatch(committed, r.Batch, r.statement(), r.batchSig)
}
