package control

import "time"

const (
	// maxArgs bounds what a verb is told, in bytes: the largest draft is 4 MiB,
	// and a draft travels as JSON inside JSON.
	maxArgs = 10 << 20
	// maxAnswer bounds what a verb answers, in bytes: the longest list with the
	// texts of its acts.
	maxAnswer = 64 << 20
	// maxHeader bounds the arguments of a verb whose body is a stream, in bytes
	// of base64.
	maxHeader = 64 << 10
	// readWithin bounds the time in which arguments arrive: they come from the
	// same machine.
	readWithin = 30 * time.Second
	// headerWithin bounds the time in which a request begins.
	headerWithin = 5 * time.Second
	// idleFor is how long a connection without a request is kept.
	idleFor = 30 * time.Second
	// maxCalls is how many calls run at once; more wait. Officers of one house
	// and their scripts.
	maxCalls = 16
	// stopWithin is how long calls under way may go on when the node stops.
	stopWithin = 3 * time.Second

	// MaxList is the most rows of one list.
	MaxList = 1000
)
