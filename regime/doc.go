// Package regime says what a text asks of a statement: forms with numbered
// fields, levels from which a measure applies, and for now one lead time. Forms
// are data in packs/; the package does no I/O and sends nothing. It does not
// know the figures that a group agreed on: those come from its roster and are
// handed in.
//
// Invariant: Check names every fault of a filled form at once, each by its
// numbered field and in every house language; a Checked form has none.
// Spec: spec/form.md.
package regime
