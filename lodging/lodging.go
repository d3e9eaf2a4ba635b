// Package lodging answers what can be shown about time: not after, not before,
// timely, late by the author's own word, or not shown timely. It is pure: the
// verified set of cosignatures and checkpoints comes in, a finding goes out,
// independent of the order of arrival.
//
// It verifies no signature, reads no record and writes no sentence: whoever
// builds an Evidence verified it, and the words are chosen elsewhere.
//
// Invariant: more evidence may settle a finding, never reverse it; the one
// exception, an author whose own word contradicts k mirrors, is marked by
// Bounds.Contradiction. Source: protocol §6. Spec: spec/lodging.md.
package lodging

import "detente/party"

// Stamp is one verified timestamp by a party that shows the act: a mirror
// cosignature over a head of the act's volume, or a receipt.
type Stamp struct {
	By   party.ID
	Size int64 // entries of the head that was cosigned; unused for receipts
	Time int64 // Unix seconds, > 0; any other value never counts
}

// Own is one checkpoint of the author: its size and its own time.
type Own struct {
	Size int64 // entries
	Time int64 // Unix seconds, > 0
}

// Evidence is what is known about one act. Its slices are read, never kept,
// changed or reordered, and may hold duplicates and stamps that do not count.
type Evidence struct {
	Index   int64    // of the act in its volume, from 0
	Author  party.ID // the party whose record holds the act
	Claimed int64    // Unix seconds, the act's claimed time; 0 if none
	Stamps  []Stamp  // all verified mirror cosignatures over heads of this volume
	Heads   []Own    // the author's own checkpoints of the same volume
	Sealed  bool     // the content is sealed to To
	To      []party.ID
	// Receipts are the verified delivered and acknowledged receipts: By is the
	// addressee, Time the earliest time at which its own record shows it.
	Receipts []Stamp
	Now      int64 // Unix seconds; what is later than Now is set aside
	// Gap is the index of the author's later act that withdraws the content,
	// or -1. A head of more than Gap entries does not show that the content was
	// held, for a mirror may pass a withdrawn blob. The zero value is safe: it
	// counts nothing.
	Gap int64
}

// Rule is the part of the roster edition in force that counts.
type Rule struct {
	Counting   []party.ID          // W of protocol §2
	K          int                 // the quorum k; below 1 nothing is ever shown by mirrors
	Custodians []party.ID          // hold sealed content that they cannot read
	Control    map[party.ID]string // same non-empty token: common control, counts once
	From       int64               // Unix seconds at which the edition came into force; 0 for the first
}

// Finding is the outcome against a deadline.
type Finding string

// The four findings. Only Timely and Late say something about the author.
const (
	Timely         Finding = "timely"
	Late           Finding = "late"             // by the author's own word
	NotShownTimely Finding = "not-shown-timely" // says nothing about the author
	Pending        Finding = "pending"          // deadline not reached and not yet shown
)

// Bounds are the two ends; zero means not known. Times are Unix seconds.
type Bounds struct {
	NotAfter  int64
	NotBefore int64
	// Shown are the stamps that establish NotAfter, earliest first: Need of
	// them, or none when NotAfter is not known.
	Shown []Stamp
	Need  int // how many independent mirrors must show the act: k or k'
	Have  int // how many counting mirrors show it, at most Of
	Of    int // how many independent counting mirrors there are
	// Contradiction: the author's own word (NotBefore) is later than what the
	// mirrors show (NotAfter). An observation about clocks, never a proof.
	Contradiction bool
}

// Judge compares the bounds with a deadline. All three times are Unix seconds;
// now must be the Evidence.Now that the bounds were made with, or later. A
// not-after at or before the deadline is timely and outranks late.
func Judge(b Bounds, deadline, now int64) Finding {
	switch {
	case b.NotAfter > 0 && b.NotAfter <= deadline:
		return Timely
	case b.NotBefore > deadline:
		return Late
	case now <= deadline:
		return Pending
	default:
		return NotShownTimely
	}
}
