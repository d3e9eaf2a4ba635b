// Package roster says who belongs to a group and by which keys: numbered
// editions, each naming the digest of the one before, the linter that refuses a
// roster which could not keep its promises, and the key state that follows from
// editions and key acts.
//
// It does no I/O and decides nothing about time: when an edition's adoptions
// were lodged, and which edition is in force, is handed to it. It compares no
// fingerprints either: that people do, before they adopt.
//
// Invariants: Parse accepts exactly what Bytes writes; one key never serves two
// roles or two parties of an edition; the same editions and key acts give the
// same Keys in whatever order the records arrive.
//
// Source: protocol §2, §3. Spec: spec/roster.md, spec/key-act.md.
package roster
