package main

import (
	"context"
	"fmt"
	"strings"

	"detente/control"
	"detente/desk"
	"github.com/spf13/cobra"
)

func (a *app) cmdToken() *cobra.Command {
	return a.noun("token", "What lets other programs of the house act for an officer", `
detente token issue archive --scopes read
detente token list
detente token end 5d0c81fe`, a.tokenIssue(), a.tokenList(), a.tokenEnd())
}

func scopeWords(scopes []desk.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

func (a *app) tokenIssue() *cobra.Command {
	var args control.TokenArgs
	var scopes []string
	c := a.command("issue NAME", "Issue a token for a program; its secret is shown once", `
detente token issue archive --scopes read
detente token issue mail-gateway --scopes read,register --days 30
detente token issue courier-room --scopes courier`, cobra.ExactArgs(1), func(ctx context.Context, names []string) error {
		args.Name = names[0]
		for _, s := range scopes {
			args.Scopes = append(args.Scopes, desk.Scope(s))
		}
		var t control.Token
		if err := a.call(ctx, "token-issue", args, &t); err != nil {
			return err
		}
		return a.show(t, func(w writer) {
			fmt.Fprintf(w, "%s\n", t.Secret)
			fmt.Fprintf(w, "Token %s for %s acts for %s until %s: %s.\n", t.ID, t.Name, t.Officer, t.Expires, scopeWords(t.Scopes))
			fmt.Fprintln(w, "Its secret is not shown again. To end it: detente token end "+t.ID)
		})
	})
	c.Flags().StringSliceVar(&scopes, "scopes", []string{string(desk.ScopeRead)}, "what it may do: "+scopeWords(desk.Scopes()))
	c.Flags().IntVar(&args.Days, "days", 0, "days for which it is in force (default 90)")
	return c
}

func (a *app) tokenList() *cobra.Command {
	return a.command("list", "List the own tokens; an admin sees those of everybody", `
detente token list
detente token list --json
detente token list --home ./alatau`, cobra.NoArgs, func(ctx context.Context, _ []string) error {
		var all []control.Token
		if err := a.call(ctx, "token-list", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			t := newTable("token", "program", "for", "may", "until", "ended")
			for _, x := range all {
				t.row(x.ID, x.Name, x.Officer, scopeWords(x.Scopes), x.Expires, x.Ended)
			}
			t.print(a, w, "There is no token.")
		})
	})
}

func (a *app) tokenEnd() *cobra.Command {
	return a.command("end ID", "End a token now", `
detente token end 5d0c81fe
detente token end 5d0c81fe --json
detente token end 5d0c81fe --home ./alatau`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		if err := a.call(ctx, "token-end", control.TokenEndArgs{ID: args[0]}, nil); err != nil {
			return err
		}
		return a.show(args[0], func(w writer) { fmt.Fprintf(w, "Token %s has ended.\n", args[0]) })
	})
}
