package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"detente/control"
	"detente/home"
	"detente/key"
	"detente/party"
	"filippo.io/age"
)

// ministry is the home of one party as `detente init` makes it, for the program
// itself to run.
type ministry struct {
	id     party.ID
	dir    string
	addr   string
	card   key.Card
	unlock *age.HybridIdentity
}

// settle makes a home that awaits a roster and keeps a port for it.
func settle(ctx context.Context, dir string, id party.ID) (*ministry, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &ministry{id: id, dir: filepath.Join(dir, "home"), addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		return nil, err
	}
	made, err := home.Make(ctx, home.Making{Dir: h.dir, Party: id, Listen: h.addr, ForGroup: true,
		Next: filepath.Join(dir, "next.age"), NextPassphrase: "only for the benchmark"})
	if err != nil {
		return nil, err
	}
	h.card = made.Card
	h.unlock, err = home.Unlock(made.Unlock, nil)
	return h, err
}

// open opens the home in this process, for what is written before the program runs.
func (h *ministry) open(ctx context.Context) (*home.Home, error) {
	return home.Open(ctx, h.dir, home.Options{Identity: h.unlock})
}

// build makes the program as the Debian package holds it.
func build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "detente")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s", "-o", path, "detente/cmd/detente")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program (bench runs in the folder of the module): %w: %s", err, said)
	}
	return path, nil
}

// running is `detente node run` in a process of its own.
type running struct {
	cmd     *exec.Cmd
	client  *control.Client
	started time.Duration // from the start of the process until it says that its node runs
	ended   chan error
}

// run starts the program and waits until it says that its node runs.
func (h *ministry) run(ctx context.Context, program, token string) (*running, error) {
	cmd := exec.CommandContext(ctx, program, "node", "run", "--home", h.dir)
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &running{cmd: cmd, ended: make(chan error, 1)}
	lines := bufio.NewScanner(log)
	var said strings.Builder
	for r.started == 0 && lines.Scan() {
		if said.WriteString(lines.Text() + "\n"); strings.Contains(lines.Text(), `msg="the node runs"`) {
			r.started = time.Since(start)
		}
	}
	go func() {
		for lines.Scan() { // so that the program never waits for its reader
		}
		r.ended <- cmd.Wait()
	}()
	if r.started == 0 {
		return nil, errors.Join(fmt.Errorf("the program did not start: %s", said.String()), <-r.ended)
	}
	if r.client, err = control.Dial(ctx, h.dir); err != nil {
		return nil, errors.Join(err, r.end())
	}
	r.client.Token = token
	return r, nil
}

// until asks until it holds.
func (r *running) until(ctx context.Context, what string, holds func() (bool, error)) error {
	limit := time.After(10 * time.Minute)
	for {
		if ok, err := holds(); ok || err != nil {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case err := <-r.ended:
			r.ended <- err
			return fmt.Errorf("the program ended before: %s: %w", what, err)
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return fmt.Errorf("not within ten minutes: %s", what)
		}
	}
}

// linked waits for direct links with so many peers, and that the node signs.
func (r *running) linked(ctx context.Context, all int) error {
	return r.until(ctx, "links to all peers", func() (bool, error) {
		var status control.Status
		if err := r.client.Call(ctx, "status", nil, nil, nil, &status); err != nil {
			return false, err
		}
		return status.Reachable >= all && status.Assured == "", nil
	})
}

// send sends a cleared draft and waits for so many receipts.
func (r *running) send(ctx context.Context, draft string, all int) error {
	var said control.Appended
	if err := r.client.Call(ctx, "send", control.DraftArgs{ID: draft}, nil, nil, &said); err != nil {
		return err
	}
	return r.until(ctx, "receipts of all", func() (bool, error) {
		var rows []control.Receipt
		err := r.client.Call(ctx, "receipts", control.RefArgs{Ref: said.Ref}, nil, nil, &rows)
		return len(rows) >= all, err
	})
}

// memory is what is resident of the program, now and at most, in bytes.
func (r *running) memory() (now, most int64, err error) { return memory(r.cmd.Process.Pid) }

// end stops the program as a service manager does.
func (r *running) end() error {
	if r.client != nil {
		r.client.Close()
	}
	return errors.Join(r.cmd.Process.Signal(syscall.SIGTERM), <-r.ended)
}

// errNoProc means that this system does not tell the memory of a process.
var errNoProc = errors.New("the memory of a process is read from /proc, which this system lacks")

func memory(pid int) (now, most int64, err error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
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
			now = n << 10
		case "VmHWM:":
			most = n << 10
		}
	}
	return now, most, nil
}
