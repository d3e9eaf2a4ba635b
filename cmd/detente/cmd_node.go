package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"detente/act"
	"detente/control"
	"detente/deploy"
	"detente/desk"
	"detente/home"
	"detente/internal/notify"
	"detente/key"
	"github.com/spf13/cobra"
)

func (a *app) cmdNode() *cobra.Command {
	return a.noun("node", "The node of this home", `
detente node run
detente node status
detente node confirm`, a.nodeRun(), a.nodeStatus(), a.nodeConfirm(), a.nodeNewVolume())
}

func (a *app) nodeRun() *cobra.Command {
	var listen, desk, monitor string
	c := a.command("run", "Run the node: serve the peers, reach them, answer the commands and the officers' browsers", `
detente node run
detente node run --home ./alatau --listen 127.0.0.1:7443 --desk 127.0.0.1:8443
DETENTE_UNLOCK=/etc/detente/unlock.key detente node run`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		return a.serve(ctx, listen, desk, monitor)
	})
	c.Flags().StringVar(&listen, "listen", "", "address of the listener instead of that in the settings")
	c.Flags().StringVar(&desk, "desk", "", "address of the screens, host:port, instead of that in the settings")
	c.Flags().StringVar(&monitor, "monitor", "", "address of /metrics, /healthz and /readyz on this machine, host:port, instead of that in the settings")
	return c
}

