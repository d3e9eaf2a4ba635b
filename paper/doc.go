// Package paper turns an act or a draft into what lies on a desk: a note verbale,
// a form or the text of a mail, as plain text, as HTML for printing and as PDF, in
// the language of its reader. Names of fields and coded values are in that
// language; what the author wrote stays in the author's, and is marked.
//
// It does not know the record: who calls says what the act is and hands in its
// content, and the names of states as the roster has them.
//
// Invariant: the same Letter gives the same bytes, and every page of an exercise
// or a test says so.
// Spec: spec/form.md, "On paper".
package paper
