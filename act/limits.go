package act

// Limits of the format. Each is part of version 1: an act beyond one is not a
// version 1 act.
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
