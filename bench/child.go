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
	"strconv"
	"strings"
	"time"

	"detente/key"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
	"detente/town"
)

// errNoProc means that this system does not tell the memory of a process.
var errNoProc = errors.New("the memory of a process is read from /proc, which this system lacks")

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

// order is one line to the child; answer is one line back.
type order struct {
	What string `json:"what"` // linked, say, memory
	N    int    `json:"n"`
}

type answer struct {
	Error  string        `json:"error"`
	Opened time.Duration `json:"opened"` // node.Open
	RSS    int64         `json:"rss"`    // bytes, now
	Peak   int64         `json:"peak"`   // bytes, ever
}

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
	start := time.Now()
	n, err := b.open(ctx)
	if err != nil {
		return err
	}
	hello := answer{Opened: time.Since(start)}
	answers := json.NewEncoder(out)
	if err := answers.Encode(hello); err != nil {
		return err
	}
	for {
		var o order
		err := readLine(lines, &o)
		if errors.Is(err, io.EOF) {
			return errors.Join(n.Close(), end())
		}
		if err != nil {
			return err
		}
		a, err := obey(ctx, n, o)
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
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

func obey(ctx context.Context, n *node.Node, o order) (answer, error) {
	switch o.What {
	case "linked":
		return answer{}, until(ctx, n, "links to all peers", linked(ctx, n, o.N))
	case "say":
		return answer{}, converse(ctx, n, o.N)
	case "memory":
		rss, peak, err := memory()
		return answer{RSS: rss, Peak: peak}, err
	}
	return answer{}, fmt.Errorf("unknown order %q", o.What)
}

// converse sends sealed notices to all peers, one at a time, until each of them
// has given its receipt.
func converse(ctx context.Context, n *node.Node, count int) error {
	var to []party.ID
	for _, p := range n.Keys().Current().Parties {
		if p.ID != n.Self() && len(p.Endpoints) > 0 {
			to = append(to, p.ID)
		}
	}
	for range count {
		ref, err := n.TestOnlySay(ctx, notice(to...))
		if err != nil {
			return err
		}
		if err := until(ctx, n, "receipts of all", func() (bool, error) {
			rows, err := n.Receipts(ctx, ref)
			return len(rows) >= len(to), err
		}); err != nil {
			return err
		}
	}
	return nil
}

// memory is the resident memory of this process, now and at most.
func memory() (rss, peak int64, err error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, errNoProc
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			rss = n << 10
		case "VmHWM:":
			peak = n << 10
		}
	}
	return rss, peak, nil
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
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	opened  time.Duration // of node.Open, as it says
	started time.Duration // from the start of the process until its node runs
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
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	what := birth{Dir: h.Config.Dir, Settings: h.Config.Settings, Keys: keys, Local: h.Config.Local, Roster: first, Listens: true, Profile: b.profile}
	if err := json.NewEncoder(p.in).Encode(what); err != nil {
		return nil, errors.Join(err, p.end())
	}
	hello, err := p.answer()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a process for %s: %w", id, err), p.end())
	}
	p.opened, p.started = hello.Opened, time.Since(start)
	return p, nil
}

// ask gives one order and waits for its answer.
func (p *process) ask(what string, n int) (answer, error) {
	if err := json.NewEncoder(p.in).Encode(order{What: what, N: n}); err != nil {
		return answer{}, err
	}
	return p.answer()
}

func (p *process) answer() (answer, error) {
	var a answer
	if err := readLine(p.out, &a); err != nil {
		return a, err
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// end lets the process close its node and waits for it.
func (p *process) end() error {
	return errors.Join(p.in.Close(), p.cmd.Wait())
}
