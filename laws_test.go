package detente_test

import (
	"go/ast"
	"go/format"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// rules of the house, in the order in which they are reported. The rules on
// documents are in papers_test.go.
var rules = []rule{
	{"floors", "a package imports only from lower floors: what is below can be read without what is above", checkFloors},
	{"imports", "negative rules keep an idea in one place", checkForbidden},
	{"pure", "time comes in as a value and randomness as an io.Reader, so that every node derives the same", checkPure},
	{"doors", "only the command ends the process, reads flags and environment, or sets what holds for all", checkDoors},
	{"effects", "what works must not depend on what is linked: no init, no import for its effect", checkEffects},
	{"globals", "state lives in values that someone owns", checkGlobals},
	{"helpers", "a test helper never reaches the binary", checkHelpers},
	{"names", "a package is one domain noun that a diplomat knows, or it is internal", checkNames},
	{"aliases", "an alias is the sign of a bad name", checkAliases},
	{"interfaces", "every feature passes through a large interface, and tests pay for it", checkInterfaces},
	{"files", "a file that nobody can read in one sitting hides things", checkFiles},
	{"functions", "a function that does not fit a screen hides things", checkFunctions},
	{"comments", "a package says once what it is, what it does not do, and its invariant", checkComments},
	{"format", "one layout, so that a difference is a change", checkFormat},
	{"panics", "panic is for our own bug and says whose it is", checkPanics},
	{"errors", "an error says what we were doing; that it was not done is known", checkErrors},
	{"kinds", "kinds of act meet in one switch", checkKinds},
	{"sleeps", "a test that sleeps is slow or wrong: fake clocks, channels and deadlines instead", checkSleeps},
	{"words", "neutral words only: what a text provides for and what was shown", checkWords},
	{"fuzz", "foreign bytes arrive at every parser", checkFuzz},
	{"elsewhere", "the project carries its own facts and builds on any machine", checkElsewhere},
	{"module", "what is built is what the module file says", checkModule},
	{"paths", "a document that names a file that is gone misleads", checkPaths},
	{"vectors", "a format without vectors cannot be implemented by others", checkVectors},
	{"threats", "a promise without a test is a hope, and says so", checkThreats},
}

func checkFloors(house *tree) (faults []fault) {
	floor := func(folder string) (int, bool) {
		if parent, ok := helper(folder); ok {
			folder = parent
		}
		n, ok := floors[folder]
		return n, ok
	}
	house.sources(func(folder string, s *source) {
		if folder == "." {
			return
		}
		own, ok := floor(folder)
		if !ok {
			faults = append(faults, house.at(s.ast, "folder %s has no floor: add it to the table, lowest that fits", folder))
			return
		}
		parent, isHelper := helper(folder)
		for p, spec := range imports(s.ast) {
			to, ok := strings.CutPrefix(p, module)
			if !ok {
				continue
			}
			n, ok := floor(to)
			switch {
			case !ok:
				faults = append(faults, house.at(spec, "%s has no floor", p))
			case isHelper && to == parent:
			case n >= own:
				faults = append(faults, house.at(spec, "%s (floor %d) imports %s (floor %d)", folder, own, to, n))
			}
		}
	})
	return faults
}

func checkForbidden(house *tree) (faults []fault) {
	house.sources(func(folder string, s *source) {
		for p, spec := range imports(s.ast) {
			for _, ban := range forbidden {
				if matches(ban.folder, folder) && slices.ContainsFunc(ban.imports, func(pattern string) bool { return matches(pattern, p) }) {
					faults = append(faults, house.at(spec, "%s imports %s: %s", folder, p, ban.reason))
				}
			}
		}
	})
	return faults
}

func checkPure(house *tree) (faults []fault) {
	clock := []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTicker", "NewTimer", "Local"}
	house.sources(func(folder string, s *source) {
		if !slices.Contains(pure, folder) {
			return
		}
		uses(s.ast, "time", func(sel *ast.SelectorExpr) {
			if slices.Contains(clock, sel.Sel.Name) {
				faults = append(faults, house.at(sel, "%s uses time.%s", folder, sel.Sel.Name))
			}
		})
		for p, spec := range imports(s.ast) {
			if p == "crypto/rand" || strings.HasPrefix(p, "math/rand") {
				faults = append(faults, house.at(spec, "%s imports %s", folder, p))
			}
		}
	})
	return faults
}

func checkDoors(house *tree) (faults []fault) {
	calls := map[string][]string{
		"os":            {"Exit", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Clearenv", "Args", "Chdir", "Stdin", "Stdout", "Stderr"},
		"syscall":       {"Exit", "Getenv", "Setenv", "Umask"},
		"log":           {"Default", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Print", "Printf", "Println", "SetFlags", "SetOutput", "SetPrefix"},
		"log/slog":      {"SetDefault", "Default", "Debug", "Info", "Warn", "Error", "DebugContext", "InfoContext", "WarnContext", "ErrorContext"},
		"os/signal":     {"Notify", "NotifyContext", "Ignore"},
		"runtime/debug": {"SetGCPercent", "SetMaxStack", "SetMaxThreads", "SetMemoryLimit"},
	}
	flags := []string{"flag", "github.com/spf13/*"}
	house.sources(func(folder string, s *source) {
		if slices.Contains(doors, folder) {
			return
		}
		if s.ast.Name.Name == "main" {
			faults = append(faults, house.at(s.ast, "%s is a program and no door", folder))
		}
		for importPath, names := range calls {
			uses(s.ast, importPath, func(sel *ast.SelectorExpr) {
				if slices.Contains(names, sel.Sel.Name) {
					faults = append(faults, house.at(sel, "%s uses %s.%s", folder, path.Base(importPath), sel.Sel.Name))
				}
			})
		}
		for p, spec := range imports(s.ast) {
			if slices.ContainsFunc(flags, func(pattern string) bool { return matches(pattern, p) }) {
				faults = append(faults, house.at(spec, "%s imports %s", folder, p))
			}
		}
	})
	return faults
}

func checkEffects(house *tree) (faults []fault) {
	all := func(folder string, s *source) {
		for p, spec := range imports(s.ast) {
			if spec.Name == nil {
				continue
			}
			if spec.Name.Name == "." {
				faults = append(faults, house.at(spec, "dot import of %s", p))
			}
			if spec.Name.Name == "_" && blanks[[2]string{folder, p}] == "" && blanks[[2]string{"*", p}] == "" {
				faults = append(faults, house.at(spec, "import of %s for its effect", p))
			}
		}
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				faults = append(faults, house.at(f, "init function"))
			}
		}
	}
	for _, folder := range house.folders() {
		for _, s := range slices.Concat(house.packages[folder].files, house.packages[folder].tests) {
			all(folder, s)
		}
	}
	return faults
}

// checkGlobals finds assignments to package-level variables inside functions.
func checkGlobals(house *tree) (faults []fault) {
	globals := map[string]map[string]bool{}
	house.sources(func(folder string, s *source) {
		for _, d := range s.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if globals[folder] == nil {
						globals[folder] = map[string]bool{}
					}
					globals[folder][name.Name] = true
				}
			}
		}
	})
	house.sources(func(folder string, s *source) {
		assigned := func(e ast.Expr) {
			for {
				switch x := e.(type) {
				case *ast.SelectorExpr:
					e = x.X
					continue
				case *ast.IndexExpr:
					e = x.X
					continue
				}
				break
			}
			id, ok := e.(*ast.Ident)
			if !ok || !globals[folder][id.Name] || id.Name == "_" {
				return
			}
			if id.Obj == nil || id.Obj == s.ast.Scope.Lookup(id.Name) {
				faults = append(faults, house.at(id, "%s assigns to the package-level variable %s", folder, id.Name))
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						assigned(e)
					}
				}
			case *ast.IncDecStmt:
				assigned(n.X)
			}
			return true
		})
	})
	return faults
}

