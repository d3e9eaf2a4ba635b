package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if .HasExample}}Examples:
{{.Example}}

{{end}}{{if or .Runnable .HasSubCommands}}{{.UsageString}}{{end}}`

const usageTemplate = `Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} [command]{{else}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "detente",
		Short: "A node for confidence-building measures between states",
		Long: `detente runs a node for confidence-building measures between states: it keeps
this state's signed record, mirrors those of the others, and shows what was said,
when, to whom, and whether it was received.`,
		Example: indent(`
detente init --home ./alatau --name alatau
detente statement list --to-me --open
detente help exit-codes`),
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs, SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			hint := "detente --help"
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean: detente " + strings.Join(near, ", ") + "?; " + hint
			}
			return usage(hint, fmt.Sprintf("detente has no command %q", args[0]))
		},
	}
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.CompletionOptions.HiddenDefaultCmd = false
	f := root.PersistentFlags()
	f.StringVar(&a.homeFlag, "home", "", "folder of the home (default $DETENTE_HOME, else "+defaultHome+")")
	f.StringVar(&a.unlockFlag, "unlock", "", "file with the unlock key (default $DETENTE_UNLOCK, the service's credential, else unlock.key in the home)")
	f.StringVar(&a.unlockPassFile, "unlock-passphrase-file", "", "file with the passphrase of the unlock key; - is stdin")
	f.BoolVar(&a.json, "json", false, "print one JSON document")
	f.BoolVar(&a.noColor, "no-color", false, "no bold type (also $NO_COLOR)")
	f.BoolVar(&a.accessible, "accessible", false, "draw nothing anew (also $DETENTE_ACCESSIBLE=1)")
	f.BoolVar(&a.console, "console", false, "act as whoever commands this machine, without a sign-in; the audit trail shows it")
	root.AddCommand(a.cmdInit(), a.cmdOfficer(), a.cmdToken(), a.cmdSignIn(), a.cmdSignOut(), a.cmdChain(), a.cmdDraft(),
		a.cmdClear(), a.cmdReturn(), a.cmdRelease(), a.cmdSend(), a.cmdStatement(), a.cmdInbox(), a.cmdThread(), a.cmdReceipts(), a.cmdPrint(),
		a.cmdLine(), a.cmdPhrase(), a.cmdClarify(), a.cmdIncident(), a.cmdSounding(), a.cmdDesk(), a.cmdShift(), a.cmdExercise(),
		a.cmdDue(), a.cmdWhy(), a.cmdQuota(), a.cmdVisit(), a.cmdDocument(), a.cmdFinding(), a.cmdCalendar(), a.cmdArea(), a.cmdPortfolio(), a.cmdBlocks(), a.cmdMatrix(), a.cmdReport(), a.cmdNote(),
		a.cmdPeer(), a.cmdObservation(), a.cmdEvidence(), a.cmdRoster(), a.cmdKey(), a.cmdGroup(),
		a.cmdBundle(), a.cmdProof(), a.cmdVerify(), a.cmdNode(), a.cmdService(), a.cmdBackup(), a.cmdRestore(), a.cmdRebuild(), a.cmdDoctor(),
		a.cmdAudit(), a.cmdForm(), a.cmdPack(), a.cmdMan(), a.cmdDemo(), a.cmdVersion(), exitCodes())
	plainDefaults(root)
	return root
}

// plainDefaults shows no default of [] in the help.
func plainDefaults(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.DefValue == "[]" {
			f.DefValue = ""
		}
	})
	for _, sub := range c.Commands() {
		plainDefaults(sub)
	}
}

// exitCodes is a topic of the help.
func exitCodes() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean (detente help exit-codes)", Long: exitHelp}
}

func (a *app) cmdVersion() *cobra.Command {
	return a.command("version", "Say which version this is", `
detente version
detente version --json
detente --home ./alatau version`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		v := ownVersion()
		return a.show(v, func(w writer) {
			fmt.Fprintf(w, "detente %s (%s)\n", v.Version, v.Go)
			if v.Revision != "" {
				fmt.Fprintf(w, "commit %s\n", v.Revision)
			}
		})
	})
}

// version is which program this is.
type version struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Revision string `json:"revision"`
}

// ownVersion reads what the build wrote into the program.
func ownVersion() version {
	v := version{Version: "unreleased"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}
