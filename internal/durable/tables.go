package durable

import "strings"

// byKey stands after the closing bracket of a table whose rows are to be kept in
// the order of the primary key and nowhere else.
const byKey = "/* by key */"

// Tables is the text of a schema as this database takes it. Without more, SQLite
// keeps a table and, apart from it, an index of its primary key, and every new row
// touches a page of each. For a table of small rows "by key" in a comment after
// its definition makes it one; other databases read over it. Rows of more than a
// quarter of a page belong in an ordinary table.
func Tables(schema string) string {
	return strings.ReplaceAll(schema, byKey, "without rowid")
}
