package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"detente/control"
	"detente/home"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/roster"
	"github.com/spf13/cobra"
)

func (a *app) cmdRoster() *cobra.Command {
	return a.noun("roster", "Who belongs to the group, with which keys and rules", `
detente roster new --template central-asia-5 --out roster.json
detente roster add-card roster.json borovia.card --endpoint https://detente.borovia.example:7443
detente roster adopt roster.json`,
		a.rosterTemplates(), a.rosterNew(), a.rosterAddParty(), a.rosterAddCard(), a.rosterSet(),
		a.rosterShow(), a.rosterFingerprint(), a.rosterCheck(), a.rosterAdopt(), a.rosterStatus())
}

func (a *app) rosterTemplates() *cobra.Command {
	return a.command("templates", "List the templates; each is a proposal", `
detente roster templates
detente roster templates --json
detente roster new --template cica-28 --out roster.json`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		names := roster.Templates()
		return a.show(names, func(w writer) {
			for _, n := range names {
				fmt.Fprintln(w, n)
			}
		})
	})
}

// readRoster reads an edition or a draft of one.
func (a *app) readRoster(path string) (*roster.Roster, error) {
	b, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	if r, err := roster.Parse(b); err == nil {
		return r, nil
	}
	return roster.Read(b)
}

// writeRoster writes an edition whole, or what there is of a draft.
func writeRoster(path string, r *roster.Roster) error {
	b, err := r.Bytes()
	if err != nil {
		if b, err = r.DraftBytes(); err != nil {
			return err
		}
	}
	if path == "-" {
		_, err := os.Stdout.Write(b)
		return err
	}
	return durable.WriteFile(path, b, 0o644)
}

func (a *app) rosterNew() *cobra.Command {
	var template, out, effective string
	var names map[string]string
	var parties []string
	var follow bool
	c := a.command("new", "Begin a roster: from a template, from names, or as the next edition", `
detente roster new --template central-asia-5 --out roster.json
detente roster new --parties alatau,borovia,cintra --names en=Region --out roster.json
detente roster new --follow --out edition-2.json --effective 2027-01-01T00:00:00Z`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		if template == "" && !follow && len(names) == 0 {
			return usage("--names en=Region", "say what the group is called")
		}
		r, err := a.beginRoster(ctx, template, follow)
		if err != nil {
			return err
		}
		for _, p := range parties {
			if err := addParty(r, p, nil, string(roster.Member)); err != nil {
				return err
			}
		}
		if len(names) > 0 {
			r.Names = names
			for l := range names {
				if !contains(r.Languages, l) {
					r.Languages = append(r.Languages, l)
				}
			}
		}
		if effective != "" {
			r.Effective = effective
		}
		if _, err := os.Stat(out); err == nil {
			return failed(control.Failed, "--out FILE: choose another name, or move that file away", out+" is there already and is not written over")
		}
		if err := writeRoster(out, r); err != nil {
			return err
		}
		return a.show(map[string]any{"file": out, "edition": r.Edition, "parties": len(r.Parties)}, func(w writer) {
			fmt.Fprintf(w, "A draft of edition %d with %d parties was written to %s.\n", r.Edition, len(r.Parties), out)
			if r.Proposal != "" {
				fmt.Fprintf(w, "It is a %s.\n", r.Proposal)
			}
			fmt.Fprintf(w, "Next: detente roster add-card %s CARD; then: detente roster check %s\n", out, out)
		})
	})
	f := c.Flags()
	f.StringVar(&template, "template", "", "begin from a template: "+strings.Join(roster.Templates(), ", "))
	f.StringVar(&out, "out", "roster.json", "file to write")
	f.StringVar(&effective, "effective", "", "moment of effect, e.g. 2027-01-01T00:00:00Z")
	f.StringToStringVar(&names, "names", nil, "names of the group, `language=name`, e.g. en=Region")
	f.StringSliceVar(&parties, "parties", nil, "short names of the first parties, all members")
	f.BoolVar(&follow, "follow", false, "the edition after the one in force in this home")
	return c
}

