package bundle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/internal/canon"
	"detente/internal/frame"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// item writes p as a framed item; parse is its inverse.
func (p Part) item() (frame.Item, error) {
	it := frame.Item{Type: string(p.Kind)}
	switch p.Kind {
	case Entries:
		if _, err := party.ParseOrigin(string(p.Origin)); err != nil {
			return it, err
		}
		body, err := joinLeaves(p.Leaves)
		if err != nil {
			return it, err
		}
		it.Args = []string{string(p.Origin), strconv.FormatInt(p.From, 10)}
		it.Body = body
		return it, checkRange(p.From, len(p.Leaves))
	case Head, Cosig:
		it.Body = p.Note
		return it, checkNote(p.Note)
	case Blob:
		it.Args = []string{p.Digest.String()}
		it.Body = p.Blob
		return it, checkBlob(p.Digest, p.Blob)
	case Have:
		body, err := joinPositions(p.Have)
		it.Body = body
		return it, err
	case Want:
		body, err := joinDigests(p.Want)
		it.Body = body
		return it, err
	case Since:
		if err := checkSince(p); err != nil {
			return it, err
		}
		it.Args = []string{strconv.FormatInt(p.Held, 10), strconv.FormatInt(p.Upto, 10), "own"}
		if p.All {
			it.Args[2] = "all"
		}
		return it, nil
	default:
		return it, fmt.Errorf("%q is no kind of part that may stand here", p.Kind)
	}
}

// parse reads a framed item that is not the header.
func parse(it frame.Item) (Part, error) {
	p := Part{Kind: PartKind(it.Type)}
	args := map[PartKind]int{Entries: 2, Blob: 1, Head: 0, Cosig: 0, Have: 0, Want: 0, Since: 3}
	n, known := args[p.Kind]
	if !known {
		return p, fmt.Errorf("no kind of part that may stand here")
	}
	if len(it.Args) != n {
		return p, fmt.Errorf("%d arguments instead of %d", len(it.Args), n)
	}
	var err error
	switch p.Kind {
	case Entries:
		return parseEntries(it)
	case Head, Cosig:
		p.Note, err = it.Body, checkNote(it.Body)
	case Blob:
		if p.Digest, err = canon.ParseDigest(it.Args[0]); err != nil {
			return p, err
		}
		p.Blob, err = it.Body, checkBlob(p.Digest, it.Body)
	case Have:
		p.Have, err = splitPositions(it.Body)
	case Want:
		p.Want, err = splitDigests(it.Body)
	case Since:
		return parseSince(it)
	}
	return p, err
}

func parseSince(it frame.Item) (Part, error) {
	p := Part{Kind: Since}
	if len(it.Body) != 0 {
		return p, fmt.Errorf("%d bytes where none belong", len(it.Body))
	}
	held, err := canon.ParseDecimal(it.Args[0], canon.MaxNumber)
	if err != nil {
		return p, fmt.Errorf("position held: %w", err)
	}
	upto, err := canon.ParseDecimal(it.Args[1], canon.MaxNumber)
	if err != nil {
		return p, fmt.Errorf("position reached: %w", err)
	}
	p.Held, p.Upto, p.All = int64(held), int64(upto), it.Args[2] == "all"
	if !p.All && it.Args[2] != "own" {
		return p, fmt.Errorf("%q is neither own nor all", it.Args[2])
	}
	return p, nil
}

func checkSince(p Part) error {
	if p.Held < 0 || p.Held > canon.MaxNumber || p.Upto < 0 || p.Upto > canon.MaxNumber {
		return fmt.Errorf("positions %d and %d are not between 0 and %d", p.Held, p.Upto, int64(canon.MaxNumber))
	}
	return nil
}

func parseEntries(it frame.Item) (Part, error) {
	p := Part{Kind: Entries}
	origin, err := party.ParseOrigin(it.Args[0])
	if err != nil {
		return p, err
	}
	from, err := canon.ParseDecimal(it.Args[1], canon.MaxNumber)
	if err != nil {
		return p, fmt.Errorf("index: %w", err)
	}
	p.Origin, p.From = origin, int64(from)
	if p.Leaves, err = splitLeaves(it.Body); err != nil {
		return p, err
	}
	return p, checkRange(p.From, len(p.Leaves))
}

func checkRange(from int64, n int) error {
	if from < 0 || from > canon.MaxNumber-int64(n) {
		return fmt.Errorf("entries from %d: index out of range", from)
	}
	return nil
}

func checkNote(note []byte) error {
	if len(note) == 0 || len(note) > MaxNote {
		return fmt.Errorf("note of %d bytes, 1 to %d are allowed", len(note), MaxNote)
	}
	return nil
}

func checkBlob(d canon.Digest, blob []byte) error {
	if len(blob) > MaxBlob {
		return fmt.Errorf("blob of %d bytes, at most %d are allowed", len(blob), MaxBlob)
	}
	if got := canon.DigestOf(blob); got != d {
		return fmt.Errorf("blob has digest %s instead of %s", got, d)
	}
	return nil
}

// joinLeaves writes leaves as a tlog-tiles entry bundle: each a big-endian
// 16-bit length and that many bytes.
func joinLeaves(leaves [][]byte) ([]byte, error) {
	if len(leaves) == 0 || len(leaves) > MaxLeaves {
		return nil, fmt.Errorf("%d leaves, 1 to %d are allowed", len(leaves), MaxLeaves)
	}
	size := 0
	for i, l := range leaves {
		if len(l) == 0 || len(l) > MaxLeaf {
			return nil, fmt.Errorf("leaf %d has %d bytes, 1 to %d are allowed", i, len(l), MaxLeaf)
		}
		size += 2 + len(l)
	}
	body := make([]byte, 0, size)
	for _, l := range leaves {
		body = binary.BigEndian.AppendUint16(body, uint16(len(l)))
		body = append(body, l...)
	}
	return body, nil
}

