package key

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"detente/internal/canon"
	"detente/party"
	"filippo.io/age"
)

// Card is the public half of Set with the commitments to Next: what a party
// hands to the others to be written into the roster. Canonical JSON.
type Card struct {
	Origin    party.Origin `json:"origin"`
	Record    [3]string    `json:"record"`  // vkeys 0x01, 0x04, 0x06
	Witness   [2]string    `json:"witness"` // vkeys 0x04, 0x06
	Mirror    [2]string    `json:"mirror"`
	Sealing   string       `json:"sealing"`   // age1pq1…
	Transport canon.Digest `json:"transport"` // pin
	Next      Commitments  `json:"next"`
}

// Commitments are digests of the keys that follow.
type Commitments struct {
	Record  canon.Digest `json:"record"`
	Witness canon.Digest `json:"witness"`
	Mirror  canon.Digest `json:"mirror"`
	Sealing canon.Digest `json:"sealing"` // digest of the offline Ed25519 key that signs batches of sealing and transport keys
}

// Commitments are what a card or a key act says of n.
func (n *Next) Commitments() Commitments {
	return Commitments{
		Record:  n.Record.Public.Digest(),
		Witness: n.Witness.Public.Digest(),
		Mirror:  n.Mirror.Public.Digest(),
		Sealing: BatchDigest(n.BatchPublic()),
	}
}

// Card is what s hands to the others. Without n, as in a running node, the
// commitments are zero and Check refuses the card.
func (s *Set) Card(n *Next) Card {
	c := Card{
		Origin:    s.Origin,
		Record:    s.Record.Public.VerifierLines(),
		Witness:   s.Witness.Public.VerifierLines(),
		Mirror:    s.Mirror.Public.VerifierLines(),
		Sealing:   s.Sealing[0].Recipient().String(),
		Transport: s.Transport.Pin(),
	}
	if n != nil {
		c.Next = n.Commitments()
	}
	return c
}

// Bytes writes the card in canonical JSON.
func (c Card) Bytes() ([]byte, error) { return canon.JSON(c) }

// ParseCard reads what Bytes writes and checks it.
func ParseCard(b []byte) (Card, error) {
	if len(b) > maxStored {
		return Card{}, fmt.Errorf("card has %d bytes where %d is the most", len(b), maxStored)
	}
	var c Card
	if err := canon.ParseJSON(b, &c); err != nil {
		return Card{}, fmt.Errorf("card: %w", err)
	}
	if err := c.Check(); err != nil {
		return Card{}, err
	}
	return c, nil
}

// Digest is the card's fingerprint: SHA-256 of its canonical JSON.
func (c Card) Digest() canon.Digest {
	b, err := c.Bytes()
	if err != nil {
		return canon.Digest{} // text that is not UTF-8, which Check refuses
	}
	return canon.DigestOf(b)
}

// RecordKey reads the record's keys.
func (c Card) RecordKey() (RecordKey, error) {
	return ParseRecordKey(c.Record[0], c.Record[1], c.Record[2])
}

// WitnessKey reads the witness's keys.
func (c Card) WitnessKey() (Cosigner, error) { return ParseCosigner(c.Witness[0], c.Witness[1]) }

// MirrorKey reads the mirror's keys.
func (c Card) MirrorKey() (Cosigner, error) { return ParseCosigner(c.Mirror[0], c.Mirror[1]) }

// Check refuses a card with a key that cannot be read, a name that does not
// follow from the origin, one key in two places, or a missing commitment.
func (c Card) Check() error {
	if _, err := party.ParseOrigin(string(c.Origin)); err != nil {
		return fmt.Errorf("card: %w", err)
	}
	record, err := c.RecordKey()
	if err != nil {
		return fmt.Errorf("card: %w", err)
	}
	if record.Origin != c.Origin {
		return fmt.Errorf("card of %s: the record key is of %s", c.Origin, record.Origin)
	}
	witness, err := c.WitnessKey()
	if err != nil {
		return fmt.Errorf("card: witness: %w", err)
	}
	mirror, err := c.MirrorKey()
	if err != nil {
		return fmt.Errorf("card: mirror: %w", err)
	}
	if want := CosignerName(c.Origin, Witness); witness.Name != want {
		return fmt.Errorf("card of %s: the witness key is named %s where %s belongs", c.Origin, witness.Name, want)
	}
	if want := CosignerName(c.Origin, Mirror); mirror.Name != want {
		return fmt.Errorf("card of %s: the mirror key is named %s where %s belongs", c.Origin, mirror.Name, want)
	}
	r, err := age.ParseHybridRecipient(c.Sealing)
	if err != nil || r.String() != c.Sealing {
		// The library's error repeats all 1,959 characters.
		return fmt.Errorf("card of %s: the sealing key is not a hybrid age recipient in lower case", c.Origin)
	}
	if c.Transport.IsZero() {
		return fmt.Errorf("card of %s: the transport pin is missing", c.Origin)
	}
	if err := distinct(record, witness, mirror); err != nil {
		return fmt.Errorf("card of %s: %w", c.Origin, err)
	}
	return c.Next.check(c.Origin)
}

func (n Commitments) check(o party.Origin) error {
	for _, d := range []struct {
		of string
		d  canon.Digest
	}{{"record", n.Record}, {"witness", n.Witness}, {"mirror", n.Mirror}, {"sealing", n.Sealing}} {
		if d.d.IsZero() {
			return fmt.Errorf("card of %s: the commitment to the next %s key is missing", o, d.of)
		}
	}
	return nil
}

// distinct refuses one key in two roles.
func distinct(r RecordKey, w, m Cosigner) error {
	eds := []ed25519.PublicKey{r.Plain, r.Timed.Ed25519, w.Ed25519, m.Ed25519}
	for i := range eds {
		for j := range i {
			if bytes.Equal(eds[i], eds[j]) {
				return errors.New("one Ed25519 key stands in two places")
			}
		}
	}
	if r.Timed.MLDSA.Equal(w.MLDSA) || r.Timed.MLDSA.Equal(m.MLDSA) || w.MLDSA.Equal(m.MLDSA) {
		return errors.New("one ML-DSA-44 key stands in two places")
	}
	return nil
}
