package proof

import (
	"errors"
	"fmt"

	"detente/act"
	"detente/checkpoint"
	"detente/discreet"
	"detente/internal/canon"
	"detente/lodging"
	"detente/party"
	"detente/roster"
	"detente/seal"
)

// Shown is what a verified file shows.
type Shown struct {
	Act     *act.Act
	Inside  *act.Act // of a discreet act that was opened with its file key; else nil
	Ref     act.Ref
	Author  party.ID
	Edition *roster.Roster // by which the act is judged, whichever one it names
	Bounds  lodging.Bounds // to everybody
	// Held is like Bounds, by those stamps alone that show that the content was
	// held: over a head that ends with the act. A larger one may lie past an act
	// that withdraws the content, and mirrors need not have held it then. It equals
	// Bounds for an act that names no content.
	Held        lodging.Bounds
	Evidence    lodging.Evidence
	Rule        lodging.Rule // with Evidence, for lodging.BoundFor one addressee
	Receipts    []Receipt    // in the order of the file
	Content     []byte       // clear, or opened with the file key; nil if not shown
	ContentType string       // media type of Content
	Sentence    string       // one sentence: what is shown
	NotShown    []string     // what is not, a sentence each
}

// Receipt is a verified receipt for the act.
type Receipt struct {
	act.Ref
	By   party.ID
	Kind act.Kind // delivered, acknowledged, returned
	Time int64    // Unix seconds, of By's own checkpoint that covers it
}

// Verify checks f with the first roster alone, which the reader trusts. now is
// in Unix seconds; signatures later than now are set aside. The error is one
// sentence that names the place; nothing of a file with a fault counts.
func Verify(f *File, first *roster.Roster, now int64) (*Shown, error) {
	v, err := newVerifier(f, first, now)
	if err != nil {
		return nil, fmt.Errorf("proof file: %w", err)
	}
	s, err := v.shown(f)
	if err != nil {
		return nil, fmt.Errorf("proof file: %w", err)
	}
	s.Sentence = s.sentence()
	s.NotShown = s.notShown(f, v.keys)
	return s, nil
}

// shown verifies what concerns the act itself; the keys are known by now.
func (v *verifier) shown(f *File) (*Shown, error) {
	note, err := checkpoint.ParseNote(f.Head)
	if err != nil {
		return nil, fmt.Errorf("head of the act: %w", err)
	}
	main := Included{Leaf: f.Leaf, Origin: note.Head.Origin, Index: f.Index, Inclusion: f.Inclusion, Head: f.Head, Cosigs: f.Cosigs}
	in, err := v.include(main)
	if err != nil {
		return nil, fmt.Errorf("the act: %w", err)
	}
	s := &Shown{Act: in.act, Ref: in.ref, Author: in.author}
	s.Edition = v.keys.Judging(in.head.Time())
	heads := []lodging.Own{{Size: in.head.Head().Size, Time: in.head.Time()}}
	if len(f.Earlier) > 0 {
		own, err := v.earlier(f.Earlier, in.ref)
		if err != nil {
			return nil, fmt.Errorf("earlier head: %w", err)
		}
		heads = append(heads, own)
	}
	s.Evidence = lodging.Evidence{Index: f.Index, Author: in.author, Stamps: in.stamps, Heads: heads,
		Sealed: in.act.IsSealed() && !in.act.IsDiscreet(), To: in.act.To, Now: v.now, Gap: -1}
	if !in.act.Claimed.IsZero() {
		s.Evidence.Claimed = in.act.Claimed.Unix()
	}
	if f.Withdrawal != nil {
		if s.Evidence.Gap, err = v.withdrawal(*f.Withdrawal, s); err != nil {
			return nil, fmt.Errorf("withdrawal: %w", err)
		}
	}
	s.Evidence, s.Rule = v.keys.Judge(s.Evidence, in.head.Time())
	for i, r := range f.Receipts {
		receipt, err := v.receipt(r, s)
		if err != nil {
			return nil, fmt.Errorf("receipt %d: %w", i+1, err)
		}
		s.Receipts = append(s.Receipts, receipt)
		if receipt.Kind != act.Returned {
			s.Evidence.Receipts = append(s.Evidence.Receipts, lodging.Stamp{By: receipt.By, Time: receipt.Time})
		}
	}
	s.Bounds = lodging.Bound(s.Evidence, s.Rule)
	s.Held = s.held()
	if err := s.open(f); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return s, nil
}

