package checkpoint

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is a tree: what a checkpoint says. No extension lines.
type Head struct {
	Origin party.Origin
	Size   int64     // entries, from 0
	Root   tlog.Hash // RFC 6962 tree hash
}

// Text is the checkpoint text of three lines, each with its newline.
func (h Head) Text() string {
	return string(h.Origin) + "\n" + strconv.FormatInt(h.Size, 10) + "\n" + canon.Base64(h.Root[:]) + "\n"
}

// ParseHead reads exactly what Text writes: three lines, LF only, no leading
// zeros, no extension lines. An empty tree must have the root of RFC 6962.
func ParseHead(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return Head{}, errors.New("checkpoint text has fewer than three whole lines")
	}
	if len(lines) > 4 {
		return Head{}, errors.New("line 4: checkpoint text has an extension line")
	}
	origin, err := party.ParseOrigin(lines[0])
	if err != nil {
		return Head{}, fmt.Errorf("line 1: %w", err)
	}
	size, err := canon.ParseDecimal(lines[1], canon.MaxNumber)
	if err != nil {
		return Head{}, fmt.Errorf("line 2: size: %w", err)
	}
	root, err := canon.ParseBase64(lines[2])
	if err != nil {
		return Head{}, fmt.Errorf("line 3: root: %w", err)
	}
	if len(root) != tlog.HashSize {
		return Head{}, fmt.Errorf("line 3: root has %d bytes where %d belong", len(root), tlog.HashSize)
	}
	h := Head{Origin: origin, Size: int64(size), Root: tlog.Hash(root)}
	return h, h.check()
}

// check refuses a head that no record can have.
func (h Head) check() error {
	if _, err := party.ParseOrigin(string(h.Origin)); err != nil {
		return err
	}
	if h.Size < 0 || h.Size > canon.MaxNumber { // the proof checks of sumdb/tlog do not end far above it
		return fmt.Errorf("size %d is not from 0 to %d", h.Size, int64(canon.MaxNumber))
	}
	if h.Size == 0 && h.Root != sha256.Sum256(nil) {
		return errors.New("line 3: the root of an empty tree is not the hash of nothing")
	}
	return nil
}
