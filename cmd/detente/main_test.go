package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"detente": main})
}

// TestStories plays what users can rely on, with the true program.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			return os.WriteFile(filepath.Join(e.WorkDir, "pass"), []byte("correct horse battery staple\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "until": until, "take": take, "freeport": freeport, "found": found, "officers": officers, "say": say,
			"manager": manager, "agent": sshAgent, "spoil": spoil, "terminate": terminate,
			"moment": moment, "pass": pass,
		},
	})
}

// exits CODE COMMAND… wants a command to end with a code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: exits CODE detente …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		if _, scanErr := fmt.Sscanf(err.Error(), "exit status %d", &got); scanErr != nil {
			ts.Fatalf("%v", err)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d where %d belongs", got, want)
	}
}

// patience is how long until waits: far longer than anything takes, even on a
// machine that does much else.
const patience = 60 * time.Second

// until PATTERN COMMAND… runs a command again and again until its output matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: until PATTERN detente …")
	}
	re, err := regexp.Compile("(?ms)" + args[0])
	ts.Check(err)
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ts.Exec(args[1], args[2:]...)
		if re.MatchString(ts.ReadFile("stdout")) {
			return
		}
		select {
		case <-deadline.C:
			ts.Fatalf("not within %s: %s", patience, args[0])
		case <-tick.C:
		}
	}
}

// take VAR PATH takes a value out of the JSON on stdout, e.g. take ID 0.id
func take(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: take VAR PATH")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("stdout is not one JSON document: %v", err)
	}
	for _, step := range strings.Split(args[1], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(x) {
				ts.Fatalf("no %s in a list of %d", step, len(x))
			}
			v = x[i]
		default:
			ts.Fatalf("no %s in %v", step, v)
		}
	}
	ts.Setenv(args[0], fmt.Sprint(v))
}

// freeport VAR… finds ports of the loopback interface that nobody uses.
func freeport(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer l.Close()
		_, port, err := net.SplitHostPort(l.Addr().String())
		ts.Check(err)
		ts.Setenv(name, port)
	}
}