// serve runs the node until ctx ends or the node stops by itself.
func (a *app) serve(ctx context.Context, listen, desk, monitor string) error {
	if err := a.adopted(); errors.Is(err, home.ErrNoRoster) {
		if err := a.await(ctx, desk); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if client, err := control.Dial(ctx, a.home()); err == nil {
		client.Close()
		return failed(control.Failed, "detente node status", "the node of this home runs already")
	}
	manager, err := notify.Dial(a.env("NOTIFY_SOCKET"))
	if err != nil {
		return err
	}
	defer manager.Close()
	id, err := a.identity(ctx)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	h, err := home.Open(ctx, a.home(), home.Options{Identity: id, Wait: waitForHome, Log: log})
	if err != nil {
		return err
	}
	defer h.Close()
	var peers net.Listener
	if listen == "" {
		listen = h.Settings.Listen
	}
	if listen != "" {
		if peers, err = net.Listen("tcp", listen); err != nil {
			return fmt.Errorf("listen for peers: %w", err)
		}
	}
	door, socket, err := control.Listen(h)
	if err != nil {
		return err
	}
	var loops sync.WaitGroup
	ended := make(chan error, 3)
	loops.Go(func() { ended <- door.Serve(socket) })
	screens, err := a.screens(h, door, desk, log)
	if err != nil {
		return errors.Join(err, door.Stop())
	}
	gauges, err := a.monitor(h, door, monitor, log)
	if err != nil {
		return errors.Join(err, screens.stop(), door.Stop())
	}
	h.Node.Run(peers)
	if screens != nil {
		loops.Go(func() { ended <- screens.serve() })
	}
	if gauges != nil {
		loops.Go(func() { ended <- gauges.serve() })
	}
	if err := h.Node.Assured(); err != nil {
		log.Warn("this node does not sign yet", "reason", err.Error())
	}
	log.Info("the node runs", "party", string(h.Settings.Party), "record", string(h.Node.Origin()), "listen", listen)
	if err := manager.Ready(fmt.Sprintf("%s, edition %d", h.Node.Origin(), h.Node.Keys().Current().Edition)); err != nil {
		log.Warn("tell the service manager", "reason", err.Error())
	}
	if err := a.welcome(ctx, screens, door, a.env("NOTIFY_SOCKET") != ""); err != nil {
		log.Warn("look for an administrator", "reason", err.Error())
	}
	stopping, stop := context.WithCancel(ctx)
	loops.Go(func() { a.watchdog(stopping, h, manager, log) })
	select {
	case <-ctx.Done():
	case <-h.Node.Closing():
		err = h.Node.Failure()
	case err = <-ended:
	}
	stop()
	manager.Stopping("")
	log.Info("the node stops")
	err = errors.Join(err, gauges.stop(), screens.stop(), door.Stop())
	loops.Wait()
	return errors.Join(err, h.Close())
}

// watchdog tells the service manager that the node is alive, as long as its
// store answers.
func (a *app) watchdog(ctx context.Context, h *home.Home, manager *notify.Socket, log *slog.Logger) {
	every, err := notify.Interval(a.env("WATCHDOG_USEC"), a.env("WATCHDOG_PID"), os.Getpid())
	if err != nil {
		log.Warn("the watchdog is not served", "reason", err.Error())
		return
	}
	if every == 0 {
		return
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if _, err := h.Node.Position(ctx); err != nil {
			log.Warn("the store does not answer", "reason", err.Error())
			continue
		}
		if err := manager.Watchdog(); err != nil {
			log.Warn("tell the service manager", "reason", err.Error())
		}
	}
}

func (a *app) nodeStatus() *cobra.Command {
	return a.command("status", "Say how the node stands", `
detente node status
detente node status --json
detente node status --home ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var s control.Status
		if err := a.call(ctx, "status", nil, &s); err != nil {
			return err
		}
		return a.show(s, func(w writer) {
			running := "does not run: detente node run"
			if s.Running {
				running = "runs"
			}
			fmt.Fprintf(w, "The node of %s %s.\n", s.Name, running)
			fmt.Fprintf(w, "%-12s %s, %s, signed last at %s\n", "record", s.Origin, counted(s.Acts, "act"), dash(s.Signed))
			fmt.Fprintf(w, "%-12s %s, edition %d\n", "group", s.Group, s.Edition)
			fmt.Fprintf(w, "%-12s %d, %d answer\n", "peers", s.Peers, s.Reachable)
			fmt.Fprintf(w, "%-12s %s to this party\n", "open", counted(s.Open, "statement"))
			if s.Missing > 0 {
				fmt.Fprintf(w, "%-12s %d contents\n", "missing", s.Missing)
			}
			if s.Suspended {
				fmt.Fprintln(w, "This party has suspended its participation.")
			}
			for _, o := range s.Frozen {
				fmt.Fprintf(w, "Two versions of the record %s exist: detente evidence list\n", o)
			}
			if s.Restored {
				fmt.Fprintln(w, "This home was made from a backup: detente node new-volume --next FILE")
			}
			if s.Assured != "" {
				fmt.Fprintf(w, "%s\n", s.Assured)
			}
		})
	})
}

func (a *app) nodeConfirm() *cobra.Command {
	var yes bool
	c := a.command("confirm", "Confirm that this machine was not restored from an older state", `
detente node confirm
detente node confirm --console --yes
detente node status`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if err := a.confirmed(ctx, "Do you know that no disk, snapshot or backup was put back?", yes); err != nil {
			return err
		}
		if err := a.call(ctx, "confirm", control.ConsoleArgs{Console: a.console}, nil); err != nil {
			return err
		}
		return a.show("confirmed", func(w writer) { fmt.Fprintln(w, "Confirmed: the node signs in its present volume.") })
	})
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func (a *app) nodeNewVolume() *cobra.Command {
	var n nextFlags
	var yes bool
	var why string
	c := a.command("new-volume", "Open a new volume of the record, after a restore, a loss or a fork; the node does not run", `
detente node new-volume --next /media/stick/alatau-next-keys.age
detente node new-volume --next alatau-next-keys.age --after alatau-next-keys-2.age --reason restore --console
detente node new-volume --next alatau-next-keys.age --next-passphrase-file pass.txt --console --yes`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if client, err := control.Dial(ctx, a.home()); err == nil {
			client.Close()
			return failed(control.Failed, "systemctl stop detente", "stop the node first: a new volume is opened while it does not run")
		}
		if err := a.confirmed(ctx, "The record goes on in a new volume for good, and the witness and mirror keys are replaced. Go on?", yes); err != nil {
			return err
		}
		h, err := a.openHome(ctx)
		if err != nil {
			return err
		}
		v, err := a.newVolume(ctx, h, &n, act.VolumeReason(why))
		if err = errors.Join(err, h.Close()); err != nil {
			return err
		}
		return a.show(v, func(w writer) {
			fmt.Fprintf(w, "The record goes on as %s. New witness and mirror keys are in force.\n", v.Origin)
			fmt.Fprintf(w, "Carry %s away in place of %s: it holds the keys that follow now.\nNext: detente node run\n", v.After, n.next)
		})
	})
	n.flags(c)
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.Flags().StringVar(&why, "reason", string(act.Restore), "restore, loss, theft, fork or growth")
	return c
}

// opened is a new volume.
type opened struct {
	Origin string `json:"origin"`
	Ref    string `json:"ref"`
	After  string `json:"after"` // file with the keys that follow
}

func (a *app) newVolume(ctx context.Context, h *home.Home, n *nextFlags, why act.VolumeReason) (*opened, error) {
	officer := desk.Console
	if !a.console {
		s, err := h.Node.Desk().Resume(ctx, a.token())
		if err != nil {
			return nil, failed(control.Permission, "detente sign-in OFFICER, or --console", err.Error())
		}
		if !s.Officer().Has(desk.Admin) {
			return nil, desk.ErrRole
		}
		officer = s.Officer().ID
	}
	next, after, err := n.open(ctx, a, key.Witness, key.Mirror)
	if err != nil {
		return nil, err
	}
	ref, err := h.Node.NewVolume(ctx, officer, why, next, after.Commitments())
	if err != nil {
		n.keep(a, err)
		return nil, err
	}
	return &opened{string(ref.Origin), ref.String(), n.after}, h.MarkNewVolume()
}

func (a *app) cmdService() *cobra.Command {
	print := func(use, short, text string) *cobra.Command {
		return a.command(use, short, fmt.Sprintf(`
detente service %s
detente service %s > FILE
detente service %s --json`, use, use, use), cobra.NoArgs, func(ctx context.Context, args []string) error {
			return a.show(text, func(w writer) { fmt.Fprint(w, text) })
		})
	}
	return a.noun("service", "Files that make the node a service", `
detente service unit > /etc/systemd/system/detente.service
detente service users > /etc/sysusers.d/detente.conf
systemctl enable --now detente`,
		print("unit", "Print the systemd unit", deploy.Unit),
		print("users", "Print the account for systemd-sysusers", deploy.Users))
}
