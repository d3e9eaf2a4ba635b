package demo

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"detente/act"
	"detente/desk"
	"detente/docket"
	"detente/node"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/roster"
)

// filled are the filled forms of the season.
//
//go:embed season/*.json
var filled embed.FS

// SeasonOptions of a season. The zero value plays it in a folder that is removed
// afterwards.
type SeasonOptions struct {
	Out io.Writer // where the story goes
	Dir string    // keeps the homes here. Optional: a temporary folder.
}

// season is a story whose clock the story itself moves on. All else is as in the
// plain one: real homes, officers, records, and links over loopback.
type season struct {
	*story
	clock  atomic.Int64 // Unix seconds
	folios map[party.ID]*portfolio.Portfolio
	fresh  []act.Ref // said since all was quiet
	still  bool      // nothing was said since
	signed string    // whose officers are signed in, and since when

	invited act.Ref // the invitation of observers
	river   act.Ref // the decision on limits
}

// parties of the season, all of them with a node.
var parties = []party.ID{alatau, borovia, cintra, dovania, elbria}

// Season plays one season of measures under a clock of its own, and ends.
func Season(ctx context.Context, opt SeasonOptions) (err error) {
	dir := opt.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "detente-season-"); err != nil {
			return fmt.Errorf("make a folder for the season: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder %s: %w", dir, err)
	}
	s := &season{folios: map[party.ID]*portfolio.Portfolio{}}
	s.story = &story{opt: Options{Out: opt.Out, Now: s.now}, dir: dir, ctx: ctx, staff: map[account]desk.Session{},
		out: &narrator{w: opt.Out, now: s.now}}
	fmt.Fprintln(opt.Out, "détente: one season. Every state and every figure here is invented. Every act is stamped EXERCISE.")
	fmt.Fprintln(opt.Out, "The nodes are real; their clock is not: the story moves it on, from one date in brackets to the next.")
	defer func() {
		if s.town != nil {
			err = errors.Join(err, s.town.close())
		}
	}()
	for _, scene := range []func() error{s.foundSeason, s.calendar, s.nilReturn, s.area, s.limits, s.notice, s.corrected,
		s.observers, s.question, s.silence, s.inspections, s.fourth, s.intake, s.alike} {
		if err := scene(); err != nil {
			return err
		}
	}
	return nil
}

func (s *season) now() time.Time { return time.Unix(s.clock.Load(), 0).UTC() }

// moveTo moves the clock of the story on, once nothing is under way.
func (s *season) moveTo(moment string) error {
	if err := s.quiet(); err != nil {
		return err
	}
	t, err := time.Parse("2006-01-02 15:04", moment)
	if err != nil {
		return err
	}
	if t.Unix() < s.clock.Load() {
		return fmt.Errorf("the clock of the story would go back to %s", moment)
	}
	s.clock.Store(t.Unix())
	return nil
}

// scene moves the clock and begins a numbered step.
func (s *season) scene(moment, title string) error {
	if err := s.moveTo(moment); err != nil {
		return err
	}
	s.out.title(title)
	return nil
}