// found PARTY… makes a home for each party, and one roster that all adopt; a name
// that begins with a plus is a party without a record. The port of each is in
// PORT_party. The story of it, command by command, is
// group-founds-itself.txtar.
func found(ts *testscript.TestScript, neg bool, args []string) {
	r := "roster.json"
	must := func(args ...string) {
		if err := ts.Exec("detente", args...); err != nil {
			ts.Fatalf("detente %s: %v", strings.Join(args, " "), err)
		}
	}
	var without []string
	args = slices.DeleteFunc(args, func(id string) bool {
		name, is := strings.CutPrefix(id, "+")
		if is {
			without = append(without, name)
		}
		return is
	})
	must("roster", "new", "--parties", strings.Join(args, ","), "--names", "en=Region", "--out", r, "--effective", time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04:05Z"))
	for _, id := range args {
		freeport(ts, false, []string{"PORT_" + id})
		addr := "127.0.0.1:" + ts.Getenv("PORT_"+id)
		must("init", "--home", id, "--name", id, "--for-group", "--listen", addr, "--next", id+"-next.age", "--next-passphrase-file", "pass")
		must("key", "card", "--home", id, "--out", id+".card")
		must("roster", "add-card", r, id+".card", "--endpoint", "https://"+addr)
	}
	for _, id := range without {
		must("roster", "add-party", r, id)
	}
	must("roster", "set", r, "--witnesses", "all", "--f", "0", "--k", "1", "--discreet", "--pack", "cica", "--slot", "cica.2.1.1d.lead=P42D", "--slot", "cica.2.1.1d.troops=9000")
	for _, id := range args {
		must("roster", "adopt", r, "--home", id, "--yes")
	}
}

// officers HOME… adds two officers to each home and signs both in: the author's
// session is in the home, the other's in HOME.second.
func officers(ts *testscript.TestScript, neg bool, args []string) {
	for _, home := range args {
		ts.Check(ts.Exec("detente", "officer", "add", "saparova", "--home", home, "--roles", "admin,drafter,duty", "--passphrase-file", "pass"))
		ts.Check(ts.Exec("detente", "sign-in", "saparova", "--home", home, "--passphrase-file", "pass"))
		ts.Check(ts.Exec("detente", "officer", "add", "orlov", "--home", home, "--roles", "clearer,duty", "--steps", "release", "--passphrase-file", "pass"))
		ts.Setenv("DETENTE_SESSION", ts.MkAbs(home+".second"))
		ts.Check(ts.Exec("detente", "sign-in", "orlov", "--home", home, "--passphrase-file", "pass"))
		ts.Setenv("DETENTE_SESSION", "")
	}
}

// say HOME NOUN VERB… makes a draft by a command, has it cleared by the second
// officer, and sends it. ID, REF and PLACE are set.
func say(ts *testscript.TestScript, neg bool, args []string) {
	home := args[0]
	ts.Check(ts.Exec("detente", append(args[1:], "--home", home, "--submit", "--json")...))
	take(ts, false, []string{"ID", "id"})
	id := ts.Getenv("ID")
	ts.Setenv("DETENTE_SESSION", ts.MkAbs(home+".second"))
	ts.Check(ts.Exec("detente", "clear", id, "--home", home, "--confirm", id))
	ts.Setenv("DETENTE_SESSION", "")
	if err := ts.Exec("detente", "send", id, "--home", home, "--yes", "--json"); err != nil && err.Error() != "exit status 6" {
		ts.Fatalf("send: %v", err)
	}
	take(ts, false, []string{"REF", "ref"})
	take(ts, false, []string{"PLACE", "place"})
}

// manager NAME stands in for a service manager: NOTIFY_SOCKET is set, and what
// arrives is appended to the file NAME.
func manager(ts *testscript.TestScript, neg bool, args []string) {
	path := filepath.Join(ts.MkAbs("."), "notify.sock")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	ts.Setenv("NOTIFY_SOCKET", path)
	file := ts.MkAbs(args[0])
	go func() {
		var all bytes.Buffer
		b := make([]byte, 4096)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			all.Write(b[:n])
			all.WriteByte('\n')
			if os.WriteFile(file, all.Bytes(), 0o600) != nil {
				return
			}
		}
	}()
}

// sshAgent FILE serves an ssh-agent that holds one new key, whose public half is
// written to FILE.
func sshAgent(ts *testscript.TestScript, neg bool, args []string) {
	public, secret, err := ed25519.GenerateKey(nil)
	ts.Check(err)
	line, err := ssh.NewPublicKey(public)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), ssh.MarshalAuthorizedKey(line), 0o600))
	ring := agent.NewKeyring()
	ts.Check(ring.Add(agent.AddedKey{PrivateKey: secret}))
	path := filepath.Join(ts.MkAbs("."), "agent.sock")
	l, err := net.Listen("unix", path)
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv("SSH_AUTH_SOCK", path)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, conn)
		}
	}()
}

// spoil FILE flips one bit in the middle of a file.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}

// moment VAR DURATION sets a variable to a moment so far ahead.
func moment(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: moment VAR DURATION")
	}
	d, err := time.ParseDuration(args[1])
	ts.Check(err)
	ts.Setenv(args[0], time.Now().UTC().Add(d).Format("2006-01-02T15:04:05Z"))
}

// pass MOMENT waits until a moment has passed.
func pass(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: pass MOMENT")
	}
	at, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	<-time.After(time.Until(at) + 100*time.Millisecond)
}

// terminate HOME asks the node that holds a home to end, as a service manager does.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	b, err := os.ReadFile(filepath.Join(ts.MkAbs(args[0]), "lock"))
	ts.Check(err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGTERM))
}
