package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/bundle"
	"detente/desk"
	"detente/docket"
	"detente/home"
	"detente/node"
	"detente/regime"
)

const passphrase = "correct horse battery staple"

// running makes a home with one officer and serves it, as a node that runs does.
func running(t *testing.T, dir string) (*home.Home, *Server) {
	t.Helper()
	ctx := context.Background()
	made, err := home.Make(ctx, home.Making{Dir: dir, Party: "alatau", Next: filepath.Join(t.TempDir(), "next.age"), NextPassphrase: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	id, err := home.Unlock(made.Unlock, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := home.Open(ctx, dir, home.Options{Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	o := desk.Officer{ID: "saparova", Name: "S", Post: "duty-officer", Roles: []desk.Role{desk.Admin, desk.Drafter, desk.Duty}}
	if err := h.Node.Desk().AddOfficer(ctx, desk.Console, o, passphrase); err != nil {
		t.Fatal(err)
	}
	s, l, err := Listen(h)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Stop(), <-done); err != nil {
			t.Error(err)
		}
	})
	return h, s
}

func codeOf(err error) Code {
	if err == nil {
		return ""
	}
	return ErrorOf(err).Code
}

func TestDoor(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	if _, err := Dial(ctx, dir); !errors.Is(err, ErrNotRunning) {
		t.Fatalf("no node: %v", err)
	}
	_, server := running(t, dir)
	if info, err := os.Stat(filepath.Join(dir, home.SocketFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("socket %v, %v", info.Mode(), err)
	}
	c, err := Dial(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var s Status
	if err := c.Call(ctx, "status", nil, nil, nil, &s); err != nil || !s.Running || s.Acts != 1 {
		t.Fatalf("%+v, %v", s, err)
	}

	server.verbs["broken"] = reads(func(context.Context, *call, nothing) (any, error) { panic("control: broken on purpose") })
	for _, one := range []struct {
		name string
		verb string
		args any
		want Code
	}{
		{"unknown verb", "nothing", nil, Usage},
		{"unknown argument", "status", map[string]int{"x": 1}, Usage},
		{"argument of another type", "audit-list", map[string]string{"from": "x"}, Usage},
		{"no sign-in", "draft-list", DraftsArgs{Mine: true}, Permission},
		{"no admin", "chain-set", desk.Chain{}, Permission},
		{"unknown draft", "draft-show", DraftArgs{ID: "ffff"}, NotFound},
		{"unknown act", "statement-show", RefArgs{Ref: "ALA/1"}, NotFound},
		{"a fault of the program", "broken", nil, Failed},
		{"too much", "draft-check", SaveArgs{Request: node.Request{Text: strings.Repeat("x", maxArgs)}}, Usage},
		{"wrong passphrase", "sign-in", SignInArgs{"saparova", "another passphrase"}, Permission},
	} {
		if got := codeOf(c.Call(ctx, one.verb, one.args, nil, nil, nil)); got != one.want {
			t.Errorf("%s: code %q, want %q", one.name, got, one.want)
		}
	}
	var in SignedIn
	if err := c.Call(ctx, "sign-in", SignInArgs{"saparova", passphrase}, nil, nil, &in); err != nil {
		t.Fatal(err)
	}
	c.Token = in.Token
	if err := c.Call(ctx, "draft-list", DraftsArgs{Mine: true}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// TestFilesCrossTheDoor sends a bundle out and in again.
func TestFilesCrossTheDoor(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	h, _ := running(t, dir)
	c, err := Dial(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var out bytes.Buffer
	var rep node.ExportReport
	if err := c.Call(ctx, "export", ExportArgs{}, nil, &out, &rep); err != nil || len(rep.Records) != 1 {
		t.Fatalf("%+v, %v", rep, err)
	}
	if !bytes.HasPrefix(out.Bytes(), []byte(bundle.Magic)) {
		t.Fatal("no bundle came out")
	}
	whole := out.String()
	var in node.ImportReport
	if err := c.Call(ctx, "import-look", nil, strings.NewReader(whole), nil, &in); err != nil || in.From != h.Node.Self() {
		t.Fatalf("%+v, %v", in, err)
	}
	for _, bad := range []string{"", "garbage", whole[:len(whole)/2], whole + "x"} {
		if got := codeOf(c.Call(ctx, "import", nil, strings.NewReader(bad), nil, nil)); got != Verification {
			t.Errorf("bundle of %d bytes: code %q", len(bad), got)
		}
	}
	var none bytes.Buffer
	if got := codeOf(c.Call(ctx, "prove", ProveArgs{Ref: "ALA/1"}, nil, &none, nil)); got != NotFound || none.Len() > 0 {
		t.Errorf("a proof of nothing: code %q, %d bytes", got, none.Len())
	}
	var b bytes.Buffer
	var m home.Manifest
	if err := c.Call(ctx, "backup", nil, nil, &b, &m); err != nil || m.Acts != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := home.Restore(filepath.Join(t.TempDir(), "again"), &b); err != nil {
		t.Fatal(err)
	}
}

// TestLongPath: a socket's path may be longer than the system takes.
func TestLongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long-", 30))
	running(t, dir)
	c, err := Dial(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Call(context.Background(), "status", nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// TestStrangersAtTheDoor speaks to the socket without the client.
func TestStrangersAtTheDoor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	running(t, dir)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialUnix(ctx, filepath.Join(dir, home.SocketFile))
	}}}
	defer client.CloseIdleConnections()
	post := func(path string, body io.Reader, header map[string]string) (int, string) {
		req, err := http.NewRequest(http.MethodPost, "http://node"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range header {
			req.Header.Set(k, v)
		}
		res, err := client.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	if code, _ := post("/", nil, nil); code != http.StatusNotFound {
		t.Errorf("another path: %d", code)
	}
	for name, body := range map[string]string{
		"no JSON": "x", "two documents": "{}{}", "endless": strings.Repeat(" ", maxArgs+1), "deep": strings.Repeat(`{"x":`, 1000) + strings.Repeat("}", 1000),
	} {
		if _, text := post("/v1/status", strings.NewReader(body), nil); !strings.Contains(text, `"code":"usage"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
	if _, text := post("/v1/import", strings.NewReader(""), map[string]string{streamHeader: "in", argsHeader: "%%%"}); !strings.Contains(text, `"code":"usage"`) {
		t.Errorf("arguments that are no base64: %s", text)
	}
}

func TestErrorsCrossWithCodeAndOneLine(t *testing.T) {
	for _, one := range []struct {
		err  error
		want Code
	}{
		{errors.New("plain"), Failed},
		{errors.Join(docket.ErrNone, errors.New("give a thread")), NotFound},
		{fmt.Errorf("resume: %w", desk.ErrSession), Permission},
		{fmt.Errorf("clear: %w", desk.ErrAuthor), SecondPerson},
		{&desk.SlowError{Until: time.Unix(1, 0)}, Permission},
		{&desk.TrailError{Seq: 3, Why: "x"}, Verification},
		{node.ErrNotSure, Unreachable},
		{fmt.Errorf("%w (why)", node.ErrNewVolume), Verification},
		{&node.FaultsError{Faults: []regime.Fault{{Number: "5", Field: "area", Text: map[regime.Lang]string{"en": "x"}}}}, Findings},
		{fs.ErrNotExist, NotFound},
		{fs.ErrPermission, Permission},
		{context.Canceled, Interrupted},
		{refuse(Usage, "hint", "message"), Usage},
	} {
		e := ErrorOf(one.err)
		if e.Code != one.want || strings.Contains(e.Message, "\n") || e.Message == "" {
			t.Errorf("%v: %+v, want %s", one.err, e, one.want)
		}
	}
}

func TestRestoredHomeTakesNoWrites(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "home")
	h, _ := running(t, dir)
	h.Restored = true
	l := Local{Home: h}
	if err := l.Call(ctx, "status", nil, nil, nil, nil); err != nil {
		t.Error(err)
	}
	for name, v := range table() {
		if !v.writes {
			continue
		}
		if err := l.Call(ctx, name, nil, nil, nil, nil); err == nil || !strings.Contains(err.Error(), "new volume") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
