package control

import (
	"context"
	"path/filepath"

	"detente/act"
	"detente/docket"
	"detente/home"
	"detente/internal/canon"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/roster"
)

func groupVerbs() map[string]verb {
	return map[string]verb{
		"roster-show":   reads(rosterShow),
		"roster-status": reads(rosterStatus),
		"roster-adopt":  writes(rosterAdopt),
		"suspend":       writes(suspend),
		"resume":        writes(resume),
		"peer-list":     reads(peerList),
		"observations":  reads(observations),
		"evidence":      reads(evidence),
	}
}

// Roster is the edition in force as it is shown.
type Roster struct {
	Group     party.Group  `json:"group"`
	Edition   int          `json:"edition"`
	Effective string       `json:"effective"`
	Digest    canon.Digest `json:"digest"`
	Words     []string     `json:"words"`
	Body      string       `json:"body"` // the edition itself, canonical JSON
}

func rosterShow(ctx context.Context, c *call, _ nothing) (any, error) {
	r := c.node.Keys().Current()
	b, err := r.Bytes()
	if err != nil {
		return nil, err
	}
	digest := canon.DigestOf(b)
	return Roster{r.Group, r.Edition, r.Effective, digest, key.Words(digest), string(b)}, nil
}

// Edition is one edition that this home knows, and who adopted it.
type Edition struct {
	Edition   int               `json:"edition"`
	Digest    canon.Digest      `json:"digest"`
	Effective string            `json:"effective"`
	InForce   bool              `json:"in_force"`
	Required  []party.ID        `json:"required"`
	Adopted   map[string]string `json:"adopted"` // party to time lodged by; empty time: appended, not yet shown
	Missing   []party.ID        `json:"missing"` // required, and not shown
}

func rosterStatus(ctx context.Context, c *call, _ nothing) (any, error) {
	all, err := c.node.Editions(ctx)
	out := []Edition{}
	for _, e := range all {
		one := Edition{e.Roster.Edition, e.Roster.Digest(), e.Roster.Effective, e.InForce, e.Required, map[string]string{}, []party.ID{}}
		for id, at := range e.Adopted {
			one.Adopted[string(id)] = node.Time(at)
		}
		for _, id := range e.Required {
			if _, ok := e.Adopted[id]; !ok {
				one.Missing = append(one.Missing, id)
			}
		}
		out = append(out, one)
	}
	return out, err
}

// AdoptArgs carry an edition.
type AdoptArgs struct {
	Body    string `json:"body"`
	Console bool   `json:"console"`
}

// Adopted is an adoption in the own record.
type Adopted struct {
	Appended
	Edition   int          `json:"edition"`
	Digest    canon.Digest `json:"digest"`
	Words     []string     `json:"words"`
	Effective string       `json:"effective"`
}

// rosterAdopt adopts a later edition, in which the own party stands as before.
func rosterAdopt(ctx context.Context, c *call, a AdoptArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	r, err := roster.Parse([]byte(a.Body))
	if err != nil {
		return nil, refuse(Verification, "detente roster check FILE", "%v", err)
	}
	if r.Group != c.node.First().Group {
		return nil, refuse(Verification, "a home belongs to one group for good; make another home for another group: detente init --for-group", "this edition is of another group, %s", r.Group)
	}
	if me, ok := r.Party(c.node.Self()); ok && me.Card != nil {
		if err := home.CheckOwn(r, c.node.Self(), c.home.Card); err != nil {
			return nil, err
		}
	}
	if faults := r.Lint(before(c.node, r)); roster.Refused(faults) {
		return nil, &home.RefusedError{Faults: faults}
	}
	ref, err := c.node.Adopt(ctx, by, []byte(a.Body))
	if err != nil {
		return nil, err
	}
	return Adopted{Appended{ref.String(), place(ref), c.queued()}, r.Edition, r.Digest(), key.Words(r.Digest()), r.Effective}, nil
}

// before is the edition that r follows, as known here, or nil.
func before(n *node.Node, r *roster.Roster) *roster.Roster {
	if prev, ok := n.Keys().Edition(r.Edition - 1); ok {
		return prev
	}
	return nil
}

// ReasonArgs are why participation is suspended or taken up again.
type ReasonArgs struct {
	Reason  string `json:"reason"`
	Console bool   `json:"console"`
}

func suspend(ctx context.Context, c *call, a ReasonArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	return c.appended(c.node.Suspend(ctx, by, a.Reason))
}

func resume(ctx context.Context, c *call, a ReasonArgs) (any, error) {
	by, err := c.admin(ctx, a.Console)
	if err != nil {
		return nil, err
	}
	return c.appended(c.node.Resume(ctx, by, a.Reason))
}

// Peer is another party as this node last heard of it.
type Peer struct {
	node.PeerStatus
	Name      string          `json:"name"`
	Standing  roster.Standing `json:"standing"`
	Suspended bool            `json:"suspended"`
}

func peerList(ctx context.Context, c *call, _ nothing) (any, error) {
	all, err := c.node.Peers(ctx)
	if err != nil {
		return nil, err
	}
	current := c.node.Keys().Current()
	suspensions, err := c.node.List(ctx, docket.Filter{Kinds: []act.Kind{act.Suspension}, Limit: 1})
	if err != nil {
		return nil, err
	}
	out := []Peer{}
	for _, p := range all {
		row, _ := current.Party(p.Party)
		one := Peer{PeerStatus: p, Name: c.name(p.Party), Standing: row.Standing}
		if row.Card == nil {
			one.Link = "no record"
		}
		if len(suspensions) > 0 { // else nobody ever did
			if one.Suspended, err = c.node.Suspended(ctx, p.Party); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// LimitArgs bound a list.
type LimitArgs struct {
	Limit int `json:"limit"`
}

func observations(ctx context.Context, c *call, a LimitArgs) (any, error) {
	all, err := c.node.Observations(ctx, min(max(a.Limit, 1), MaxList))
	if err != nil {
		return nil, err
	}
	out := []Observation{}
	for _, o := range all {
		out = append(out, observationOf(o))
	}
	return out, nil
}

// Evidence is one proof of misconduct that this node found or verified.
type Evidence struct {
	File  string `json:"file"`
	Shown string `json:"shown"` // the sentence
}

func evidence(ctx context.Context, c *call, _ nothing) (any, error) {
	files, err := c.node.Evidence()
	if err != nil {
		return nil, err
	}
	out := []Evidence{}
	for _, f := range files {
		m, err := readMisconduct(f)
		if err != nil {
			return nil, err
		}
		sentence, err := m.Verify(c.node.Keys())
		if err != nil {
			sentence = "it does not verify here: " + err.Error()
		}
		out = append(out, Evidence{filepath.Join(c.home.Dir, node.EvidenceDir, filepath.Base(f)), sentence})
	}
	return out, nil
}
