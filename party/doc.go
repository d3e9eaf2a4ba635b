// Package party names who takes part: groups, parties, posts and the origins of
// their records. A name here says nothing about trust: what a party's keys are
// is for the roster to say.
//
// Invariant: a value of these types was checked by its Parse function or is the
// zero value, which every reader refuses. Spec: spec/party.md.
package party
