package act

// Limits of the format. Each is part of versions 1 and 2: an act beyond one is of
// neither.
const (
	// MaxSize is the largest act in bytes: a tlog-tiles entry carries a 16-bit length.
	MaxSize = 65535

	// MaxAddressees bounds To. The largest group that the design names has 57
	// states and 11 partners; twice that leaves room, and a list of 128 names
	// with serials still fits an act.
	MaxAddressees = 128

	// MaxTouches bounds the fields that one update names. The longest form
	// known here has fewer than a hundred; naming more means sending it anew.
	MaxTouches = 256

	// MaxToken bounds thread, handling, originator, releasable and note, in bytes.
	MaxToken = 64

	// MaxMeasure bounds the name of a measure, in bytes.
	MaxMeasure = 64

	// MaxTouch bounds the name of one numbered field, in bytes.
	MaxTouch = 32

	// MaxMediaType bounds a media type, in bytes (RFC 6838 §4.2 allows 127 on
	// each side; this is the sum).
	MaxMediaType = 127

	// MaxLanguage bounds a language tag, in bytes (RFC 5646 §4.4.1).
	MaxLanguage = 35

	// MaxEdition bounds the number of a roster edition: one a day for 2,700 years.
	MaxEdition = 999_999

	// MaxSerial and MaxIndex bound serials and places in a record: the largest
	// integer that every JSON reader keeps exactly.
	MaxSerial = 1<<53 - 1
	MaxIndex  = 1<<53 - 1

	// MaxBlob bounds the size of a blob beside the record, in bytes: one
	// content of 16 MiB with its stanzas, or the list of half a million
	// cosignatures of a retired key.
	MaxBlob = 64 << 20
)

// Size classes of discreet content: how many stanzas, and how many bytes are inside.
var (
	discreetStanzas = [...]int64{2, 4, 8, 16}
	discreetInsides = [...]int64{4 << 10, 16 << 10, 64 << 10}
)

// DiscreetSizes are the sizes in bytes that the sealed content of a discreet act may
// have, by stanzas and then by what is inside: a reader sees no more of it. They
// follow from spec/seal.md: 86 bytes, 1,557 for each stanza, the inside, and a tag of
// 16 for each 65,536 bytes of it.
func DiscreetSizes() []int64 {
	var out []int64
	for _, stanzas := range discreetStanzas {
		for _, inside := range discreetInsides {
			chunks := (inside + 1<<16 - 1) >> 16
			out = append(out, 86+1557*stanzas+inside+16*chunks)
		}
	}
	return out
}