func checkHelpers(house *tree) (faults []fault) {
	house.sources(func(folder string, s *source) {
		_, isHelper := helper(folder)
		for p, spec := range imports(s.ast) {
			if (p == "testing" || strings.HasPrefix(p, "testing/")) && p != "testing/fstest" && !isHelper {
				faults = append(faults, house.at(spec, "%s imports %s outside its tests", folder, p))
			}
			if _, toHelper := helper(p); toHelper && !isHelper {
				faults = append(faults, house.at(spec, "%s imports the test helper %s", folder, p))
			}
		}
	})
	return faults
}

func checkNames(house *tree) (faults []fault) {
	empty := []string{"util", "utils", "common", "core", "base", "types", "models", "model", "services", "service", "helpers", "helper", "manager", "misc", "shared", "lib", "pkg"}
	taken := []string{"http", "errors", "log", "sync", "time", "context", "io", "os", "net", "crypto", "sql", "json", "path", "strings", "sort", "fmt", "embed", "flag", "mail", "template", "test", "testing"}
	house.sources(func(folder string, s *source) {
		if folder == "." {
			return
		}
		name, last := s.ast.Name.Name, path.Base(folder)
		lower := !strings.ContainsFunc(last, func(r rune) bool { return !unicode.IsLower(r) && !unicode.IsDigit(r) })
		switch {
		case slices.Contains(empty, last):
			faults = append(faults, house.at(s.ast, "package name %s says nothing", last))
		case slices.Contains(taken, last):
			faults = append(faults, house.at(s.ast, "package name %s is taken by the standard library", last))
		case !lower:
			faults = append(faults, house.at(s.ast, "package name %s is not one lower-case word", last))
		case name != last && name != "main":
			faults = append(faults, house.at(s.ast, "package %s lies in folder %s", name, folder))
		}
	})
	return faults
}

