package control

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"detente/home"
	"detente/key"
	"detente/node"
	"detente/party"
	"detente/roster"
)

// DoctorArgs say how deep to look.
type DoctorArgs struct {
	Full bool `json:"full"` // verify every record from entry 0, and the trail
}

// Finding is one line of the doctor.
type Finding struct {
	Check string `json:"check"` // what was looked at
	State string `json:"state"` // Good, Note or Mend
	Found string `json:"found"`
	Do    string `json:"do"` // what to do; empty where nothing is to be done
}

// States of a finding.
const (
	Good = "good"
	Note = "note" // worth knowing
	Mend = "mend" // to be mended
)

const (
	// backupDue is the age of the last backup from which one is due: a day is
	// usual, a weekend passes.
	backupDue = 3 * 24 * time.Hour
	// sealingDue is the age at which a sealing key is rotated (protocol §3).
	sealingDue = 90 * 24 * time.Hour
)

// checkup gathers findings.
type checkup struct {
	*call
	found []Finding
}

func (u *checkup) good(check, format string, args ...any) { u.add(check, Good, "", format, args) }
func (u *checkup) note(check, do, format string, args ...any) {
	u.add(check, Note, do, format, args)
}
func (u *checkup) mend(check, do, format string, args ...any) {
	u.add(check, Mend, do, format, args)
}

func (u *checkup) add(check, state, do, format string, args []any) {
	u.found = append(u.found, Finding{check, state, fmt.Sprintf(format, args...), do})
}

// doctor looks at the node and its store. It changes nothing.
func doctor(ctx context.Context, c *call, a DoctorArgs) (any, error) {
	u := &checkup{call: c}
	for _, look := range []func(context.Context) error{u.guard, u.clock, u.roster, u.keys, u.peers, u.contents, u.officers, u.backup} {
		if err := look(ctx); err != nil {
			return nil, err
		}
	}
	if !a.Full {
		u.note("store", "detente doctor --full", "not verified from its beginning this time")
		return u.found, nil
	}
	if err := c.node.CheckStore(ctx); err != nil {
		u.mend("store", "stop the node and restore the last backup; what others mirror comes back from them", "%v", err)
	} else {
		u.good("store", "every record held here verifies from its beginning, and so does the audit trail")
	}
	return u.found, nil
}

func (u *checkup) guard(context.Context) error {
	err := u.node.Assured()
	switch {
	case u.home.Restored:
		u.mend("guard", "detente node new-volume --next FILE", "this home was made from a backup and awaits its new volume")
	case err == nil:
		u.good("guard", "the head kept outside the database fits it, and nothing newer is known")
	default:
		e := ErrorOf(err)
		u.mend("guard", e.Hint, "%s", e.Message)
	}
	return nil
}

// setClock is what to do where the clock of this machine is wrong.
const setClock = "set the clock of this machine by a source that you trust"

// clockBehind is by how much the clock of this machine is before the newest own
// signature, where that is more than clocks differ; else 0.
func (c *call) clockBehind() time.Duration {
	head, ok := c.node.Head()
	if !ok {
		return 0
	}
	behind := time.Unix(head.Time(), 0).Sub(c.home.Time())
	if behind <= time.Duration(max(c.node.Settings().SkewSeconds, 5))*time.Second {
		return 0
	}
	return behind.Round(time.Second)
}

func (u *checkup) clock(ctx context.Context) error {
	if behind := u.clockBehind(); behind > 0 {
		u.mend("clock", setClock, "it is %s before the newest own signature", behind)
		return nil
	}
	now := u.home.Time()
	peers, err := u.node.Peers(ctx)
	if err != nil {
		return err
	}
	ahead, behind := 0, 0
	for _, p := range peers {
		if !p.Remark {
			continue
		}
		if strings.HasPrefix(p.Offset, "-") {
			behind++
		} else {
			ahead++
		}
		u.note("clock", "tell them; look at your own clock first", "%s differs by %s", p.Party, p.Offset)
	}
	if n := max(ahead, behind); n > 1 && n*2 > len(peers) {
		u.mend("clock", setClock, "most peers differ in the same direction")
		return nil
	}
	u.good("clock", "%s", now.Format(time.RFC3339))
	return nil
}

func (u *checkup) roster(ctx context.Context) error {
	current := u.node.Keys().Current()
	faults := current.Lint(before(u.node, current))
	for _, f := range faults {
		switch {
		case f.Severe:
			u.mend("roster", f.Do, "%s: %s", f.Where, f.What)
		case f.Where == "previous":
		default:
			u.note("roster", f.Do, "%s: %s", f.Where, f.What)
		}
	}
	if !roster.Refused(faults) {
		u.good("roster", "edition %d passes the linter", current.Edition)
	}
	all, err := u.node.Editions(ctx)
	if err != nil {
		return err
	}
	for _, e := range all {
		if _, adopted := e.Adopted[u.node.Self()]; !adopted && contains(e.Required, u.node.Self()) {
			u.mend("roster", "detente roster adopt FILE", "edition %d awaits the adoption of this party", e.Roster.Edition)
		}
	}
	return nil
}

