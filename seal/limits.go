package seal

const (
	// MaxContent bounds one sealed content in bytes, 16 MiB: a scan of a
	// hundred pages. What is larger is sent in parts.
	MaxContent = 16 << 20

	// MaxRecipients bounds the stanzas of one ciphertext, as act bounds the
	// addressees of one act. 128 stanzas take 195 KiB.
	MaxRecipients = 128

	// MaxSize is the largest ciphertext in bytes: the most stanzas around the
	// largest content, padded.
	MaxSize = introSize + MaxRecipients*stanzaSize + macSize + nonceSize + maxInside + maxInside/chunkSize*tagSize

	// maxInside is what the largest content takes with its head, padded: the
	// padding of sizes just above 16 MiB goes in steps of 512 KiB.
	maxInside = MaxContent + 512<<10

	// minInside is the smallest inside, padding included: the head takes 300
	// bytes, so that short answers of any length look alike.
	minInside = 1024

	// maxMediaType bounds a media type in bytes, as act does.
	maxMediaType = 127

	saltSize = 16
)

// Sizes of the age v1 format in bytes, for headers of hybrid stanzas only.
const (
	introSize  = len(intro)
	encodedKey = 1494 // 1,120 bytes of encapsulation (ML-KEM-768 1,088, X25519 32) in base64 without padding
	encodedEnd = 43   // 32 bytes in base64 without padding: a wrapped file key, or the MAC
	stanzaSize = len(stanzaPrefix) + encodedKey + 1 + encodedEnd + 1
	macSize    = len(macPrefix) + encodedEnd + 1
	nonceSize  = 16
	chunkSize  = 64 << 10 // plaintext of one chunk of the payload
	tagSize    = 16       // authentication tag of one chunk
)
