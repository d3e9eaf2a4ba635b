package detente_test

import (
	"go/ast"
	"os"
	"testing"
)

// The rules of the house. They are read from the files themselves with
// go/parser, never from "go list": its answer is cached, and a cached answer
// reports ok after a rule was broken. tree_test.go reads the files, laws_test.go
// and papers_test.go hold the checks, fire_test.go shows each of them fail.

// floors: a package imports only from lower floors, never sideways, never up.
//
// DO NOT CHANGE TO FIX BUILDS. A sideways import says that an idea was cut in
// the wrong place: move the cut. The floors were fixed after the first notice
// had gone the whole way.
var floors = map[string]int{
	"internal/canon":   0,  // one spelling per value
	"internal/durable": 0,  // writes that survive
	"internal/shape":   0,  // what a person wrote, with its lines
	"internal/notify":  0,  // the service manager
	"internal/phrase":  0,  // sentences, a file per language
	"internal/rule":    0,  // expressions of a text, bounded
	"packs":            0,  // the texts, as data
	"deploy":           0,  // the unit, as data
	"party":            1,  // who
	"position":         1,  // where
	"chart":            1,  // maps, drawn
	"internal/frame":   1,  // the container of bundles and proof files
	"key":              2,  // one key per role
	"act":              2,  // what is said
	"lodging":          2,  // when it was lodged
	"seal":             2,  // who may read
	"clarification":    2,  // what sides say of one matter
	"line":             2,  // what is said between capitals
	"phrasebook":       2,  // sentences that are agreed on, in every language
	"regime":           2,  // the form that a text asks for
	"checkpoint":       3,  // what a record looks like at one size
	"roster":           3,  // who belongs
	"exercise":         3,  // what is played, by whom, by which clock
	"sounding":         3,  // what is said off the record
	"discreet":         3,  // an act of which others see only that there is one
	"watch":            3,  // whom an alert calls
	"pack":             3,  // a text as data
	"record":           4,  // what is kept
	"bundle":           4,  // what is carried
	"witness":          4,  // who vouches
	"desk":             4,  // what the officer does
	"register":         4,  // what came and went by note
	"condition":        4,  // whether a condition of a text holds
	"proof":            5,  // what can be shown
	"courier":          5,  // how it moves
	"docket":           5,  // what stands
	"provision":        5,  // what a text provides for
	"paper":            5,  // what is printed
	"calendar":         5,  // due dates for other programs
	"alert":            5,  // what was said, for programs that warn people
	"node":             6,  // the house
	"verify":           6,  // what a file shows, offline
	"portfolio":        7,  // what this state is bound by, and how it stands
	"home":             7,  // the folder of one party's node
	"control":          8,  // the door of a home for its commands
	"town":             7,  // real nodes in one process: demonstration, benchmark, tests
	"screen":           9,  // what officers see in a browser
	"api":              9,  // the interface for other programs
	"gauge":            9,  // how a node is, for the operator's monitoring
	"demo":             10, // a story in a town of real homes
	"cmd/detente":      11, // the one binary
	"bench":            11, // the measure
}

// outside are the import paths of pure packages that reach outside the program.
var outside = []string{"net", "net/*", "os", "os/*", "database/sql", "database/sql/*", "syscall", "golang.org/x/sys/*"}

// forbidden imports: negative rules, each with its reason. "*" ends a prefix.
var forbidden = []prohibition{
	{"record", []string{"detente/act", "detente/regime"}, "the log keeps bytes: it does not know what an act says"},
	{"seal", []string{"detente/act", "detente/regime"}, "a seal locks bytes: it does not know what they say"},
	{"lodging", []string{"detente/key", "detente/act", "detente/roster"}, "findings follow from times and numbers alone"},
	{"party", outside, "pure: same input, same answer, on every node"},
	{"chart", outside, "pure: the same places give the same map"},
	{"position", outside, "pure: same input, same answer, on every node"},
	{"paper", outside, "pure: the same act gives the same paper"},
	{"key", outside, "pure: same input, same answer, on every node"},
	{"act", outside, "pure: same input, same answer, on every node"},
	{"pack", outside, "pure: same input, same answer, on every node"},
	{"clarification", outside, "pure: same input, same answer, on every node"},
	{"line", outside, "pure: same input, same answer, on every node"},
	{"sounding", outside, "pure: same input, same answer, on every node"},
	{"discreet", outside, "pure: same input, same answer, on every node"},
	{"exercise", outside, "pure: same input, same answer, on every node"},
	{"watch", outside, "pure: same input, same answer, on every node"},
	{"phrasebook", outside, "pure: same input, same answer, on every node"},
	{"alert", outside, "pure: the same report gives the same alert"},
	{"condition", outside, "pure: same input, same answer, on every node"},
	{"provision", outside, "pure: same input, same answer, on every node"},
	{"seal", outside, "pure: same input, same answer, on every node"},
	{"regime", outside, "pure: same input, same answer, on every node"},
	{"lodging", outside, "pure: same input, same answer, on every node"},
	{"checkpoint", outside, "pure: same input, same answer, on every node"},
	{"roster", outside, "pure: same input, same answer, on every node"},
	{"bundle", outside, "pure: same input, same answer, on every node"},
	{"verify", outside, "pure: the same file shows the same to everybody"},
	{"proof", outside, "pure: same input, same answer, on every node"},
	{"internal/frame", outside, "pure: same input, same answer, on every node"},
	{"internal/canon", outside, "pure: same input, same answer, on every node"},
	{"api", []string{"detente/node", "detente/desk", "detente/docket", "detente/home", "database/sql"}, "a program asks verbs of control and nothing else, as a command does"},
	{"gauge", []string{"detente/node", "detente/desk", "detente/docket", "detente/home", "database/sql"}, "monitoring asks verbs of control and nothing else, so that it changes and reveals nothing"},
	{"screen", []string{"detente/node", "detente/desk", "detente/docket", "detente/home", "database/sql"}, "a page asks verbs of control and nothing else, so that page, posted form and command obey the same rules"},
	{"*", []string{"C", "unsafe", "plugin"}, "one static binary without cgo"},
	{"*", []string{"detente", "github.com/transparency-dev/*"}, "the root holds no code, and formats judges us in tests only"},
}

