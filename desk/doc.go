// Package desk is what the officers of one state do before anything leaves the
// house: accounts and sign-in, drafts, the state's own clearance chain, and the
// audit trail. Nothing of it is ever in the record. It signs nothing, and it
// does not read what a draft asks for: that is opaque bytes here.
//
// Invariant: a Cleared draft was submitted by its author and each step of the
// chain was cleared, for its present revision, by an officer other than the
// author; or another officer released it urgently, where the chain allows. Any
// edit voids both. In a house with one active officer the only clearance is a
// concurrence from outside, entered with its reference. Every change stands in
// the audit trail by the same transaction. Spec: spec/desk.md.
package desk
