package roster

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// CosignedFormat is the first line of every list of cosignatures of this version.
const CosignedFormat = "detente-cosigned/v1"

// Cosignature is what a retired key signed: one head at one time.
type Cosignature struct {
	Origin party.Origin // volume of the record that was cosigned
	Size   int64        // entries
	Root   tlog.Hash
	Time   int64 // Unix seconds, > 0
}

func compare(a, b Cosignature) int {
	return cmp.Or(cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Size, b.Size), bytes.Compare(a.Root[:], b.Root[:]), cmp.Compare(a.Time, b.Time))
}

// CosignedList is every cosignature made under a key that is retired, in the
// order of its bytes: origin, size, root, time. After the retirement only these
// count. The act that names it has it as a clear blob.
type CosignedList []Cosignature

// NewCosignedList sorts a copy of what was signed and drops repetitions. It is
// never nil: a key that signed nothing has the empty list.
func NewCosignedList(signed []Cosignature) CosignedList {
	l := append(CosignedList{}, signed...)
	slices.SortFunc(l, compare)
	return slices.CompactFunc(l, func(a, b Cosignature) bool { return a == b })
}

// Has reports whether c is listed.
func (l CosignedList) Has(c Cosignature) bool {
	_, found := slices.BinarySearchFunc(l, c, compare)
	return found
}

// Bytes writes the list: the format line, then a line "origin size root time"
// for each. A list that is not sorted or out of bounds is refused.
func (l CosignedList) Bytes() ([]byte, error) {
	if len(l) > MaxListed {
		return nil, fmt.Errorf("write list of cosignatures: %d lines where %d are the most", len(l), MaxListed)
	}
	var b bytes.Buffer
	b.WriteString(CosignedFormat + "\n")
	for i, c := range l {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("write list of cosignatures: line %d: %w", i+2, err)
		}
		if i > 0 && compare(l[i-1], c) >= 0 {
			return nil, fmt.Errorf("write list of cosignatures: line %d does not sort after the one before", i+2)
		}
		fmt.Fprintf(&b, "%s %d %s %d\n", c.Origin, c.Size, canon.Base64(c.Root[:]), c.Time)
	}
	return b.Bytes(), nil
}

func (c Cosignature) check() error {
	if _, err := party.ParseOrigin(string(c.Origin)); err != nil {
		return err
	}
	if c.Size < 0 {
		return fmt.Errorf("size %d is negative", c.Size)
	}
	if c.Time < 1 || c.Time > maxListedTime {
		return fmt.Errorf("time %d is not from 1 to %d", c.Time, int64(maxListedTime))
	}
	return nil
}

// ParseCosignedList reads exactly what Bytes writes. The error names the line.
func ParseCosignedList(b []byte) (CosignedList, error) {
	if len(b) > MaxListedSize {
		return nil, fmt.Errorf("parse list of cosignatures: %d bytes where %d are the most", len(b), MaxListedSize)
	}
	rest, ok := bytes.CutPrefix(b, []byte(CosignedFormat+"\n"))
	if !ok {
		return nil, fmt.Errorf("parse list of cosignatures: line 1 is not %q", CosignedFormat)
	}
	n := bytes.Count(rest, []byte("\n"))
	if n > MaxListed {
		return nil, fmt.Errorf("parse list of cosignatures: %d lines where %d are the most", n, MaxListed)
	}
	list := make(CosignedList, 0, n)
	for len(rest) > 0 {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("parse list of cosignatures: line %d does not end", len(list)+2)
		}
		c, err := parseCosignature(string(line))
		if err == nil && len(list) > 0 && compare(list[len(list)-1], c) >= 0 {
			err = errors.New("does not sort after the one before")
		}
		if err != nil {
			return nil, fmt.Errorf("parse list of cosignatures: line %d: %w", len(list)+2, err)
		}
		list = append(list, c)
		rest = after
	}
	return list, nil
}

func parseCosignature(line string) (Cosignature, error) {
	fields := strings.SplitN(line, " ", 4)
	if len(fields) != 4 {
		return Cosignature{}, errors.New("not of the form: origin size root time")
	}
	var c Cosignature
	var err error
	if c.Origin, err = party.ParseOrigin(fields[0]); err != nil {
		return Cosignature{}, err
	}
	if c.Size, err = parseInt(fields[1]); err != nil {
		return Cosignature{}, fmt.Errorf("size: %w", err)
	}
	root, err := canon.ParseBase64(fields[2])
	if err != nil || len(root) != tlog.HashSize {
		return Cosignature{}, fmt.Errorf("root %q is not the base64 of %d bytes", clip(fields[2]), tlog.HashSize)
	}
	copy(c.Root[:], root)
	if c.Time, err = parseInt(fields[3]); err != nil {
		return Cosignature{}, fmt.Errorf("time: %w", err)
	}
	return c, c.check()
}

// maxInt is the largest size or index.
const maxInt = 1<<63 - 1

func parseInt(s string) (int64, error) {
	n, err := canon.ParseDecimal(s, maxInt)
	return int64(n), err
}
