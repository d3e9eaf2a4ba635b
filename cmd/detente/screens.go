package main

import (
	"log/slog"
	"net"

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
	scheme := "http"
	if s.cert != "" {
		scheme = "https"
	}
	log.Info("the desk is open", "address", scheme+"://"+s.listener.Addr().String())
	return s, nil
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
