// Package node is the house of one party in one group: it joins record, seal,
// roster, docket, desk and courier, and runs their loops. It has no rules of its
// own. Read send.go and receive.go, each from top to bottom, and you know the
// system.
//
// Invariant: nothing that this node signed leaves it before it is durable here,
// and nothing is signed before it is sure that no newer head of its own exists.
// Spec: spec/node.md.
package node

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"time"

	"detente/courier"
	"detente/key"
	"detente/pack"
	"detente/party"
	"detente/roster"
)

// Policy says how a delivered receipt is given to one party (protocol §5).
type Policy string

const (
	Automatic Policy = "automatic" // by the node, once verified and opened
	ByHand    Policy = "by-hand"   // by an officer's command
	None      Policy = "none"      // never

	// ByDelegation: by no node; an officer enters that it was handed over by a
	// relay or delegation, as an act of kind handed-over.
	ByDelegation Policy = "by-delegation"
)

// Settings are the local choices of a home, node.json. The zero value works.
type Settings struct {
	// Party is this node's party in the roster.
	Party party.ID `json:"party"`
	// Listen is the address of the mutual-TLS listener, host:port. Optional: empty dials out only.
	Listen string `json:"listen"`
	// Receipts is the policy for delivered receipts, by party; "default" is the
	// rest. Optional: automatic.
	Receipts map[string]Policy `json:"receipts"`
	// NoLink lists parties that are never dialled and never answered directly.
	NoLink []party.ID `json:"no_link"`
	// HeartbeatSeconds between re-signed checkpoints. Optional: 60.
	HeartbeatSeconds int `json:"heartbeat_seconds"`
	// SkewSeconds of clock difference that is not remarked on. Optional: 5.
	SkewSeconds int `json:"skew_seconds"`
	// GraceDays for which a retired sealing key is kept. Optional: 30.
	GraceDays int `json:"grace_days"`
	// Desk is the address at which officers reach the screens, host:port. Optional: no
	// screens. Any but an address of the machine itself needs the certificate.
	Desk string `json:"desk,omitempty"`
	// DeskCertificate and DeskKey are the files of the TLS certificate of the screens,
	// PEM. Optional: both or none.
	DeskCertificate string `json:"desk_certificate,omitempty"`
	DeskKey         string `json:"desk_key,omitempty"`
	// Monitor is the address of /metrics, /healthz and /readyz, host:port, of this
	// machine only. Optional: none.
	Monitor string `json:"monitor,omitempty"`
}

// Config is what Open needs besides the home directory.
type Config struct {
	Dir      string         // the home
	Settings Settings       //
	Keys     *key.Set       // unlocked
	Local    [32]byte       // key of locally kept contents
	First    *roster.Roster // the roster that this home pins
	Texts    *pack.Library  // the packs at hand

	// Stage keeps a new key set beside the one in use, durably, before the act
	// that enters it; Promote makes it the one in use. Needed to rotate keys.
	Stage   func(*key.Set) error
	Promote func() error

	// Boot names the running period of this machine, e.g. its boot id. A
	// confirmation that this is no restore holds for one boot. Optional.
	Boot string
	// Now is the clock. Optional: time.Now.
	Now func() time.Time
	// Rand is the source of randomness. Optional: crypto/rand.
	Rand io.Reader
	// Log takes what operators read. Optional: discarded.
	Log *slog.Logger
	// Dial opens connections to peers. Optional: the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// CosignDelay gathers arrivals before they are cosigned. Optional: 200 ms.
	CosignDelay time.Duration

	// TestOnlyRest is the least time between two attempts of a link, or between
	// two long polls: for tests that live through months.
	TestOnlyRest time.Duration
	// TestOnlyHost stands in front of what the listener serves: for tests of
	// lines that repeat and reorder.
	TestOnlyHost func(courier.Host) courier.Host
}

func (c *Config) defaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.CosignDelay == 0 {
		c.CosignDelay = 200 * time.Millisecond
	}
	s := &c.Settings
	if s.HeartbeatSeconds == 0 {
		s.HeartbeatSeconds = 60
	}
	if s.SkewSeconds == 0 {
		s.SkewSeconds = 5
	}
	if s.GraceDays == 0 {
		s.GraceDays = 30
	}
}

func (s Settings) receipt(id party.ID) Policy {
	if p, ok := s.Receipts[string(id)]; ok {
		return p
	}
	if p, ok := s.Receipts["default"]; ok {
		return p
	}
	return Automatic
}
