// Package pack reads a text as data: what a regime provides for, measure by
// measure, beside the articles of the text. A pack is a folder of YAML files that
// a lawyer can read; the package parses it strictly, lints it, names it by a
// digest and evaluates its conditions within bounds.
//
// It does not know what anybody did: what is provided for whom on an occasion, and
// whether it was done, package provision derives. It reads no file but those that
// it is handed, and has no network and no clock.
//
// Invariant: a Pack that Load returns passes the linter, and its digest covers
// every byte that an answer can depend on, zone data included.
// Spec: spec/pack.md.
package pack
