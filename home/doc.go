// Package home is the folder in which one party keeps its node for one group:
// settings, keys locked to an unlock identity, the roster that it pinned, and
// the store. It makes a home, loads it, opens the node in it, and copies it into
// a backup and back. It runs no loop and decides nothing about the group.
//
// Invariant: one process at a time has a home open for writing; a home is pinned
// to one group for good; secret keys are never at rest without the lock of the
// unlock identity. Spec: spec/home.md.
package home
