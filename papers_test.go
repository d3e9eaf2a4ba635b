package detente_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkWords reads the texts that reach a person: string literals outside tests
// (error texts reach them too), and the data that ships in the binary.
func checkWords(house *tree) (faults []fault) {
	banned := regexp.MustCompile(`(?i)\b(` + "viol" + `at(e|es|ed|ing|ion|ions|or|ors)|` + "off" + `end(er|ers|ing)?|culprit|guilty|breach(es)?)\b`)
	house.sources(func(folder string, s *source) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil {
				if word := banned.FindString(text); word != "" {
					faults = append(faults, house.at(lit, "%q in a text that a person may read", word))
				}
			}
			return true
		})
	})
	for _, p := range house.files {
		if !matches("packs/*", p) && !matches("templates/*", p) || strings.HasSuffix(p, ".go") {
			continue
		}
		for i, line := range strings.Split(house.text[p], "\n") {
			if word := banned.FindString(line); word != "" {
				faults = append(faults, fault{p, i + 1, strconv.Quote(word) + " in a text that a person may read"})
			}
		}
	}
	return faults
}

// checkFuzz wants for every exported Parse or Read function that takes foreign
// bytes a fuzz target in the same folder that calls it, and in every fuzz target
// a way to stop when its seeds are missing.
func checkFuzz(house *tree) (faults []fault) {
	for _, folder := range house.folders() {
		pk := house.packages[folder]
		called := map[string]bool{} // names used inside fuzz targets
		for _, s := range pk.tests {
			for _, d := range s.ast.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Fuzz") {
					continue
				}
				if !stopsWithoutSeeds(f) {
					faults = append(faults, house.at(f, "%s does not stop when it has no seeds", f.Name.Name))
				}
				ast.Inspect(f, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						called[id.Name] = true
					}
					return true
				})
			}
		}
		if folder == "." || exempt(folder) {
			continue
		}
		for _, s := range pk.files {
			for _, d := range s.ast.Decls {
				f, ok := d.(*ast.FuncDecl)
				if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Parse") && !called[f.Name.Name] && unfuzzed[folder+"."+f.Name.Name] == "" {
					faults = append(faults, house.at(f, "no fuzz target of %s calls %s", folder, f.Name.Name))
				}
			}
		}
	}
	return faults
}

// stopsWithoutSeeds says whether a fuzz target calls Fatal itself, hands its
// *testing.F to a function that seeds it, or carries a seed in its own text.
func stopsWithoutSeeds(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) != 1 || len(f.Type.Params.List[0].Names) != 1 {
		return false
	}
	param, stops := f.Type.Params.List[0].Names[0].Name, false
	for _, stmt := range f.Body.List {
		if e, ok := stmt.(*ast.ExprStmt); ok {
			if call, ok := e.X.(*ast.CallExpr); ok && typeName(call.Fun) == param+".Add" {
				return true
			}
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if name := typeName(call.Fun); name == param+".Fatal" || name == param+".Fatalf" {
			stops = true
		}
		for _, a := range call.Args {
			if id, ok := a.(*ast.Ident); ok && id.Name == param {
				stops = true
			}
		}
		return true
	})
	return stops
}

// elsewhere are traces of one machine: folders of the house that built it, and
// hosts that hand out modules and packages. Split, so that this file has none.
var elsewhere = []*regexp.Regexp{
	regexp.MustCompile(`\.\./` + `shared`),
	regexp.MustCompile(`(^|[^A-Za-z0-9._-])/(` + `work|root|home|Users)/[A-Za-z0-9._-]`),
	regexp.MustCompile(`(?i)(proxy\.` + `golang|sum\.` + `golang|goproxy\.|registry\.` + `npmjs|arti` + `factory|j` + `frog|pypi\.` + `org|deb\.` + `debian)`),
	regexp.MustCompile(`(GOPROXY|GONOSUMDB|GOINSECURE)=`),
}

func checkElsewhere(house *tree) (faults []fault) {
	for _, p := range house.files {
		for i, line := range strings.Split(house.text[p], "\n") {
			for _, re := range elsewhere {
				if found := re.FindString(line); found != "" {
					faults = append(faults, fault{p, i + 1, "names what another machine does not have: " + strconv.Quote(found)})
				}
			}
		}
	}
	return faults
}

