// Package chart draws maps as SVG: land and water, a graticule with its scale, and
// the places that somebody handed to it, each with a number that a table beside the
// map explains.
//
// It draws no border and fills no state: the ground carries no claim. It derives
// nothing from a place, reads no file but the land that is part of the program, and
// sets no colour: classes name what is drawn, the style of a page says how it looks.
//
// Invariant: the same input gives the same drawing; whatever text is handed in is
// escaped; what lies outside of the box is not drawn.
package chart