// pure packages take time as a value and randomness as an io.Reader.
var pure = []string{"party", "position", "chart", "paper", "key", "act", "seal", "regime", "lodging", "clarification", "line", "exercise", "watch", "phrasebook", "sounding", "discreet", "checkpoint", "roster", "pack", "condition", "provision", "alert", "bundle", "proof", "verify", "internal/frame", "internal/canon", "internal/phrase", "internal/rule"}

// doors are the packages that may end the process, read flags and environment,
// and set what holds for the whole process.
var doors = []string{"cmd/detente", "bench"}

// blank imports that are allowed: package and import path, with the reason.
var blanks = map[[2]string]string{
	{"internal/durable", "modernc.org/sqlite"}: "a database/sql driver registers itself",
	{"record", "modernc.org/sqlite"}:           "its tests read a store from outside the package durable",
	{"town", "modernc.org/sqlite"}:             "its tests read a store of a running node from outside",
	{"*", "embed"}:                             "go:embed into a string or bytes asks for it; it has no effect of its own",
}

// Size gates. They exempt cmd and web. Read an exception instead of raising a number.
const (
	maxFile      = 800 // lines of any file
	p90File      = 450 // lines of nine files in ten, tests apart
	maxFunction  = 120 // lines of any function, tests apart
	p90Function  = 45  // lines of nine functions in ten, tests apart
	maxInterface = 5   // methods, embedded ones counted
	maxAliases   = 2   // percent of imports
)

// longFunctions over maxFunction, as "folder.Name": each with its reason.
var longFunctions = map[string]string{}

// largeInterfaces over maxInterface, as "folder.Name": each with its reason.
var largeInterfaces = map[string]string{
	"internal/durable.fullConn": "names what database/sql asks of the driver's connection; nobody here implements it",
	"internal/durable.fullStmt": "names what database/sql asks of the driver's statement; nobody here implements it",
}

// kindSwitch is the one place where the kinds of act meet.
const kindSwitch = "node"

// unfuzzed are exported readers of foreign bytes without a fuzz target of their
// own, as "folder.Name": each with its reason.
var unfuzzed = map[string]string{}

// threats are the rows of SECURITY.md, protocol §13. None may be lost.
var threats = []string{
	"forks", "back-dates", "replays", "floods", "withholds", "lies about time",
	"copies another's ciphertext", "copies another's commitment", "spoils one recipient's stanza",
	"a majority that colludes", "a relay that drops, reorders or damages",
	"a thief of a current key", "a thief of a retired key", "a stolen backup", "a rolled-back machine",
	"an insider who drafts and wants to approve", "a page from elsewhere", "a thief of a link or of a passkey", "a program with a stolen token",
	"a stick with a hostile bundle", "a pack from a stranger", "a crash at any instruction", "a full disk",
}

func TestHouse(t *testing.T) {
	house, err := read(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(house.packages) < 2 {
		t.Fatal("no packages were read: this test shows nothing")
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			faults := r.check(house)
			for _, f := range faults[:min(len(faults), 20)] {
				t.Error(f)
			}
			if len(faults) > 0 {
				t.Errorf("%d places; the rule: %s", len(faults), r.reason)
			}
		})
	}
}

// TestExceptions keeps the lists of exceptions as short as they are needed.
func TestExceptions(t *testing.T) {
	house, err := read(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	house.sources(func(folder string, s *source) {
		for _, d := range s.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				known[folder+"."+d.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if t, ok := spec.(*ast.TypeSpec); ok {
						known[folder+"."+t.Name.Name] = true
					}
				}
			}
		}
	})
	for _, list := range []map[string]string{longFunctions, largeInterfaces, unfuzzed} {
		for name, reason := range list {
			if !known[name] || len(reason) < 20 {
				t.Errorf("exception %s: what it excuses is gone or the reason is too short", name)
			}
		}
	}
}
