package paper

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/go-text/typesetting/font"
)

// errFont is returned for a file of letters that is not TrueType as this package writes
// it into a PDF.
var errFont = errors.New("not a TrueType font with outlines")

// trueType is a font by its tables.
type trueType map[string][]byte

func readTrueType(b []byte) (trueType, error) {
	if len(b) < 12 {
		return nil, errFont
	}
	t := trueType{}
	for i := range int(binary.BigEndian.Uint16(b[4:])) {
		at := 12 + 16*i
		if at+16 > len(b) {
			return nil, errFont
		}
		start, size := int(binary.BigEndian.Uint32(b[at+8:])), int(binary.BigEndian.Uint32(b[at+12:]))
		if start+size > len(b) {
			return nil, errFont
		}
		t[string(b[at:at+4])] = b[start : start+size]
	}
	for _, tag := range []string{"glyf", "head", "hhea", "hmtx", "loca", "maxp"} {
		if len(t[tag]) < 4 {
			return nil, fmt.Errorf("%w: it has no %s", errFont, tag)
		}
	}
	if len(t["head"]) < 54 || len(t["hhea"]) < 36 {
		return nil, errFont
	}
	return t, nil
}

// word is a signed number of a table, in thousandths of the type.
func (t trueType) word(tag string, at int) int {
	upem := int(binary.BigEndian.Uint16(t["head"][18:]))
	return int(int16(binary.BigEndian.Uint16(t[tag][at:]))) * em / max(upem, 1)
}

// outline is what draws a glyph.
func (t trueType) outline(g int) ([]byte, error) {
	loca, size := t["loca"], 2
	at := func(i int) int { return 2 * int(binary.BigEndian.Uint16(loca[2*i:])) }
	if binary.BigEndian.Uint16(t["head"][50:]) != 0 {
		size = 4
		at = func(i int) int { return int(binary.BigEndian.Uint32(loca[4*i:])) }
	}
	if (g+2)*size > len(loca) {
		return nil, errFont
	}
	start, end := at(g), at(g+1)
	if start > end || end > len(t["glyf"]) {
		return nil, errFont
	}
	return t["glyf"][start:end], nil
}

// parts are the glyphs of which a glyph is put together.
func parts(outline []byte) ([]int, error) {
	if len(outline) < 10 || int16(binary.BigEndian.Uint16(outline)) >= 0 {
		return nil, nil
	}
	const words, scale, more, both, four = 1, 8, 32, 64, 128 // flags of the format
	var all []int
	for at := 10; ; {
		if at+4 > len(outline) {
			return nil, errFont
		}
		flags := int(binary.BigEndian.Uint16(outline[at:]))
		all = append(all, int(binary.BigEndian.Uint16(outline[at+2:])))
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&both != 0:
			at += 4
		case flags&four != 0:
			at += 8
		}
		if flags&more == 0 {
			return all, nil
		}
	}
}

// only writes the font with the outlines of these glyphs and no others. Glyphs keep
// their numbers.
func (t trueType) only(glyphs []font.GID) ([]byte, error) {
	keep, todo := map[int]bool{}, []int{0}
	for _, g := range glyphs {
		todo = append(todo, int(g))
	}
	for len(todo) > 0 {
		g := todo[0]
		todo = todo[1:]
		if keep[g] {
			continue
		}
		keep[g] = true
		b, err := t.outline(g)
		if err != nil {
			return nil, err
		}
		more, err := parts(b)
		if err != nil {
			return nil, err
		}
		todo = append(todo, more...)
	}
	count := int(binary.BigEndian.Uint16(t["maxp"][4:]))
	var glyf, loca []byte
	for g := range count {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if keep[g] {
			b, err := t.outline(g)
			if err != nil {
				return nil, err
			}
			glyf = append(glyf, b...)
			for len(glyf)%4 != 0 {
				glyf = append(glyf, 0)
			}
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head := slices.Clone(t["head"])
	binary.BigEndian.PutUint16(head[50:], 1) // long places
	out := trueType{"glyf": glyf, "head": head, "loca": loca}
	for _, tag := range []string{"cvt ", "fpgm", "hhea", "hmtx", "maxp", "prep"} {
		if b, ok := t[tag]; ok {
			out[tag] = b
		}
	}
	return out.bytes(), nil
}

// bytes writes the tables as a file.
func (t trueType) bytes() []byte {
	var tags []string
	for tag := range t {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	power, log := 1, 0
	for power*2 <= len(tags) {
		power, log = power*2, log+1
	}
	out := []byte{0, 1, 0, 0}
	for _, n := range []int{len(tags), power * 16, log, (len(tags) - power) * 16} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at := 12 + 16*len(tags)
	for _, tag := range tags {
		out = append(out, tag...)
		for _, n := range []uint32{sum(t[tag]), uint32(at), uint32(len(t[tag]))} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		at += (len(t[tag]) + 3) &^ 3
	}
	for _, tag := range tags {
		out = append(out, t[tag]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

// sum is the checksum of a table.
func sum(b []byte) uint32 {
	var n uint32
	for len(b) > 0 {
		var four [4]byte
		b = b[copy(four[:], b):]
		n += binary.BigEndian.Uint32(four[:])
	}
	return n
}
