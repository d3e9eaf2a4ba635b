package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"detente/control"
	"detente/desk"
	"detente/home"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"github.com/spf13/cobra"
	"rsc.io/qr"
)

func (a *app) cmdKey() *cobra.Command {
	return a.noun("key", "The keys of this party", `
detente key card --out alatau.card
detente key fingerprint
detente key rotate sealing --next alatau-next-keys.age`, a.keyCard(), a.keyFingerprint(), a.keyList(), a.keyRotate())
}

func (a *app) keyCard() *cobra.Command {
	var out string
	c := a.command("card", "Print the public half of the keys, to be handed to the others", `
detente key card --out alatau.card
detente key card --home ./region
detente key card > alatau.card`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		f, err := home.Load(a.home())
		if err != nil {
			return err
		}
		b, err := f.Card.Bytes()
		if err != nil {
			return err
		}
		if out == "" {
			_, err := a.stdout.Write(b) // the card is JSON as it is
			return err
		}
		if err := durable.WriteFile(out, b, 0o644); err != nil {
			return err
		}
		words := key.Words(f.Card.Digest())
		return a.show(map[string]any{"file": out, "fingerprint": f.Card.Digest(), "words": words}, func(w writer) {
			fmt.Fprintf(w, "The card of %s was written to %s. Its words, for the telephone:\n\n", f.Settings.Party, out)
			printWords(w, words)
		})
	})
	c.Flags().StringVar(&out, "out", "", "file to write (default stdout)")
	return c
}

func (a *app) keyFingerprint() *cobra.Command {
	return a.command("fingerprint [CARD]", "Say the fingerprint of a card in words and as a QR code", `
detente key fingerprint
detente key fingerprint borovia.card
detente key fingerprint --json`, cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		var card key.Card
		if len(args) == 1 {
			b, err := a.readFile(args[0])
			if err != nil {
				return err
			}
			if card, err = key.ParseCard(b); err != nil {
				return failed(control.Verification, "", err.Error())
			}
		} else {
			f, err := home.Load(a.home())
			if err != nil {
				return err
			}
			card = f.Card
		}
		return a.showFingerprint("card of "+string(card.Origin), card.Digest())
	})
}

func (a *app) showFingerprint(of string, d canon.Digest) error {
	words := key.Words(d)
	v := struct {
		Of          string       `json:"of"`
		Fingerprint canon.Digest `json:"fingerprint"`
		Words       []string     `json:"words"`
	}{of, d, words}
	code, err := qr.Encode(strings.ToUpper(d.String()), qr.M)
	if err != nil {
		return fmt.Errorf("make the QR code: %w", err)
	}
	return a.show(v, func(w writer) {
		fmt.Fprintf(w, "%s\n%s\n\n", of, d)
		printWords(w, words)
		fmt.Fprintln(w)
		printQR(w, code)
	})
}

// printQR prints two modules in one character, dark on light: most terminals
// are dark, so light is drawn and dark is left out.
func printQR(w writer, code *qr.Code) {
	const quiet = 2
	light := func(x, y int) bool { return !code.Black(x, y) }
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			switch upper, lower := light(x, y), light(x, y+1); {
			case upper && lower:
				line.WriteString("█")
			case upper:
				line.WriteString("▀")
			case lower:
				line.WriteString("▄")
			default:
				line.WriteString(" ")
			}
		}
		fmt.Fprintln(w, line.String())
	}
}