// dependencies is the page that gives each module its reason.
const dependencies = "doc/decisions/dependencies.md"

func checkModule(house *tree) (faults []fault) {
	text, ok := house.text["go.mod"]
	if !ok {
		return []fault{{path: "go.mod", what: "missing"}}
	}
	reasons := house.text[dependencies]
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "replace", "exclude", "retract", "toolchain", "tool":
			faults = append(faults, fault{"go.mod", i + 1, words[0] + " directive"})
		}
		if words[0] == "require" {
			words = words[1:]
		}
		if len(words) == 2 && strings.HasPrefix(words[1], "v") && strings.Contains(words[0], ".") && !strings.Contains(reasons, "`"+words[0]+"`") {
			faults = append(faults, fault{"go.mod", i + 1, words[0] + " has no reason in " + dependencies})
		}
	}
	if !strings.HasPrefix(text, "module detente\n") {
		faults = append(faults, fault{"go.mod", 1, "module is not detente"})
	}
	return faults
}

// papers are the documents whose paths are checked.
func papers(house *tree) []string {
	var all []string
	for _, p := range house.files {
		if strings.HasSuffix(p, ".md") && (path.Dir(p) == "." || matches("doc/*", p) || path.Dir(p) == "spec" || matches("deploy/*", p)) {
			all = append(all, p)
		}
	}
	return all
}

var (
	quoted = regexp.MustCompile("`([^`\n]+)`")
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	suffix = regexp.MustCompile(`\.(go|md|json|jsonl|service|sysusers|txtar|yaml|sql|txt)$`)
)

// checkPaths wants every path in a document to exist: a quoted word whose first
// part is a file or folder of the root, or that ends like a file of ours;
// ./words in commands; and relative links.
func checkPaths(house *tree) (faults []fault) {
	for _, must := range []string{"README.md", "ARCHITECTURE.md", "SECURITY.md", "NEWS.md", "LICENSE", "spec/README.md", "doc/operating.md"} {
		if _, ok := house.text[must]; !ok {
			faults = append(faults, fault{path: must, what: "missing"})
		}
	}
	for _, paper := range papers(house) {
		fenced := false
		for i, line := range strings.Split(house.text[paper], "\n") {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			var names []string
			if fenced {
				names = commands(strings.Fields(line))
			} else {
				for _, q := range quoted.FindAllStringSubmatch(line, -1) {
					if words := strings.Fields(q[1]); len(words) > 1 {
						names = append(names, commands(words)...)
					} else if house.isPath(q[1]) {
						names = append(names, q[1])
					}
				}
				for _, l := range link.FindAllStringSubmatch(line, -1) {
					if target, _, _ := strings.Cut(l[1], "#"); target != "" && !strings.Contains(target, ":") {
						names = append(names, path.Join(path.Dir(paper), target))
					}
				}
			}
			for _, name := range names {
				if !house.exists(name) && !house.exists(path.Join(path.Dir(paper), name)) {
					faults = append(faults, fault{paper, i + 1, "names " + name + ", which does not exist"})
				}
			}
		}
	}
	return faults
}

// commands returns the words of a command line that name something of this tree.
func commands(words []string) []string {
	var names []string
	for _, w := range words {
		if strings.HasPrefix(w, "./") && w != "./..." {
			names = append(names, strings.TrimRight(w, ",;"))
		}
	}
	return names
}

// isPath says whether one quoted word is meant as a path of this tree.
func (house *tree) isPath(w string) bool {
	if strings.ContainsAny(w, "<>$=:@{}|…\\\"'()[] ") || strings.HasPrefix(w, "/") || strings.HasPrefix(w, "~") || strings.HasPrefix(w, "-") {
		return false
	}
	first, rest, slash := strings.Cut(strings.TrimPrefix(w, "./"), "/")
	if !slash {
		return suffix.MatchString(w) && !strings.HasPrefix(w, ".") && !strings.HasPrefix(w, "*")
	}
	_, err := fs.Stat(house.fsys, first)
	return err == nil || (suffix.MatchString(rest) && !strings.Contains(first, "."))
}

