package bundle

import (
	"errors"
	"fmt"
	"io"

	"detente/internal/canon"
	"detente/internal/frame"
	"detente/party"
)

// Writer writes a bundle in a stream. After an error nothing more is written
// and Close returns that error: the file has no closing line and is refused.
type Writer struct {
	frame *frame.Writer
	order order
	err   error
}

// NewWriter writes the header part. An error of w or in info is returned.
func NewWriter(w io.Writer, info Info) (*Writer, error) {
	it, err := info.item()
	if err != nil {
		return nil, fmt.Errorf("bundle header: %w", err)
	}
	fw := frame.NewWriter(w, Magic)
	if err := fw.Write(it); err != nil {
		return nil, fmt.Errorf("write bundle header: %w", err)
	}
	return &Writer{frame: fw, order: newOrder()}, nil
}

// Write adds one part. The digest of a blob must be set and right.
func (w *Writer) Write(p Part) error {
	if w.err != nil {
		return w.err
	}
	it, err := p.item()
	if err == nil {
		err = w.order.admit(p)
	}
	if err == nil {
		err = w.frame.Write(it)
	}
	if err != nil {
		w.err = fmt.Errorf("write bundle part %d (%s): %w", w.order.parts+1, p.Kind, err)
	}
	return w.err
}

// Close writes the closing line; it does not close the io.Writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("bundle is closed")
	if err := w.frame.Close(); err != nil {
		return fmt.Errorf("close bundle: %w", err)
	}
	return nil
}

func (i Info) item() (frame.Item, error) {
	it := frame.Item{Type: string(Header), Args: []string{i.Group.String(), string(i.From), i.Written}}
	_, err := parseInfo(it)
	return it, err
}

func parseInfo(it frame.Item) (Info, error) {
	if it.Type != string(Header) {
		return Info{}, fmt.Errorf("first part is %q instead of %q", it.Type, Header)
	}
	if len(it.Args) != 3 || len(it.Body) != 0 {
		return Info{}, fmt.Errorf("group, sender and time of writing, and no body, are expected")
	}
	group, err := party.ParseGroup(it.Args[0])
	if err != nil {
		return Info{}, err
	}
	from, err := party.ParseID(it.Args[1])
	if err != nil {
		return Info{}, err
	}
	if _, err := canon.ParseTime(it.Args[2]); err != nil {
		return Info{}, err
	}
	return Info{Group: group, From: from, Written: it.Args[2]}, nil
}