func checkAliases(house *tree) (faults []fault) {
	count, aliased := 0, []fault{}
	for _, folder := range house.folders() {
		for _, s := range slices.Concat(house.packages[folder].files, house.packages[folder].tests) {
			for p, spec := range imports(s.ast) {
				count++
				if spec.Name != nil && spec.Name.Name != "_" && spec.Name.Name != "." {
					aliased = append(aliased, house.at(spec, "%s is imported as %s", p, spec.Name.Name))
				}
			}
		}
	}
	if len(aliased)*100 > count*maxAliases {
		return aliased
	}
	return nil
}

// embedded are the method counts of interfaces from elsewhere that ours embed.
var embedded = map[string]int{
	"error": 1, "any": 0, "comparable": 0, "fmt.Stringer": 1, "io.Reader": 1, "io.Writer": 1, "io.Closer": 1, "io.ReaderAt": 1, "io.Seeker": 1,
	"io.ReadWriter": 2, "io.ReadCloser": 2, "io.WriteCloser": 2, "io.ReadSeeker": 2, "io.ReadWriteCloser": 3,
	"driver.Conn": 3, "driver.ConnBeginTx": 1, "driver.ConnPrepareContext": 1, "driver.ExecerContext": 1, "driver.QueryerContext": 1,
	"driver.SessionResetter": 1, "driver.Validator": 1, "driver.Stmt": 4, "driver.StmtExecContext": 1, "driver.StmtQueryContext": 1,
	"crypto.Signer": 2, "crypto.Decrypter": 2, "fs.FS": 1, "http.Handler": 1, "age.Identity": 1, "age.Recipient": 1, "note.Signer": 3, "note.Verifier": 3,
}