func contains(all []string, s string) bool {
	for _, one := range all {
		if one == s {
			return true
		}
	}
	return false
}

func (a *app) beginRoster(ctx context.Context, template string, follow bool) (*roster.Roster, error) {
	if follow {
		var now control.Roster
		if err := a.call(ctx, "roster-show", nil, &now); err != nil {
			return nil, err
		}
		r, err := roster.Parse([]byte(now.Body))
		if err != nil {
			return nil, err
		}
		r.Previous, r.Effective = r.Digest(), ""
		r.Edition++
		return r, nil
	}
	r := &roster.Roster{Format: roster.Format, Names: map[string]string{}, Languages: []string{"en"}, Adoption: roster.AdoptionAll}
	if template != "" {
		var err error
		if r, err = roster.Template(template); err != nil {
			return nil, failed(control.NotFound, "detente roster templates", err.Error())
		}
	}
	group, err := party.GenerateGroup(rand.Reader)
	if err != nil {
		return nil, err
	}
	r.Group, r.Edition = group, 1
	return r, nil
}

func addParty(r *roster.Roster, id string, names map[string]string, standing string) error {
	p, err := party.ParseID(id)
	if err != nil {
		return usage("", err.Error())
	}
	if len(names) == 0 {
		names = map[string]string{}
		for _, l := range r.Languages {
			names[l] = strings.ToUpper(id[:1]) + id[1:]
		}
	}
	if _, ok := r.Party(p); ok {
		return usage("detente roster show FILE", fmt.Sprintf("%s is a party of it already", p))
	}
	r.Parties = append(r.Parties, roster.Party{ID: p, Standing: roster.Standing(standing), Names: names, Posts: []party.Post{"duty-officer"}})
	return nil
}

func (a *app) rosterAddParty() *cobra.Command {
	var names map[string]string
	var standing string
	c := a.command("add-party FILE ID", "Add a party; without a card it has no record and others enter for it", `
detente roster add-party roster.json faronia --names en=Faronia
detente roster add-party roster.json secretariat --standing secretariat
detente roster add-party roster.json helvia --standing witness-only`, cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		r, err := a.readRoster(args[0])
		if err != nil {
			return err
		}
		if err := addParty(r, args[1], names, standing); err != nil {
			return err
		}
		return a.changedRoster(args[0], r, args[1]+" was added")
	})
	c.Flags().StringToStringVar(&names, "names", nil, "its names, `language=name`, e.g. en=Faronia")
	c.Flags().StringVar(&standing, "standing", string(roster.Member), "member, observer, partner, secretariat or witness-only")
	return c
}

func (a *app) changedRoster(path string, r *roster.Roster, what string) error {
	if err := writeRoster(path, r); err != nil {
		return err
	}
	return a.show(map[string]any{"file": path, "parties": len(r.Parties)}, func(w writer) { fmt.Fprintf(w, "%s: %s.\n", path, what) })
}

func (a *app) rosterAddCard() *cobra.Command {
	var endpoints []string
	c := a.command("add-card FILE CARD", "Enter a party's card after its twelve words were compared", `
detente roster add-card roster.json borovia.card --endpoint https://detente.borovia.example:7443
detente roster add-card roster.json elbria.card
detente roster add-card roster.json - --endpoint https://192.0.2.9:7443 < secretariat.card`, cobra.ExactArgs(2), func(ctx context.Context, args []string) error {
		r, err := a.readRoster(args[0])
		if err != nil {
			return err
		}
		b, err := a.readFile(args[1])
		if err != nil {
			return err
		}
		card, err := key.ParseCard(b)
		if err != nil {
			return failed(control.Verification, "ask for the card again: detente key card", err.Error())
		}
		id, _, _ := strings.Cut(string(card.Origin), "/")
		if _, ok := r.Party(party.ID(id)); !ok {
			return failed(control.NotFound, "give its row in the file this id, or add one: detente roster add-party "+args[0]+" "+id, fmt.Sprintf("the roster has no party %s, and a card fits no other row", id))
		}
		if err := r.SetCard(party.ID(id), card, endpoints); err != nil {
			return err
		}
		words := key.Words(card.Digest())
		if err := writeRoster(args[0], r); err != nil {
			return err
		}
		return a.show(map[string]any{"party": id, "fingerprint": card.Digest(), "words": words}, func(w writer) {
			fmt.Fprintf(w, "The card of %s was entered. %s reads these words aloud; compare them:\n\n", id, id)
			printWords(w, words)
		})
	})
	c.Flags().StringArrayVar(&endpoints, "endpoint", nil, "`https://host:port` of its node; none: by courier only")
	return c
}

