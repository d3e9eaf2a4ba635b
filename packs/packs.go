// Package packs carries the forms that ship with the program, as data: one
// folder for each pack, with its forms as canonical JSON and examples of filled
// forms below. It reads and checks nothing: regime does.
//
// Invariant: every form here passes regime.Load, every example its form's Check.
// Spec: spec/form.md.
package packs

import "embed"

// FS holds <pack>/<form>.json and <pack>/examples/<name>.json.
//
//go:embed */*.json */examples/*.json
var FS embed.FS
