package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"detente/home"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"github.com/spf13/cobra"
)

// initialised is what init made.
type initialised struct {
	Party       party.ID     `json:"party"`
	Home        string       `json:"home"`
	Origin      party.Origin `json:"origin"`
	Fingerprint canon.Digest `json:"fingerprint"` // of the card
	Words       []string     `json:"words"`       // of the fingerprint
	Group       string       `json:"group"`       // private group of one; empty for a home that awaits a roster
	Unlock      string       `json:"unlock"`      // file
	Next        string       `json:"next"`        // file
	Card        string       `json:"card"`        // file
}

func (a *app) cmdInit() *cobra.Command {
	var name, listen, from, next, nextPass string
	var names map[string]string
	var forGroup bool
	c := a.command("init", "Make a home: keys, and a private record or a place in a group", `
detente init --home ./alatau --name alatau
detente init --home ./region --name alatau --names en=Alatau,ru=Алатау --for-group --listen 192.0.2.7:7443
detente init --home ./region --name alatau --for-group --from ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if name == "" {
			if !terminal(a.in) {
				return usage("detente init --help", "say which party this home is of: --name PARTY")
			}
			var err error
			if name, err = a.ask(ctx, "Short name of the party, e.g. alatau: "); err != nil {
				return err
			}
		}
		id, err := party.ParseID(name)
		if err != nil {
			return usage("", err.Error())
		}
		if next == "" {
			next = name + "-next-keys.age"
		}
		m := home.Making{Dir: a.home(), Party: id, Names: names, Listen: listen, ForGroup: forGroup, From: from, Next: next, Unlock: a.unlockFlag}
		if a.unlockPassFile != "" {
			if m.UnlockPassphrase, err = a.passphrase(ctx, "", a.unlockPassFile, true); err != nil {
				return err
			}
		}
		if m.NextPassphrase, err = a.passphrase(ctx, "Passphrase for the next keys, which you will carry away, twelve characters or more: ", nextPass, true); err != nil {
			return err
		}
		stop := a.working("making keys")
		made, err := home.Make(ctx, m)
		stop()
		if err != nil {
			return err
		}
		return a.showInitialised(m, made)
	})
	f := c.Flags()
	f.StringVar(&name, "name", "", "short name of the party: a-z, 0-9, hyphen")
	f.StringToStringVar(&names, "names", nil, "names of the party, `language=name`, e.g. en=Alatau,ru=Алатау")
	f.StringVar(&listen, "listen", "", "address of the listener for peers, host:port; empty: dial out only")
	f.BoolVar(&forGroup, "for-group", false, "make keys and a card and await the roster of a group")
	f.StringVar(&from, "from", "", "another home whose officers and clearance chain are taken over")
	f.StringVar(&next, "next", "", "where to write the next keys (default PARTY-next-keys.age here)")
	f.StringVar(&nextPass, "next-passphrase-file", "", "file with the passphrase for the next keys; - is stdin")
	return c
}

func (a *app) showInitialised(m home.Making, made *home.Made) error {
	d := made.Card.Digest()
	v := initialised{m.Party, m.Dir, made.Card.Origin, d, key.Words(d), "", made.Unlock, made.Next, filepath.Join(m.Dir, home.CardFile)}
	if !made.Group.IsZero() {
		v.Group = made.Group.String()
	}
	return a.show(v, func(w writer) {
		fmt.Fprintf(w, "A home of %s was made in %s, with the record %s.\n\n", v.Party, v.Home, v.Origin)
		fmt.Fprintf(w, "The fingerprint of its card, to be read to the others over the telephone:\n\n")
		printWords(w, v.Words)
		fmt.Fprintf(w, "\nDo these at once:\n")
		fmt.Fprintf(w, "  1. Carry %s away: the keys of the next rotation. Two copies, two safes.\n", v.Next)
		fmt.Fprintf(w, "     Whoever has them and the passphrase can rotate your keys; without them a lost key cannot be replaced by you alone.\n")
		fmt.Fprintf(w, "  2. Keep %s where the service finds it and no backup does.\n", v.Unlock)
		fmt.Fprintf(w, "  3. Write the twelve words down.\n\nNext:\n")
		at := " --home " + m.Dir
		if m.ForGroup {
			fmt.Fprintf(w, "  detente key card%s --out %s.card      hand it to the scribe of the group\n", at, v.Party)
			fmt.Fprintf(w, "  detente roster adopt%s FILE       when the roster has come and all compared its words\n", at)
			return
		}
		fmt.Fprintf(w, "  1. detente node run%s --desk %s\n", at, firstDesk)
		fmt.Fprintf(w, "  2. Open the link that it prints, in a browser on this machine: it makes the first officer, the administrator.\n")
		fmt.Fprintf(w, "  3. Follow the page “First steps”, %s/start: officers and clearance, texts and other states, the first note, a form.\n", deskURL("", false))
		fmt.Fprintf(w, "Without a browser the first officer is made by: detente officer add%s ID --roles admin,drafter,duty\n", at)
	})
}

// printWords prints twelve words in three numbered lines.
func printWords(w writer, words []string) {
	for i := 0; i < len(words); i += 4 {
		fmt.Fprintf(w, "  %2d–%-2d  %s\n", i+1, min(i+4, len(words)), strings.Join(words[i:min(i+4, len(words))], "  "))
	}
}