func checkInterfaces(house *tree) (faults []fault) {
	named := map[string]*ast.InterfaceType{} // "folder.Name" and "package.Name"
	house.sources(func(folder string, s *source) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if it, ok := spec.Type.(*ast.InterfaceType); ok {
					named[folder+"."+spec.Name.Name] = it
					named["import "+s.ast.Name.Name+"."+spec.Name.Name] = it
				}
			}
			return true
		})
	})
	house.sources(func(folder string, s *source) {
		var count func(it *ast.InterfaceType, depth int) int
		count = func(it *ast.InterfaceType, depth int) int {
			n := 0
			for _, m := range it.Methods.List {
				switch e := m.Type.(type) {
				case *ast.FuncType:
					n += len(m.Names)
				case *ast.Ident, *ast.SelectorExpr:
					name, key := typeName(e), "import "+typeName(e)
					if _, ok := e.(*ast.Ident); ok {
						key = folder + "." + name
					}
					known, ok := embedded[name]
					switch other := named[key]; {
					case other != nil && depth < 8:
						n += count(other, depth+1)
					case ok:
						n += known
					default:
						faults = append(faults, house.at(e, "embedded %s: add its number of methods to this test", name))
					}
				}
			}
			return n
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && largeInterfaces[folder+"."+spec.Name.Name] != "" {
				return false
			}
			if it, ok := n.(*ast.InterfaceType); ok {
				if n := count(it, 0); n > maxInterface {
					faults = append(faults, house.at(it, "interface of %d methods, at most %d", n, maxInterface))
				}
			}
			return true
		})
	})
	return faults
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return "?"
}

func checkFiles(house *tree) (faults []fault) {
	var sizes []int
	for _, folder := range house.folders() {
		if exempt(folder) {
			continue
		}
		pk := house.packages[folder]
		for _, s := range slices.Concat(pk.files, pk.tests) {
			lines := strings.Count(s.text, "\n")
			if lines > maxFile {
				faults = append(faults, fault{path: s.path, what: strconv.Itoa(lines) + " lines, at most " + strconv.Itoa(maxFile)})
			}
			if !strings.HasSuffix(s.path, "_test.go") {
				sizes = append(sizes, lines)
			}
		}
	}
	if n := ninth(sizes); n > p90File {
		faults = append(faults, fault{path: ".", what: "one file in ten has more than " + strconv.Itoa(n) + " lines; nine in ten are to have at most " + strconv.Itoa(p90File)})
	}
	return faults
}

func checkFunctions(house *tree) (faults []fault) {
	var sizes []int
	house.sources(func(folder string, s *source) {
		if exempt(folder) {
			return
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := house.fset.Position(f.End()).Line - house.fset.Position(f.Pos()).Line + 1
			sizes = append(sizes, lines)
			if lines > maxFunction && longFunctions[folder+"."+f.Name.Name] == "" {
				faults = append(faults, house.at(f, "%s has %d lines, at most %d without a written reason", f.Name.Name, lines, maxFunction))
			}
		}
	})
	if n := ninth(sizes); n > p90Function {
		faults = append(faults, fault{path: ".", what: "one function in ten has more than " + strconv.Itoa(n) + " lines; nine in ten are to have at most " + strconv.Itoa(p90Function)})
	}
	return faults
}

// ninth returns the 90th percentile, or zero of few values, which say nothing.
func ninth(sizes []int) int {
	if len(sizes) < 10 {
		return 0
	}
	slices.Sort(sizes)
	return sizes[(len(sizes)*9+9)/10-1]
}

func checkComments(house *tree) (faults []fault) {
	for _, folder := range house.folders() {
		var found []*source
		for _, s := range house.packages[folder].files {
			if s.ast.Doc != nil {
				found = append(found, s)
			}
		}
		switch {
		case len(house.packages[folder].files) == 0:
		case len(found) == 0:
			faults = append(faults, fault{path: folder, what: "no package comment"})
		case len(found) > 1:
			faults = append(faults, house.at(found[1].ast, "a second package comment; the first is in %s", found[0].path))
		default:
			text := found[0].ast.Doc.Text()
			if n := sentences(text); n <= 2 {
				faults = append(faults, house.at(found[0].ast, "a package comment of %d sentences, more than two are due", n))
			}
			start := "Package " + found[0].ast.Name.Name + " "
			if found[0].ast.Name.Name == "main" {
				start = "Command " + path.Base(folder) + " "
			}
			if !strings.HasPrefix(text, start) {
				faults = append(faults, house.at(found[0].ast, "the package comment does not begin with %q", start))
			}
		}
	}
	return faults
}

