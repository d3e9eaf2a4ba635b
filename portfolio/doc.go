// Package portfolio is what one state is bound by and how it stands: the texts in
// force by the editions of its group, the statements of all records it holds, and
// the notes of its own register, laid before package provision.
//
// It decides nothing: what is provided for, and whether it was done, provision
// derives. It keeps nothing either; what it holds in memory follows from the
// records and comes out the same when it is built anew. The register of notes is
// evidence for this state alone, and so is every answer that rests on it.
//
// Invariant: the same records, cosignatures, editions and notes give the same
// answers, in whatever order they arrived. Spec: spec/portfolio.md.
package portfolio