func (a *app) rosterSet() *cobra.Command {
	var witnesses, custodians []string
	var f, k int
	var effective, courier string
	var slots, packs, between []string
	var confirmed, boards, discreet bool
	settings := []string{"witnesses", "custodians", "f", "k", "effective", "courier", "slot", "pack", "boards", "discreet", "names-confirmed"}
	c := a.command("set FILE", "Set who counts, the quorum, texts, what they leave to agreement, and the moment of effect", `
detente roster set roster.json --witnesses all --custodians all --f 1 --k 2
detente roster set roster.json --effective 2027-01-01T00:00:00Z --courier 336h
detente roster set roster.json --slot cica.2.1.1d.lead=P42D --slot cica.2.1.1d.troops=9000
detente roster set roster.json --slot cica.2.1.1d.lead=P30D --between alatau,borovia
detente roster set roster.json --names-confirmed`, cobra.ExactArgs(1), nil)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		r, err := a.readRoster(args[0])
		if err != nil {
			return err
		}
		flags := c.Flags()
		if !slices.ContainsFunc(settings, flags.Changed) {
			return usage("--"+strings.Join(settings, ", --"), "say what is to be set")
		}
		if flags.Changed("witnesses") {
			r.Counting.Witnesses = recorded(r, witnesses)
		}
		if flags.Changed("custodians") {
			r.Custodians = recorded(r, custodians)
		}
		if flags.Changed("f") {
			r.Counting.F = f
		}
		if flags.Changed("k") {
			r.Counting.K = k
		}
		if effective != "" {
			r.Effective = effective
		}
		if flags.Changed("courier") {
			r.Courier = courier
		}
		for _, s := range slots {
			if err := setSlot(r, s, between); err != nil {
				return err
			}
		}
		for _, p := range packs {
			if err := setPack(r, p); err != nil {
				return err
			}
		}
		if flags.Changed("boards") {
			r.Boards = boards
		}
		if flags.Changed("discreet") {
			if r.Acts = 0; discreet {
				r.Acts = roster.MaxActs
			}
		}
		if confirmed {
			r.Proposal = ""
		}
		return a.changedRoster(args[0], r, "changed")
	})
	flags := c.Flags()
	flags.StringSliceVar(&witnesses, "witnesses", nil, "parties that count for time, or all that have a record")
	flags.StringSliceVar(&custodians, "custodians", nil, "parties that hold ciphertext, or all that have a record")
	flags.IntVar(&f, "f", 0, "how many witnesses may lie or have a wrong clock")
	flags.IntVar(&k, "k", 0, "how many are needed")
	flags.StringVar(&effective, "effective", "", "moment of effect")
	flags.StringVar(&courier, "courier", "", "slowest courier round trip, e.g. 336h")
	flags.StringArrayVar(&slots, "slot", nil, "what a text leaves to agreement: `slot=value`; an empty value takes it out")
	flags.StringSliceVar(&between, "between", nil, "the parties that agreed on --slot (default: all)")
	flags.StringArrayVar(&packs, "pack", nil, "a text in force: `pack=digest`; an empty digest takes it out")
	flags.BoolVar(&boards, "boards", false, "boards across states: each sees how all stand, not only its own side; --boards=false ends it")
	flags.BoolVar(&discreet, "discreet", false, "every party's node reads discreet acts, so that authors may use them; --discreet=false ends it")
	flags.BoolVar(&confirmed, "names-confirmed", false, "each party confirmed its names: take the mark of a proposal away")
	return c
}

