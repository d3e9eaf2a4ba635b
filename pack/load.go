package pack

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"detente/internal/canon"
	"detente/internal/frame"
	"detente/internal/shape"
	"detente/regime"
)

// Fault is one thing to be changed in a pack: file, line, and what belongs there.
type Fault = shape.Fault

// Pos is where in a pack something stands.
type Pos = shape.Pos

// Faults are all the faults of a pack, in order of file and line.
type Faults []Fault

func (f Faults) Error() string {
	if len(f) == 1 {
		return f[0].String()
	}
	return fmt.Sprintf("%s (and %d more)", f[0], len(f)-1)
}

// sorted is f in order, each fault once.
func (f Faults) sorted() Faults {
	compare := func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	}
	slices.SortFunc(f, compare)
	return slices.CompactFunc(f, func(a, b Fault) bool { return compare(a, b) == 0 })
}

// Pack is one text as data. It is not to be altered.
type Pack struct {
	Head     Head
	Measures []Measure               // in the order of their files
	Forms    map[string]*regime.Form // by name: that of the file, without .yaml
	Zones    map[string][]byte       // zone data (TZif) by name, e.g. Asia/Almaty

	files  map[string][]byte // what the digest covers
	digest canon.Digest
}

// archive is the first line of a pack as one file.
const archive = "detente-pack/v1"

const measuresDir, formsDir, zonesDir = "measures/", "forms/", "zones/"

// zoneSuffix ends the name of a file of zone data.
const zoneSuffix = ".tzif"

// belongs reports whether a path is part of a pack. Cases and remarks for people
// lie beside it and are not.
func belongs(name string) bool {
	dir, base := path.Split(name)
	switch {
	case name == "pack.yaml":
		return true
	case dir == measuresDir, dir == formsDir:
		return strings.HasSuffix(base, ".yaml")
	}
	return strings.HasPrefix(name, zonesDir) && strings.HasSuffix(base, zoneSuffix)
}

// Load reads the folder of one pack. The error is a Faults with all of them, or
// says why the folder cannot be read.
func Load(fsys fs.FS) (*Pack, error) {
	files := map[string][]byte{}
	total := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !belongs(name) {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a file", name)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if total += int(min(info.Size(), MaxPack+1)); total > MaxPack || len(files) == maxFiles {
			return fmt.Errorf("%s: a pack has at most %d files and %d bytes", name, maxFiles, MaxPack)
		}
		files[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	return read(files)
}

// Parse reads a pack from one file, as Bytes writes it.
func Parse(b []byte) (*Pack, error) {
	r := frame.NewReader(bytes.NewReader(b), archive, frame.Limits{Items: maxFiles, Body: maxFile, Total: 2 * MaxPack})
	files := map[string][]byte{}
	last := ""
	for {
		it, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("parse pack: %w", err)
		}
		if it.Type != "file" || len(it.Args) != 1 || !belongs(it.Args[0]) || it.Args[0] <= last || path.Clean(it.Args[0]) != it.Args[0] {
			return nil, fmt.Errorf("parse pack: item %q does not belong into a pack, or not in this place", strings.Join(append([]string{it.Type}, it.Args...), " "))
		}
		last = it.Args[0]
		files[last] = it.Body
	}
	return read(files)
}

// Bytes is the pack as one file, to be lodged and carried.
func (p *Pack) Bytes() []byte { return bytesOf(p.files) }

// Digest is the SHA-256 of Bytes: it names the pack for ever.
func (p *Pack) Digest() canon.Digest { return p.digest }

func bytesOf(files map[string][]byte) []byte {
	var b bytes.Buffer
	w := frame.NewWriter(&b, archive)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.Write(frame.Item{Type: "file", Args: []string{name}, Body: files[name]}); err != nil {
			panic("pack: " + err.Error()) // names were checked by read
		}
	}
	if err := w.Close(); err != nil {
		panic("pack: " + err.Error())
	}
	return b.Bytes()
}

// measuresFile is one file of measures/.
type measuresFile struct {
	Measures []Measure `yaml:"measures"`
}

func read(files map[string][]byte) (*Pack, error) {
	p := &Pack{Forms: map[string]*regime.Form{}, Zones: map[string][]byte{}, files: files}
	var faults, forms Faults // of the forms apart: the rest can still be looked at
	unread := map[string]bool{}
	if _, ok := files["pack.yaml"]; !ok {
		return nil, Faults{{Pos: Pos{File: "pack.yaml"}, Text: "the pack has no such file; it says what the text is"}}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b := files[name]
		dir, base := path.Split(name)
		if !named(name) {
			faults = append(faults, Fault{Pos: Pos{File: name}, Text: "a name of a file has letters, digits, full stop, hyphen and underscore, at most 100"})
			continue
		}
		switch {
		case name == "pack.yaml":
			faults = append(faults, shape.Read(name, b, maxFile, &p.Head)...)
		case dir == measuresDir:
			var m measuresFile
			faults = append(faults, shape.Read(name, b, maxFile, &m)...)
			p.Measures = append(p.Measures, m.Measures...)
		case dir == formsDir:
			f, err := regime.ParseFormYAML(b)
			if err != nil {
				forms = append(forms, formFaults(name, err)...)
				unread[strings.TrimSuffix(base, ".yaml")] = true
				continue
			}
			p.Forms[strings.TrimSuffix(base, ".yaml")] = f
		default:
			p.Zones[strings.TrimSuffix(strings.TrimPrefix(name, zonesDir), zoneSuffix)] = b
		}
	}
	if len(faults) == 0 {
		faults = lint(p, unread)
	}
	if faults = append(faults, forms...); len(faults) > 0 {
		return nil, faults.sorted()
	}
	p.digest = canon.DigestOf(bytesOf(files))
	return p, nil
}

// formFaults are the faults of a form, each on its line.
func formFaults(name string, err error) Faults {
	all := []error{err}
	var many *regime.FormError
	if errors.As(err, &many) {
		all = many.Faults
	}
	var faults Faults
	for _, err := range all {
		f := Fault{Pos: Pos{File: name}, Text: err.Error()}
		var placed *regime.LineError
		if errors.As(err, &placed) {
			f.Line, f.Text = placed.Line, placed.Err.Error()
		}
		faults = append(faults, f)
	}
	return faults
}

func named(name string) bool {
	return len(name) <= 100 && path.Clean(name) == name && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("./-_", c)
	})
}
