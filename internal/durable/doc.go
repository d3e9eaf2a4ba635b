// Package durable holds what must survive a crash: files replaced whole, a small
// guard file overwritten in place, the lock on a folder, and the SQLite database
// of a node with one writer and a pool of readers. It knows no table of its own
// and nothing of what the bytes mean.
//
// Invariant: when Update, WriteFile or OverwriteFile returns nil, the change is on
// the disk; when they return an error, the caller reads again before it relies
// on either.
package durable