// recorded are the parties named, or with "all" those that have a record.
func recorded(r *roster.Roster, ids []string) []party.ID {
	out := []party.ID{}
	if len(ids) == 1 && ids[0] == "all" {
		for _, p := range r.Parties {
			if p.Card != nil {
				out = append(out, p.ID)
			}
		}
		return out
	}
	for _, id := range ids {
		out = append(out, party.ID(id))
	}
	return out
}

// setSlot fills in one slot for all, or between some, and takes it out if empty.
func setSlot(r *roster.Roster, text string, between []string) error {
	slot, err := slotOf(text, between)
	if err != nil {
		return err
	}
	r.Slots = slices.DeleteFunc(r.Slots, func(s roster.Slot) bool {
		return s.ID == slot.ID && slices.Equal(slices.Sorted(slices.Values(s.Between)), slices.Sorted(slices.Values(slot.Between)))
	})
	if slot.Value != "" {
		r.Slots = append(r.Slots, slot)
	}
	return nil
}

// slotOf reads what was agreed for a slot, by all or between some.
func slotOf(text string, between []string) (roster.Slot, error) {
	id, value, ok := strings.Cut(text, "=")
	if !ok {
		return roster.Slot{}, usage("--slot cica.2.1.1d.lead=P42D", "a slot is written ID=VALUE")
	}
	s := roster.Slot{ID: id, Value: value, Between: []party.ID{}}
	for _, b := range between {
		s.Between = append(s.Between, party.ID(b))
	}
	return s, nil
}

// setPack puts a text in force, and takes it out if the digest is empty. An id alone
// means the pack that ships.
func setPack(r *roster.Roster, text string) error {
	id, digest, ok := strings.Cut(text, "=")
	if !ok {
		p, err := packAt(id)
		if err != nil {
			return err
		}
		id, digest = p.Head.ID, p.Digest().String()
	}
	r.Packs = slices.DeleteFunc(r.Packs, func(p roster.Pack) bool { return p.ID == id })
	if digest == "" {
		return nil
	}
	d, err := canon.ParseDigest(digest)
	if err != nil {
		return fmt.Errorf("digest of %s: %w", id, err)
	}
	r.Packs = append(r.Packs, roster.Pack{ID: id, Digest: d})
	return nil
}

func (a *app) rosterShow() *cobra.Command {
	return a.command("show [FILE]", "Show an edition: that of a file, or the one in force here", `
detente roster show roster.json
detente roster show
detente roster show --json > roster-in-force.json`, cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		r, err := a.rosterMeant(ctx, args)
		if err != nil {
			return err
		}
		if a.json {
			b, err := r.Bytes()
			if err != nil {
				if b, err = r.DraftBytes(); err != nil {
					return err
				}
			}
			_, err = a.stdout.Write(b)
			return err
		}
		return a.show(nil, func(w writer) { a.printRoster(w, r) })
	})
}

func (a *app) rosterMeant(ctx context.Context, args []string) (*roster.Roster, error) {
	if len(args) == 1 {
		return a.readRoster(args[0])
	}
	var now control.Roster
	if err := a.call(ctx, "roster-show", nil, &now); err != nil {
		return nil, err
	}
	return roster.Parse([]byte(now.Body))
}

