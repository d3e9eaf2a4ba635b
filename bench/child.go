package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"

	"detente/key"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
	"detente/town"
)

// birth is what a child process needs to be the node of one party.
type birth struct {
	Dir      string        `json:"dir"`
	Settings node.Settings `json:"settings"`
	Keys     []byte        `json:"keys"`
	Local    [32]byte      `json:"local"`
	Roster   []byte        `json:"roster"`
	Listens  bool          `json:"listens"` // file 3 is its listener
	Profile  string        `json:"profile"` // folder, or empty
}

// up is the line that the child says once its node runs.
const up = "up\n"

// child is the whole life of a child process.
func child(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	var b birth
	if err := readLine(lines, &b); err != nil {
		return fmt.Errorf("read what to be: %w", err)
	}
	end := func() error { return nil }
	if b.Profile != "" {
		var err error
		if end, err = profile(b.Profile, string(b.Settings.Party)); err != nil {
			return err
		}
	}
	n, err := b.open(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, up); err != nil {
		return errors.Join(err, n.Close())
	}
	_, err = io.Copy(io.Discard, lines) // until the parent lets go
	return errors.Join(err, n.Close(), end())
}

func (b birth) open(ctx context.Context) (*node.Node, error) {
	set, err := key.ParseSet(b.Keys)
	if err != nil {
		return nil, err
	}
	first, err := roster.Parse(b.Roster)
	if err != nil {
		return nil, err
	}
	texts, err := pack.NewLibrary(packs.FS)
	if err != nil {
		return nil, err
	}
	n, err := node.Open(ctx, node.Config{Dir: b.Dir, Settings: b.Settings, Keys: set, Local: b.Local, First: first, Texts: texts, Boot: "bench"})
	if err != nil {
		return nil, err
	}
	var l net.Listener
	if b.Listens {
		if l, err = net.FileListener(os.NewFile(3, "listener")); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	n.Run(l)
	return n, nil
}

func readLine(r *bufio.Reader, into any) error {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

// process is a child as its parent sees it.
type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// begin starts a house of a town in a process of its own.
func (b *bench) begin(ctx context.Context, t *town.Town, id party.ID) (*process, error) {
	h := t.Houses[id]
	keys, err := h.Config.Keys.Bytes()
	if err != nil {
		return nil, err
	}
	first, err := t.First.Bytes()
	if err != nil {
		return nil, err
	}
	l, err := h.Listen()
	if err != nil {
		return nil, err
	}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := l.Close(); err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, exe, childCommand)
	cmd.Stderr, cmd.ExtraFiles = os.Stderr, []*os.File{file}
	p := &process{cmd: cmd}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	what := birth{Dir: h.Config.Dir, Settings: h.Config.Settings, Keys: keys, Local: h.Config.Local, Roster: first, Listens: true, Profile: b.profile}
	if err := json.NewEncoder(p.in).Encode(what); err != nil {
		return nil, errors.Join(err, p.end())
	}
	if said, err := p.out.ReadString('\n'); said != up {
		return nil, errors.Join(fmt.Errorf("start a process for %s: it said %q: %w", id, said, err), p.end())
	}
	return p, nil
}

// end lets the process close its node and waits for it.
func (p *process) end() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
