package key

import (
	"strings"

	"detente/internal/canon"
)

const (
	wordCount = 12   // words of a fingerprint: 132 bits
	wordBits  = 11   // bits of one word
	wordTotal = 2048 // words of the list
)

// Words spells a fingerprint for the telephone: 12 words of a fixed list of
// 2,048 short English words, 11 bits each, of the first 132 bits.
func Words(d canon.Digest) []string {
	list := strings.Fields(wordList)
	words := make([]string, wordCount)
	for i := range words {
		n := 0
		for bit := i * wordBits; bit < (i+1)*wordBits; bit++ {
			n = n<<1 | int(d[bit/8]>>(7-bit%8)&1)
		}
		words[i] = list[n]
	}
	return words
}
