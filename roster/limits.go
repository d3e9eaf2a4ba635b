package roster

import "time"

const (
	// MaxParties is the most parties of one edition. The largest forum that a
	// template ships for has 57 states; with partners, organisations and
	// witness-only parties it stays below this.
	MaxParties = 128

	// MaxLanguages is the most languages of a group: as many as the European
	// Union has official ones.
	MaxLanguages = 24

	// maxName is the longest name of a group or party in one language, in
	// bytes: the longest official name of a state takes about 120 in Cyrillic.
	maxName = 400

	// maxRemark is the longest remark or proposal mark, in bytes: a paragraph.
	maxRemark = 800

	// maxRemarks is the most remarks of one edition.
	maxRemarks = 16

	// maxPosts is the most posts of one party: a ministry with its missions.
	maxPosts = 64

	// maxEndpoints is the most endpoints of one party: two nodes, each at a few
	// addresses.
	maxEndpoints = 8

	// maxHost is the longest host of an endpoint in bytes: that of a DNS name
	// (RFC 1035 §2.3.4).
	maxHost = 253

	// maxPacks is the most texts in force; there are about twenty known regimes.
	maxPacks = 64

	// maxSlots is the most slots filled in, for all and for pairs.
	maxSlots = 512

	// maxValue is the longest value of a slot in bytes: a border line of some
	// hundred points.
	maxValue = 8192

	// maxToken is the longest id of a pack or slot, or retention class, in bytes.
	maxToken = 64

	// maxRetention is the most retention classes.
	maxRetention = 32

	// maxEdition is the largest number of an edition: one a day for 2,700 years.
	maxEdition = 1_000_000

	// maxSpan is the longest courier round trip or retention: a hundred years.
	maxSpan = 876_000 * time.Hour
)

const (
	// MaxListed is the most cosignatures that one list of a retired key may
	// hold: one every two minutes for a year. A cosigner rotates before that.
	MaxListed = 1 << 18

	// MaxListedSize is the largest list in bytes: MaxListed of the longest lines.
	MaxListedSize = MaxListed * maxListedLine

	// maxListedLine is the longest line of a list in bytes: an origin of 120, a
	// size of 19 digits, a root of 44, a time of 12, three spaces and a newline.
	maxListedLine = 120 + 19 + 44 + 12 + 4

	// maxListedTime is the latest time in a list, in Unix seconds: the end of
	// the year 9999.
	maxListedTime = 253402300799

	// maxChange is the largest payload of a key act in bytes. Sixteen hybrid
	// recipients of about 2,000 bytes and the signatures fit; an act has 65,535.
	maxChange = 48 << 10

	// maxValidities is the most keys of one batch: four years of quarterly keys.
	maxValidities = 16
)
