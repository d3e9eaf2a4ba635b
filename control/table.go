package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"detente/desk"
	"detente/home"
	"detente/internal/canon"
	"detente/node"
	"detente/portfolio"
)

// call is one call of a verb.
type call struct {
	home   *home.Home
	node   *node.Node
	folio  *portfolio.Portfolio
	atlas  *atlas
	shared *shared   // nil: each asks for itself
	token  string    // of a session, or of a program; may be empty
	remote bool      // it came over a network: nobody is the console, and every verb but the sign-in asks for a session
	live   bool      // the node's loops run
	in     io.Reader // of a verb that reads a file
	out    io.Writer // of a verb that writes one
}

// session is the sign-in of the caller.
func (c *call) session(ctx context.Context) (desk.Session, error) {
	return c.node.Desk().Resume(ctx, c.token)
}

// admin is the name under which an admin acts; console is whoever commands the
// machine and says so: the trail shows it.
func (c *call) admin(ctx context.Context, console bool) (string, error) {
	if console && c.remote {
		return "", refuse(Permission, "give the command on the machine of the node", "over a network nobody acts as its console")
	}
	if console {
		return desk.Console, nil
	}
	s, err := c.session(ctx)
	if err != nil {
		return "", err
	}
	if !s.Officer().Has(desk.Admin) {
		return "", fmt.Errorf("%w: admin", desk.ErrRole)
	}
	return s.Officer().ID, nil
}

// actor is the name under which somebody acts who may or may not be signed in.
func (c *call) actor(ctx context.Context) string {
	if s, err := c.session(ctx); err == nil {
		return s.Officer().ID
	}
	return desk.Console
}

// queued reports whether what was appended waits for the node to run.
func (c *call) queued() bool { return !c.live && c.node.HasPeers() }

// verb is one entry of the table.
type verb struct {
	do     func(ctx context.Context, c *call, args []byte) (any, error)
	writes bool // refused while a restored home awaits its new volume
	args   reflect.Type
}

// nothing is the arguments of a verb that takes none.
type nothing struct{}

// reads and writes make a verb of a function with typed arguments.
func reads[A any](f func(context.Context, *call, A) (any, error)) verb {
	return verb{do: typed(f), args: reflect.TypeFor[A]()}
}

func writes[A any](f func(context.Context, *call, A) (any, error)) verb {
	return verb{do: typed(f), writes: true, args: reflect.TypeFor[A]()}
}

func typed[A any](f func(context.Context, *call, A) (any, error)) func(context.Context, *call, []byte) (any, error) {
	return func(ctx context.Context, c *call, args []byte) (any, error) {
		var a A
		if err := canon.ReadJSON(args, &a); err != nil {
			return nil, refuse(Usage, "", "the command and the node do not fit each other: %v; are they of one version?", err)
		}
		return f(ctx, c, a)
	}
}

// table is every verb of the door.
func table() map[string]verb {
	t := map[string]verb{}
	for _, part := range []map[string]verb{
		deskVerbs(), tokenVerbs(), passkeyVerbs(), linkVerbs(), adoptVerbs(), joinVerbs(), draftVerbs(), statementVerbs(), noteVerbs(), paperVerbs(),
		groupVerbs(), keyVerbs(), nodeVerbs(), carryVerbs(),
		textVerbs(), portfolioVerbs(), measureVerbs(), fileVerbs(),
		mastheadVerbs(), overviewVerbs(), pulseVerbs(),
		lineVerbs(), alertVerbs(), soundingVerbs(), clarificationVerbs(), exerciseVerbs(),
		incidentVerbs(), capVerbs(), visitVerbs(), documentVerbs(),
	} {
		for name, v := range part {
			t[name] = v
		}
	}
	return t
}

// outcome is what a call came to.
type outcome struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Error          `json:"error,omitempty"`
}

// invoke calls a verb of the table.
func invoke(ctx context.Context, verbs map[string]verb, name string, c *call, args []byte) (out outcome) {
	defer func() {
		if r := recover(); r != nil {
			out = outcome{Error: refuse(Failed, "please report it, with what you did", "this is a fault of the program: %v", r)}
		}
	}()
	v, ok := verbs[name]
	if !ok {
		return outcome{Error: refuse(Usage, "are the command and the node of one version?", "the node does not know %q", name)}
	}
	if err := c.admit(ctx, name); err != nil {
		return outcome{Error: ErrorOf(err)}
	}
	if v.writes && c.home.Restored {
		return outcome{Error: ErrorOf(home.ErrRestored)}
	}
	if v.writes && c.shared != nil {
		defer c.shared.writes.Add(1)
	}
	return c.shared.answer(ctx, c, name, args, func() outcome {
		result, err := v.do(ctx, c, args)
		if err != nil {
			return outcome{Error: ErrorOf(err)}
		}
		b, err := json.Marshal(result)
		if err != nil {
			return outcome{Error: ErrorOf(fmt.Errorf("write the answer: %w", err))}
		}
		return outcome{Result: b}
	})
}

// Caller calls verbs of a home.
type Caller interface {
	// Call calls a verb with arguments and decodes its answer into result, a
	// pointer or nil. In and out are for the verbs that read or write a file,
	// else nil. The error is an *Error.
	Call(ctx context.Context, verb string, args any, in io.Reader, out io.Writer, result any) error
}

// Local calls verbs in this process, on a home whose node does not run.
type Local struct {
	Home  *home.Home
	Token string // of a session; may be empty
}

// Call implements Caller.
func (l Local) Call(ctx context.Context, name string, args any, in io.Reader, out io.Writer, result any) error {
	b, err := marshal(args)
	if err != nil {
		return ErrorOf(err)
	}
	c := &call{home: l.Home, node: l.Home.Node, folio: portfolio.New(l.Home.Node), atlas: &atlas{}, token: l.Token, in: in, out: out}
	return invoke(ctx, table(), name, c, b).decode(result)
}

func marshal(args any) ([]byte, error) {
	if args == nil {
		args = nothing{}
	}
	b, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("write arguments: %w", err)
	}
	if len(b) > maxArgs {
		return nil, refuse(Usage, "", "what is to be said has %d bytes, more than %d", len(b), maxArgs)
	}
	return b, nil
}

func (o outcome) decode(result any) error {
	if o.Error != nil {
		return o.Error
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(o.Result, result); err != nil {
		return ErrorOf(fmt.Errorf("read the answer: %w", err))
	}
	return nil
}
