// Package alert writes what was said as an alert for programs that warn people: as XML
// of the Common Alerting Protocol, CAP 1.2. It knows no texts and no records, sends
// nothing, and adds nothing to what it is handed: what nobody said is Unknown.
//
// An alert is one message of one party. What several say of one event are several
// alerts that name the same incident; none of them is a finding.
//
// Invariant: what XML writes is valid by the schema of CAP 1.2 and keeps the rules that
// the standard adds to it; all else is refused. Source: OASIS Common Alerting Protocol
// Version 1.2, 1 July 2010, section 3.
package alert
