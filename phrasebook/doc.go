// Package phrasebook is agreed text: sentences with blanks in every language of a
// book, so that what is said by a phrase reads the same on every side. A book is
// one file, named by its digest; its translations are part of what the digest
// covers, since the sentence that an officer read is the evidence.
//
// It sends nothing and translates nothing: a language that a book lacks is not at
// hand.
//
// Invariant: Parse accepts exactly what was written, and every sentence of a parsed
// book has the same blanks in every language. Spec: spec/phrasebook.md.
package phrasebook
