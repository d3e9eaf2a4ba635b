package detente_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// comment opens a file whose package comment keeps the rules.
func comment(name string) string {
	return "// Package " + name + " is one. It does not do two. Its invariant is three.\npackage " + name + "\n"
}

// lines returns a function of n lines.
func lines(name string, n int) string {
	return "\nfunc " + name + "() {\n" + strings.Repeat("\tprintln()\n", n-2) + "}\n"
}

// threatTable is a threat table that keeps the rules.
func threatTable() string {
	var b strings.Builder
	b.WriteString("| Threat | Prevented | Detected | Not covered | Test |\n|---|---|---|---|---|\n")
	for _, name := range threats {
		b.WriteString("| " + name + " | this and that | by each peer | the rest | not yet |\n")
	}
	return b.String()
}

// clean is a tiny house in which every rule is kept.
func clean() map[string]string {
	return map[string]string{
		"go.mod":              "module detente\n\ngo 1.26.0\n\nrequire filippo.io/age v1.3.2\n",
		"doc.go":              comment("detente"),
		"README.md":           "Read `ARCHITECTURE.md` and `act/act.go`, run `go run ./cmd/detente demo`, see [pages](spec/README.md), `golang.org/x/mod` and `alatau/1f2e3d4c`.\n\n```\n./act\n```\n",
		"ARCHITECTURE.md":     "`act/`, `spec/*.md`\n",
		"SECURITY.md":         threatTable(),
		"NEWS.md":             "News\n",
		"LICENSE":             "Licence\n",
		"doc/operating.md":    "See [the readme](../README.md).\n",
		dependencies:          "`filippo.io/age`: sealing.\n",
		"spec/README.md":      "[act](act.md)\n",
		"spec/act.md":         "An act, and `vectors/more/`.\n",
		"spec/vectors/act/a":  "good\n",
		"spec/vectors/more/a": "good\n",
		"party/party.go":      comment("party"),
		"act/act.go":          comment("act") + "\nimport (\n\t\"errors\"\n\n\t\"detente/party\"\n)\n\nvar Err = errors.New(\"read act: no kind\")\n\nvar _ party.ID\n\nfunc Parse(b []byte) error {\n\tif b == nil {\n\t\tpanic(\"act: no bytes\")\n\t}\n\treturn Err\n}\n",
		"act/act_test.go":     "package act\n\nimport \"testing\"\n\nfunc FuzzParse(f *testing.F) {\n\tf.Fatal(\"no seeds\")\n\tParse(nil)\n}\n",
		"act/acttest/one.go":  comment("acttest") + "\nimport (\n\t\"testing\"\n\n\t\"detente/act\"\n)\n\nvar _ testing.TB\nvar _ = act.Err\n",
		"cmd/detente/a.go":    "// Command detente is one. It does not do two. Its invariant is three.\npackage main\n\nimport \"os\"\n\nfunc main() { os.Exit(len(os.Args)) }\n",
		"interop/go.mod":      "module interop\n",
		"interop/x.go":        "package interop\n\nfunc init() {}\n",
		"cmd/testdata/x.go":   "package broken",
	}
}

