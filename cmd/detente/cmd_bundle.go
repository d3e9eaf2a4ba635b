package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"detente/bundle"
	"detente/control"
	"detente/node"
	"detente/party"
	"github.com/spf13/cobra"
)

func (a *app) cmdBundle() *cobra.Command {
	return a.noun("bundle", "Evidence in one file, for a courier", `
detente bundle export --to elbria --out to-elbria.bundle
detente bundle import from-elbria.bundle
detente bundle show from-elbria.bundle`, a.bundleExport(), a.bundleImport(), a.bundleShow())
}

func (a *app) bundleExport() *cobra.Command {
	var to, out, since string
	c := a.command("export", "Write a bundle for one party, or for all", `
detente bundle export --to elbria --out to-elbria.bundle
detente bundle export --to elbria --since from-elbria.bundle --out to-elbria-2.bundle
detente bundle export --out whole.bundle`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if out == "" {
			return usage("--out FILE", "say where to write the bundle")
		}
		e := control.ExportArgs{To: party.ID(to), Since: []control.Held{}}
		if since != "" {
			var err error
			if e.Since, err = heldIn(since); err != nil {
				return err
			}
		}
		var rep node.ExportReport
		defer a.working("writing the bundle")()
		err := newFile(out, func(w io.Writer) error { return a.callFile(ctx, "export", e, nil, w, &rep) })
		if err != nil {
			return err
		}
		return a.show(rep, func(w writer) {
			fmt.Fprintf(w, "%s holds:\n", out)
			for _, o := range slices.Sorted(maps.Keys(rep.Records)) {
				r := rep.Records[o]
				fmt.Fprintf(w, "  %-32s acts %d to %d\n", o, r[0], r[1]-1)
			}
			fmt.Fprintf(w, "  %s, %s\n", counted(rep.Blobs, "content"), counted(rep.Cosigs, "cosignature"))
			if rep.Unsure {
				fmt.Fprintln(w, "This node may not sign yet, so its receipts and cosignatures are not in it.")
				fmt.Fprintln(w, "If nothing was restored: detente node confirm, then export again.")
			}
		})
	})
	c.Flags().StringVar(&to, "to", "", "party that it is carried to (default all)")
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().StringVar(&since, "since", "", "a bundle that came from there: what it says is held is left out")
	return c
}

// heldIn reads from a bundle what its writer holds.
func heldIn(path string) ([]control.Held, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, _, err := bundle.NewReader(f, bundle.FileLimits())
	if err != nil {
		return nil, failed(control.Verification, "", err.Error())
	}
	out := []control.Held{}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, failed(control.Verification, "", err.Error())
		}
		for _, h := range p.Have {
			out = append(out, control.Held{Origin: h.Origin, Size: h.Size})
		}
	}
}

func (a *app) bundleImport() *cobra.Command {
	var yes bool
	c := a.command("import FILE", "Take a bundle in, after it was shown what it would change", `
detente bundle import from-elbria.bundle
detente bundle import from-elbria.bundle --yes
detente bundle import from-elbria.bundle --yes --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var rep node.ImportReport
		if err := a.bundleCall(ctx, "import-look", args[0], &rep); err != nil {
			return err
		}
		if !yes {
			var text bytes.Buffer
			printImport(&text, &rep, "would bring")
			a.talk("%s", strings.TrimSuffix(text.String(), "\n"))
			if err := a.confirmed(ctx, "Take it in?", false); err != nil {
				return err
			}
		}
		stop := a.working("verifying the bundle")
		err := a.bundleCall(ctx, "import", args[0], &rep)
		stop()
		if err != nil {
			return err
		}
		return a.show(rep, func(w writer) { printImport(w, &rep, "brought") })
	})
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func (a *app) bundleShow() *cobra.Command {
	return a.command("show FILE", "Say what a bundle would change here; it changes nothing", `
detente bundle show from-elbria.bundle
detente bundle show from-elbria.bundle --json
detente verify from-elbria.bundle --roster roster.json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var rep node.ImportReport
		if err := a.bundleCall(ctx, "import-look", args[0], &rep); err != nil {
			return err
		}
		return a.show(rep, func(w writer) { printImport(w, &rep, "would bring") })
	})
}

func (a *app) bundleCall(ctx context.Context, verb, path string, rep *node.ImportReport) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return a.callFile(ctx, verb, nil, f, nil, rep)
}

func printImport(w writer, rep *node.ImportReport, verb string) {
	fmt.Fprintf(w, "A bundle of %s, written %s, %s:\n", rep.From, rep.Written, verb)
	for _, o := range slices.Sorted(maps.Keys(rep.Records)) {
		r := rep.Records[o]
		fmt.Fprintf(w, "  %-32s acts %d to %d\n", o, r[0], r[1]-1)
	}
	if len(rep.Records) == 0 {
		fmt.Fprintln(w, "  no act that is not held here already")
	}
	fmt.Fprintf(w, "  %s, %s\n", counted(rep.Blobs, "content"), counted(rep.Cosigs, "cosignature"))
}

func (a *app) cmdProof() *cobra.Command {
	var p control.ProveArgs
	var out string
	c := a.command("export REF", "Write the proof file of one act, which anybody can verify offline", `
detente proof export ALA/2026/17 --out ala-17.proof
detente proof export ALA/2026/17 --out ala-17.proof --with-content
detente verify ala-17.proof --roster roster.json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if out == "" {
			return usage("--out FILE", "say where to write the proof")
		}
		p.Ref = args[0]
		var v control.Proven
		err := newFile(out, func(w io.Writer) error { return a.callFile(ctx, "prove", p, nil, w, &v) })
		if err != nil {
			return err
		}
		return a.show(v, func(w writer) {
			fmt.Fprintf(w, "%s proves act %s, with %s and %s.\n", out, v.Place, counted(v.Mirrors, "cosignature"), counted(v.Receipts, "receipt"))
			printStages(w, v)
			if v.Content && p.WithContent {
				fmt.Fprintln(w, "It discloses the content of this act.")
			}
			fmt.Fprintf(w, "Next: detente verify %s --roster roster.json\n", out)
		})
	})
	c.Flags().StringVar(&out, "out", "", "file to write")
	c.Flags().BoolVar(&p.WithContent, "with-content", false, "with the content and its key: this discloses it")
	return a.noun("proof", "One act in a file that verifies offline", `
detente proof export ALA/2026/17 --out ala-17.proof
detente proof export ALA/2026/17 --out ala-17.proof --with-content
detente verify ala-17.proof --roster roster.json`, c)
}

// printStages says which statement of its thread is proven, where there are several.
func printStages(w writer, v control.Proven) {
	if len(v.Statements) < 2 {
		return
	}
	fmt.Fprintln(w, "It is about one of the statements of its thread:")
	for _, s := range v.Statements {
		mark := ""
		if s.Place == v.Place {
			mark = "  proven by this file"
		}
		fmt.Fprintf(w, "  %-28s %s%s\n", s.Place, strings.ReplaceAll(string(s.Life), "-", " "), mark)
	}
	fmt.Fprintf(w, "To prove another one, name it: detente proof export %q --out FILE\n", v.Statements[0].Place)
}
