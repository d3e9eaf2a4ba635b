// Package proof is evidence that stands alone: the proof file of one act
// (leaf, inclusion, cosignatures, later editions, key acts, receipts, optionally
// the content with its file key), checked offline with the first roster alone;
// and the proof of misconduct, two signed statements that cannot both be honest.
// Everything else about a peer is an observation and never becomes a proof here.
//
// It collects nothing and decides nothing: which evidence goes into a file is
// for the caller, and a finding against a deadline for package lodging.
//
// Invariant: Verify says in one sentence what is shown and lists what is not;
// damage never becomes an accusation. Source: protocol §8. Spec: spec/proof.md,
// spec/misconduct.md.
package proof

import (
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// FileMagic is the first line of a proof file.
	FileMagic = "detente-proof/v1"
	// FileType is the media type of a proof file.
	FileType = "application/vnd.detente.proof"
)

// File is the content of a proof file. Bounds are in limits.go.
type File struct {
	Leaf      []byte           // the act
	Index     int64            // its place in the record, from 0
	Inclusion tlog.RecordProof // of Leaf under Head
	Head      []byte           // checkpoint note of the author, size > Index
	Earlier   []byte           // optional: author's newest checkpoint not covering the act
	Cosigs    []Cosig          // mirror cosignatures over covering heads
	Editions  [][]byte         // later roster editions, in order, from edition 2
	Adoptions []Included       // adoption acts for each later edition; Blob stays empty, Editions hold it
	KeyActs   []Included       // each record's own in order; Blob is the list of a retired cosigner key
	Receipts  []Included       // delivered, acknowledged, returned acts in the addressees' records
	// Withdrawal is the author's first later act in the same volume that withdraws
	// the content. Optional: its absence does not show that there is none.
	Withdrawal *Included
	// Ciphertext is the blob that the act names: ciphertext, or the clear blob. Optional.
	Ciphertext []byte
	FileKey    []byte // opens Ciphertext. Optional.
}

// Included is an act in any record with its inclusion under a head of that record.
type Included struct {
	Leaf      []byte
	Origin    party.Origin
	Index     int64
	Inclusion tlog.RecordProof
	Head      []byte  // checkpoint note of that record, size > Index
	Blob      []byte  // clear blob it names, when needed
	Cosigs    []Cosig // mirror cosignatures; adoptions need k of them
}

// Cosig is a cosignature over a head, with the consistency proof from the
// smaller to the larger of that head and the head beside it.
type Cosig struct {
	Note        []byte         // the head's text and the two lines of one cosigner
	Consistency tlog.TreeProof // empty when sizes are equal
}
