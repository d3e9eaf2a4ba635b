package detente_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tree is the house as its files say: every file read once, Go files parsed.
type tree struct {
	fsys     fs.FS
	fset     *token.FileSet
	files    []string              // all paths, sorted, without .git and ignored folders
	packages map[string]*gopackage // by folder; other modules left out
	text     map[string]string     // by path: what people wrote, binary files left out
	decls    map[string]*ast.File  // by path: Go files
}

// gopackage is one folder of Go files.
type gopackage struct {
	folder string
	files  []*source // without test files
	tests  []*source
}

// source is one Go file.
type source struct {
	path string
	text string
	ast  *ast.File
}

// fault is one place where a rule is not kept.
type fault struct {
	path string
	line int // 0: the whole file
	what string
}

func (f fault) String() string {
	if f.line == 0 {
		return f.path + ": " + f.what
	}
	return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.what)
}

// rule is one rule of the house; check returns every place that breaks it.
type rule struct {
	name   string
	reason string
	check  func(*tree) []fault
}

// prohibition says that packages matching folder do not import what is named.
type prohibition struct {
	folder  string
	imports []string
	reason  string
}

// maxText is the largest file that is read as text; larger ones are data.
const maxText = 4 << 20

// read walks a tree. A Go file that does not parse is an error, not a fault.
func read(fsys fs.FS) (*tree, error) {
	house := &tree{fsys: fsys, fset: token.NewFileSet(), packages: map[string]*gopackage{}, text: map[string]string{}, decls: map[string]*ast.File{}}
	modules := map[string]bool{} // folders with a go.mod of their own
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p == ".git" || d.Name() == "node_modules" { // what a package manager fetched is not ours
				return fs.SkipDir
			}
			if _, err := fs.Stat(fsys, path.Join(p, "go.mod")); err == nil && p != "." {
				modules[p] = true
			}
			return nil
		}
		if p == ".git" { // a file in a further work tree
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		house.files = append(house.files, p)
		if !d.Type().IsRegular() || info.Size() > maxText {
			return nil
		}
		b, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		if slices.Contains(b[:min(len(b), 8000)], 0) {
			return nil
		}
		house.text[p] = string(b)
		if strings.HasSuffix(p, ".go") && !strings.Contains("/"+p, "/testdata/") && !within(modules, p) {
			return house.add(p, string(b))
		}
		return nil
	})
	return house, err
}

func (house *tree) add(p, text string) error {
	f, err := parser.ParseFile(house.fset, p, text, parser.ParseComments)
	if err != nil {
		return err
	}
	folder := path.Dir(p)
	if house.packages[folder] == nil {
		house.packages[folder] = &gopackage{folder: folder}
	}
	pk, s := house.packages[folder], &source{path: p, text: text, ast: f}
	if strings.HasSuffix(p, "_test.go") {
		pk.tests = append(pk.tests, s)
	} else {
		pk.files = append(pk.files, s)
	}
	house.decls[p] = f
	return nil
}

// within says whether p lies in another module.
func within(modules map[string]bool, p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if modules[dir] {
			return true
		}
	}
	return false
}

func (house *tree) at(n ast.Node, what string, args ...any) fault {
	pos := house.fset.Position(n.Pos())
	return fault{path: pos.Filename, line: pos.Line, what: fmt.Sprintf(what, args...)}
}

// folders returns the folders with Go files, sorted.
func (house *tree) folders() []string {
	var all []string
	for folder := range house.packages {
		all = append(all, folder)
	}
	slices.Sort(all)
	return all
}

// sources calls f for every Go file outside tests.
func (house *tree) sources(f func(folder string, s *source)) {
	for _, folder := range house.folders() {
		for _, s := range house.packages[folder].files {
			f(folder, s)
		}
	}
}

// imports returns the import path and the local name of each import of a file.
func imports(f *ast.File) map[string]*ast.ImportSpec {
	all := map[string]*ast.ImportSpec{}
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			all[p] = spec
		}
	}
	return all
}

// house import paths begin with the module's name.
const module = "detente/"

// matches says whether an import path or folder matches a pattern; "*" ends a prefix.
func matches(pattern, p string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(p, prefix)
	}
	return pattern == p
}

// helper says whether a folder is a test helper, e.g. record/recordtest, and of which package.
func helper(folder string) (parent string, ok bool) {
	parent, base := path.Split(folder)
	parent = strings.TrimSuffix(parent, "/")
	return parent, base == path.Base(parent)+"test"
}

// uses calls f for every "pkg.Name" in a file where pkg is the import path given.
func uses(f *ast.File, importPath string, found func(sel *ast.SelectorExpr)) {
	spec, ok := imports(f)[importPath]
	if !ok {
		return
	}
	name := path.Base(importPath)
	if version.MatchString(name) {
		name = path.Base(path.Dir(importPath))
	}
	if spec.Name != nil {
		name = spec.Name.Name
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && id.Name == name && id.Obj == nil {
			found(sel)
		}
		return true
	})
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// exempt says whether size gates leave a folder out.
func exempt(folder string) bool {
	return matches("cmd/*", folder) || folder == "web" || matches("web/*", folder)
}
