package record

import "golang.org/x/mod/sumdb/tlog"

const (
	// MaxEntry is the size of the largest entry in bytes: a tlog-tiles entry
	// bundle gives each entry a 16-bit length.
	MaxEntry = 65535

	// MaxRun is how many entries one call of Entries returns: one full entry
	// bundle, at most 16.8 MB. Each reads more.
	MaxRun = tileWidth

	// MaxSize is the number of entries of the largest record. At 10,000 a second
	// it lasts for 228,000 years; it bounds the levels of a tree.
	MaxSize = 1<<maxHeight - 1

	// MaxBlob is the size of the largest blob in bytes: content of 16 MiB with
	// its padding (at most 12 %) and a stanza for every addressee.
	MaxBlob = 20 << 20

	// MaxObserved is how much evidence one observation keeps, in bytes: the
	// largest note, or one entry.
	MaxObserved = 64 << 10

	// MaxObservations and MaxObservedTotal (bytes) bound what peers can make a
	// node keep; beyond them the oldest observation gives way.
	MaxObservations  = 10_000
	MaxObservedTotal = 64 << 20

	// MaxPage bounds how many cosignatures one call returns: 4,096 notes of
	// 3.5 kB are 14 MB.
	MaxPage = 4096
)

const (
	tileHeight = 8               // of C2SP tlog-tiles
	tileWidth  = 1 << tileHeight // hashes in a full tile, entries in a full bundle
	tileSize   = tileWidth * tlog.HashSize

	maxHeight = 56 // levels of a tree
	tileTiers = maxHeight / tileHeight

	// maxWhat bounds the sentence of an observation in bytes; a sentence of ours
	// that quotes two file names has some 600.
	maxWhat = 1024

	// maxObservationsRead bounds one answer to 16 MiB.
	maxObservationsRead = 256

	// maxReversals bounds how many times that fell are looked at for one answer.
	// An honest signer has none; a signer that makes more of them has its others
	// looked at in order of time.
	maxReversals = 64
)
