// Package provision derives what texts provide for: from the texts in force, the
// parties, what was filed and a moment it answers, measure by measure and party
// by party, what is due by when, what was done, which counts are used up, and why.
//
// It holds nothing but what it is handed, reads no clock and decides nothing that
// belongs to people: a fact that is disputed is shown as disputed, a word such as
// "forthwith" is measured and not judged, and what cannot be read, or was not
// agreed, is not judged either.
//
// Invariant: the same texts, parties, filings and moment give the same answers,
// in whatever order the filings arrived, and a faulty filing changes nothing but
// its own line. Source: protocol §4–§7, §12. Spec: spec/provision.md.
package provision
