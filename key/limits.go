package key

const (
	// maxKeyName is the length of the longest key name in bytes: the ML-DSA-44
	// cosignature has one length byte for it.
	maxKeyName = 255

	// maxLine is the length of the longest signature line in bytes. An ML-DSA-87
	// signature with its key id and a timestamp takes 6,188 characters of base64;
	// a line of an algorithm unknown here may be somewhat longer.
	maxLine = 16 << 10

	// MaxSealing is the number of sealing identities a Set holds: the one in use
	// and those kept for the grace period. With rotation every 90 days and a
	// grace of a year there are five.
	MaxSealing = 16

	// maxStored is the size in bytes of the largest stored Set, Next or card; with
	// MaxSealing identities a Set has about 3 kB, a card about 9 kB.
	maxStored = 64 << 10

	// maxLocked is the largest ciphertext that Unlock reads.
	maxLocked = 128 << 10

	// passphraseWork is the work factor of a passphrase, as the exponent of
	// scrypt's N: about a second and 256 MiB on the machines of 2026, as age's own
	// default. A wrapped identity that asks for more than maxPassphraseWork is refused.
	passphraseWork    = 18
	maxPassphraseWork = 20
)
