package pack

import "embed"

//go:embed schema/*.json
var schemas embed.FS

// Schemas are the kinds of file of a pack that have a schema.
func Schemas() []string { return []string{"pack", "measures", "form"} }

// Schema is the JSON Schema 2020-12 of one kind of file, for the editor of who
// writes a pack: its keys with their meaning, what each needs, and its codes. It
// says how a file looks; whether the parts fit together, the linter says. It is
// written by the tests from the types and their comments.
func Schema(kind string) ([]byte, bool) {
	b, err := schemas.ReadFile("schema/" + kind + ".schema.json")
	return b, err == nil
}
