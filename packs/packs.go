// Package packs carries the texts that ship with the program, as data: one folder
// for each pack, named by its id, as package pack reads it, with its cases and with
// examples of filled forms. It reads and checks nothing itself.
//
// Invariant: every pack here passes the linter, every case gives what it expects,
// every example passes its form's Check. Spec: spec/pack.md.
package packs

import "embed"

// FS holds <pack>/pack.yaml with the folders beside it, and
// <pack>/examples/<name>.json.
//
//go:embed */pack.yaml */measures/*.yaml */forms/*.yaml */cases/*.txt */zones/*/*.tzif */examples/*.json
var FS embed.FS
