package bundle

import (
	"detente/act"
	"detente/internal/frame"
)

// Bounds of one part. Raising one is a change of format.
const (
	// MaxLeaves is one full tlog-tiles entry bundle.
	MaxLeaves = 256
	// MaxLeaf is what a 16-bit length can say.
	MaxLeaf = 65535
	// MaxNote bounds a checkpoint note: 16 lines with ML-DSA-44 signatures of
	// 3.2 kB each in base64 fit.
	MaxNote = 64 << 10
	// MaxBlob is the largest blob that an act may name. What does not fit a
	// network bundle travels by courier file.
	MaxBlob = act.MaxBlob
	// MaxPositions: 256 parties with 16 volumes each.
	MaxPositions = 4096
	// MaxWanted: one request asks for no more; the next asks for the rest.
	MaxWanted = 4096
	// MaxBlobs bounds the memory that finds a repeated blob, 32 bytes each.
	MaxBlobs = 1 << 18
)

// NetworkLimits bound one request or answer: 32 MiB is read within a minute on
// a line of 5 Mbit/s and held in memory by no one.
func NetworkLimits() frame.Limits {
	return frame.Limits{Items: 1 << 16, Body: 32 << 20, Total: 32 << 20}
}

// FileLimits bound a carried file: 4 GiB is the largest file of FAT32, which
// most sticks have.
func FileLimits() frame.Limits {
	return frame.Limits{Items: 1 << 20, Body: MaxBlob, Total: 4<<30 - 1}
}
