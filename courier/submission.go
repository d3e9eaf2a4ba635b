package courier

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"detente/internal/canon"

	"golang.org/x/mod/sumdb/tlog"
)

// Submission is the body of add-checkpoint, C2SP tlog-witness v1.0.0: the size
// that the sender thinks was cosigned last, a consistency proof from there, and
// the checkpoint. The note is not read here.
type Submission struct {
	OldSize int64
	Proof   tlog.TreeProof // at most MaxProof hashes
	Note    []byte         // 1 to MaxNote bytes
}

// Bytes writes the body.
func (s Submission) Bytes() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", s.OldSize)
	for _, h := range s.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.Write(s.Note)
	return []byte(b.String())
}

// ParseSubmission reads what Bytes writes, and nothing else. Errors name the line.
func ParseSubmission(body []byte) (Submission, error) {
	if len(body) > maxSubmission {
		return Submission{}, fmt.Errorf("a submission of %d bytes; at most %d", len(body), maxSubmission)
	}
	text := string(body)
	first, text, ok := strings.Cut(text, "\n")
	size, old := strings.CutPrefix(first, "old ")
	if !ok || !old {
		return Submission{}, errors.New("line 1: not \"old\" and a size")
	}
	var s Submission
	var err error
	if s.OldSize, err = parseSize(size); err != nil {
		return Submission{}, fmt.Errorf("line 1: %w", err)
	}
	for n := 2; ; n++ {
		var line string
		if line, text, ok = strings.Cut(text, "\n"); !ok {
			return Submission{}, fmt.Errorf("line %d: the empty line before the checkpoint is missing", n)
		}
		if line == "" {
			break
		}
		if len(s.Proof) == MaxProof {
			return Submission{}, fmt.Errorf("line %d: more than %d proof lines", n, MaxProof)
		}
		h, err := parseHash(line)
		if err != nil {
			return Submission{}, fmt.Errorf("line %d: %w", n, err)
		}
		s.Proof = append(s.Proof, h)
	}
	if text == "" || len(text) > MaxNote {
		return Submission{}, fmt.Errorf("a checkpoint of %d bytes; 1 to %d", len(text), MaxNote)
	}
	s.Note = []byte(text)
	return s, nil
}

// parseSize reads a tree size.
func parseSize(s string) (int64, error) {
	n, err := canon.ParseDecimal(s, 1<<63-1)
	if err != nil {
		return 0, fmt.Errorf("size: %w", err)
	}
	return int64(n), nil
}

// parseHash reads the one base64 spelling of a hash.
func parseHash(s string) (tlog.Hash, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != s {
		return tlog.Hash{}, errors.New("not the base64 of a hash of 32 bytes")
	}
	return tlog.Hash(b), nil
}

// parseWait reads the query of an exchange: nothing, or wait=SECONDS.
func parseWait(query string) (int64, error) {
	if query == "" {
		return 0, nil
	}
	text, ok := strings.CutPrefix(query, "wait=")
	if !ok {
		return 0, errors.New("the query is not wait=SECONDS")
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n > uint64(MaxWait.Seconds()) || strconv.FormatUint(n, 10) != text {
		return 0, fmt.Errorf("wait is not a number of 0 to %d seconds", int(MaxWait.Seconds()))
	}
	return int64(n), nil
}