func (a *app) printRoster(w writer, r *roster.Roster) {
	fmt.Fprintln(w, a.bold(fmt.Sprintf("%s, edition %d", r.Names[first(r.Languages)], r.Edition)))
	fmt.Fprintf(w, "group       %s\neffective   %s\nadoption    %s\n", r.Group, dash(r.Effective), r.Adoption)
	fmt.Fprintf(w, "counting    %s; f = %d, k = %d\ncustodians  %s\n", toList(r.Counting.Witnesses), r.Counting.F, r.Counting.K, toList(r.Custodians))
	if r.Boards {
		fmt.Fprintln(w, "boards      across states: each sees how all stand")
	}
	if r.Acts >= roster.MaxActs {
		fmt.Fprintln(w, "acts        also discreet ones: every party reads them")
	}
	fmt.Fprintln(w)
	for _, p := range r.Parties {
		fmt.Fprintln(w, a.bold(fmt.Sprintf("%s, %s (%s)", p.ID, p.Standing, r.Name(p.ID, "en"))))
		if p.Card == nil {
			fmt.Fprintln(w, "  no record: others enter what it says")
			continue
		}
		fmt.Fprintf(w, "  record %s, %s\n", p.Card.Origin, endpointWords(p.Endpoints))
		printWords(w, key.Words(p.Card.Digest()))
	}
	for _, p := range r.Packs {
		fmt.Fprintf(w, "\ntext %s: %s\n", p.ID, p.Digest)
	}
	if len(r.Slots) > 0 {
		fmt.Fprintln(w)
	}
	for _, s := range r.Slots {
		fmt.Fprintf(w, "agreed by %s: %s = %s\n", toWords(s.Between), s.ID, s.Value)
	}
	if d := r.Digest(); !d.IsZero() {
		fmt.Fprintf(w, "\nThe fingerprint of this edition:\n\n")
		printWords(w, key.Words(d))
	}
}

func first(all []string) string {
	if len(all) == 0 {
		return "en"
	}
	return all[0]
}

func toList(ids []party.ID) string {
	if len(ids) == 0 {
		return "none"
	}
	return joined(ids)
}

func endpointWords(all []string) string {
	if len(all) == 0 {
		return "reached by courier only"
	}
	return strings.Join(all, ", ")
}

func (a *app) rosterFingerprint() *cobra.Command {
	return a.command("fingerprint [FILE]", "Say the fingerprint of an edition in words and as a QR code", `
detente roster fingerprint roster.json
detente roster fingerprint
detente roster fingerprint roster.json --json`, cobra.MaximumNArgs(1), func(ctx context.Context, args []string) error {
		r, err := a.rosterMeant(ctx, args)
		if err != nil {
			return err
		}
		if _, err := r.Bytes(); err != nil {
			return failed(control.Failed, "detente roster check FILE", "this draft is not complete: "+err.Error())
		}
		return a.showFingerprint(fmt.Sprintf("roster of group %s, edition %d", r.Group, r.Edition), r.Digest())
	})
}

func (a *app) rosterCheck() *cobra.Command {
	var previous string
	c := a.command("check FILE", "Say every fault of an edition at once, and how to mend it", `
detente roster check roster.json
detente roster check edition-2.json --previous roster.json
detente roster check roster.json --json`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		r, err := a.readRoster(args[0])
		if err != nil {
			return err
		}
		var prev *roster.Roster
		if previous != "" {
			if prev, err = a.readRoster(previous); err != nil {
				return err
			}
		}
		faults := r.Lint(prev)
		list := []control.Fault{}
		for _, f := range faults {
			list = append(list, control.Fault{Where: f.Where, What: f.What, Do: f.Do, Severe: f.Severe})
		}
		v := map[string]any{"faults": list, "refused": roster.Refused(faults), "digest": r.Digest()}
		if err := a.show(v, func(w writer) {
			for _, f := range list {
				word := "advice"
				if f.Severe {
					word = "to be mended"
				}
				fmt.Fprintf(w, "%-13s %s\n", word, a.faultLine(f))
			}
			if !roster.Refused(faults) {
				fmt.Fprintf(w, "Edition %d can be adopted; its fingerprint is:\n\n", r.Edition)
				printWords(w, key.Words(r.Digest()))
			}
		}); err != nil {
			return err
		}
		if roster.Refused(faults) {
			return &statusError{exitFindings}
		}
		return nil
	})
	c.Flags().StringVar(&previous, "previous", "", "the edition before")
	return c
}

