package frame

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// Reader reads a framed file in a stream, with memory bounded by the largest
// item. After an error every call returns it. What Next returned before an
// error is not to be relied on: the file is whole only at io.EOF.
type Reader struct {
	r     *bufio.Reader
	sum   hash.Hash
	magic string
	lim   Limits
	count int   // items read
	at    int64 // bytes read
	begun bool
	err   error
}

// NewReader reads from r a file whose first line is magic.
func NewReader(r io.Reader, magic string, lim Limits) *Reader {
	return &Reader{
		r:     bufio.NewReaderSize(r, max(buffer, maxHeader)),
		sum:   sha256.New(),
		magic: magic,
		lim:   lim.orDefault(),
	}
}

// Next returns the next item, or io.EOF once the closing line was read and
// found right and nothing follows it. Item.Body is the caller's to keep.
func (r *Reader) Next() (Item, error) {
	if r.err != nil {
		return Item{}, r.err
	}
	if !r.begun {
		if err := r.begin(); err != nil {
			r.err = fmt.Errorf("frame: %w", err)
			return Item{}, r.err
		}
	}
	start := r.at
	it, err := r.next()
	if err != nil {
		if err != io.EOF {
			err = fmt.Errorf("frame: item %d, at byte %d: %w", r.count+1, start, err)
		}
		r.err = err
		return Item{}, err
	}
	r.count++
	return it, nil
}

// begin reads the first line.
func (r *Reader) begin() error {
	r.begun = true
	line, err := r.line()
	if err != nil {
		return err
	}
	if line != r.magic {
		return fmt.Errorf("the first line is %q where %q belongs", clip(line), r.magic)
	}
	return r.took([]byte(line + "\n"))
}

func (r *Reader) next() (Item, error) {
	line, err := r.line()
	if err != nil {
		return Item{}, err
	}
	if line == endType || strings.HasPrefix(line, endType+" ") {
		return Item{}, r.end(line)
	}
	if err := r.took([]byte(line + "\n")); err != nil {
		return Item{}, err
	}
	if r.count == r.lim.Items {
		return Item{}, fmt.Errorf("more than %d items", r.lim.Items)
	}
	it, n, err := parseHeader(line, r.lim.Body)
	if err != nil {
		return Item{}, err
	}
	if it.Body, err = r.body(n); err != nil {
		return Item{}, fmt.Errorf("body of %s: %w", it.Type, err)
	}
	return it, nil
}

// end checks the closing line and that nothing follows.
func (r *Reader) end(line string) error {
	if line+"\n" != closing(r.count, r.sum) {
		return errors.New("the closing line does not fit the number of items and the hash of what came before it")
	}
	if _, err := r.r.ReadByte(); err == nil {
		return errors.New("bytes follow the closing line")
	} else if err != io.EOF {
		return err
	}
	return io.EOF
}

// line reads up to a newline, which it leaves out; nothing is hashed yet.
func (r *Reader) line() (string, error) {
	b, err := r.r.ReadSlice('\n')
	if err == io.EOF {
		return "", errors.New("the file ends before its closing line")
	}
	if err != nil && err != bufio.ErrBufferFull {
		return "", err
	}
	if err != nil || len(b) > maxHeader {
		return "", fmt.Errorf("a line is longer than %d bytes", maxHeader)
	}
	return string(b[:len(b)-1]), nil
}

// body reads n bytes and the newline after them.
func (r *Reader) body(n int) ([]byte, error) {
	if r.at+int64(n)+1 > r.lim.Total {
		return nil, fmt.Errorf("the file is larger than %d bytes", r.lim.Total)
	}
	b := make([]byte, min(n, firstRead))
	if _, err := io.ReadFull(r.r, b); err != nil {
		return nil, short(err)
	}
	if n > len(b) {
		grown := bytes.NewBuffer(b)
		if _, err := io.CopyN(grown, r.r, int64(n-len(b))); err != nil {
			return nil, short(err)
		}
		b = grown.Bytes()
	}
	if err := r.took(b); err != nil {
		return nil, err
	}
	c, err := r.r.ReadByte()
	if err != nil {
		return nil, short(err)
	}
	if c != '\n' {
		return nil, errors.New("no newline follows")
	}
	return b, r.took([]byte{c})
}

// took counts and hashes what was read.
func (r *Reader) took(b []byte) error {
	r.sum.Write(b)
	if r.at += int64(len(b)); r.at > r.lim.Total {
		return fmt.Errorf("the file is larger than %d bytes", r.lim.Total)
	}
	return nil
}

// short says that the file ended too early.
func short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the file ends inside it")
	}
	return err
}
