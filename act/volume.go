package act

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// VolumeReason says why a record goes on in a further volume.
type VolumeReason string

const (
	Restore VolumeReason = "restore" // the node was restored from a copy
	Loss    VolumeReason = "loss"    // a key or the store was lost
	Theft   VolumeReason = "theft"   // a key is in other hands
	Fork    VolumeReason = "fork"    // the volume before forked
	Growth  VolumeReason = "growth"  // the volume before was closed for its size
)

// VolumeHead is the payload of a volume act: the last head of the volume before
// that its author knows. A longer tail that others hold stays binding.
type VolumeHead struct {
	Origin party.Origin // of the volume before
	Size   int64        // entries, from 0 to MaxIndex
	Root   tlog.Hash    // of the tree of that size; SHA-256 of nothing for size 0
	Reason VolumeReason
}

const volumeVersion = "detente-volume/v1"

// Bytes writes the canonical form: five lines.
func (v VolumeHead) Bytes() ([]byte, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	return []byte(v.text()), nil
}

func (v VolumeHead) text() string {
	return fmt.Sprintf("%s\norigin %s\nsize %d\nroot %s\nreason %s\n", volumeVersion, v.Origin, v.Size, v.Root, v.Reason)
}

func (v VolumeHead) check() error {
	if _, err := party.ParseOrigin(string(v.Origin)); err != nil {
		return fmt.Errorf("volume: line 2: %w", err)
	}
	if v.Size < 0 || v.Size > MaxIndex {
		return fmt.Errorf("volume: line 3: size %d is not between 0 and %d", v.Size, int64(MaxIndex))
	}
	if v.Size == 0 && v.Root != sha256.Sum256(nil) {
		return errors.New("volume: line 4: the root of an empty record is the SHA-256 of nothing")
	}
	if !slices.Contains([]VolumeReason{Restore, Loss, Theft, Fork, Growth}, v.Reason) {
		return fmt.Errorf("volume: line 5: reason %q is not one of restore, loss, theft, fork, growth", clip(string(v.Reason)))
	}
	return nil
}

// ParseVolumeHead reads what VolumeHead.Bytes writes.
func ParseVolumeHead(b []byte) (VolumeHead, error) {
	const longest = 512 // five lines with the longest origin take less than 300
	if len(b) > longest {
		return VolumeHead{}, fmt.Errorf("volume: %d bytes are more than a head takes", len(b))
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) != 6 || lines[5] != "" {
		return VolumeHead{}, errors.New("volume: is not five lines")
	}
	if lines[0] != volumeVersion {
		return VolumeHead{}, fmt.Errorf("volume: line 1: is not %s", volumeVersion)
	}
	var values [4]string
	for i, name := range [...]string{"origin ", "size ", "root ", "reason "} {
		value, ok := strings.CutPrefix(lines[i+1], name)
		if !ok {
			return VolumeHead{}, fmt.Errorf("volume: line %d: does not begin with %q", i+2, name)
		}
		values[i] = value
	}
	size, err := canon.ParseDecimal(values[1], MaxIndex)
	if err != nil {
		return VolumeHead{}, fmt.Errorf("volume: line 3: %w", err)
	}
	root, err := parseHash(values[2])
	if err != nil {
		return VolumeHead{}, fmt.Errorf("volume: line 4: %w", err)
	}
	v := VolumeHead{party.Origin(values[0]), int64(size), root, VolumeReason(values[3])}
	return v, v.check()
}