func inMemory(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for p, text := range files {
		fsys[p] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return fsys
}

// fires are the broken houses: what is laid over the clean one ("" removes a
// file), the rule that must report it, and a part of what it must say.
var fires = []struct {
	rule, say string
	files     map[string]string
}{
	{"floors", "party (floor 1) imports act (floor 2)", map[string]string{"party/up.go": "package party\n\nimport \"detente/act\"\n\nvar _ = act.Err\n"}},
	{"floors", "act (floor 2) imports seal (floor 2)", map[string]string{"act/side.go": "package act\n\nimport \"detente/seal\"\n\nvar _ = seal.Open\n", "seal/seal.go": comment("seal")}},
	{"floors", "folder rumour has no floor", map[string]string{"rumour/rumour.go": comment("rumour")}},
	{"floors", "detente/rumour has no floor", map[string]string{"act/up.go": "package act\n\nimport \"detente/rumour\"\n\nvar _ = rumour.X\n"}},
	{"floors", "imports node (floor 6)", map[string]string{"act/acttest/up.go": "package acttest\n\nimport \"detente/node\"\n\nvar _ = node.X\n"}},
	{"imports", "record imports detente/act", map[string]string{"record/record.go": comment("record") + "\nimport \"detente/act\"\n\nvar _ = act.Err\n"}},
	{"imports", "seal imports detente/regime", map[string]string{"seal/seal.go": comment("seal") + "\nimport \"detente/regime\"\n\nvar _ = regime.X\n"}},
	{"imports", "party imports net/http", map[string]string{"party/net.go": "package party\n\nimport \"net/http\"\n\nvar _ http.Header\n"}},
	{"imports", "party imports os", map[string]string{"party/os.go": "package party\n\nimport \"os\"\n\nvar _ os.File\n"}},
	{"imports", "party imports database/sql", map[string]string{"party/sql.go": "package party\n\nimport \"database/sql\"\n\nvar _ sql.DB\n"}},
	{"imports", "node imports unsafe", map[string]string{"node/node.go": comment("node") + "\nimport \"unsafe\"\n\nvar _ unsafe.Pointer\n"}},
	{"pure", "time.Now", map[string]string{"act/now.go": "package act\n\nimport \"time\"\n\nvar _ = time.Now\n"}},
	{"pure", "time.Since", map[string]string{"act/now.go": "package act\n\nimport t \"time\"\n\nvar _ = t.Since\n"}},
	{"pure", "crypto/rand", map[string]string{"seal/seal.go": comment("seal") + "\nimport \"crypto/rand\"\n\nvar _ = rand.Reader\n"}},
	{"doors", "os.Exit", map[string]string{"node/node.go": comment("node") + "\nimport \"os\"\n\nfunc f() { os.Exit(1) }\n"}},
	{"doors", "os.Getenv", map[string]string{"node/node.go": comment("node") + "\nimport \"os\"\n\nvar _ = os.Getenv(\"HOME\")\n"}},
	{"doors", "log.Print", map[string]string{"node/node.go": comment("node") + "\nimport \"log\"\n\nfunc f() { log.Print(1) }\n"}},
	{"doors", "slog.SetDefault", map[string]string{"node/node.go": comment("node") + "\nimport \"log/slog\"\n\nfunc f() { slog.SetDefault(nil) }\n"}},
	{"doors", "imports flag", map[string]string{"node/node.go": comment("node") + "\nimport \"flag\"\n\nvar _ = flag.Args\n"}},
	{"doors", "imports github.com/spf13/cobra", map[string]string{"node/node.go": comment("node") + "\nimport \"github.com/spf13/cobra\"\n\nvar _ cobra.Command\n"}},
	{"doors", "is a program and no door", map[string]string{"node/node.go": "package main\n"}},
	{"effects", "init function", map[string]string{"act/init.go": "package act\n\nfunc init() {}\n"}},
	{"effects", "for its effect", map[string]string{"act/blank.go": "package act\n\nimport _ \"modernc.org/sqlite\"\n"}},
	{"effects", "dot import", map[string]string{"act/dot_test.go": "package act\n\nimport . \"fmt\"\n\nvar _ = Sprint\n"}},
	{"globals", "variable last", map[string]string{"act/last.go": "package act\n\nvar last int\n\nfunc f() { last++ }\n"}},
	{"globals", "variable last", map[string]string{"act/last.go": "package act\n\nvar last map[int]int\n", "act/g.go": "package act\n\nfunc g() { last[1] = 2 }\n"}},
	{"helpers", "outside its tests", map[string]string{"act/t.go": "package act\n\nimport \"testing\"\n\nvar _ testing.TB\n"}},
	{"helpers", "imports the test helper detente/act/acttest", map[string]string{"node/node.go": comment("node") + "\nimport \"detente/act/acttest\"\n\nvar _ = acttest.X\n"}},
	{"names", "util says nothing", map[string]string{"util/util.go": comment("util")}},
	{"names", "http is taken", map[string]string{"http/http.go": comment("http")}},
	{"names", "not one lower-case word", map[string]string{"hand_over/x.go": comment("hand_over")}},
	{"names", "lies in folder", map[string]string{"party/x.go": "package parties\n"}},
	{"aliases", "errors is imported as e", map[string]string{"act/alias.go": "package act\n\nimport e \"errors\"\n\nvar _ = e.New\n"}},
	{"interfaces", "interface of 6 methods", map[string]string{"act/i.go": "package act\n\ntype I interface{ A(); B(); C(); D(); E(); F() }\n"}},
	{"interfaces", "interface of 6 methods", map[string]string{"act/i.go": "package act\n\nimport \"io\"\n\ntype J interface{ io.ReadWriteCloser }\ntype I interface {\n\tJ\n\tA()\n\tB()\n\tC()\n}\n"}},
	{"interfaces", "interface of 6 methods", map[string]string{"act/i.go": "package act\n\nfunc f(x interface{ A(); B(); C(); D(); E(); F() }) {}\n"}},
	{"interfaces", "embedded sort.Interface", map[string]string{"act/i.go": "package act\n\nimport \"sort\"\n\ntype I interface{ sort.Interface }\n"}},
	{"files", "at most 800", map[string]string{"act/long_test.go": "package act\n" + strings.Repeat("\n", 801)}},
	{"files", "more than 451 lines", map[string]string{"act/a.go": long, "act/b.go": long, "act/c.go": long, "act/d.go": long, "act/e.go": long, "act/f.go": long, "act/g.go": long}},
	{"functions", "f has 121 lines", map[string]string{"act/f.go": "package act\n" + lines("f", 121)}},
	{"functions", "more than 46 lines", map[string]string{"act/f.go": "package act\n" + lines("a", 46) + lines("b", 46) + lines("c", 46) + lines("d", 46) + lines("e", 46) + lines("f", 46) + lines("g", 46) + lines("h", 46) + lines("i", 46)}},
	{"comments", "no package comment", map[string]string{"act/act.go": "package act\n"}},
	{"comments", "a second package comment", map[string]string{"act/b.go": comment("act")}},
	{"comments", "of 2 sentences", map[string]string{"act/act.go": "// Package act is one, e.g. two. It is three.\npackage act\n"}},
	{"comments", "does not begin with", map[string]string{"act/act.go": "// This is one. It is two. It is three.\npackage act\n"}},
	{"format", "not as gofmt", map[string]string{"act/f.go": "package act\nvar  x int\n"}},
	{"panics", "does not begin with", map[string]string{"act/p.go": "package act\n\nfunc p() { panic(\"no\") }\n"}},
	{"panics", "does not begin with", map[string]string{"act/p.go": "package act\n\nfunc p(err error) { panic(err) }\n"}},
	{"errors", "failed to", map[string]string{"act/e.go": "package act\n\nimport \"fmt\"\n\nvar _ = fmt.Errorf(\"failed to read: %d\", 1)\n"}},
	{"errors", "ends like a sentence", map[string]string{"act/e.go": "package act\n\nimport \"errors\"\n\nvar _ = errors.New(\"read act: no kind.\")\n"}},
	{"kinds", "docket switches over 6 kinds", map[string]string{"docket/d.go": comment("docket") + kinds}},
	{"kinds", "node switches over 6 kinds", map[string]string{"node/a.go": comment("node") + kinds, "node/b.go": "package node\n" + kinds}},
	{"sleeps", "time.Sleep", map[string]string{"act/s_test.go": "package act\n\nimport \"time\"\n\nfunc s() { time.Sleep(1) }\n"}},
	{"words", "may read", map[string]string{"cmd/detente/w.go": "package main\n\nconst w = \"a " + "viol" + "ation by X\"\n"}},
	{"words", "may read", map[string]string{"packs/vd/a.json": "{\"title\": \"the " + "off" + "ender\"}\n"}},
	{"fuzz", "no fuzz target of act calls ParseRef", map[string]string{"act/r.go": "package act\n\nfunc ParseRef(s string) error { return nil }\n"}},
	{"fuzz", "does not stop", map[string]string{"act/r_test.go": "package act\n\nimport \"testing\"\n\nfunc FuzzRef(f *testing.F) {\n\tfor range 0 {\n\t\tf.Add(1)\n\t}\n}\n"}},
	{"elsewhere", "another machine", map[string]string{"act/x_test.go": "package act\n\nconst x = \"../" + "shared/a\"\n"}},
	{"elsewhere", "another machine", map[string]string{"doc/x.md": "cd /" + "work/main\n"}},
	{"elsewhere", "another machine", map[string]string{"doc/x.md": "see /" + "home/ana/x\n"}},
	{"elsewhere", "another machine", map[string]string{"test": "export " + "GOPROXY" + "=x\n"}},
	{"elsewhere", "another machine", map[string]string{"doc/x.md": "https://" + "proxy.go" + "lang.org\n"}},
	{"module", "replace directive", map[string]string{"go.mod": "module detente\n\nreplace a.b/c => ../c\n"}},
	{"module", "has no reason", map[string]string{dependencies: "none\n"}},
	{"module", "missing", map[string]string{"go.mod": ""}},
	{"paths", "names act/gone.go", map[string]string{"README.md": "`act/gone.go`\n"}},
	{"paths", "names gone.md", map[string]string{"doc/operating.md": "`gone.md`\n"}},
	{"paths", "names gone/gone.go", map[string]string{"SECURITY.md": "`gone/gone.go`\n"}},
	{"paths", "names ./cmd/gone", map[string]string{"README.md": "`go run ./cmd/gone demo`\n"}},
	{"paths", "names ./gone", map[string]string{"README.md": "```\n./gone --all\n```\n"}},
	{"paths", "names doc/gone", map[string]string{"doc/operating.md": "[gone](gone)\n"}},
	{"paths", "names act/*.txt", map[string]string{"spec/act.md": "`act/*.txt`\n"}},
	{"paths", "LICENSE: missing", map[string]string{"LICENSE": ""}},
	{"vectors", "no file in spec/vectors/seal", map[string]string{"spec/seal.md": "A seal.\n", "spec/README.md": "[act](act.md) [seal](seal.md)\n"}},
	{"vectors", "no file in spec/vectors/seal", map[string]string{"spec/seal.md": "A seal: `vectors/lock/`.\n", "spec/README.md": "[act](act.md) [seal](seal.md)\n"}},
	{"vectors", "not listed", map[string]string{"spec/README.md": "none\n"}},
	{"vectors", "no page spec/seal.md", map[string]string{"spec/vectors/seal/a": "x\n"}},
	{"threats", "no row for \"floods\"", map[string]string{"SECURITY.md": strings.ReplaceAll(threatTable(), "| floods |", "| fleas |")}},
	{"threats", "row \"fleas\"", map[string]string{"SECURITY.md": strings.ReplaceAll(threatTable(), "| floods |", "| fleas |")}},
	{"threats", "neither a test nor", map[string]string{"SECURITY.md": strings.ReplaceAll(threatTable(), "not yet", "soon")}},
	{"threats", "no test TestGone", map[string]string{"SECURITY.md": strings.ReplaceAll(threatTable(), "not yet", "`TestGone/fork`")}},
	{"threats", "an empty cell", map[string]string{"SECURITY.md": strings.ReplaceAll(threatTable(), "the rest", "-")}},
}

var long = "package act\n" + strings.Repeat("\n", 450)

const kinds = `
import "detente/act"

func f(k act.Kind) {
	switch k {
	case act.A, act.B, act.C:
	case act.D, act.E, act.F:
	}
}
`

// TestRulesFire shows every rule report a house that breaks it, and none report
// a house that keeps them all.
func TestRulesFire(t *testing.T) {
	house, err := read(inMemory(clean()))
	if err != nil {
		t.Fatal(err)
	}
	byName, shown := map[string]rule{}, map[string]bool{}
	for _, r := range rules {
		byName[r.name] = r
		for _, f := range r.check(house) {
			t.Errorf("the clean house: rule %s: %s", r.name, f)
		}
	}
	for _, c := range fires {
		files := clean()
		maps.Copy(files, c.files)
		maps.DeleteFunc(files, func(_, text string) bool { return text == "" })
		house, err := read(inMemory(files))
		if err != nil {
			t.Fatalf("%s: %v", c.rule, err)
		}
		r, ok := byName[c.rule]
		if !ok {
			t.Fatalf("no rule %s", c.rule)
		}
		var all []string
		for _, f := range r.check(house) {
			all = append(all, f.String())
		}
		if said := strings.Join(all, "\n"); !strings.Contains(said, c.say) {
			t.Errorf("rule %s does not say %q of a house that breaks it; it says:\n%s", c.rule, c.say, said)
		}
		shown[c.rule] = true
	}
	for _, r := range rules {
		if !shown[r.name] {
			t.Errorf("rule %s was never shown to fire", r.name)
		}
	}
}

// TestUnreadable shows that a Go file that does not parse is not passed over.
func TestUnreadable(t *testing.T) {
	files := clean()
	files["act/broken.go"] = "package act\n\nfunc {"
	if _, err := read(inMemory(files)); err == nil {
		t.Error("a broken file was passed over")
	}
}
