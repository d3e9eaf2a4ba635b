package node_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	randv2 "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"detente/act"
	"detente/key"
	"detente/node"
	"detente/pack"
	"detente/packs"
	"detente/party"
	"detente/roster"
)

// killHome is what a process of the kill loop is told by its environment: enough
// to open one home as a real process.
const killHome = "DETENTE_TEST_KILL_HOME"

// killSide is the file of one process.
type killSide struct {
	Dir    string   `json:"dir"`
	Party  party.ID `json:"party"`
	Other  party.ID `json:"other"`
	Listen string   `json:"listen"`
	Seeds  map[party.ID]byte
	Addrs  map[party.ID]string
}

// seeded is the randomness from which both sides and the test make the same keys.
func seeded(b byte) io.Reader { return randv2.NewChaCha8([32]byte{b}) }

func (k *killSide) config() (node.Config, error) {
	r := &roster.Roster{Format: roster.Format, Group: party.Group{7}, Edition: 1, Effective: "2026-01-01T00:00:00Z",
		Names: map[string]string{"en": "Two"}, Languages: []string{"en"}, Adoption: roster.AdoptionAll, Courier: "336h",
		Counting: roster.Counting{Witnesses: []party.ID{"alatau", "borovia"}, F: 0, K: 1}}
	cfg := node.Config{Dir: k.Dir, Settings: node.Settings{Party: k.Party, HeartbeatSeconds: 1}, Log: slog.New(slog.DiscardHandler)}
	for _, id := range []party.ID{"alatau", "borovia"} {
		set, next, err := key.Generate(seeded(k.Seeds[id]), party.Origin(fmt.Sprintf("%s/%08x", id, k.Seeds[id])))
		if err != nil {
			return cfg, err
		}
		card := set.Card(next)
		r.Parties = append(r.Parties, roster.Party{ID: id, Standing: roster.Member, Names: map[string]string{"en": string(id)},
			Endpoints: []string{"https://" + k.Addrs[id]}, Card: &card})
		if id == k.Party {
			cfg.Keys = set
		}
	}
	b, err := r.Bytes()
	if err != nil {
		return cfg, err
	}
	if cfg.First, err = roster.Parse(b); err != nil {
		return cfg, err
	}
	cfg.Texts, err = pack.NewLibrary(packs.FS)
	return cfg, err
}

