// Package checkpoint is the signed head of a record and the cosignatures over it:
// strict reading of C2SP notes before any stock parser sees them, the three
// lines of a record's own checkpoint, and cosignatures kept one by one.
//
// It does not know which key a record had at which size (roster), nor whether
// one head extends another (record).
//
// Sources: C2SP tlog-checkpoint v1.0.0, signed-note v1.0.0, tlog-cosignature
// v1.1.0-rc.1. Invariant: a Signed or Cosigned value exists only after
// verification. Spec: spec/checkpoint.md.
package checkpoint
