package bundle

import (
	"errors"
	"fmt"
	"io"

	"detente/internal/frame"
)

// Reader reads a bundle in a stream; it holds one part at a time. What it
// returned may be kept only once Next has returned io.EOF: a bundle with a
// fault anywhere is refused whole.
type Reader struct {
	frame *frame.Reader
	order order
	err   error
}

// NewReader reads the header part. Zero fields of lim are those of NetworkLimits.
func NewReader(r io.Reader, lim frame.Limits) (*Reader, Info, error) {
	net := NetworkLimits()
	if lim.Items == 0 {
		lim.Items = net.Items
	}
	if lim.Body == 0 {
		lim.Body = net.Body
	}
	if lim.Total == 0 {
		lim.Total = net.Total
	}
	fr := frame.NewReader(r, Magic, lim)
	it, err := fr.Next()
	if err == io.EOF {
		err = errors.New("no parts at all")
	}
	var info Info
	if err == nil {
		info, err = parseInfo(it)
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("bundle part 1: %w", err)
	}
	return &Reader{frame: fr, order: newOrder()}, info, nil
}

// Next returns the next part, or io.EOF after the closing line was found right.
// Errors name the part and stay. The slices of a part are the caller's to keep.
func (r *Reader) Next() (Part, error) {
	if r.err != nil {
		return Part{}, r.err
	}
	it, err := r.frame.Next()
	if err == io.EOF { // never a wrapped one: that would be a file cut off
		r.err = io.EOF
		return Part{}, io.EOF
	}
	var p Part
	if err == nil {
		p, err = parse(it)
	}
	if err == nil {
		err = r.order.admit(p)
	}
	if err != nil {
		r.err = fmt.Errorf("bundle part %d%s: %w", r.order.parts+1, named(it), err)
		return Part{}, r.err
	}
	return p, nil
}

// named shows the type of a part in an error, where it is known.
func named(it frame.Item) string {
	if it.Type == "" {
		return ""
	}
	return " (" + it.Type + ")"
}
