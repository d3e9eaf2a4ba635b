package main

import (
	"fmt"
	"log/slog"
	"net"

	"detente/control"
	"detente/gauge"
	"detente/home"
)

// monitor answers the operator's own monitoring; nil is none.
type monitor struct {
	server   *gauge.Server
	listener net.Listener
}

// monitor opens the listener of the monitoring, at the address of the flag or of
// the settings.
func (a *app) monitor(h *home.Home, door *control.Server, address string, log *slog.Logger) (*monitor, error) {
	if address == "" {
		address = h.Settings.Monitor
	}
	if address == "" {
		return nil, nil
	}
	l, err := gauge.Listen(address)
	if err != nil {
		return nil, err
	}
	log.Info("the node can be monitored", "address", fmt.Sprintf("http://%s/metrics", l.Addr()))
	return &monitor{gauge.NewServer(gauge.New(door.Own(), ownVersion().Version, h.Time()), log), l}, nil
}

func (m *monitor) serve() error { return m.server.Serve(m.listener) }

func (m *monitor) stop() error {
	if m == nil {
		return nil
	}
	return m.server.Stop()
}
