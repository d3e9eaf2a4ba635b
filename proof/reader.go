package proof

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"detente/internal/canon"
	"detente/internal/frame"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Parse reads a proof file strictly: what it accepts, Bytes writes again. The
// error names the item. Nothing is verified.
func Parse(b []byte) (*File, error) {
	r, err := readItems(b, FileMagic, fileLimits())
	if err != nil {
		return nil, fmt.Errorf("proof file: %w", err)
	}
	f := new(File)
	f.Leaf, f.Index = r.leafAt(itemAct)
	f.Inclusion = tlog.RecordProof(r.hashes(itemInclusion))
	f.Head = r.note(itemHead)
	if r.next() == itemEarlier {
		f.Earlier = r.note(itemEarlier)
	}
	f.Cosigs = r.cosigs()
	for r.next() == itemEdition {
		r.count(len(f.Editions), maxEditions)
		f.Editions = append(f.Editions, r.body(itemEdition))
	}
	f.Adoptions = r.included(itemAdoption, maxAdoptions)
	f.KeyActs = r.included(itemKeyAct, maxKeyActs)
	f.Receipts = r.included(itemReceipt, maxReceipts)
	if one := r.included(itemWithdrawal, 1); len(one) > 0 {
		f.Withdrawal = &one[0]
	}
	if r.next() == itemContent {
		f.Ciphertext = r.body(itemContent)
		if r.next() == itemFileKey {
			f.FileKey = r.body(itemFileKey)
			if len(f.FileKey) != fileKeySize {
				r.fault(fmt.Errorf("a file key of %d bytes instead of %d", len(f.FileKey), fileKeySize))
			}
		}
	}
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("proof file: %w", err)
	}
	return f, nil
}

// itemReader walks the items of a framed file and keeps the first fault, with
// the number of the item, from 1.
type itemReader struct {
	items []frame.Item
	at    int // of the item to be read next
	err   error
}

func readItems(b []byte, magic string, lim frame.Limits) (*itemReader, error) {
	r := new(itemReader)
	fr := frame.NewReader(bytes.NewReader(b), magic, lim)
	for {
		it, err := fr.Next()
		if err == io.EOF { // never a wrapped one: that would be a file cut off
			return r, nil
		}
		if err != nil {
			return nil, err
		}
		r.items = append(r.items, it)
	}
}

// next is the type of the item to be read next; empty at the end or after a fault.
func (r *itemReader) next() string {
	if r.err != nil || r.at >= len(r.items) {
		return ""
	}
	return r.items[r.at].Type
}

// fault marks the item read last.
func (r *itemReader) fault(err error) {
	if r.err == nil {
		n := max(r.at, 1)
		r.err = fmt.Errorf("item %d (%s): %w", n, r.items[n-1].Type, err)
	}
}

func (r *itemReader) end() error {
	if r.err == nil && r.at < len(r.items) {
		return fmt.Errorf("item %d: %s cannot stand here", r.at+1, r.items[r.at].Type)
	}
	return r.err
}

// take reads an item of the type with that many arguments.
func (r *itemReader) take(kind string, args int) frame.Item {
	switch {
	case r.err != nil:
		return frame.Item{}
	case r.at >= len(r.items):
		r.err = fmt.Errorf("item %d: the file ends where %s is expected", r.at+1, kind)
		return frame.Item{}
	case r.items[r.at].Type != kind:
		r.err = fmt.Errorf("item %d: %s stands where %s is expected", r.at+1, r.items[r.at].Type, kind)
		return frame.Item{}
	}
	it := r.items[r.at]
	r.at++
	if len(it.Args) != args {
		r.fault(fmt.Errorf("%d arguments instead of %d", len(it.Args), args))
		return frame.Item{}
	}
	return it
}

func (r *itemReader) count(n, most int) {
	if n >= most {
		r.fault(fmt.Errorf("more than %d of the next", most))
	}
}

// body reads an item that must not be empty.
func (r *itemReader) body(kind string) []byte {
	it := r.take(kind, 0)
	if r.err == nil && len(it.Body) == 0 {
		r.fault(fmt.Errorf("it is empty"))
	}
	return it.Body
}

func (r *itemReader) leafAt(kind string) ([]byte, int64) {
	it := r.take(kind, 1)
	if r.err != nil {
		return nil, 0
	}
	return r.leaf(it, it.Args[0])
}

func (r *itemReader) leaf(it frame.Item, index string) ([]byte, int64) {
	if err := checkLeaf(it.Body); err != nil {
		r.fault(err)
	}
	n, err := canon.ParseDecimal(index, maxIndex-1)
	if err != nil {
		r.fault(fmt.Errorf("index: %w", err))
	}
	return it.Body, int64(n)
}

func (r *itemReader) note(kind string) []byte {
	it := r.take(kind, 0)
	if r.err == nil {
		if err := checkNote(it.Body); err != nil {
			r.fault(err)
		}
	}
	return it.Body
}

func (r *itemReader) hashes(kind string) []tlog.Hash {
	it := r.take(kind, 0)
	if r.err != nil {
		return nil
	}
	hs, err := splitHashes(it.Body)
	if err != nil {
		r.fault(err)
	}
	return hs
}

func (r *itemReader) cosigs() []Cosig {
	var cs []Cosig
	for r.next() == itemCosignature {
		r.count(len(cs), maxCosigs)
		c := Cosig{Note: r.note(itemCosignature)}
		if r.next() == itemConsistency {
			c.Consistency = tlog.TreeProof(r.hashes(itemConsistency))
			if r.err == nil && len(c.Consistency) == 0 {
				r.fault(fmt.Errorf("it is empty"))
			}
		}
		cs = append(cs, c)
	}
	return cs
}

func (r *itemReader) included(kind string, most int) []Included {
	var is []Included
	for r.next() == kind {
		r.count(len(is), most)
		it := r.take(kind, 2)
		if r.err != nil {
			return nil
		}
		origin, err := party.ParseOrigin(it.Args[0])
		if err != nil {
			r.fault(err)
			return nil
		}
		in := Included{Origin: origin}
		in.Leaf, in.Index = r.leaf(it, it.Args[1])
		in.Inclusion = tlog.RecordProof(r.hashes(itemInclusion))
		in.Head = r.note(itemHead)
		if r.next() == itemBlob {
			in.Blob = r.body(itemBlob)
		}
		in.Cosigs = r.cosigs()
		is = append(is, in)
	}
	return is
}

// splitHashes reads what joinHashes writes.
func splitHashes(body []byte) ([]tlog.Hash, error) {
	if len(body) == 0 {
		return nil, nil
	}
	lines := strings.SplitAfter(string(body), "\n")
	if lines[len(lines)-1] != "" {
		return nil, fmt.Errorf("line %d does not end", len(lines))
	}
	if lines = lines[:len(lines)-1]; len(lines) > maxHashes {
		return nil, fmt.Errorf("%d hashes, at most %d are allowed", len(lines), maxHashes)
	}
	hs := make([]tlog.Hash, 0, len(lines))
	for i, line := range lines {
		h, err := canon.ParseBase64(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("line %d: %d bytes instead of %d", i+1, len(h), tlog.HashSize)
		}
		hs = append(hs, tlog.Hash(h))
	}
	return slices.Clip(hs), nil
}
