// Package watch says whom an alert calls now: what sounds, who of the own house is
// called next, when a sender is told that nothing was acknowledged, and how a line
// stands. It is for duty officers; every answer follows from evidence and a moment.
//
// It sends nothing and stores nothing, and nothing that it derives ever leaves the
// house: no other state learns that a message was opened, whom it called, or who
// was silent.
//
// Invariant: the same evidence and the same moment give the same answer, and an
// alert that nobody acknowledged never falls still for good by itself.
// Spec: spec/watch.md.
package watch
