package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"detente/control"
	"detente/desk"
	"detente/home"
	"detente/party"
	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh/agent"
)

func (a *app) cmdOfficer() *cobra.Command {
	return a.noun("officer", "Accounts of this house", `
detente officer add saparova --roles drafter --post arms-control
detente officer list
detente officer passphrase saparova`, a.officerAdd(), a.officerLink(), a.officerList(), a.officerDeactivate(), a.officerPassphrase())
}

func (a *app) officerAdd() *cobra.Command {
	var n control.NewOfficer
	var roles, steps []string
	var post, file, keyFile string
	c := a.command("add ID", "Add an officer; the first one needs no sign-in", `
detente officer add saparova --roles admin,drafter --post arms-control
detente officer add orlov --name "A. Orlov" --roles clearer,duty --steps release --post duty-officer
detente officer add akhmet --roles drafter --ssh-key ~/.ssh/id_ed25519.pub`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		n.ID, n.Console, n.Steps = args[0], a.console, steps
		if n.Name == "" {
			n.Name = args[0]
		}
		for _, r := range roles {
			n.Roles = append(n.Roles, desk.Role(r))
		}
		var err error
		if n.Post, err = party.ParsePost(post); err != nil {
			return usage("--post duty-officer", err.Error())
		}
		if keyFile != "" {
			b, err := os.ReadFile(keyFile)
			if err != nil {
				return fmt.Errorf("read the ssh key: %w", err)
			}
			n.SSHKey = strings.TrimSpace(string(b))
		}
		if err := a.adopted(); err != nil {
			return err
		}
		if keyFile == "" || file != "" {
			if n.Passphrase, err = a.passphrase(ctx, "Passphrase of "+n.ID+", twelve characters or more: ", file, true); err != nil {
				return err
			}
		}
		var o control.Officer
		if err := a.call(ctx, "officer-add", n, &o); err != nil {
			return err
		}
		return a.show(o, func(w writer) {
			fmt.Fprintf(w, "Officer %s was added: roles %s, steps %s, post %s.\n", o.ID, joined(o.Roles), joined(o.Steps), o.Post)
		})
	})
	f := c.Flags()
	f.StringVar(&n.Name, "name", "", "name of the person; it stays in this house")
	f.StringVar(&post, "post", "duty-officer", "office, as it may stand in the record")
	f.StringSliceVar(&roles, "roles", nil, "drafter, clearer, duty, admin")
	f.StringSliceVar(&steps, "steps", nil, "clearance steps that this officer may clear, e.g. release")
	f.StringVar(&file, "passphrase-file", "", "file with the passphrase; - is stdin")
	f.StringVar(&keyFile, "ssh-key", "", "public key file, to sign in by ssh-agent")
	return c
}

func joined[S ~string](words []S) string {
	if len(words) == 0 {
		return "none"
	}
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}

func (a *app) officerList() *cobra.Command {
	return a.command("list", "List the officers", `
detente officer list
detente officer list --json
detente officer list --home ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Officer
		if err := a.call(ctx, "officer-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("officer", "post", "roles", "steps", "sign-in", "state")
			for _, o := range all {
				how, state := "passphrase", "active"
				if o.SSHKey != "" {
					how = "ssh-agent"
				}
				if !o.Active {
					state = "not active"
				}
				t.row(o.ID, string(o.Post), joined(o.Roles), joined(o.Steps), how, state)
			}
			t.print(a, w, "There is no officer yet: detente officer add ID --roles admin,drafter")
		})
	})
}

func (a *app) officerLink() *cobra.Command {
	var at string
	c := a.command("link [ID]", "Make a link that serves once: for the first officer, or for one who sets a passphrase", `
detente officer link
detente officer link orlov
detente officer link --desk localhost:8443`, cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		f, err := home.Load(a.home())
		if err != nil {
			return err
		}
		if at == "" {
			at = f.Settings.Desk
		}
		var l control.Link
		if len(args) == 0 {
			err = a.call(ctx, "first-link", control.ConsoleArgs{Console: true}, &l)
		} else {
			err = a.call(ctx, "officer-link", control.OfficerArgs{Officer: args[0], Console: a.console}, &l)
		}
		if err != nil {
			return err
		}
		address := linkAt(deskURL(at, f.Settings.DeskCertificate != ""), l)
		return a.show(map[string]string{"url": address, "expires": l.Expires}, func(w writer) {
			fmt.Fprintf(w, "%s\nIt serves once, until %s. The desk is opened by: detente node run --desk HOST:PORT\n", address, l.Expires)
		})
	})
	c.Flags().StringVar(&at, "desk", "", "address of the desk, host:port (default that of the settings, else "+firstDesk+")")
	return c
}

func (a *app) officerDeactivate() *cobra.Command {
	return a.command("deactivate ID", "End an account; what the officer cleared stands", `
detente officer deactivate orlov
detente officer deactivate orlov --console
detente officer deactivate orlov --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if err := a.call(ctx, "officer-deactivate", control.OfficerArgs{Officer: args[0], Console: a.console}, nil); err != nil {
			return err
		}
		return a.show(args[0], func(w writer) { fmt.Fprintf(w, "Officer %s is not active any more.\n", args[0]) })
	})
}

