package durable

import "time"

const (
	// pageSize of the database in bytes; it is set before WAL is switched on,
	// afterwards it has no effect. A commit writes every page that it touches,
	// about fifteen for one act: with 16 KiB it takes a third longer, with 4 KiB
	// three entries of 2 kB take the room of five and catching up takes a quarter
	// longer (go run ./bench).
	pageSize = 8 << 10

	// writerCache and readerCache are SQLite page caches in KiB. A node has 60 MB
	// in all; the cache of the operating system holds the rest.
	writerCache = 2 << 10
	readerCache = 512

	// readers is the size of the pool. Two cores are kept busy by four; each costs
	// its cache and about half a megabyte.
	readers = 4

	// readerIdle is how long an idle reader keeps its memory.
	readerIdle = 2 * time.Minute

	// busyTimeout is how long a connection waits for the lock of another process
	// (doctor, backup by another tool); within the process nobody waits on SQLite.
	busyTimeout = 10 * time.Second

	// walLimit is the size in bytes to which the write-ahead log is cut back
	// after a long transaction.
	walLimit = 64 << 20

	// maxStatements is the number of prepared statements kept for each
	// connection. The texts are constants of the program; all of them together
	// are fewer. Beyond it the idle ones are dropped.
	maxStatements = 192
)

// minVersion is the first SQLite library without the WAL-reset bug, which can
// lose commits when two connections checkpoint at once.
var minVersion = [3]int{3, 51, 3}
