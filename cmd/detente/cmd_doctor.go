package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"detente/control"
	"detente/home"
	"detente/node"
	"github.com/spf13/cobra"
)

func (a *app) cmdDoctor() *cobra.Command {
	var d control.DoctorArgs
	c := a.command("doctor", "Say what is wrong with this installation and how to mend it; it changes nothing", `
detente doctor
detente doctor --full
detente doctor --json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		stop := a.working("looking")
		found, err := a.examine(ctx, d)
		stop()
		if err != nil {
			return err
		}
		due := 0
		for _, f := range found {
			if f.State == control.Mend {
				due++
			}
		}
		if err := a.show(found, func(w writer) {
			for _, f := range found {
				fmt.Fprintf(w, "%-5s %-13s %s\n", f.State, f.Check, f.Found)
				if f.Do != "" {
					fmt.Fprintf(w, "%-5s %-13s what to do: %s\n", "", "", f.Do)
				}
			}
			if due == 0 {
				fmt.Fprintln(w, "Nothing is to be mended.")
			}
		}); err != nil || due == 0 {
			return err
		}
		return &statusError{exitFindings}
	})
	c.Flags().BoolVar(&d.Full, "full", false, "also verify every record from its beginning, and the audit trail")
	return c
}

// examine looks at the files and then at the node, if it can be asked.
func (a *app) examine(ctx context.Context, d control.DoctorArgs) ([]control.Finding, error) {
	files, err := home.Load(a.home())
	if errors.Is(err, home.ErrNoHome) {
		return nil, err
	}
	var found []control.Finding
	add := func(check, state, do, format string, args ...any) {
		found = append(found, control.Finding{Check: check, State: state, Found: fmt.Sprintf(format, args...), Do: do})
	}
	if err != nil {
		add("settings", control.Mend, "restore the file from a backup, or mend it by hand", "%v", err)
		return found, nil
	}
	a.modes(add)
	a.disk(add)
	if files.First == nil {
		add("roster", control.Note, "detente roster adopt FILE", "this home awaits the roster of its group")
		return found, nil
	}
	var inside []control.Finding
	if err := a.call(ctx, "doctor", d, &inside); err != nil {
		e := control.ErrorOf(err)
		if e.Code == control.Interrupted {
			return nil, err
		}
		add("node", control.Mend, e.Hint, "%s", e.Message)
		return found, nil
	}
	return append(found, inside...), nil
}

type addFinding func(check, state, do, format string, args ...any)

// modes looks at who can read what is secret.
func (a *app) modes(add addFinding) {
	open := 0
	for _, name := range []string{".", home.SettingsFile, home.KeysFile, home.StagedFile, home.SessionFile, node.StoreFile, a.unlockPath()} {
		path := name
		if !filepath.IsAbs(name) && name != a.unlockPath() {
			path = filepath.Join(a.home(), name)
		}
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			if name == a.unlockPath() {
				add("unlock key", control.Mend, "name it: --unlock FILE, DETENTE_UNLOCK", "%s does not exist", name)
				open++
			}
			continue
		}
		if err != nil {
			add("file modes", control.Mend, "run it under the account that owns the home", "%v", err)
			open++
			continue
		}
		if info.Mode().Perm()&0o077 != 0 {
			open++
			add("file modes", control.Mend, fmt.Sprintf("chmod go= %s", path), "%s can be read or entered by others (%s)", path, info.Mode().Perm())
		}
	}
	if open == 0 {
		add("file modes", control.Good, "", "what is secret belongs to this account alone")
	}
	if filepath.Dir(a.unlockPath()) == filepath.Clean(a.home()) {
		add("unlock key", control.Note, "move it where no backup of the home takes it along: --unlock FILE, DETENTE_UNLOCK", "it lies in the home beside the keys that it unlocks")
	}
}

const (
	// reserve is the room below which a disk is nearly full, in bytes: a year of
	// acts of a busy party, and a backup of them.
	reserve = 1 << 30
)

func (a *app) disk(add addFinding) {
	free, err := home.Free(a.home())
	switch {
	case err != nil:
		add("disk", control.Note, "", "how much room there is cannot be told: %v", err)
	case free < reserve:
		add("disk", control.Mend, "make room; nothing that was confirmed is lost", "%d MB are free", free>>20)
	default:
		add("disk", control.Good, "", "%d GB are free", free>>30)
	}
}