func (house *tree) exists(name string) bool {
	name = path.Clean(strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/..."))
	if strings.Contains(name, "*") {
		found, err := fs.Glob(house.fsys, name)
		return err == nil && len(found) > 0
	}
	_, err := fs.Stat(house.fsys, name)
	return err == nil
}

// checkVectors wants for each page in spec a folder of vectors of the same name
// that is not empty, or one that it names, or a line "No vectors: " with the
// reason; and for each folder a page of its name or one that names it.
func checkVectors(house *tree) (faults []fault) {
	count := map[string]int{}
	for _, p := range house.files {
		if rest, ok := strings.CutPrefix(p, "spec/vectors/"); ok {
			folder, _, inside := strings.Cut(rest, "/")
			if !inside {
				folder = ""
			}
			if inside && !strings.HasPrefix(path.Base(p), ".") {
				count[folder]++
			}
		}
	}
	named := map[string]bool{}
	for _, p := range house.files {
		if path.Dir(p) != "spec" || path.Base(p) == "README.md" || !strings.HasSuffix(p, ".md") {
			continue
		}
		name := strings.TrimSuffix(path.Base(p), ".md")
		has := count[name] > 0 || strings.Contains(house.text[p], "\nNo vectors: ")
		for folder, n := range count {
			if n > 0 && strings.Contains(house.text[p], "vectors/"+folder+"/") {
				has, named[folder] = true, true
			}
		}
		if !has {
			faults = append(faults, fault{path: p, what: "no file in spec/vectors/" + name + " and no line \"No vectors: \" with the reason"})
		}
		if !strings.Contains(house.text["spec/README.md"], "("+path.Base(p)+")") {
			faults = append(faults, fault{path: p, what: "not listed in spec/README.md"})
		}
	}
	for folder := range count {
		if _, ok := house.text["spec/"+folder+".md"]; !ok && !named[folder] {
			faults = append(faults, fault{path: "spec/vectors/" + folder, what: "no page spec/" + folder + ".md"})
		}
	}
	entries, err := fs.ReadDir(house.fsys, "spec/vectors")
	for _, e := range entries {
		if err == nil && e.IsDir() && count[e.Name()] == 0 {
			faults = append(faults, fault{path: "spec/vectors/" + e.Name(), what: "empty"})
		}
	}
	return faults
}

// checkThreats reads the table of SECURITY.md: threat, prevented, detected, not
// covered, test. The last cell names tests that exist, or says "not yet".
func checkThreats(house *tree) (faults []fault) {
	tests := map[string]bool{}
	for p, f := range house.decls {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasSuffix(p, "_test.go") {
				tests[fn.Name.Name] = true
			}
		}
	}
	seen := map[string]bool{}
	const page = "SECURITY.md"
	for i, line := range strings.Split(house.text[page], "\n") {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 5 || !strings.HasPrefix(line, "|") {
			continue
		}
		name, last := strings.TrimSpace(cells[0]), cells[4]
		if name == "Threat" || strings.HasPrefix(name, "-") {
			continue
		}
		seen[name] = true
		for _, c := range cells[1:4] {
			if utf8.RuneCountInString(strings.TrimSpace(c)) < 4 {
				faults = append(faults, fault{page, i + 1, "an empty cell for " + strconv.Quote(name)})
			}
		}
		named := quoted.FindAllStringSubmatch(last, -1)
		if len(named) == 0 && !strings.Contains(last, "not yet") {
			faults = append(faults, fault{page, i + 1, "neither a test nor \"not yet\" for " + strconv.Quote(name)})
		}
		for _, q := range named {
			fn, _, _ := strings.Cut(q[1], "/")
			if !tests[fn] && !(strings.HasSuffix(q[1], ".txtar") && house.exists(q[1])) {
				faults = append(faults, fault{page, i + 1, "no test " + q[1]})
			}
		}
	}
	for _, name := range threats {
		if !seen[name] {
			faults = append(faults, fault{path: page, what: "no row for " + strconv.Quote(name)})
		}
	}
	for name := range seen {
		if !slices.Contains(threats, name) {
			faults = append(faults, fault{path: page, what: "row " + strconv.Quote(name) + " is not in the list of this test"})
		}
	}
	return faults
}
