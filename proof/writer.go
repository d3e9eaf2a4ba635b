package proof

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"detente/act"
	"detente/internal/canon"
	"detente/internal/frame"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Types of items, in the order in which they stand (spec/proof.md §2).
const (
	itemAct         = "act"
	itemInclusion   = "inclusion"
	itemHead        = "head"
	itemEarlier     = "earlier"
	itemCosignature = "cosignature"
	itemConsistency = "consistency"
	itemEdition     = "edition"
	itemAdoption    = "adoption"
	itemKeyAct      = "key-act"
	itemReceipt     = "receipt"
	itemWithdrawal  = "withdrawal"
	itemBlob        = "blob"
	itemContent     = "content"
	itemFileKey     = "file-key"
)

// Bytes writes the file. It refuses what Parse would refuse; nothing is verified.
func (f *File) Bytes() ([]byte, error) {
	w := newItemWriter(FileMagic)
	w.leaf(itemAct, []string{strconv.FormatInt(f.Index, 10)}, f.Leaf, f.Index)
	w.hashes(itemInclusion, f.Inclusion)
	w.note(itemHead, f.Head)
	if len(f.Earlier) > 0 {
		w.note(itemEarlier, f.Earlier)
	}
	w.cosigs(f.Cosigs)
	w.count(itemEdition, len(f.Editions), maxEditions)
	for _, e := range f.Editions {
		w.item(itemEdition, nil, e)
	}
	w.included(itemAdoption, f.Adoptions, maxAdoptions)
	w.included(itemKeyAct, f.KeyActs, maxKeyActs)
	w.included(itemReceipt, f.Receipts, maxReceipts)
	if f.Withdrawal != nil {
		w.included(itemWithdrawal, []Included{*f.Withdrawal}, 1)
	}
	if len(f.Ciphertext) > 0 {
		w.item(itemContent, nil, f.Ciphertext)
	}
	if len(f.FileKey) > 0 {
		if len(f.Ciphertext) == 0 {
			w.fault(errors.New("a file key without the content it opens"))
		}
		if len(f.FileKey) != fileKeySize {
			w.fault(fmt.Errorf("a file key of %d bytes instead of %d", len(f.FileKey), fileKeySize))
		}
		w.item(itemFileKey, nil, f.FileKey)
	}
	b, err := w.close()
	if err != nil {
		return nil, fmt.Errorf("write proof file: %w", err)
	}
	return b, nil
}

// itemWriter keeps the first error.
type itemWriter struct {
	buf   bytes.Buffer
	frame *frame.Writer
	err   error
}

func newItemWriter(magic string) *itemWriter {
	w := new(itemWriter)
	w.frame = frame.NewWriter(&w.buf, magic)
	return w
}

func (w *itemWriter) fault(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *itemWriter) close() ([]byte, error) {
	if w.err == nil {
		w.err = w.frame.Close()
	}
	return w.buf.Bytes(), w.err
}

func (w *itemWriter) item(kind string, args []string, body []byte) {
	if len(body) > act.MaxBlob {
		w.fault(fmt.Errorf("%s: %d bytes, at most %d are allowed", kind, len(body), act.MaxBlob))
	}
	if w.err == nil {
		w.err = w.frame.Write(frame.Item{Type: kind, Args: args, Body: body})
	}
}

func (w *itemWriter) count(kind string, n, most int) {
	if n > most {
		w.fault(fmt.Errorf("%s: %d of them, at most %d are allowed", kind, n, most))
	}
}

func (w *itemWriter) leaf(kind string, args []string, leaf []byte, index int64) {
	if err := checkLeaf(leaf); err != nil {
		w.fault(fmt.Errorf("%s: %w", kind, err))
	}
	if index < 0 || index >= maxIndex {
		w.fault(fmt.Errorf("%s: index %d is out of range", kind, index))
	}
	w.item(kind, args, leaf)
}

func (w *itemWriter) note(kind string, note []byte) {
	if err := checkNote(note); err != nil {
		w.fault(fmt.Errorf("%s: %w", kind, err))
	}
	w.item(kind, nil, note)
}

func (w *itemWriter) hashes(kind string, hs []tlog.Hash) {
	w.count(kind, len(hs), maxHashes)
	w.item(kind, nil, joinHashes(hs))
}

func (w *itemWriter) cosigs(cs []Cosig) {
	w.count(itemCosignature, len(cs), maxCosigs)
	for _, c := range cs {
		w.note(itemCosignature, c.Note)
		if len(c.Consistency) > 0 {
			w.hashes(itemConsistency, c.Consistency)
		}
	}
}

func (w *itemWriter) included(kind string, is []Included, most int) {
	w.count(kind, len(is), most)
	for _, in := range is {
		if _, err := party.ParseOrigin(string(in.Origin)); err != nil {
			w.fault(fmt.Errorf("%s: %w", kind, err))
		}
		w.leaf(kind, []string{string(in.Origin), strconv.FormatInt(in.Index, 10)}, in.Leaf, in.Index)
		w.hashes(itemInclusion, in.Inclusion)
		w.note(itemHead, in.Head)
		if len(in.Blob) > 0 {
			w.item(itemBlob, nil, in.Blob)
		}
		w.cosigs(in.Cosigs)
	}
}

func checkLeaf(leaf []byte) error {
	if len(leaf) == 0 || len(leaf) > act.MaxSize {
		return fmt.Errorf("act of %d bytes, 1 to %d are allowed", len(leaf), act.MaxSize)
	}
	return nil
}

func checkNote(note []byte) error {
	if len(note) == 0 || len(note) > maxNote {
		return fmt.Errorf("note of %d bytes, 1 to %d are allowed", len(note), maxNote)
	}
	return nil
}

// joinHashes writes one hash in base64 on a line, as C2SP tlog-proof does.
func joinHashes(hs []tlog.Hash) []byte {
	var b strings.Builder
	for _, h := range hs {
		b.WriteString(canon.Base64(h[:]))
		b.WriteByte('\n')
	}
	return []byte(b.String())
}
