// Package bundle is the one format in which evidence travels, over the network
// and on a stick: heads, cosignatures, entries and blobs of one or more records
// since a position. A bundle proves nothing by itself; what reads it verifies.
// It does not know what a leaf or a note says, only where each begins and ends.
//
// Invariant: hostile bundles are refused whole; reading is bounded in size and
// count. Reader accepts exactly what Writer writes. Spec: spec/bundle.md.
package bundle

import (
	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Magic is the first line of a bundle.
const Magic = "detente-bundle/v1"

// PartKind says what a part carries; it is the type of the framed item.
type PartKind string

// The kinds of part. Header comes first and once; Have, Want and
// Since at most once each; the rest in any order that its comment allows.
const (
	Header  PartKind = "group"       // group, sender, time of writing
	Entries PartKind = "entries"     // of one origin without overlap or gap from part to part
	Head    PartKind = "head"        // after the entries that it covers
	Cosig   PartKind = "cosignature" // after the entries that its head covers
	Blob    PartKind = "blob"        // before the entries that name it; each once
	Have    PartKind = "have"        // positions, so that the answer can begin there
	Want    PartKind = "want"        // digests of blobs asked for
	Since   PartKind = "since"       // positions in the streams of cosignatures
)

// Part is one piece. Kind says which of the other fields are set; the others
// are ignored by Writer and left zero by Reader.
type Part struct {
	Kind   PartKind
	Origin party.Origin   // entries: whose record
	From   int64          // entries: index of the first
	Leaves [][]byte       // entries: consecutive leaves, 1 to MaxLeaves
	Note   []byte         // head, cosignature: the note, unverified, 1 to MaxNote bytes
	Blob   []byte         // blob: at most MaxBlob bytes
	Digest canon.Digest   // blob: its digest, checked when written and when read
	Have   []Position     // have: what the sender holds, at most MaxPositions, written in order of origin
	Want   []canon.Digest // want: at most MaxWanted, written in order
	Held   int64          // since: how far the sender holds the receiver's stream of cosignatures, in the receiver's own numbers
	Upto   int64          // since: how far this bundle brings the sender's own stream
	All    bool           // since: the sender asks for all cosignatures of the stream, not only for those that the receiver made or that are over its record
}

// Position is how much of a record somebody holds, with the root, so that a fork shows.
type Position struct {
	Origin party.Origin
	Size   int64     // entries
	Root   tlog.Hash // RFC 6962 root of the first Size entries
}

// Info is the header part.
type Info struct {
	Group   party.Group
	From    party.ID
	Written string // canon time, a claim
}
