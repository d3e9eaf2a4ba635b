package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"detente/api"
	"detente/control"
	"detente/home"
	"detente/screen"
)

// deskCommand is the first argument of the process that serves a desk.
const deskCommand = "desk-of-bench"

// seat is what the process needs to serve the desk of a home.
type seat struct {
	Home    string        `json:"home"`
	Unlock  string        `json:"unlock"`
	Hears   string        `json:"hears"` // address for the peers
	Ahead   time.Duration `json:"ahead"` // of its clock before the machine's
	Cert    string        `json:"cert"`  // files of the certificate of the screens
	Key     string        `json:"key"`
	Profile string        `json:"profile"` // folder, or empty
}

// served is the first line of that process.
type served struct {
	Error string `json:"error"`
	Desk  string `json:"desk"` // address of the screens
}

// deskChild is the whole life of that process: what "detente node run" does with a
// home, and its memory when it is asked for.
func deskChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	lines, answers := bufio.NewReader(in), json.NewEncoder(out)
	var s seat
	if err := readLine(lines, &s); err != nil {
		return fmt.Errorf("read whose desk to serve: %w", err)
	}
	if s.Profile != "" {
		end, err := profile(s.Profile, "desk-served")
		if err != nil {
			return err
		}
		defer end()
	}
	d, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := answers.Encode(served{Desk: d.address}); err != nil {
		return err
	}
	for {
		var o order
		if err := readLine(lines, &o); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		var a answer
		switch o.What {
		case "memory":
			a.RSS, a.Peak, err = memory(os.Getpid())
		case "heap":
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			a.RSS = int64(m.HeapAlloc)
		default:
			err = fmt.Errorf("unknown order %q", o.What)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// order is one line to the process; answer is one line back.
type order struct {
	What string `json:"what"` // memory, heap
}

type answer struct {
	Error string `json:"error"`
	RSS   int64  `json:"rss"` // bytes, or of the heap
	Peak  int64  `json:"peak"`
}

// ask gives one order and waits for its answer.
func (p *process) ask(what string) (answer, error) {
	var a answer
	if err := json.NewEncoder(p.in).Encode(order{what}); err != nil {
		return a, err
	}
	if err := readLine(p.out, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// deskServer is an open home with its node, its door and its screens.
type deskServer struct {
	home    *home.Home
	door    *control.Server
	screens *screen.Server
	address string
}

func (s *seat) open(ctx context.Context) (*deskServer, error) {
	id, err := home.Unlock(s.Unlock, nil)
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return time.Now().Add(s.Ahead) }
	h, err := home.Open(ctx, s.Home, home.Options{Identity: id, Now: now})
	if err != nil {
		return nil, err
	}
	if err := h.Node.Confirm(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	peers, err := net.Listen("tcp", s.Hears)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	door, socket, err := control.Listen(h)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	go door.Serve(socket)
	name := func(lang string) string { return h.Node.Keys().Current().Name(h.Settings.Party, lang) }
	site, err := screen.New(screen.Config{Party: h.Settings.Party, Name: name, Door: door.As, Own: door.Own(), Changed: door.Changed, Now: h.Time})
	if err != nil {
		return nil, err
	}
	programs, err := api.New(door, "bench", h.Time)
	if err != nil {
		return nil, err
	}
	l, err := screen.Listen("127.0.0.1:0", true)
	if err != nil {
		return nil, err
	}
	d := &deskServer{home: h, door: door, screens: screen.NewServer(site, programs), address: l.Addr().String()}
	h.Node.Run(peers)
	go d.screens.Serve(l, s.Cert, s.Key)
	return d, nil
}

func (d *deskServer) close() error {
	return errors.Join(d.screens.Stop(), d.door.Stop(), d.home.Close())
}

// serveDesk starts the process that serves the desk of a world.
func (b *bench) serveDesk(ctx context.Context, w *world) (*process, string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	s := seat{Home: w.home(), Unlock: w.unlock, Hears: w.addr, Ahead: time.Duration(w.ahead.Load()), Profile: b.profile}
	if s.Cert, s.Key, err = certificate(w.dir); err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, exe, deskCommand)
	cmd.Stderr = os.Stderr
	p := &process{cmd: cmd}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	p.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	var first served
	if err = json.NewEncoder(p.in).Encode(s); err == nil {
		err = readLine(p.out, &first)
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("serve the desk: %w", err), p.end())
	}
	return p, "https://" + first.Desk, nil
}

// certificate writes a certificate that nobody signed and its key.
func certificate(dir string) (cert, secret string, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &k.PublicKey, k)
	if err != nil {
		return "", "", err
	}
	key, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return "", "", err
	}
	cert, secret = filepath.Join(dir, "desk.crt"), filepath.Join(dir, "desk.key")
	return cert, secret, errors.Join(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(secret, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
}
