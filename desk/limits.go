package desk

import "time"

const (
	// Passphrases are hashed with argon2id. OWASP's first choice for it is 19 MiB,
	// two passes, one lane: about 30 ms on a small machine.
	hashMemory  = 19 << 10 // KiB
	hashPasses  = 2
	hashLanes   = 1
	hashSalt    = 16 // bytes, RFC 9106 §3.1
	hashSize    = 32 // bytes
	maxMemory   = 256 << 10
	maxPasses   = 16
	maxHashText = 256

	// hashers is how many passphrases are hashed at once: it bounds the memory
	// that callers can make a node use.
	hashers = 2

	// minPassphrase is in characters: with attempts slowed as below, twelve are
	// out of reach of guessing. maxPassphrase is in bytes.
	minPassphrase = 12
	maxPassphrase = 1024

	// Attempts by passphrase: up to attempts of them within attemptWindow are
	// free; each further one costs a wait that begins with firstWait and doubles
	// to at most longestWait.
	attempts      = 5
	attemptWindow = 15 * time.Minute
	firstWait     = 30 * time.Second
	longestWait   = 15 * time.Minute

	// A session ends after idleFor without use and lastFor in any case: a shift,
	// and a shift that runs over.
	idleFor = 12 * time.Hour
	lastFor = 24 * time.Hour
	// touchAfter is how exactly the last use is kept, to spare a write for each look.
	touchAfter = time.Minute
	tokenSize  = 32 // bytes

	// A challenge for an ssh-agent lives challengeFor; an officer has at most
	// maxChallenges open ones, the oldest goes.
	challengeFor  = 2 * time.Minute
	maxChallenges = 8
	challengeSize = 32 // bytes

	// An officer has at most maxPasskeys; making one may take passkeyFor from the
	// passphrase on. The bounds of an answer and of what is kept of it are in bytes: a
	// credential has at most 1,023 (WebAuthn §4), a key of RSA with 4,096 bits about 550.
	maxPasskeys   = 10
	passkeyFor    = 5 * time.Minute
	maxAnswer     = 64 << 10
	maxCredential = 1023
	maxPublicKey  = 2048
	handleSize    = 16 // random bytes
	passkeyIDSize = 4  // random bytes
	maxOrigin     = 300

	// firstFor is how long the link for the first officer serves: long enough to walk
	// from the machine to a desk. One for a further officer serves over a weekend.
	firstFor   = time.Hour
	accountFor = 72 * time.Hour

	maxName       = 100      // characters of an officer's name
	maxKeyLine    = 16 << 10 // bytes of an authorized_keys line: RSA of 16,384 bits and a comment
	maxSteps      = 16       // of a chain; the longest known to us has five
	maxDeputies   = 64       // of a step
	maxRequest    = 4 << 20  // bytes of a draft's request: a filled form, a text of many pages
	maxRemarks    = 4000     // characters
	maxReason     = 500      // characters of the reason for an urgent release
	maxReference  = 200      // characters: a file number, a note number
	maxSent       = 400      // bytes of an act's reference
	maxItems      = 1000     // open items of one hand-over
	maxItem       = 300      // characters of one
	maxContact    = 200      // characters of how somebody is reached
	maxProcedures = 64       // of a house
	maxProcedure  = 4000     // characters of one: a page
	maxDetail     = 500      // bytes of a line of the trail
	maxDrafts     = 1000     // drafts that one list returns
	maxTrail      = 1000     // entries that one page of the trail returns
	draftID       = 8        // random bytes
	minRSA        = 2048 / 8 // bytes of the modulus
)
