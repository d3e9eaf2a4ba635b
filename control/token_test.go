package control

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"detente/desk"
)

// Over a network nobody acts as the console, and reading asks for a session too.
func TestOverANetwork(t *testing.T) {
	ctx := context.Background()
	_, server := running(t, filepath.Join(t.TempDir(), "home"))
	call := func(c Caller, verb string, args, result any) Code {
		return codeOf(c.Call(ctx, verb, args, nil, nil, result))
	}
	var in SignedIn
	if code := call(server.As(""), "sign-in", SignInArgs{Officer: "saparova", Passphrase: passphrase}, &in); code != "" {
		t.Fatal(code)
	}
	for name := range server.verbs {
		if anybody(name) {
			continue
		}
		if err := server.As("").Call(ctx, name, map[string]any{}, nil, nil, nil); codeOf(err) != Permission {
			t.Errorf("%s without a session: %v", name, err)
		}
	}
	far := server.As(in.Token)
	if code := call(far, "status", nil, nil); code != "" {
		t.Errorf("status: %s", code)
	}
	if code := call(server.Own(), "confirm", ConsoleArgs{Console: true}, nil); code != "" {
		t.Errorf("the console itself: %s", code)
	}
	for verb, args := range map[string]any{
		"confirm":            ConsoleArgs{Console: true},
		"officer-add":        NewOfficer{Officer: Officer{ID: "mallory", Name: "M", Post: "desk"}, Passphrase: passphrase, Console: true},
		"officer-deactivate": OfficerArgs{Officer: "saparova", Console: true},
	} {
		if err := far.Call(ctx, verb, args, nil, nil, nil); codeOf(err) != Permission {
			t.Errorf("%s as console: %v", verb, err)
		}
	}

	var token Token
	if code := call(far, "token-issue", TokenArgs{Name: "archive", Scopes: []desk.Scope{desk.ScopeRead}}, &token); code != "" || token.Secret == "" {
		t.Fatalf("%s %+v", code, token)
	}
	for _, program := range []Caller{server.As(token.Secret), inside{server, token.Secret, false}} {
		if code := call(program, "status", nil, nil); code != "" {
			t.Errorf("a program reads: %s", code)
		}
		for name := range server.verbs {
			if anybody(name) || ScopeOf(name) == desk.ScopeRead {
				continue
			}
			if err := program.Call(ctx, name, map[string]any{}, nil, nil, nil); codeOf(err) != Permission {
				t.Errorf("a program that may read did %s: %v", name, err)
			}
		}
	}
	if code := call(far, "token-end", TokenEndArgs{ID: token.ID}, nil); code != "" {
		t.Fatal(code)
	}
	if code := call(server.As(token.Secret), "status", nil, nil); code != Permission {
		t.Errorf("after its end: %q", code)
	}
}

// A verb that changes something is for people, unless it is one of the few that a
// program may do.
func TestProgramsChangeLittle(t *testing.T) {
	var change []string
	for name, v := range table() {
		if scope := ScopeOf(name); v.writes && scope != "" {
			if scope == desk.ScopeRead {
				t.Errorf("%s changes something and is open to whoever reads", name)
			}
			change = append(change, name)
		}
	}
	slices.Sort(change)
	want := []string{"draft-drop", "draft-save", "draft-submit", "import", "note-enter", "note-scan", "note-void"}
	if !slices.Equal(change, want) {
		t.Errorf("programs may change by %v; want %v", change, want)
	}
}