// splitLeaves returns parts of body, not copies.
func splitLeaves(body []byte) ([][]byte, error) {
	var leaves [][]byte
	for at := 0; at < len(body); {
		if len(leaves) == MaxLeaves {
			return nil, fmt.Errorf("more than %d leaves", MaxLeaves)
		}
		if len(body)-at < 2 {
			return nil, fmt.Errorf("leaf %d: length cut off at byte %d", len(leaves), at)
		}
		n := int(binary.BigEndian.Uint16(body[at:]))
		if n == 0 {
			return nil, fmt.Errorf("leaf %d: it is empty", len(leaves))
		}
		if at += 2; n > len(body)-at {
			return nil, fmt.Errorf("leaf %d: %d bytes announced at byte %d, %d follow", len(leaves), n, at-2, len(body)-at)
		}
		leaves = append(leaves, body[at:at+n:at+n])
		at += n
	}
	if len(leaves) == 0 {
		return nil, fmt.Errorf("no leaves")
	}
	return leaves, nil
}

func joinPositions(ps []Position) ([]byte, error) {
	if len(ps) > MaxPositions {
		return nil, fmt.Errorf("%d positions, at most %d are allowed", len(ps), MaxPositions)
	}
	ps = slices.Clone(ps)
	slices.SortFunc(ps, func(a, b Position) int { return strings.Compare(string(a.Origin), string(b.Origin)) })
	var body bytes.Buffer
	for i, p := range ps {
		if _, err := party.ParseOrigin(string(p.Origin)); err != nil {
			return nil, err
		}
		if i > 0 && ps[i-1].Origin == p.Origin {
			return nil, fmt.Errorf("two positions of %s", p.Origin)
		}
		if p.Size < 0 || p.Size > canon.MaxNumber {
			return nil, fmt.Errorf("position of %s: size %d out of range", p.Origin, p.Size)
		}
		fmt.Fprintf(&body, "%s %d %s\n", p.Origin, p.Size, canon.Base64(p.Root[:]))
	}
	return body.Bytes(), nil
}

func splitPositions(body []byte) ([]Position, error) {
	lines, err := splitLines(body, MaxPositions)
	if err != nil {
		return nil, err
	}
	ps := make([]Position, 0, len(lines))
	for i, line := range lines {
		p, err := parsePosition(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if i > 0 && ps[i-1].Origin >= p.Origin {
			return nil, fmt.Errorf("line %d: origins are not in order", i+1)
		}
		ps = append(ps, p)
	}
	return ps, nil
}

func parsePosition(line string) (Position, error) {
	f := strings.Split(line, " ")
	if len(f) != 3 {
		return Position{}, fmt.Errorf("%d fields instead of origin, size and root", len(f))
	}
	origin, err := party.ParseOrigin(f[0])
	if err != nil {
		return Position{}, err
	}
	size, err := canon.ParseDecimal(f[1], canon.MaxNumber)
	if err != nil {
		return Position{}, fmt.Errorf("size: %w", err)
	}
	root, err := canon.ParseBase64(f[2])
	if err != nil {
		return Position{}, fmt.Errorf("root: %w", err)
	}
	if len(root) != tlog.HashSize {
		return Position{}, fmt.Errorf("root of %d bytes instead of %d", len(root), tlog.HashSize)
	}
	return Position{Origin: origin, Size: int64(size), Root: tlog.Hash(root)}, nil
}

func joinDigests(ds []canon.Digest) ([]byte, error) {
	if len(ds) > MaxWanted {
		return nil, fmt.Errorf("%d wanted blobs, at most %d are allowed", len(ds), MaxWanted)
	}
	ds = slices.Clone(ds)
	slices.SortFunc(ds, func(a, b canon.Digest) int { return bytes.Compare(a[:], b[:]) })
	var body bytes.Buffer
	for i, d := range ds {
		if i > 0 && ds[i-1] == d {
			return nil, fmt.Errorf("blob %s is asked for twice", d)
		}
		body.WriteString(d.String() + "\n")
	}
	return body.Bytes(), nil
}

func splitDigests(body []byte) ([]canon.Digest, error) {
	lines, err := splitLines(body, MaxWanted)
	if err != nil {
		return nil, err
	}
	ds := make([]canon.Digest, 0, len(lines))
	for i, line := range lines {
		d, err := canon.ParseDigest(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if i > 0 && bytes.Compare(ds[i-1][:], d[:]) >= 0 {
			return nil, fmt.Errorf("line %d: digests are not in order", i+1)
		}
		ds = append(ds, d)
	}
	return ds, nil
}

// splitLines cuts a body of at most limit lines, each ended by a newline.
func splitLines(body []byte, limit int) ([]string, error) {
	if len(body) == 0 {
		return nil, nil
	}
	if n := bytes.Count(body, []byte("\n")); n > limit {
		return nil, fmt.Errorf("%d lines, at most %d are allowed", n, limit)
	}
	if body[len(body)-1] != '\n' {
		return nil, fmt.Errorf("the last line is cut off")
	}
	return strings.Split(string(body[:len(body)-1]), "\n"), nil
}