// earlier verifies the author's own checkpoint that does not cover the act.
func (v *verifier) earlier(b []byte, ref act.Ref) (lodging.Own, error) {
	note, err := checkpoint.ParseNote(b)
	if err != nil {
		return lodging.Own{}, err
	}
	if note.Head.Origin != ref.Origin {
		return lodging.Own{}, fmt.Errorf("it is of %s, the act stands in %s", note.Head.Origin, ref.Origin)
	}
	if note.Head.Size > ref.Index {
		return lodging.Own{}, fmt.Errorf("its size %d covers act %d", note.Head.Size, ref.Index)
	}
	signed, err := v.signed(note)
	if err != nil {
		return lodging.Own{}, err
	}
	return lodging.Own{Size: signed.Head().Size, Time: signed.Time()}, nil
}

// held is Bounds as if the very next act withdrew the content, which a file cannot
// rule out.
func (s *Shown) held() lodging.Bounds {
	e := s.Evidence
	if s.namesContent() {
		e.Gap = e.Index + 1
	}
	return lodging.Bound(e, s.Rule)
}

func (s *Shown) namesContent() bool { return s.Act.IsSealed() || !s.Act.Clear.IsZero() }

// withdrawal verifies the author's later act that withdraws the content of s and
// returns its index.
func (v *verifier) withdrawal(w Included, s *Shown) (int64, error) {
	in, err := v.include(w)
	if err != nil {
		return -1, err
	}
	switch {
	case in.ref.Origin != s.Ref.Origin || in.ref.Index <= s.Ref.Index:
		return -1, errors.New("it is no later act of the same volume")
	case in.act.Kind != act.Statement || in.act.Life != act.Withdrawal || in.act.Answers != s.Ref:
		return -1, errors.New("it does not withdraw this act")
	}
	return in.ref.Index, nil
}

// receipt verifies an act in an addressee's record that answers s.
func (v *verifier) receipt(r Included, s *Shown) (Receipt, error) {
	in, err := v.include(r)
	if err != nil {
		return Receipt{}, err
	}
	a := in.act
	switch {
	case !a.IsReceipt():
		return Receipt{}, fmt.Errorf("it is an act of kind %s", a.Kind)
	case a.Answers != s.Ref:
		return Receipt{}, fmt.Errorf("it answers %s, not this act", a.Answers)
	case in.author == s.Author:
		return Receipt{}, errors.New("it is the author's own")
	case !s.Act.Addressed(in.author):
		return Receipt{}, fmt.Errorf("%s is not an addressee", in.author)
	case !a.Addressed(s.Author):
		return Receipt{}, fmt.Errorf("it is not addressed to %s", s.Author)
	case a.Status != s.Act.Status:
		return Receipt{}, fmt.Errorf("its status is %s, that of the act is %s", a.Status, s.Act.Status)
	case in.head.Time() > v.now:
		return Receipt{}, fmt.Errorf("the head over it is signed for %s, which is still to come", when(in.head.Time()))
	}
	return Receipt{Ref: in.ref, By: in.author, Kind: a.Kind, Time: in.head.Time()}, nil
}

// open checks the blob against the act and opens it.
func (s *Shown) open(f *File) error {
	a := s.Act
	if len(a.Payload) > 0 {
		s.Content, s.ContentType = a.Payload, a.PayloadType
	}
	if len(f.Ciphertext) == 0 {
		if len(f.FileKey) > 0 {
			return errors.New("a file key without the content it opens")
		}
		return nil
	}
	named := a.Clear
	if a.IsSealed() {
		named = a.Sealed
	}
	switch {
	case named.IsZero():
		return errors.New("the act names no blob")
	case named.Size != int64(len(f.Ciphertext)):
		return fmt.Errorf("it has %d bytes, the act names %d", len(f.Ciphertext), named.Size)
	case named.Digest != canon.DigestOf(f.Ciphertext):
		return fmt.Errorf("its digest is not %s, which the act names", named.Digest)
	case !a.IsSealed() && len(f.FileKey) > 0:
		return errors.New("a file key for content that is clear")
	case !a.IsSealed():
		s.Content, s.ContentType = f.Ciphertext, named.Type
		return nil
	case len(f.FileKey) == 0:
		return nil
	}
	if a.IsDiscreet() {
		return s.openDiscreet(f)
	}
	outside, err := a.OutsideDigest()
	if err != nil {
		return err
	}
	b := seal.Binding{Author: s.Ref.Origin.Base(), Group: a.Group, Outside: outside}
	opened, err := seal.OpenWithFileKey(f.Ciphertext, b, f.FileKey)
	if err != nil {
		return fmt.Errorf("open with the file key: %w", err)
	}
	s.Content, s.ContentType = opened.Body, opened.Type
	return nil
}

// openDiscreet opens a discreet act with its file key.
func (s *Shown) openDiscreet(f *File) error {
	inside, err := discreet.OpenWithFileKey(s.Ref.Origin, s.Act, f.Ciphertext, f.FileKey)
	if err != nil {
		return fmt.Errorf("open with the file key: %w", err)
	}
	s.Inside, s.Content, s.ContentType = inside, inside.Payload, inside.PayloadType
	return nil
}