func (a *app) keyList() *cobra.Command {
	return a.command("list", "List the keys by role, with what follows them", `
detente key list
detente key list --json
detente key list --home ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Key
		if err := a.call(ctx, "key-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("role", "fingerprint", "since", "state", "next")
			for _, k := range all {
				next := "–"
				if !k.Next.IsZero() {
					next = short(k.Next)
				}
				t.row(string(k.Role), short(k.Fingerprint), dash(k.Since), k.State, next)
			}
			t.print(a, w, "")
		})
	})
}

// short is the beginning of a digest, for tables.
func short(d canon.Digest) string { return d.String()[:len("sha256:")+16] }

// nextFlags name the offline keys and where those that follow them go.
type nextFlags struct{ next, pass, after string }

func (n *nextFlags) flags(c *cobra.Command) {
	c.Flags().StringVar(&n.next, "next", "", "file with the next keys, from the safe")
	c.Flags().StringVar(&n.pass, "next-passphrase-file", "", "file with their passphrase; - is stdin")
	c.Flags().StringVar(&n.after, "after", "", "where to write the keys that follow them (default: FILE with the next number, e.g. alatau-next-keys-2.age)")
}

// open reads the next keys, and for renewed roles makes and writes those that
// follow, under the same passphrase, before anything commits to them.
func (n *nextFlags) open(ctx context.Context, a *app, renewed ...key.Role) (next, after *key.Next, err error) {
	if n.next == "" {
		return nil, nil, usage("--next FILE", "this needs the next keys, from the safe")
	}
	pass, err := a.passphrase(ctx, "Passphrase of the next keys: ", n.pass, false)
	if err != nil {
		return nil, nil, err
	}
	if next, err = home.LoadNext(n.next, pass); err != nil || len(renewed) == 0 {
		return next, nil, err
	}
	after = next
	for _, role := range renewed {
		if after, err = after.Renew(rand.Reader, role); err != nil {
			return nil, nil, err
		}
	}
	if n.after == "" {
		n.after = numbered(n.next)
	}
	return next, after, home.SaveNext(n.after, after, pass)
}

// keep says what becomes of the file with the keys that follow when it is not
// known whether the record commits to them: then no other file has them. It goes
// again only where the next keys were refused, before anything was committed.
func (n *nextFlags) keep(a *app, err error) {
	if control.ErrorOf(err).Code == control.Verification {
		os.Remove(n.after)
		return
	}
	a.talk("%s was written before: keep it with %s until a rotation shows which of the two the record commits to.", n.after, n.next)
}

// numbered names the file that follows path: keys.age, keys-2.age, keys-3.age….
func numbered(path string) string {
	ext := filepath.Ext(path)
	stem, number := strings.TrimSuffix(path, ext), 1
	if i := strings.LastIndexByte(stem, '-'); i >= 0 {
		if n, err := strconv.Atoi(stem[i+1:]); err == nil && n > 1 && n < 1000 {
			stem, number = stem[:i], n
		}
	}
	return fmt.Sprintf("%s-%d%s", stem, number+1, ext)
}

func (a *app) keyRotate() *cobra.Command {
	var n nextFlags
	var yes bool
	c := a.command("rotate ROLE", "Enter the next key of a role: record, witness, mirror, sealing or transport", `
detente key rotate sealing --next /media/stick/alatau-next-keys.age
detente key rotate witness --next alatau-next-keys.age --after alatau-next-keys-2.age
detente key rotate record --next alatau-next-keys.age --next-passphrase-file pass.txt --yes`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		role, err := key.ParseRole(args[0])
		if err != nil {
			return usage("", err.Error())
		}
		if n.next == "" {
			return usage("--next FILE", "this needs the next keys, from the safe")
		}
		if a.token() == "" && !a.console {
			return desk.ErrSession
		}
		if err := a.confirmed(ctx, fmt.Sprintf("The key of role %s will be replaced for good. Go on?", role), yes); err != nil {
			return err
		}
		var renewed []key.Role
		if role == key.Record || role == key.Witness || role == key.Mirror {
			renewed = append(renewed, role)
		}
		next, after, err := n.open(ctx, a, renewed...)
		if err != nil {
			return err
		}
		r := control.RotateArgs{Role: role, Console: a.console}
		if r.Next, err = next.Bytes(); err != nil {
			return err
		}
		if after != nil {
			if r.After, err = after.Bytes(); err != nil {
				return err
			}
		}
		var s control.Appended
		if err := a.call(ctx, "rotate", r, &s); err != nil {
			if after != nil {
				n.keep(a, err)
			}
			return err
		}
		if err := a.show(map[string]any{"role": role, "ref": s.Ref, "place": s.Place, "queued": s.Queued, "after": n.after}, func(w writer) {
			fmt.Fprintf(w, "A new key of role %s is in force, by act %s.\n", role, s.Place)
			if after != nil {
				fmt.Fprintf(w, "Carry %s away in place of %s: it holds the keys that follow now.\n", n.after, n.next)
			}
			if role == key.Transport {
				fmt.Fprintln(w, "Restart the node: it shows the new key to its peers from then on.")
			}
		}); err != nil {
			return err
		}
		return a.queued(s.Queued)
	})
	n.flags(c)
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
