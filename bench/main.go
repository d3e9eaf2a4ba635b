// Command bench measures what the house promises in speed and memory: the way of
// a notice between two real processes with real keys, TLS and fsync, appending,
// catching up, verifying offline, a group of 57, the memory of a node with a
// million acts, what texts provide for over twenty years of a group, and the screens of
// an officer. With every figure but those of texts it measures, in the same run, what the machine itself
// needs for the same work (its floor), and prints the ratio.
//
// It judges nothing but its own targets and keeps nothing.
//
// Invariant: what is timed is the code that a ministry runs; what is left out of
// a time is said in the line. Usage: go run ./bench [-short] [-json] [-only NAME].
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"detente/node"
)

// childCommand is the first argument of the processes that bench starts of itself.
const childCommand = "node-of-bench"

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(node.GCPercent) // as the program does
	}
	var err error
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		err = child(context.Background(), os.Stdin, os.Stdout)
	} else if len(os.Args) > 1 && os.Args[1] == deskCommand {
		err = deskChild(context.Background(), os.Stdin, os.Stdout)
	} else {
		err = parent(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measures are the parts of the benchmark in the order in which they run.
var measures = []struct {
	name string
	run  func(ctx context.Context, b *bench) error
}{
	{"append", measureAppend},
	{"hotline", measureHotline},
	{"catchup", measureCatchUp},
	{"crowd", measureCrowd},
	{"memory", measureMemory},
	{"texts", measureTexts},
	{"desk", measureDesk},
}

// bench is one run of the program.
type bench struct {
	dir     string // on the disk that is measured
	runs    int
	short   bool
	profile string // folder for profiles, or empty
	start   time.Time
	notes   io.Writer
	floors  []floor
	rows    []row
}

func parent(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	short := flags.Bool("short", false, "one run of each with small numbers, under a minute: shows that it works, not how fast it is")
	asJSON := flags.Bool("json", false, "print the figures as JSON")
	only := flags.String("only", "", "one part: append, hotline, catchup, crowd, memory, texts or desk")
	runs := flags.Int("runs", 5, "runs of each part; the median is shown")
	dir := flags.String("dir", "", "folder on the disk to be measured (default: the folder for temporary files)")
	profile := flags.String("profile", "", "folder for CPU and allocation profiles of each part")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	home, err := os.MkdirTemp(*dir, "detente-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(home)
	b := &bench{dir: home, runs: max(1, *runs), short: *short, profile: *profile, start: time.Now(), notes: os.Stderr}
	if b.short {
		b.runs = 1
	}
	if err := b.all(ctx, *only); err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(b.report())
	}
	return b.print(os.Stdout)
}

func (b *bench) all(ctx context.Context, only string) error {
	found := false
	for _, m := range measures {
		if only != "" && m.name != only {
			continue
		}
		found = true
		b.note("%s", m.name)
		end, err := b.profiled(m.name)
		if err != nil {
			return err
		}
		if err := errors.Join(m.run(ctx, b), end()); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	if !found {
		return fmt.Errorf("no part is called %q: append, hotline, catchup, crowd, memory, texts, desk", only)
	}
	return nil
}

// note says what is going on.
func (b *bench) note(format string, args ...any) {
	fmt.Fprintf(b.notes, "%6.1fs  %s\n", time.Since(b.start).Seconds(), strings.TrimSuffix(fmt.Sprintf(format, args...), "\n"))
}

// each runs f once for each run, with the floor measured just before it.
func (b *bench) each(ctx context.Context, f func(run int, m floor) error) error {
	for run := range b.runs {
		if err := ctx.Err(); err != nil {
			return err
		}
		m, err := measureFloor(b.dir)
		if err != nil {
			return err
		}
		b.floors = append(b.floors, m)
		if err := f(run, m); err != nil {
			return fmt.Errorf("run %d: %w", run+1, err)
		}
	}
	return nil
}

// profiled begins the profiles of one part; the result ends them.
func (b *bench) profiled(name string) (end func() error, err error) {
	if b.profile == "" {
		return func() error { return nil }, nil
	}
	return profile(b.profile, name)
}

func profile(dir, name string) (end func() error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	cpu, err := os.Create(filepath.Join(dir, name+".cpu"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(filepath.Join(dir, name+".allocs"))
		if err != nil {
			return err
		}
		return errors.Join(cpu.Close(), pprof.Lookup("allocs").WriteTo(heap, 0), heap.Close())
	}, nil
}
