package main

import (
	"context"
	"log/slog"

	"detente/control"
	"detente/home"
	"detente/screen"
)

// await serves the pages of a home that awaits the roster of its group, until somebody
// pins one there; then the node can run. Without a desk, and as a service, which would
// wait for ever, it says what to do.
func (a *app) await(ctx context.Context, address string) error {
	f, err := home.Load(a.home())
	if err != nil {
		return err
	}
	if address == "" {
		address = f.Settings.Desk
	}
	if address == "" || a.env("NOTIFY_SOCKET") != "" {
		return home.ErrNoRoster
	}
	id, err := a.identity(ctx)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.stderr, nil))
	door, secret, err := control.Await(a.home(), home.Options{Identity: id, Wait: waitForHome, Log: log})
	if err != nil {
		return err
	}
	name := func(string) string { return string(f.Settings.Party) }
	never := func() <-chan struct{} { return nil }
	site, err := screen.NewAwaiting(screen.Config{Party: f.Settings.Party, Name: name, Door: door.As, Own: door.As(""), Changed: never, Log: log})
	if err != nil {
		return err
	}
	cert, key := f.Settings.DeskCertificate, f.Settings.DeskKey
	listener, err := screen.Listen(address, cert != "")
	if err != nil {
		return err
	}
	server := screen.NewServer(site, nil)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener, cert, key) }()
	link := linkAt(deskURL(listener.Addr().String(), cert != ""), control.Link{Secret: secret})
	a.talk("This home awaits the roster of its group. To compare fingerprints and to take the roster in, open this link, which serves once:\n\n  %s\n", link)
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case <-door.Joined():
	case err = <-served:
		return err
	}
	if stopped := server.Stop(); err == nil {
		err = stopped
	}
	if ended := <-served; err == nil {
		err = ended
	}
	return err
}
