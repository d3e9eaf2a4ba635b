package courier

import "time"

const (
	// MaxBody bounds the body of one exchange: a bundle of two sealed contents
	// of the largest size (16 MiB), and 64 KiB for the frame around them.
	MaxBody = 32<<20 + 64<<10

	// MaxAnswer bounds the answer to an exchange: it may carry what the asker
	// lacks, which is more than what one push brings. A longer catch-up takes
	// several exchanges.
	MaxAnswer = 64 << 20

	// MaxWait bounds a long poll, in whole seconds. Middle boxes commonly drop
	// a connection that was silent for 60 s.
	MaxWait = 55 * time.Second

	// MaxNote bounds a checkpoint in a request or an answer: the bound of
	// spec/checkpoint.md, 16 lines of some 3,300 bytes and room.
	MaxNote = 64 << 10

	// MaxProof is the number of hashes that C2SP tlog-witness lets a
	// consistency proof have.
	MaxProof = 63

	// maxSubmission bounds the body of add-checkpoint: "old ", 19 digits, the
	// proof lines of 44 characters, newlines, and the note.
	maxSubmission = 4 + 19 + 1 + MaxProof*45 + 1 + MaxNote

	// maxCosignatures bounds the answer to add-checkpoint: two lines of at most
	// 3,500 bytes, and room for other algorithms.
	maxCosignatures = 16 << 10

	// MaxSounding bounds one envelope of a sounding, either way: the bound of
	// spec/sounding.md.
	MaxSounding = 128 << 10

	// PeerSoundings is how many requests for soundings one peer may have under way:
	// one that asks what waits, one that says something, and room.
	PeerSoundings = 4

	// maxSentence bounds what is quoted of a peer's refusal, in bytes.
	maxSentence = 300

	// maxHeader bounds the header of a request or an answer, in bytes. Ours
	// have some 200.
	maxHeader = 8 << 10

	// PeerExchanges is how many exchanges one peer may have under way: one long
	// poll, one push, and room for several processes of one party.
	PeerExchanges = 8

	// PeerReads is how many other requests of one peer are served at a time; up to
	// PeerWaits others wait, on whatever connection they came, which costs some 10
	// kB each. A bundle of entries may have 16 MiB.
	PeerReads = 4
	PeerWaits = 256

	// maxStreams bounds the streams of one connection: those limits, and some
	// that wait or are only there to hear 503.
	maxStreams = 32

	// maxFrame is the largest HTTP/2 frame that either side takes, in bytes. Each end
	// of a connection keeps a buffer of the size of the largest frame it sent or read;
	// with the 1 MiB of net/http five peers cost a node some 6 MB.
	maxFrame = 32 << 10

	// maxConns and maxConnsPerHost bound the connections that a server holds,
	// proven or not, in all and from one address. Many nodes of one house, or
	// of a demonstration, share an address.
	maxConns        = 1024
	maxConnsPerHost = 256

	// MaxConnsPerPeer bounds the connections that one party holds once it has
	// proved its key. A node uses one, and tries up to maxTries while older ones
	// hang.
	MaxConnsPerPeer = 32

	// lingerTime and lingerBytes bound what a refused connection may still say:
	// the first frames of HTTP/2, one round trip later.
	lingerTime  = time.Second
	lingerBytes = 64 << 10

	// refusalTime is how long the client looks for the reason when a connection
	// ends before its first answer; it is closed by then, or within microseconds.
	refusalTime = 100 * time.Millisecond

	// patience and minRate (bytes a second) bound the time that a transfer may
	// spend waiting for the peer: patience at first, and one second more for
	// each minRate bytes that came. A line of 64 kbit/s keeps well inside.
	patience = 30 * time.Second
	minRate  = 4 << 10

	// handshakeTime bounds the TLS handshake and the first frames of a peer,
	// dialTime one attempt to reach one endpoint, handshake included: three
	// round trips over a satellite are 2 s.
	handshakeTime = 10 * time.Second
	dialTime      = 8 * time.Second

	// redialTime is after how long another attempt begins while older ones hang,
	// so that a peer which comes back is found within 2 s; maxTries bounds those
	// under way to one peer. spareTime is how long a connection that came about
	// after its request had given up may be used: less than the handshakeTime of
	// a server that waits for the first frames.
	redialTime = 1500 * time.Millisecond
	maxTries   = 12
	spareTime  = 5 * time.Second

	// answerTime is how long an answer may take to begin after the body was
	// sent, beyond the time that it was asked to wait: a large bundle is
	// verified and made durable before it is answered.
	answerTime = 2 * time.Minute

	// idleTime ends a connection without requests: three heartbeats of 60 s.
	idleTime = 3 * time.Minute

	// pingTime is the silence after which a connection with a request under way
	// is probed, pongTime how long the probe may take, so that a long poll over
	// a dead line ends.
	pingTime = 15 * time.Second
	pongTime = 10 * time.Second

	// closingTime is how long requests may go on after Shutdown began before
	// their contexts end.
	closingTime = 2 * time.Second
)
