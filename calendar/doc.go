// Package calendar writes due dates for other programs: as iCalendar, as CSV and
// as a spreadsheet, other tables as CSV, and the areas that were notified as GeoJSON. It knows no texts
// and no records; it writes what it is handed, in the order in which it is handed.
//
// Invariant: an entry has one UID for ever, whatever becomes of it; a cell that a
// spreadsheet would take for a formula is written as text. Source: RFC 5545,
// RFC 7986, RFC 4180, RFC 7946.
package calendar