func contains(ids []party.ID, id party.ID) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

func (u *checkup) keys(context.Context) error {
	since := u.home.Keys().Since[0]
	age := u.home.Time().Sub(since)
	if age > sealingDue {
		u.mend("keys", "detente key rotate sealing --next FILE", "the sealing key is in use for %d days; 90 are usual", int(age.Hours()/24))
	} else {
		u.good("keys", "the sealing key is in use for %d days of 90", int(age.Hours()/24))
	}
	if _, ok := u.node.Keys().Commitments(u.node.Origin()); !ok {
		u.mend("keys", "ask the others for a roster edition with a new card", "no next keys are committed to")
	}
	for _, role := range []key.Role{key.Witness, key.Mirror} {
		if list := u.node.Keys().Cosigners(u.node.Self(), role); len(list) == 0 || list[0].Retired {
			u.mend("keys", "detente key rotate "+string(role)+" --next FILE", "no %s key is in force", role)
		}
	}
	return nil
}

func (u *checkup) peers(ctx context.Context) error {
	all, err := u.node.Peers(ctx)
	if err != nil {
		return err
	}
	current := u.node.Keys().Current()
	with, reached := 0, 0
	for _, p := range all {
		row, _ := current.Party(p.Party)
		if row.Card == nil {
			continue
		}
		with++
		switch {
		case p.Link == "direct", p.Link == "dials in":
			reached++
		case len(p.Endpoints) == 0 || !u.live:
		default:
			u.mend("peers", "look at the line, at the firewall, and call them", "%s does not answer%s", p.Party, reason(p))
		}
	}
	switch {
	case with == 0:
		u.good("peers", "there are none: a private record")
	case !u.live:
		u.note("peers", "detente node run", "the node does not run, so nobody was asked")
	default:
		u.good("peers", "%d of %d answer", reached, with)
	}
	observed, err := u.node.Observations(ctx, MaxList)
	if err != nil {
		return err
	}
	if len(observed) > 0 {
		u.note("observations", "detente observation list", "%d; the newest: %s", len(observed), observed[0].What)
	}
	frozen, err := u.node.Frozen(ctx)
	if err != nil {
		return err
	}
	for _, o := range frozen {
		u.mend("evidence", "detente evidence list; verify it elsewhere, then decide with the others", "two versions of the record %s exist", o)
	}
	return nil
}

func reason(p node.PeerStatus) string {
	if p.Error == "" {
		return ""
	}
	return ": " + p.Error
}

func (u *checkup) contents(ctx context.Context) error {
	missing, err := u.node.MissingBlobs(ctx)
	if err != nil {
		return err
	}
	if missing > 0 {
		u.note("contents", "they are asked for whenever a peer answers", "%d have not arrived", missing)
	}
	gaps, err := u.node.Gaps(ctx)
	if err != nil {
		return err
	}
	for _, o := range slices.Sorted(maps.Keys(gaps)) {
		u.note("serials", "ask its author", "in the record %s the numbers %v to this party are missing", o, gaps[o])
	}
	if gaps, err = u.node.DiscreetGaps(ctx, 20); err != nil {
		return err
	}
	for _, o := range slices.Sorted(maps.Keys(gaps)) {
		u.note("serials", "ask its author", "in the record %s the numbers %v of discreet acts to this party are missing", o, gaps[o])
	}
	return nil
}

func (u *checkup) officers(ctx context.Context) error {
	all, err := u.node.Desk().Officers(ctx)
	if err != nil {
		return err
	}
	chain, err := u.node.Desk().Chain(ctx)
	if err != nil {
		return err
	}
	active := 0
	for _, o := range all {
		if o.Active {
			active++
		}
	}
	switch {
	case active == 0:
		u.mend("officers", "detente officer add ID --roles admin,drafter", "there is none: nothing can be drafted or acknowledged")
	case active == 1:
		u.note("officers", "detente officer add ID --roles clearer --steps release; or a step outside the house: detente chain set", "there is one: nobody can clear what it drafts")
	default:
		u.good("officers", "%d active; steps of the chain: %d", active, len(chain.Steps))
	}
	return nil
}

func (u *checkup) backup(context.Context) error {
	last, err := home.LastBackup(u.home.Dir)
	if err != nil {
		return err
	}
	age := u.home.Time().Sub(last)
	switch {
	case last.IsZero():
		u.mend("backup", "detente backup FILE", "none was written yet")
	case age > backupDue:
		u.mend("backup", "detente backup FILE", "the last is %d days old", int(age.Hours()/24))
	default:
		u.good("backup", "the last was written at %s", last.Format(time.RFC3339))
	}
	return nil
}