// quiet waits until every node holds every act, every addressee has countersigned
// what was said, and every node has every other's word for all of it: what is
// shown to be lodged then no longer changes.
func (s *season) quiet() error {
	if s.still {
		return nil
	}
	err := s.until("all nodes hold and vouch for everything", time.Minute, func() (bool, error) {
		for len(s.fresh) > 0 {
			ok, err := s.received(s.fresh[0])
			if !ok || err != nil {
				return false, err
			}
			s.fresh = s.fresh[1:]
		}
		for _, of := range parties {
			ok, err := s.vouched(s.node(of))
			if !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("before the clock moves on from %s: %w", s.now().Format(time.DateTime), err)
	}
	s.still = true
	return nil
}

// received reports whether the author of an act holds the receipts of all others.
func (s *season) received(ref act.Ref) (bool, error) {
	rows, err := s.node(authorOf(ref)).Receipts(s.ctx, ref)
	if err != nil {
		return false, err
	}
	n := 0
	for _, r := range rows {
		if r.Kind == act.Delivered {
			n++
		}
	}
	return n == len(parties)-1, nil
}

func authorOf(ref act.Ref) party.ID {
	id, _, _ := strings.Cut(string(ref.Origin), "/")
	return party.ID(id)
}

// vouched reports whether every node holds one node's record whole, and the word
// of every other node for it.
func (s *season) vouched(of *node.Node) (bool, error) {
	own, err := of.Position(s.ctx)
	if err != nil {
		return false, err
	}
	size := own[of.Origin()]
	if size == 0 {
		return false, nil
	}
	rows, err := of.List(s.ctx, docket.Filter{Origin: of.Origin(), From: size - 1, Limit: 1})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	for _, id := range parties {
		held, err := s.node(id).Position(s.ctx)
		if err != nil || held[of.Origin()] != size {
			return false, err
		}
		shown, err := s.node(id).Shown(s.ctx, rows[0].Ref)
		if err != nil || shown.Held == 0 || shown.Bounds.Have < len(parties)-1 {
			return false, err
		}
	}
	return true, nil
}

// foundSeason makes five homes whose roster names three texts.
func (s *season) foundSeason() error {
	s.clock.Store(time.Date(2024, 10, 1, 9, 0, 0, 0, time.UTC).Unix())
	s.out.title("Five nodes found a group and adopt three texts")
	texts, err := shipped("cica", "icwc", "vd11")
	if err != nil {
		return err
	}
	plan := founding{packs: texts, dir: s.dir, group: party.Group{0xde, 0x7e, 0x17, 0xe0, 2}, name: "Group of the Invented Season", f: 1, k: 2, now: s.now, boards: true}
	for _, id := range parties {
		plan.residents = append(plan.residents, resident{id: id, name: named(id), standing: roster.Member})
	}
	var lines []string
	for _, slot := range [][2]string{{"icwc.adopting-parties", "alatau borovia cintra dovania elbria"}, {"icwc.intake.report", "P30D"},
		{"vd11.adopting-parties", "alatau borovia cintra dovania elbria"}} {
		plan.slots = append(plan.slots, roster.Slot{ID: slot[0], Value: slot[1]})
	}
	stop := s.out.waiting("keys and homes are made, for a few seconds")
	s.town, err = foundRegion(s.ctx, plan)
	stop()
	if err != nil {
		return err
	}
	for _, id := range s.town.order {
		if err := s.town.start(s.ctx, id); err != nil {
			return err
		}
		s.folios[id] = portfolio.New(s.node(id))
		if err := s.hireAt(id); err != nil {
			return err
		}
	}
	if err := s.quiet(); err != nil {
		return err
	}
	s.out.say("Alatau, Borovia, Cintra, Dovania and Elbria each run a node; all five adopted one roster. It names the texts by digest, and says among whom they apply.",
		"roster "+short(s.town.first.Digest().String()))
	err = s.look(dovania, func(v *portfolio.View, m provision.Moment) error {
		for _, b := range v.Book.Portfolio(v.Self, m) {
			line := fmt.Sprintf("%s – %s; edition %s", b.Text, b.Title.In("en"), b.Edition)
			for _, g := range b.Agreed {
				if g.Slot.Default == "" {
					line += "; agreed: " + g.Slot.Title.In("en") + " = " + g.Value
				}
			}
			lines = append(lines, line)
			i := slices.IndexFunc(plan.packs, func(k roster.Pack) bool { return k.ID == b.Text })
			lines = append(lines, "  "+short(plan.packs[i].Digest.String()))
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.out.say("Dovania's node says by what it is bound:", lines...)
	s.out.say("The rivers of one text bear their real names, because the text does; no real state takes part, and no figure is real.")
	return nil
}

// hireAt makes the two officers of one ministry.
func (s *season) hireAt(id party.ID) error {
	for officer, role := range map[string]desk.Role{"desk-officer": desk.Drafter, "head-of-section": desk.Clearer} {
		err := s.node(id).Desk().AddOfficer(s.ctx, desk.Console, desk.Officer{ID: officer, Name: officer, Post: "verification-centre",
			Roles: []desk.Role{role}, Steps: []string{"release"}, Active: true}, passphraseOf(officer))
		if err != nil {
			return fmt.Errorf("account of %s in %s: %w", officer, id, err)
		}
	}
	return nil
}

// statement is what a party files.
type statement struct {
	at      party.ID
	measure string
	thread  string
	form    string         // a filled form of the season; empty: only what set gives
	set     map[string]any // fields in place of those of the form
	answers act.Ref
	life    act.Life // empty: new
}

// file has one officer draft a statement and another clear and send it. It goes,
// sealed, to all others.
func (s *season) file(st statement) (act.Ref, error) {
	values := map[string]any{}
	if st.form != "" {
		b, err := filled.ReadFile("season/" + st.form + ".json")
		if err != nil {
			return act.Ref{}, err
		}
		if err := json.Unmarshal(b, &values); err != nil {
			return act.Ref{}, fmt.Errorf("read %s: %w", st.form, err)
		}
	}
	for k, v := range st.set {
		values[k] = v
	}
	b, err := json.Marshal(values)
	if err != nil {
		return act.Ref{}, err
	}
	r := node.Request{Kind: act.Statement, Status: act.Exercise, Thread: st.thread, Life: st.life, Measure: st.measure, Values: b, Language: "en", Post: "verification-centre",
		To: slices.DeleteFunc(slices.Clone(parties), func(id party.ID) bool { return id == st.at })}
	if r.Life == "" {
		r.Life = act.New
	}
	if !st.answers.IsZero() {
		r.Answers = st.answers.String()
	}
	if err := s.signIn(st.at); err != nil {
		return act.Ref{}, err
	}
	s.still = false
	ref, err := s.release(st.at, "desk-officer", "head-of-section", r)
	if err != nil {
		return ref, fmt.Errorf("%s files %s: %w", st.at, st.measure, err)
	}
	s.fresh = append(s.fresh, ref)
	return ref, nil
}

// signIn signs the officers of a ministry in, unless they are: where weeks passed
// the last session is over.
func (s *season) signIn(at party.ID) (err error) {
	as := fmt.Sprintf("%s %d", at, s.clock.Load())
	if s.signed == as {
		return nil
	}
	for _, officer := range []string{"desk-officer", "head-of-section"} {
		if s.staff[account{at, officer}], err = s.node(at).Desk().SignIn(s.ctx, officer, passphraseOf(officer)); err != nil {
			return fmt.Errorf("sign in %s of %s: %w", officer, at, err)
		}
	}
	s.signed = as
	return nil
}

// named is how a sentence names a party.
func named(id party.ID) string { return strings.ToUpper(string(id[:1])) + string(id[1:]) }
