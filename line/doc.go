// Package line is what is said on a line: a standing way between capitals on which
// an answer is awaited. Three contents: an end (one party's word that its side of
// a line is open, suspended, closed or declined), a message with its precedence,
// and the hours at which a party's posts are on duty.
//
// It carries nothing, sounds nothing and judges nobody: who said it, and to whom,
// stands in the act that carries a content, and what follows from time is in
// package watch.
//
// Invariant: Parse accepts exactly what Bytes writes. Spec: spec/line.md.
package line
