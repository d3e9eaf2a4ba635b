package act

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Ref points at one act: by place and by leaf hash (RFC 6962 record hash).
type Ref struct {
	Origin party.Origin // of the volume that holds it
	Index  int64        // from 0, at most MaxIndex
	Leaf   tlog.Hash
}

// String is "origin index hash", the hash in padded base64.
func (r Ref) String() string {
	return fmt.Sprintf("%s %d %s", r.Origin, r.Index, r.Leaf)
}

// IsZero says whether r points nowhere.
func (r Ref) IsZero() bool { return r.Origin == "" }

// ParseRef reads what Ref.String writes.
func ParseRef(s string) (Ref, error) {
	origin, rest, ok1 := strings.Cut(s, " ")
	index, leaf, ok2 := strings.Cut(rest, " ")
	if !ok1 || !ok2 {
		return Ref{}, errors.New("is not an origin, an index and a leaf hash")
	}
	o, err := party.ParseOrigin(origin)
	if err != nil {
		return Ref{}, err
	}
	n, err := canon.ParseDecimal(index, MaxIndex)
	if err != nil {
		return Ref{}, err
	}
	h, err := parseHash(leaf)
	if err != nil {
		return Ref{}, err
	}
	return Ref{Origin: o, Index: int64(n), Leaf: h}, nil
}

func (r Ref) check() error {
	if _, err := party.ParseOrigin(string(r.Origin)); err != nil {
		return err
	}
	if r.Index < 0 || r.Index > MaxIndex {
		return fmt.Errorf("has index %d, which is not between 0 and %d", r.Index, int64(MaxIndex))
	}
	return nil
}

// parseHash reads 32 bytes in padded base64, strictly: 44 characters, the
// unused bits zero.
func parseHash(s string) (tlog.Hash, error) {
	var buf [33]byte
	if len(s) != 44 || strings.ContainsAny(s, "\r\n") {
		return tlog.Hash{}, errors.New("has a hash that is not 44 characters of base64")
	}
	n, err := base64.StdEncoding.Strict().Decode(buf[:], []byte(s))
	if err != nil || n != tlog.HashSize {
		return tlog.Hash{}, errors.New("has a hash that is not 32 bytes in base64")
	}
	return tlog.Hash(buf[:tlog.HashSize]), nil
}

// Blob points at bytes beside the record.
type Blob struct {
	Digest canon.Digest
	Size   int64  // in bytes, from 1 to MaxBlob
	Type   string // media type; empty for ciphertext
}

// IsZero says whether b points at nothing.
func (b Blob) IsZero() bool { return b == Blob{} }

func (b Blob) check(typed bool) error {
	if b.Digest.IsZero() {
		return errors.New("has no digest")
	}
	if b.Size < 1 || b.Size > MaxBlob {
		return fmt.Errorf("has size %d, which is not between 1 and %d", b.Size, MaxBlob)
	}
	if !typed && b.Type != "" {
		return errors.New("has a media type; that of sealed content is inside")
	}
	if typed {
		return checkMediaType(b.Type)
	}
	return nil
}

func (b Blob) append(out []byte) []byte {
	out = append(out, b.Digest.String()...)
	out = append(out, ' ')
	out = strconv.AppendInt(out, b.Size, 10)
	if b.Type != "" {
		out = append(out, ' ')
		out = append(out, b.Type...)
	}
	return out
}

// parseBlob reads "digest size", and "digest size type" if typed.
func parseBlob(s string, typed bool) (Blob, error) {
	digest, rest, ok := strings.Cut(s, " ")
	if !ok {
		return Blob{}, errors.New("is not a digest and a size")
	}
	var b Blob
	var err error
	if b.Digest, err = canon.ParseDigest(digest); err != nil {
		return Blob{}, err
	}
	size := rest
	if typed {
		if size, b.Type, ok = strings.Cut(rest, " "); !ok {
			return Blob{}, errors.New("is not a digest, a size and a media type")
		}
	}
	n, err := canon.ParseDecimal(size, MaxBlob)
	if err != nil {
		return Blob{}, err
	}
	b.Size = int64(n)
	return b, b.check(typed)
}
