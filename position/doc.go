// Package position reads and writes places on the earth as officers type them:
// degrees with minutes and seconds, decimal degrees, and MGRS. All are WGS 84.
//
// It does not know to whom a place belongs, and nothing may derive a state from
// one: borders are a matter of the parties.
//
// Invariant: what Degrees, Sexagesimal or Grid write of a point, Parse reads back
// as that point, Grid to within its square.
// Spec: spec/form.md, "Positions as typed".
package position
