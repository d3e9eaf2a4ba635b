// Package key holds the keys of a party, one set per role, and the signatures
// made with them: the three lines of a record's checkpoint and the two of a
// cosignature. It does not know who owns a key (roster) nor what is signed
// beyond the C2SP checkpoint text.
//
// Sources: C2SP signed-note v1.0.0, tlog-cosignature v1.1.0-rc.1 (0x04 Ed25519,
// 0x06 ML-DSA-44). Invariant: a cosignature's time counts only if both lines
// verify with equal, non-zero timestamps. Spec: spec/key.md.
package key