func (a *app) officerPassphrase() *cobra.Command {
	var file string
	c := a.command("passphrase ID", "Replace a passphrase: one's own, or as an admin another's", `
detente officer passphrase saparova
detente officer passphrase orlov --passphrase-file new.txt
detente officer passphrase saparova --console`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if err := a.adopted(); err != nil {
			return err
		}
		p, err := a.passphrase(ctx, "New passphrase, twelve characters or more: ", file, true)
		if err != nil {
			return err
		}
		if err := a.call(ctx, "officer-passphrase", control.OfficerArgs{Officer: args[0], Passphrase: p, Console: a.console}, nil); err != nil {
			return err
		}
		return a.show(args[0], func(w writer) {
			fmt.Fprintf(w, "Officer %s has a new passphrase and is signed out everywhere.\n", args[0])
		})
	})
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase; - is stdin")
	return c
}

func (a *app) cmdSignIn() *cobra.Command {
	var file string
	var byAgent bool
	c := a.command("sign-in OFFICER", "Sign in, by passphrase or by an ssh-agent", `
detente sign-in saparova
detente sign-in saparova --passphrase-file saparova.txt
detente sign-in akhmet --agent`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var s control.SignedIn
		err := a.adopted()
		if err != nil {
			return err
		}
		if byAgent {
			s, err = a.signInByAgent(ctx, args[0])
		} else {
			var p string
			if p, err = a.passphrase(ctx, "Passphrase of "+args[0]+": ", file, false); err == nil {
				err = a.call(ctx, "sign-in", control.SignInArgs{Officer: args[0], Passphrase: p}, &s)
			}
		}
		if err != nil {
			return err
		}
		if err := a.saveToken(s.Token); err != nil {
			return err
		}
		s.Token = "" // kept in the file alone
		return a.show(s.Officer, func(w writer) { fmt.Fprintf(w, "Signed in as %s, %s.\n", s.Officer.ID, s.Officer.Post) })
	})
	c.Flags().StringVar(&file, "passphrase-file", "", "file with the passphrase; - is stdin")
	c.Flags().BoolVar(&byAgent, "agent", false, "sign by the ssh-agent at $SSH_AUTH_SOCK")
	return c
}

func (a *app) signInByAgent(ctx context.Context, officer string) (control.SignedIn, error) {
	var s control.SignedIn
	path := a.env("SSH_AUTH_SOCK")
	if path == "" {
		return s, usage("start one: eval $(ssh-agent); ssh-add", "no ssh-agent is known: $SSH_AUTH_SOCK is not set")
	}
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return s, failed(control.Failed, "start one: eval $(ssh-agent); ssh-add", "the ssh-agent does not answer: "+err.Error())
	}
	defer conn.Close()
	var c control.Challenge
	if err := a.call(ctx, "challenge", control.OfficerArgs{Officer: officer}, &c); err != nil {
		return s, err
	}
	if c.Key == "" {
		return s, failed(control.Permission, "detente sign-in "+officer, "this officer has no ssh key here")
	}
	sig, err := desk.SignChallenge(agent.NewClient(conn), c.Key, officer, c.Challenge)
	if err != nil {
		return s, failed(control.Permission, "is the key in the agent? ssh-add -l", err.Error())
	}
	err = a.call(ctx, "sign-in-agent", control.AgentArgs{Officer: officer, Challenge: c.Challenge, Signature: sig}, &s)
	return s, err
}

func (a *app) cmdSignOut() *cobra.Command {
	return a.command("sign-out", "End the session", `
detente sign-out
detente sign-out --home ./alatau
detente sign-out --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var o control.Officer
		err := a.call(ctx, "sign-out", nil, &o)
		if forget := a.saveToken(""); err == nil {
			err = forget
		}
		if err != nil {
			return err
		}
		return a.show(o, func(w writer) { fmt.Fprintf(w, "%s is signed out.\n", o.ID) })
	})
}

func (a *app) cmdChain() *cobra.Command {
	show := a.command("show", "Show the steps in order", `
detente chain show
detente chain show --json > chain.json
detente chain show --home ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var c desk.Chain
		if err := a.call(ctx, "chain-show", nil, &c); err != nil {
			return err
		}
		return a.show(c, func(w writer) { printChain(w, c) })
	})
	set := a.command("set FILE", "Put another chain in force (an admin); what waits is cleared anew", `
detente chain set chain.json
detente chain show --json > chain.json
detente chain set -`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		var c desk.Chain
		if err := a.readJSON(args[0], &c); err != nil {
			return err
		}
		if err := a.call(ctx, "chain-set", c, &c); err != nil {
			return err
		}
		return a.show(c, func(w writer) { printChain(w, c) })
	})
	return a.noun("chain", "The clearance chain of this house", `
detente chain show
detente chain show --json > chain.json
detente chain set chain.json`, show, set)
}

func printChain(w writer, c desk.Chain) {
	for i, s := range c.Steps {
		fmt.Fprintf(w, "%2d  %s", i+1, s.Name)
		if s.Outside {
			fmt.Fprint(w, ", concurrence from outside the house by reference")
		}
		if len(s.Deputies) > 0 {
			fmt.Fprintf(w, ", deputies %s", strings.Join(s.Deputies, ", "))
		}
		fmt.Fprintln(w)
	}
	if c.Distinct {
		fmt.Fprintln(w, "A different officer clears each step. The author clears none.")
	} else {
		fmt.Fprintln(w, "One officer may clear several steps. The author clears none.")
	}
	if c.Urgent {
		fmt.Fprintln(w, "An urgent release is countersigned afterwards.")
	}
}
