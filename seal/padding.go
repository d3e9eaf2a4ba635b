package seal

import "math/bits"

// padded is the size in bytes to which an inside of n bytes is padded: Padmé
// (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
// Communication with PURBs", 2019, §4), and minInside at least. A size of up to
// 2^k bytes then tells O(log k) bits, and the padding is at most 12 % of it.
func padded(n int) int {
	if n <= minInside {
		return minInside
	}
	e := bits.Len(uint(n)) - 1 // floor of log2 n
	s := bits.Len(uint(e))     // floor of log2 e, and one
	mask := 1<<max(e-s, 0) - 1 // the bits that become zero
	return (n + mask) &^ mask
}

// Room is how many bytes of body, with their head, fill an inside of size bytes
// exactly, so that nothing is padded here; false if size is none that padding gives,
// or has no room.
func Room(contentType string, b Binding, size int) (int, bool) {
	n := size
	for range 3 { // the length is written in the head: its digits settle at once
		n = size - len(inside{contentType: contentType, length: max(n, 0), binding: b}.head())
	}
	head := len(inside{contentType: contentType, length: max(n, 0), binding: b}.head())
	return n, n >= 0 && n <= MaxContent && head+n == size && padded(size) == size
}