// TestMain is the process itself when the kill loop runs this binary again.
func TestMain(m *testing.M) {
	if path := os.Getenv(killHome); path != "" {
		if err := killProcess(path); err != nil {
			fmt.Println("stopped", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killProcess is one node that says what it is told on its standard input, one
// thread a line, and answers "said <thread>" once that is durable.
func killProcess(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var side killSide
	if err := json.Unmarshal(b, &side); err != nil {
		return err
	}
	cfg, err := side.config()
	if err != nil {
		return err
	}
	ctx := context.Background()
	n, err := node.Open(ctx, cfg)
	if err != nil {
		return err
	}
	if _, any := n.Head(); !any {
		if err := n.Confirm(ctx); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", side.Listen)
	if err != nil {
		return err
	}
	n.Run(l)
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		thread := lines.Text()
		_, err := n.TestOnlySay(ctx, request(thread, "text of "+thread, side.Other))
		switch {
		case errors.Is(err, node.ErrNotSure):
			fmt.Println("unsure", thread)
		case err != nil:
			return err
		default:
			fmt.Println("said", thread)
		}
	}
	return n.Close()
}

// killed is one side in the test: a process that dies and comes back.
type killed struct {
	t    *testing.T
	file string
	name string

	mu    sync.Mutex
	cmd   *exec.Cmd
	in    io.WriteCloser
	said  map[string]bool // acknowledged by the process
	count int             // threads given so far
	lines chan string
}

func (k *killed) start() {
	k.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killHome+"="+k.file)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.cmd, k.in, k.lines = cmd, in, make(chan string, 1024)
	go k.read(out, k.lines)
}

// read notes what was acknowledged: a line that came through before the kill counts.
func (k *killed) read(out io.Reader, lines chan string) {
	defer close(lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		if thread, ok := strings.CutPrefix(s.Text(), "said "); ok {
			k.mu.Lock()
			k.said[thread] = true
			k.mu.Unlock()
		}
		lines <- s.Text()
	}
}

// work gives threads to say until the process dies or stops.
func (k *killed) work(stop <-chan struct{}) {
	in, lines := k.in, k.lines
	for range lines { // "ready"
		break
	}
	for {
		select {
		case <-stop:
			return
		default:
		}
		k.mu.Lock()
		k.count++
		thread := fmt.Sprintf("%s/2026/%d", k.name, k.count)
		k.mu.Unlock()
		if _, err := fmt.Fprintln(in, thread); err != nil {
			return
		}
		answer, ok := <-lines
		if !ok {
			return
		}
		if strings.HasPrefix(answer, "stopped") {
			k.t.Errorf("%s: %s", k.name, answer)
			return
		}
		if strings.HasPrefix(answer, "unsure") {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}
}

// kill ends the process without any warning, and waits until it is gone.
func (k *killed) kill() {
	k.cmd.Process.Kill()
	for range k.lines {
	}
	k.cmd.Wait()
}

// Two processes send to each other over mutual TLS; either is killed at random
// moments. No act that a caller was told of is lost, none stands twice, and both
// sides hold the same.
func TestKillNine(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
		t.Log("SHORT: only 20 kills of the 200 that the table of faults asks for")
	}
	began := time.Now()
	addrs := map[party.ID]string{}
	for _, id := range []party.ID{"alatau", "borovia"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addrs[id] = l.Addr().String()
		l.Close()
	}
	seeds := map[party.ID]byte{"alatau": 1, "borovia": 2}
	sides := map[party.ID]*killSide{}
	procs := map[party.ID]*killed{}
	for id, other := range map[party.ID]party.ID{"alatau": "borovia", "borovia": "alatau"} {
		side := &killSide{Dir: t.TempDir(), Party: id, Other: other, Listen: addrs[id], Seeds: seeds, Addrs: addrs}
		b, err := json.Marshal(side)
		if err != nil {
			t.Fatal(err)
		}
		file := t.TempDir() + "/side.json"
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		sides[id] = side
		procs[id] = &killed{t: t, file: file, name: strings.ToUpper(string(id[:3])), said: map[string]bool{}}
	}
	for _, p := range procs {
		p.start()
		defer p.kill()
	}
	var dice [8]byte
	if _, err := rand.Read(dice[:]); err != nil {
		t.Fatal(err)
	}
	t.Logf("dice %x", dice)
	r := randv2.New(randv2.NewPCG(uint64(dice[0])<<8|uint64(dice[1]), uint64(dice[2])))
	workers := map[party.ID]chan struct{}{}
	begin := func(id party.ID) {
		gone := make(chan struct{})
		workers[id] = gone
		p := procs[id]
		go func() { defer close(gone); p.work(t.Context().Done()) }()
	}
	begin("alatau")
	begin("borovia")
	ids := []party.ID{"alatau", "borovia"}
	for range kills {
		id := ids[r.IntN(2)]
		<-time.After(time.Duration(r.IntN(150)) * time.Millisecond)
		procs[id].cmd.Process.Kill()
		<-workers[id]
		procs[id].kill()
		if t.Failed() {
			t.FailNow()
		}
		procs[id].start()
		begin(id)
	}
	for _, id := range ids {
		procs[id].cmd.Process.Kill()
		<-workers[id]
		procs[id].kill()
	}
	t.Logf("%d kills in %v", kills, time.Since(began).Round(time.Millisecond))
	afterKills(t, sides, procs)
}

// afterKills opens both homes here and looks at everything.
func afterKills(t *testing.T, sides map[party.ID]*killSide, procs map[party.ID]*killed) {
	ctx := context.Background()
	nodes := map[party.ID]*node.Node{}
	for id, side := range sides {
		cfg, err := side.config()
		if err != nil {
			t.Fatal(err)
		}
		n, err := node.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		l, err := net.Listen("tcp", side.Listen)
		if err != nil {
			t.Fatal(err)
		}
		n.Run(l)
		nodes[id] = n
	}
	a, b := nodes["alatau"], nodes["borovia"]
	total := 0
	for id, n := range nodes {
		p := procs[id]
		p.mu.Lock()
		for thread := range p.said {
			rows, err := n.ThreadOf(ctx, thread)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 || rows[0].Kind != act.Statement {
				t.Errorf("%s: %s was acknowledged and is lost", id, thread)
			}
			total++
		}
		p.mu.Unlock()
	}
	await(t, "both hold the same", func() bool {
		for _, o := range []party.Origin{a.Origin(), b.Origin()} {
			if x, y := a.SizeOf(ctx, o), b.SizeOf(ctx, o); x != y || x == 0 {
				return false
			}
		}
		return true
	})
	await(t, "every act has its receipt", func() bool {
		for _, n := range nodes {
			rows, err := n.WithoutReceipt(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if rows > 0 {
				return false
			}
		}
		return true
	})
	for _, n := range []*node.Node{a, b} {
		if files, err := n.Evidence(); err != nil || len(files) > 0 {
			t.Errorf("%s accuses: %v %v", n.Self(), files, err)
		}
	}
	agree(t, a, b)
	t.Logf("%d acts were acknowledged, %d and %d are held", total, a.SizeOf(ctx, a.Origin()), a.SizeOf(ctx, b.Origin()))
	if total == 0 {
		t.Error("nothing was said at all: this test shows nothing")
	}
}
