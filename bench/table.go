package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// fastDisk is the fsync up to which milliseconds count; on a slower disk the
// ratios to the floor do.
const fastDisk = 400 * time.Microsecond

// row is one figure, measured once in each run.
type row struct {
	Name   string    `json:"name"`
	What   string    `json:"what"` // what is timed
	Unit   string    `json:"unit"` // ms, s, MB: less is better; /s: more is
	Runs   []float64 `json:"runs"`
	Floors []float64 `json:"floors,omitempty"` // of the machine in the same run, same unit
	Target target    `json:"target"`
}

// target is what a figure is to reach; zero fields ask nothing.
type target struct {
	Most  float64 `json:"most,omitempty"`
	Least float64 `json:"least,omitempty"`
	Ratio float64 `json:"ratio,omitempty"` // on a slow disk: at most so many times the floor
	Disk  bool    `json:"disk,omitempty"`  // Most and Least count on a fast disk only
}

// add enters one run of a figure.
func (b *bench) add(r row, value, floor float64) {
	i := slices.IndexFunc(b.rows, func(x row) bool { return x.Name == r.Name })
	if i < 0 {
		b.rows = append(b.rows, r)
		i = len(b.rows) - 1
	}
	b.rows[i].Runs = append(b.rows[i].Runs, value)
	if floor > 0 {
		b.rows[i].Floors = append(b.rows[i].Floors, floor)
	}
	b.note("  %s: %s%s", r.Name, number(value), r.Unit)
}

func (r row) rate() bool { return r.Unit == "/s" }

// ratio is how many times the floor, the median over the runs; 0 without a floor.
func (r row) ratio() float64 {
	if len(r.Floors) != len(r.Runs) {
		return 0
	}
	all := make([]float64, len(r.Runs))
	for i := range all {
		if all[i] = r.Runs[i] / r.Floors[i]; r.rate() {
			all[i] = r.Floors[i] / r.Runs[i]
		}
	}
	return median(all)
}

// verdict is "met", "not met", "not judged" or empty.
func (r row) verdict(fsync time.Duration) string {
	t, m := r.Target, median(r.Runs)
	if t.Most == 0 && t.Least == 0 && t.Ratio == 0 {
		return ""
	}
	missed := t.Most > 0 && m > t.Most || t.Least > 0 && m < t.Least
	if t.Disk && fsync > fastDisk {
		if t.Ratio == 0 {
			return "not judged: slow disk"
		}
		missed = r.ratio() > t.Ratio
	}
	if missed {
		return "not met"
	}
	return "met"
}

func (r row) asked() string {
	var parts []string
	if r.Target.Most > 0 {
		parts = append(parts, "≤ "+number(r.Target.Most)+unit(r.Unit))
	}
	if r.Target.Least > 0 {
		parts = append(parts, "≥ "+number(r.Target.Least)+unit(r.Unit))
	}
	if r.Target.Ratio > 0 {
		parts = append(parts, "on a slow disk ≤ "+number(r.Target.Ratio)+" × floor")
	}
	return strings.Join(parts, "; ")
}

func unit(u string) string {
	if strings.HasPrefix(u, "/") {
		return u
	}
	return " " + u
}

// report is the whole as JSON.
type report struct {
	Machine string    `json:"machine"`
	Short   bool      `json:"short"`
	Floor   floor     `json:"floor"` // medians over all runs, nanoseconds
	Rows    []judged  `json:"rows"`
	Took    float64   `json:"took_seconds"`
	At      time.Time `json:"at"`
}

type judged struct {
	row
	Median  float64 `json:"median"`
	Over    float64 `json:"times_floor,omitempty"`
	Verdict string  `json:"verdict,omitempty"`
}

func (b *bench) report() report {
	out := report{Machine: machine(), Short: b.short, Floor: b.floor(), Took: time.Since(b.start).Seconds(), At: time.Now().UTC().Truncate(time.Second)}
	for _, r := range b.rows {
		out.Rows = append(out.Rows, judged{r, median(r.Runs), r.ratio(), r.verdict(out.Floor.Append)})
	}
	return out
}

// print shows the table.
func (b *bench) print(w io.Writer) error {
	r := b.report()
	f := r.Floor
	fmt.Fprintf(w, "\n%s; median of %d runs, in %.0f s\n", r.Machine, b.runs, r.Took)
	if b.short {
		fmt.Fprintln(w, "Short: small numbers, one run. It shows that everything works, not how fast.")
	}
	fmt.Fprintf(w, "Floor: append 2 kB + fsync %s, overwrite + fdatasync %s, Ed25519 sign %s verify %s,\n",
		short(f.Append), short(f.Guard), short(f.Sign), short(f.Verify))
	fmt.Fprintf(w, "       ML-DSA-44 sign %s verify %s, hybrid seal %s open %s, SHA-256 %.1f GB/s\n\n",
		short(f.SignPQ), short(f.VerifyPQ), short(f.Seal), short(f.Open), float64(entrySize)/float64(f.Hash))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmedian\tlowest–highest\tfloor\ttimes floor\ttarget\t")
	for _, j := range r.Rows {
		floor, times := "", ""
		if len(j.Floors) > 0 {
			floor, times = number(median(j.Floors))+unit(j.Unit), number(j.Over)
		}
		spread := number(slices.Min(j.Runs)) + "–" + number(slices.Max(j.Runs))
		fmt.Fprintf(t, "%s\t%s%s\t%s\t%s\t%s\t%s\t%s\n", j.Name, number(j.Median), unit(j.Unit), spread, floor, times, j.asked(), j.Verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, j := range r.Rows {
		if j.What != "" {
			fmt.Fprintf(w, "%s: %s\n", j.Name, j.What)
		}
	}
	return nil
}

// floor is the median of each step over all runs.
func (b *bench) floor() floor {
	of := func(get func(f floor) time.Duration) time.Duration {
		var all []time.Duration
		for _, f := range b.floors {
			all = append(all, get(f))
		}
		if len(all) == 0 {
			return 0
		}
		return percentile(all, 50)
	}
	return floor{
		Append: of(func(f floor) time.Duration { return f.Append }), Batch: of(func(f floor) time.Duration { return f.Batch }),
		Guard: of(func(f floor) time.Duration { return f.Guard }),
		Sign:  of(func(f floor) time.Duration { return f.Sign }), Verify: of(func(f floor) time.Duration { return f.Verify }),
		SignPQ: of(func(f floor) time.Duration { return f.SignPQ }), VerifyPQ: of(func(f floor) time.Duration { return f.VerifyPQ }),
		Seal: of(func(f floor) time.Duration { return f.Seal }), Open: of(func(f floor) time.Duration { return f.Open }),
		Stanza: of(func(f floor) time.Duration { return f.Stanza }), Hash: of(func(f floor) time.Duration { return f.Hash }),
	}
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/2]
}

// number writes three figures, as many as mean something.
func number(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

func short(d time.Duration) string { return number(float64(d)/float64(time.Millisecond)) + " ms" }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// perSecond is the rate of n in d.
func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// machine says what this runs on.
func machine() string {
	model := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if name, ok := strings.CutPrefix(s.Text(), "model name"); ok {
				model = strings.TrimLeft(name, "\t: ")
				break
			}
		}
	}
	return fmt.Sprintf("%d × %s, %s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.Version())
}
