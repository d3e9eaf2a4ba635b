// Package condition answers whether a condition of a text holds for a filled
// form: it holds, it does not, or that is not known here, and each time why, in
// plain sentences with the figures. It also counts the durations of a text and
// places areas.
//
// It knows no act and no record, and decides nothing about time: the moment and
// the party looked at come in as values. What a reader cannot read, and what the
// parties have not agreed, is unknown and never "no".
//
// Invariant: evaluation ends within a bound whatever the rule, and the same
// condition, form and environment give the same answer. Spec: spec/provision.md.
package condition
