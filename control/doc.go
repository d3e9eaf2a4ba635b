// Package control is the door of a home for its own commands: one table of
// verbs, reached over a Unix socket while the node runs, and in the same process
// while it does not. A command therefore does the same either way. It has no
// rules of its own: it asks for the sign-in that a verb needs and calls desk and
// node.
//
// It is not for peers and not for the network. Invariant: the socket is readable
// by the home's account alone, what comes in is bounded in size and time, and an
// error crosses as a code, one sentence and a hint. Spec: spec/control.md.
package control
