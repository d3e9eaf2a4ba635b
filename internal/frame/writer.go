package frame

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Writer writes a framed file. Close writes the closing line. After an error
// every call returns it, and what was written so far is not a file.
type Writer struct {
	w      *bufio.Writer
	sum    hash.Hash
	magic  string
	count  int
	begun  bool
	closed bool
	err    error
}

// NewWriter writes to w with buffering; magic is the first line, without its
// newline, 1 to 255 bytes of printable ASCII without spaces.
func NewWriter(w io.Writer, magic string) *Writer {
	if err := checkArg(magic); err != nil {
		panic("frame: magic: " + err.Error())
	}
	return &Writer{w: bufio.NewWriterSize(w, buffer), sum: sha256.New(), magic: magic}
}

// Write writes one item. The body is not kept.
func (w *Writer) Write(it Item) error {
	if w.err != nil {
		return w.err
	}
	if w.closed {
		return errors.New("write frame: it is closed")
	}
	if err := it.check(); err != nil {
		w.err = fmt.Errorf("write frame: item %d: %w", w.count+1, err)
		return w.err
	}
	w.begin()
	w.put([]byte(it.header()))
	w.put(it.Body)
	w.put([]byte{'\n'})
	w.count++
	return w.err
}

// Close writes the closing line and flushes; it does not close what is below.
func (w *Writer) Close() error {
	if w.err != nil || w.closed {
		return w.err
	}
	w.closed = true
	w.begin()
	w.put([]byte(closing(w.count, w.sum)))
	if err := w.w.Flush(); err != nil && w.err == nil {
		w.err = fmt.Errorf("write frame: %w", err)
	}
	return w.err
}

func (w *Writer) begin() {
	if !w.begun {
		w.begun = true
		w.put([]byte(w.magic + "\n"))
	}
}

func (w *Writer) put(b []byte) {
	if w.err != nil {
		return
	}
	w.sum.Write(b)
	if _, err := w.w.Write(b); err != nil {
		w.err = fmt.Errorf("write frame: %w", err)
	}
}

// closing is the last line; sum holds all before it.
func closing(count int, sum hash.Hash) string {
	return fmt.Sprintf("%s %d sha256:%x\n", endType, count, sum.Sum(nil))
}
