package control

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"

	"detente/home"
	"detente/internal/canon"
	"detente/roster"
)

// Awaiting is the door of a home that awaits the roster of its group: no node runs in
// it, nobody can sign in, and all there is to do is to compare cards and to pin the
// roster. Who may is whoever was given its secret on the machine itself. It keeps
// nothing but what Join writes.
type Awaiting struct {
	dir     string
	options home.Options
	files   *home.Files
	now     func() time.Time

	mu      sync.Mutex
	secret  canon.Digest // of the link; zero: used
	session canon.Digest // of the token that the link was exchanged for; zero: none yet
	joined  chan struct{}
}

// Await opens the door of a home that awaits a roster; home.ErrNoHome where there is
// none. The secret serves once, for whoever is at the browser.
func Await(dir string, o home.Options) (a *Awaiting, secret string, err error) {
	f, err := home.Load(dir)
	if err != nil {
		return nil, "", err
	}
	if secret, err = randomHex(); err != nil {
		return nil, "", err
	}
	a = &Awaiting{dir: dir, options: o, files: f, now: o.Now, secret: canon.DigestOf([]byte(secret)), joined: make(chan struct{})}
	if a.now == nil {
		a.now = time.Now
	}
	return a, secret, nil
}

func randomHex() (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// Joined returns a channel that is closed when the home is pinned to a roster.
func (a *Awaiting) Joined() <-chan struct{} { return a.joined }

// As calls its verbs under a token; empty: of nobody.
func (a *Awaiting) As(token string) Caller { return awaiting{a, token} }

// awaiting is a caller of a home that awaits a roster.
type awaiting struct {
	door  *Awaiting
	token string
}

// Call implements Caller.
func (w awaiting) Call(ctx context.Context, name string, args any, in io.Reader, out io.Writer, result any) error {
	b, err := marshal(args)
	if err != nil {
		return ErrorOf(err)
	}
	a := w.door
	v, open := map[string]verb{
		"founded":           reads(func(context.Context, *call, nothing) (any, error) { return Founded{true}, nil }),
		"passkey-challenge": reads(func(context.Context, *call, At) (any, error) { return nil, ErrorOf(home.ErrNoRoster) }),
		"link-show":         reads(a.linkShow),
		"link-take":         reads(a.linkTake),
	}[name]
	if !open {
		if !a.admits(w.token) {
			return refuse(Permission, "", "the session has ended: start the program again and open the link that it prints").named("session")
		}
		known := false
		v, known = map[string]verb{
			"masthead":      reads(a.masthead),
			"card-show":     reads(a.cardShow),
			"card-look":     reads(a.cardLook),
			"roster-look":   reads(a.rosterLook),
			"roster-adopt":  reads(a.join),
			"roster-status": reads(func(context.Context, *call, nothing) (any, error) { return []Edition{}, nil }),
		}[name]
		if !known {
			return ErrorOf(home.ErrNoRoster)
		}
	}
	return invoke(ctx, map[string]verb{name: v}, name, &call{home: &home.Home{Files: a.files}, in: in, out: out}, b).decode(result)
}

func (a *Awaiting) admits(token string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return token != "" && !a.session.IsZero() && canon.DigestOf([]byte(token)) == a.session
}

func (a *Awaiting) isLink(secret string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.secret.IsZero() && canon.DigestOf([]byte(secret)) == a.secret
}

func (a *Awaiting) linkShow(_ context.Context, _ *call, args LinkArgs) (any, error) {
	if !a.isLink(args.Secret) {
		return nil, errUsedLink()
	}
	return LinkFor{Awaiting: true}, nil
}

func errUsedLink() *Error {
	return refuse(Permission, "start the program again and open the link that it prints", "this link was used").named("link")
}

// linkTake exchanges the link for a session of this door.
func (a *Awaiting) linkTake(_ context.Context, _ *call, args LinkArgs) (any, error) {
	token, err := randomHex()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.secret.IsZero() || canon.DigestOf([]byte(args.Secret)) != a.secret {
		return nil, errUsedLink()
	}
	a.secret, a.session = canon.Digest{}, canon.DigestOf([]byte(token))
	return SignedIn{Token: token}, nil
}

// masthead is that of a house in which nobody works yet.
func (a *Awaiting) masthead(context.Context, *call, MastheadArgs) (any, error) {
	id := a.files.Settings.Party
	return Masthead{Officer: Officer{Name: "console", Active: true, Roles: []Role{"admin"}, Steps: []string{}}, Party: id, Origin: a.files.Card.Origin,
		Now: canon.FormatTime(a.now().UTC()), Parties: []Named{{ID: id, Name: string(id), Standing: roster.Member, Record: true}}, Awaiting: true}, nil
}

func (a *Awaiting) cardShow(context.Context, *call, nothing) (any, error) {
	return cardOf(a.files.Card, nil)
}

func (a *Awaiting) cardLook(_ context.Context, _ *call, args FileArgs) (any, error) {
	return readCard(args.Body, nil)
}

// rosterLook reads the first roster and says every fault; nothing is stored.
func (a *Awaiting) rosterLook(_ context.Context, _ *call, args FileArgs) (any, error) {
	r, err := roster.Parse([]byte(args.Body))
	if err != nil {
		return nil, refuse(Verification, "detente roster check FILE", "%v", err)
	}
	out, err := lookOf(r, nil, nil)
	if err != nil {
		return nil, err
	}
	if err := home.CheckOwn(r, a.files.Settings.Party, a.files.Card); err != nil {
		out.Refused = true
		out.Faults = append(out.Faults, Fault{Where: string(a.files.Settings.Party), What: err.Error(), Severe: true})
	}
	return out, nil
}

// join pins the roster and adopts it. After that no further one is taken here.
func (a *Awaiting) join(ctx context.Context, _ *call, args AdoptArgs) (any, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.joined:
		return nil, refuse(Failed, "", "this home is pinned to a roster already")
	default:
	}
	j, err := home.Join(ctx, a.dir, []byte(args.Body), a.options)
	if err != nil {
		return nil, err
	}
	close(a.joined)
	return Adopted{Digest: j.Digest}, nil
}
