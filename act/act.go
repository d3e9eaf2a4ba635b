// Package act is what a party says: one act is one leaf of its record, at most
// 65,535 bytes, in one canonical text form. The bytes are what is hashed; nobody
// re-serialises. The package does no I/O and knows no form, no key and no record:
// whether an addressee exists, whether what is answered exists and which keys
// rule is for others to say.
//
// Version 1 has all kinds but one; version 2 has the discreet act alone, of which
// nothing but group, edition and a sealed content of one of twelve sizes is outside.
//
// Invariant: Parse accepts exactly what Bytes writes. Spec: spec/act.md.
package act

import (
	"slices"
	"time"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Status says whether an act is meant. Group state is always Actual; a thread
// never mixes statuses (a rule of the reader, who sees the thread).
type Status string

const (
	Actual   Status = "actual"
	Exercise Status = "exercise"
	Test     Status = "test"
)

// Life is where a statement stands in its thread.
type Life string

const (
	New           Life = "new"
	Update        Life = "update"
	Correction    Life = "correction"
	Cancellation  Life = "cancellation"
	Withdrawal    Life = "withdrawal"
	IssuedInError Life = "issued-in-error"
)

// Channels are the ways beside the records by which something was handed over.
const (
	ByNote      = "note"
	ByMail      = "mail"
	ByTelephone = "telephone"
	ByEmbassy   = "embassy"
)

// Media types that group state carries. They name formats of other packages;
// this package looks only at the name.
const (
	TypeRoster       = "application/vnd.detente.roster+json"  // clear blob of an adoption
	TypeKeyChange    = "application/vnd.detente.key-change"   // payload of a key act
	TypeCosignatures = "application/vnd.detente.cosignatures" // clear blob of a key act for witness or mirror
	TypeVolume       = "application/vnd.detente.volume"       // payload of a volume act, see VolumeHead
)

// Act is the outside, readable by all who hold the record. Zero fields are
// absent. The order of the fields here is their order in the canonical form;
// which kind carries which field stands in spec/act.md.
type Act struct {
	Group       party.Group
	Edition     int // roster edition in force when it was made; 0 only in a party's private record
	Kind        Kind
	Status      Status
	To          []party.ID         // addressees in the order of stanzas; empty with ToAll
	ToAll       bool               // all parties of the edition; never with Sealed
	Serial      map[party.ID]int64 // per-addressee serial, from 1, for each of To; a gap shows
	Thread      string             // reference of the thread, token of 1–64 [A-Za-z0-9./-], e.g. ALA/2026/17
	Answers     Ref                // what it answers, confirms, continues or hands over
	For         party.ID           // entered, handed-over: the party it is entered for
	Life        Life               // statement (needed) and entered (if the entry has a place in a thread)
	Touches     []string           // numbered fields that an update or correction touches, e.g. "5", "12.2"
	Measure     string             // e.g. cica.2.1.1d
	Pack        canon.Digest       // digest of the pack edition; zero until packs (a later issue)
	Role        string             // key acts: the role entered
	Handling    string             // handling mark, token
	Post        party.Post         // issuing or acknowledging post
	Claimed     time.Time          // the time the author claims, whole seconds
	Language    string             // original language, BCP 47
	Originator  string             // token
	Releasable  string             // token, e.g. observers
	Downgrade   time.Time          // when the handling mark falls away
	Embargo     time.Time          // not to be made public before
	Note        string             // note-verbale number: token
	Channel     string             // handed-over, entered: by which way
	On          time.Time          // handed-over, entered: when it was handed over or received, as stated
	Sealed      Blob               // ciphertext digest and size
	Clear       Blob               // large clear content as a blob
	PayloadType string             // media type of Payload
	Payload     []byte             // small clear content, at least one byte if there is a PayloadType
}

// IsReceipt says whether a is delivered, acknowledged or returned: an answer
// about the receipt of one act, to its author alone.
func (a *Act) IsReceipt() bool {
	return a.Kind == Delivered || a.Kind == Acknowledged || a.Kind == Returned
}

// IsGroupState says whether a is of a kind that is always clear, actual and to all.
func (a *Act) IsGroupState() bool {
	r := ruleOf(a.Kind)
	return r != nil && r.groupState
}

// Addressed says whether a is meant for id: named in To, or to all.
func (a *Act) Addressed(id party.ID) bool {
	return a.ToAll || slices.Contains(a.To, id)
}

// Stanza is the number, from 0, of id's stanza in the sealed content: its place
// in To. It is -1 if id is not named.
func (a *Act) Stanza(id party.ID) int {
	return slices.Index(a.To, id)
}

// IsDiscreet says whether a is of version 2: who it is for, and what it is, are inside
// the seal.
func (a *Act) IsDiscreet() bool { return a.Kind == Discreet }

// IsSealed says whether a carries content that only its addressees can read.
func (a *Act) IsSealed() bool { return !a.Sealed.IsZero() }

// LeafHash is the hash of an act's bytes as a leaf (RFC 6962 §2.1).
func LeafHash(b []byte) tlog.Hash { return tlog.RecordHash(b) }
