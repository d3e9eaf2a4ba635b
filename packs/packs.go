// Package packs carries the texts that ship with the program, as data: one folder
// for each pack, as package pack reads it; and the forms that the node knows
// without a pack, as canonical JSON, with examples of filled forms below. It reads
// and checks nothing itself.
//
// Invariant: every pack here passes the linter, every form passes regime.Load,
// every example its form's Check. Spec: spec/pack.md, spec/form.md.
package packs

import "embed"

// FS holds <pack>/pack.yaml with the folders beside it, <name>/<form>.json and
// <name>/examples/<name>.json.
//
//go:embed */*.json */examples/*.json */pack.yaml */measures/*.yaml */forms/*.yaml */cases/*.txt
var FS embed.FS
