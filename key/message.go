package key

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"detente/internal/canon"
)

// tree is what a checkpoint text says, as far as a signature needs it.
type tree struct {
	origin string
	size   uint64
	root   []byte
}

// parseTree reads a checkpoint text of exactly three lines.
func parseTree(text string) (tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tree{}, errors.New("checkpoint text does not have exactly three lines")
	}
	if len(lines[0]) == 0 || len(lines[0]) > maxKeyName {
		return tree{}, fmt.Errorf("checkpoint origin has %d bytes where 1 to %d belong", len(lines[0]), maxKeyName)
	}
	size, err := canon.ParseDecimal(lines[1], math.MaxInt64)
	if err != nil {
		return tree{}, fmt.Errorf("checkpoint size: %w", err)
	}
	root, err := canon.ParseBase64(lines[2])
	if err != nil || len(root) != 32 {
		return tree{}, errors.New("checkpoint root is not base64 of 32 bytes")
	}
	return tree{origin: lines[0], size: size, root: root}, nil
}

// timedMessage is what a 0x04 line signs: the text after two header lines.
func timedMessage(text string, t int64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", t, text)
}

// subtreeMessage is what a 0x06 line signs: the cosigned_message of
// tlog-cosignature v1.1.0-rc.1 for the whole tree, from 0 to its size.
func subtreeMessage(name string, tr tree, t int64) []byte {
	const label = "subtree/v1\n\x00"
	b := make([]byte, 0, len(label)+len(name)+len(tr.origin)+58)
	b = append(b, label...)
	b = append(append(b, byte(len(name))), name...)
	b = binary.BigEndian.AppendUint64(b, uint64(t))
	b = append(append(b, byte(len(tr.origin))), tr.origin...)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint64(b, tr.size)
	return append(b, tr.root...)
}

const stampSize = 8 // bytes of a timestamp before a timed signature

// stamped is a timestamp and a signature, as they stand in a timed line.
func stamped(t int64, sig []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, stampSize+len(sig)), uint64(t)), sig...)
}

// unstamp takes them apart; size is the length of the signature alone.
func unstamp(b []byte, size int) (int64, []byte, error) {
	if len(b) != stampSize+size {
		return 0, nil, fmt.Errorf("signature has %d bytes where %d belong", len(b), stampSize+size)
	}
	t := binary.BigEndian.Uint64(b)
	if t == 0 || t > canon.MaxTime {
		return 0, nil, fmt.Errorf("time %d is not from 1 to %d", t, int64(canon.MaxTime))
	}
	return int64(t), b[stampSize:], nil
}
