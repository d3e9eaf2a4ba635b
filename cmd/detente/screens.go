package main

import (
	"context"
	"log/slog"
	"net"
	"net/url"

	"detente/api"
	"detente/control"
	"detente/home"
	"detente/screen"
)

// screens are the pages of a running node and their listener; nil is none.
type screens struct {
	server    *screen.Server
	listener  net.Listener
	cert, key string
	url       string // by which a browser opens them
}

// screens opens the listener of the pages, at the address of the flag or of the
// settings.
func (a *app) screens(h *home.Home, door *control.Server, address string, log *slog.Logger) (*screens, error) {
	s := &screens{cert: h.Settings.DeskCertificate, key: h.Settings.DeskKey}
	if address == "" {
		address = h.Settings.Desk
	}
	if address == "" {
		return nil, nil
	}
	name := func(lang string) string { return h.Node.Keys().Current().Name(h.Settings.Party, lang) }
	site, err := screen.New(screen.Config{Party: h.Settings.Party, Name: name, Door: door.As, Own: door.Own(), Changed: door.Changed, Now: h.Time, Log: log})
	if err != nil {
		return nil, err
	}
	if s.listener, err = screen.Listen(address, s.cert != ""); err != nil {
		return nil, err
	}
	programs, err := api.New(door, ownVersion().Version, h.Time)
	if err != nil {
		return nil, err
	}
	s.server = screen.NewServer(site, programs)
	s.url = deskURL(s.listener.Addr().String(), s.cert != "")
	log.Info("the desk is open", "address", s.url)
	return s, nil
}

// firstDesk is where a new home is told to open its desk: an address that can be said
// aloud, and at which browsers know passkeys without a certificate.
const firstDesk = "localhost:8443"

// deskURL is the address of a desk as a browser is to open it; empty is firstDesk. The
// machine itself is called by its name: to a number no browser binds a passkey.
func deskURL(address string, certificate bool) string {
	if address == "" {
		address = firstDesk
	}
	if host, port, err := net.SplitHostPort(address); err == nil {
		if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
			address = net.JoinHostPort("localhost", port)
		}
	}
	if certificate {
		return "https://" + address
	}
	return "http://" + address
}

// linkAt is the address of a link that serves once.
func linkAt(desk string, l control.Link) string {
	return desk + "/welcome?" + url.Values{"key": {l.Secret}}.Encode()
}

// welcome says at the start of a house without an administrator where the first officer
// makes an account. The journal of a service is read by others: there it says how.
func (a *app) welcome(ctx context.Context, s *screens, door *control.Server, service bool) error {
	var house control.Founded
	if err := door.Own().Call(ctx, "founded", nil, nil, nil, &house); err != nil || house.Founded || s == nil {
		return err
	}
	if service {
		a.talk("There is no administrator here yet. On this machine: detente officer link --home %s", a.home())
		return nil
	}
	var l control.Link
	if err := door.Own().Call(ctx, "first-link", control.ConsoleArgs{Console: true}, nil, nil, &l); err != nil {
		return err
	}
	a.talk("There is no administrator here yet. The first officer opens this link, which serves once and until %s:\n\n  %s\n", l.Expires, linkAt(s.url, l))
	return nil
}

func (s *screens) serve() error {
	return s.server.Serve(s.listener, s.cert, s.key)
}

func (s *screens) stop() error {
	if s == nil {
		return nil
	}
	return s.server.Stop()
}
