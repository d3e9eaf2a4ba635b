// Package register is the register of notes of one state: what came in and what
// went out by note, mail or telephone, with number, date, form and scans, as every
// foreign ministry keeps one. It stays in the house: nothing of it is in a record,
// and it is evidence for nobody but the state that keeps it.
//
// It checks no form and decides nothing about a text; contents and scans are
// encrypted at rest under the key that it is handed.
//
// Invariant: a note keeps its number for ever; it is never deleted, only marked
// void with a reason; every change stands in the audit trail by the same
// transaction. Spec: spec/register.md.
package register
