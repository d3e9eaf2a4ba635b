package proof

import (
	"detente/act"
	"detente/internal/canon"
	"detente/internal/frame"
	"detente/roster"
)

const (
	// maxNote bounds a checkpoint note, as package checkpoint does.
	maxNote = 64 << 10
	// maxHashes bounds an inclusion or consistency proof: a tree of 2^53 entries
	// needs at most 54 hashes.
	maxHashes = 64
	// maxCosigs: one of each party that a roster can hold.
	maxCosigs = 128
	// maxEditions: more than two decades of two a year.
	maxEditions = 64
	// maxAdoptions: every party of a large group, for every edition.
	maxAdoptions = maxEditions * 64
	// maxKeyActs: 64 parties that changed their record and mirror keys twice a year
	// for thirty years (roster.MaxChanges). Of one accused party it is more than enough.
	maxKeyActs = 64 * 2 * roster.MaxChanges
	// maxReceipts: three of each addressee.
	maxReceipts = 3 * 128
	// fileKeySize is that of age's file key.
	fileKeySize = 16
	// maxIndex bounds every index and size. The arithmetic of sumdb/tlog does
	// not end for trees of more than 2^62 entries, so sizes are checked before.
	maxIndex = canon.MaxNumber
)

// fileLimits bound a proof file: it is read into memory at once, and the
// signatures that fit are verified in about ten seconds.
func fileLimits() frame.Limits {
	return frame.Limits{Items: 1 << 16, Body: act.MaxBlob, Total: 128 << 20}
}

// misconductLimits bound a proof of misconduct, which travels as a clear blob.
func misconductLimits() frame.Limits {
	return frame.Limits{Items: 1 << 12, Body: act.MaxBlob, Total: act.MaxBlob}
}
