// Package exercise is a scripted exercise between parties: a scenario with injects
// by clock, the marks by which a party says that it begins, that a real event has
// stopped play, and that it has ended, and the report made afterwards. It is for
// those who train duty officers with the real means.
//
// It sends nothing and knows no node: each party gives the injects that the
// scenario leaves to it, and nobody gives those of another. A scenario is agreed on
// beforehand, outside the program.
//
// Invariant: the same scenario, marks and moment give the same clock on every side,
// and while any party says "no play" the clock of the exercise stands still.
// Spec: spec/exercise.md.
package exercise