// sentences counts full stops that end a sentence.
func sentences(text string) int {
	n := 0
	for _, word := range strings.Fields(text) {
		if strings.HasSuffix(word, ".") && !slices.Contains([]string{"e.g.", "i.e.", "etc.", "cf."}, word) {
			n++
		}
	}
	return n
}

func checkFormat(house *tree) (faults []fault) {
	for _, folder := range house.folders() {
		for _, s := range slices.Concat(house.packages[folder].files, house.packages[folder].tests) {
			b, err := format.Source([]byte(s.text))
			if err != nil || string(b) != s.text {
				faults = append(faults, fault{path: s.path, what: "not as gofmt writes it"})
			}
		}
	}
	return faults
}

func checkPanics(house *tree) (faults []fault) {
	house.sources(func(folder string, s *source) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 || typeName(call.Fun) != "panic" {
				return true
			}
			if typeName(call.Args[0]) == "http.ErrAbortHandler" {
				return true // the standard library's own way to break an answer off
			}
			text, ok := leading(call.Args[0])
			if !ok || !strings.HasPrefix(text, s.ast.Name.Name+": ") {
				faults = append(faults, house.at(call, "panic does not begin with %q", s.ast.Name.Name+": "))
			}
			return true
		})
	})
	return faults
}

// leading returns the literal with which a text expression begins.
func leading(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		return leading(e.X)
	case *ast.CallExpr:
		if name := typeName(e.Fun); (name == "fmt.Sprintf" || name == "fmt.Sprint" || name == "fmt.Errorf" || name == "errors.New") && len(e.Args) > 0 {
			return leading(e.Args[0])
		}
	}
	return "", false
}

func checkErrors(house *tree) (faults []fault) {
	house.sources(func(folder string, s *source) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || (typeName(call.Fun) != "fmt.Errorf" && typeName(call.Fun) != "errors.New") {
				return true
			}
			text, ok := leading(call)
			if !ok {
				return true
			}
			for _, word := range []string{"failed to", "unable to", "could not"} {
				if strings.Contains(strings.ToLower(text), word) {
					faults = append(faults, house.at(call, "error text %q: say what we were doing, without %q", text, word))
				}
			}
			if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "\n") {
				faults = append(faults, house.at(call, "error text %q ends like a sentence", text))
			}
			return true
		})
	})
	return faults
}

// checkKinds finds switches over many kinds of act: one is allowed.
func checkKinds(house *tree) (faults []fault) {
	const many = 5 // a door may treat a few kinds apart; only one place knows them all
	var found []fault
	house.sources(func(folder string, s *source) {
		if folder == "act" || imports(s.ast)[module+"act"] == nil {
			return
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			sw, ok := n.(*ast.SwitchStmt)
			if !ok || sw.Tag == nil {
				return true
			}
			kinds := 0
			for _, c := range sw.Body.List {
				for _, e := range c.(*ast.CaseClause).List {
					if strings.HasPrefix(typeName(e), "act.") {
						kinds++
					}
				}
			}
			if kinds > many {
				f := house.at(sw, "%s switches over %d kinds of act", folder, kinds)
				if folder != kindSwitch {
					faults = append(faults, f)
				} else {
					found = append(found, f)
				}
			}
			return true
		})
	})
	if len(found) > 1 {
		faults = append(faults, found...)
	}
	return faults
}

func checkSleeps(house *tree) (faults []fault) {
	for _, folder := range house.folders() {
		tests := house.packages[folder].tests
		if slices.ContainsFunc(tests, func(s *source) bool { return imports(s.ast)["testing/synctest"] != nil }) {
			continue // its tests live in bubbles, where sleeping costs no time
		}
		for _, s := range tests {
			uses(s.ast, "time", func(sel *ast.SelectorExpr) {
				if sel.Sel.Name == "Sleep" {
					faults = append(faults, house.at(sel, "time.Sleep in a test"))
				}
			})
		}
	}
	return faults
}