func (a *app) rosterAdopt() *cobra.Command {
	var yes bool
	var digest string
	c := a.command("adopt FILE", "Adopt an edition; the first one is pinned to this home for good", `
detente roster adopt roster.json
detente roster adopt roster.json --digest sha256:2cf2…
detente roster adopt edition-2.json --yes`, cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
		body, err := a.readFile(args[0])
		if err != nil {
			return err
		}
		r, err := roster.Parse(body)
		if err != nil {
			return failed(control.Verification, "detente roster check "+args[0], err.Error())
		}
		if digest != "" && digest != r.Digest().String() {
			return failed(control.Verification, "somebody has another file: compare the words again", fmt.Sprintf("this file is %s, not %s", r.Digest(), digest))
		}
		f, err := home.Load(a.home())
		if err != nil {
			return err
		}
		if digest == "" && !yes {
			var text bytes.Buffer
			a.printRoster(&text, r)
			a.talk("%s", text.String())
			if err := a.confirmed(ctx, "Did all read the same twelve words aloud?", false); err != nil {
				return err
			}
		}
		if f.First == nil || f.First.Digest() == r.Digest() {
			return a.join(ctx, body)
		}
		var s control.Adopted
		if err := a.call(ctx, "roster-adopt", control.AdoptArgs{Body: string(body), Console: a.console}, &s); err != nil {
			return err
		}
		if err := a.show(s, func(w writer) {
			fmt.Fprintf(w, "Edition %d was adopted, as act %s. It takes effect at %s if by then all whose adoption it needs have lodged theirs.\nNext: detente roster status\n", s.Edition, s.Place, s.Effective)
		}); err != nil {
			return err
		}
		return a.queued(s.Queued)
	})
	c.Flags().BoolVar(&yes, "yes", false, "do not ask; the words were compared")
	c.Flags().StringVar(&digest, "digest", "", "the digest that was agreed on; another file is refused")
	return c
}

// join pins the first roster; no node can run in a home that has none.
func (a *app) join(ctx context.Context, body []byte) error {
	id, err := a.identity(ctx)
	if err != nil {
		return err
	}
	j, err := home.Join(ctx, a.home(), body, home.Options{Identity: id, Wait: waitForHome})
	if errors.Is(err, durable.ErrLocked) {
		return failed(control.Failed, "", "this home is pinned to this roster already, and its node runs")
	}
	if err != nil {
		return err
	}
	v := struct {
		Group  string       `json:"group"`
		Digest canon.Digest `json:"digest"`
		Words  []string     `json:"words"`
		Ref    string       `json:"ref"`
	}{j.Group.String(), j.Digest, key.Words(j.Digest), j.Act}
	return a.show(v, func(w writer) {
		fmt.Fprintf(w, "This home is pinned to the roster with these words, and has adopted it:\n\n")
		printWords(w, v.Words)
		fmt.Fprintf(w, "\nNext: detente node run --home %s\n", a.home())
	})
}

// standing says how edition i stands among all, which are in order.
func standing(all []control.Edition, i int, now time.Time) string {
	at, err := canon.ParseTime(all[i].Effective)
	future := err == nil && at.After(now)
	later := slices.ContainsFunc(all[i+1:], func(e control.Edition) bool { return e.InForce })
	switch {
	case all[i].InForce && later:
		return "gave way to a later one"
	case all[i].InForce && future:
		return "pinned"
	case all[i].InForce:
		return "in force"
	case future:
		return "not yet in force"
	}
	return "not in force"
}

func (a *app) rosterStatus() *cobra.Command {
	return a.command("status", "List the editions known here, and who adopted each", `
detente roster status
detente roster status --json
detente roster status --home ./alatau`, cobra.NoArgs, func(ctx context.Context, args []string) error {
		var all []control.Edition
		if err := a.call(ctx, "roster-status", nil, &all); err != nil {
			return err
		}
		return a.show(all, func(w writer) {
			for i, e := range all {
				fmt.Fprintf(w, "edition %d, effective %s: %s\n", e.Edition, e.Effective, standing(all, i, time.Now()))
				for _, id := range e.Required {
					at, ok := e.Adopted[string(id)]
					switch {
					case !ok:
						fmt.Fprintf(w, "  %-20s no adoption recorded\n", id)
					case at == "":
						fmt.Fprintf(w, "  %-20s adopted; not yet shown to be lodged\n", id)
					default:
						fmt.Fprintf(w, "  %-20s adopted, lodged by %s\n", id, at)
					}
				}
			}
		})
	})
}
