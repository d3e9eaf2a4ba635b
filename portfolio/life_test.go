package portfolio

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"detente/act"
	"detente/node"
	"detente/party"
	"detente/provision"
	"detente/register"
	"detente/roster"
)

// A group lives for a while by the dice of one seed. Whatever arrives in whatever
// order, each node says what it would say if it read everything at once; and once all
// hold the same, they say the same.
func TestWhateverTheOrder(t *testing.T) {
	seeds := []uint64{1, 2}
	if testing.Short() {
		seeds = seeds[:1]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			live(t, rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

func live(t *testing.T, dice *rand.Rand) {
	w := valleys(t, three...)
	digest, other := small(t, "").Digest(), small(t, "Another agreement")
	var said []act.Ref
	suspended := map[party.ID]bool{}
	filed := func(id party.ID, a *act.Act) {
		a.Thread = fmt.Sprintf("T/%d", dice.IntN(9))
		if a.Measure != "" {
			a.Pack = digest
		}
		if dice.IntN(3) > 0 {
			a.Claimed = w.now().UTC().Truncate(time.Second)
		}
		if dice.IntN(4) == 0 {
			a.Status = act.Exercise
		}
		if dice.IntN(3) == 0 {
			a.To = []party.ID{three[(indexOf(id)+1)%3]}
		}
		said = append(said, w.file(id, a))
	}
	for step := range 40 {
		id := three[dice.IntN(3)]
		var about act.Ref
		if len(said) > 0 {
			about = said[dice.IntN(len(said))]
		}
		switch dice.IntN(12) {
		case 0, 1, 2:
			filed(id, &act.Act{Measure: "small.notice", PayloadType: node.FormType, Payload: canonical(t, w.notice(dice.IntN(90), 8000+dice.IntN(60_000)))})
		case 3:
			said = append(said, w.say(id, node.Request{To: []party.ID{three[(indexOf(id)+1)%3]}, Thread: "S/1", Measure: "small.notice", Values: w.notice(60, 10_000)}))
		case 4, 5:
			if !about.IsZero() {
				code := []string{"small.notice.question", "small.notice.answer"}[dice.IntN(2)]
				filed(id, &act.Act{Measure: code, Answers: about, PayloadType: node.TextType, Payload: []byte("?")})
			}
		case 6, 7:
			if !about.IsZero() {
				life := []act.Life{act.Update, act.Correction, act.Cancellation, act.Withdrawal, act.IssuedInError}[dice.IntN(5)]
				filed(id, &act.Act{Measure: "small.notice", Life: life, Answers: about, PayloadType: node.FormType, Payload: canonical(t, w.notice(dice.IntN(90), 8000+dice.IntN(60_000)))})
			}
		case 8:
			if !about.IsZero() {
				filed(id, &act.Act{Kind: []act.Kind{act.Confirmed, act.Contested}[dice.IntN(2)], Answers: about})
			}
		case 9:
			n, err := w.node(id).Notes().Enter(context.Background(), "officer", register.Note{Way: register.In, Parties: []party.ID{three[(indexOf(id)+1)%3]}, Ref: "1",
				Day: "2026-01-01", Channel: "note", Status: act.Actual, Code: "small.notice", Pack: digest, Values: w.notice(60, 10_000)})
			w.must(n, err)
			if dice.IntN(2) == 0 {
				w.must(w.node(id).Notes().Strike(context.Background(), "officer", n.Number, "a reason"))
			}
		case 10:
			if suspended[id] {
				w.must(w.node(id).Resume(context.Background(), "officer", ""))
			} else {
				w.must(w.node(id).Suspend(context.Background(), "officer", ""))
			}
			suspended[id] = !suspended[id]
		case 11:
			w.forward(time.Duration(dice.IntN(200)) * time.Hour)
		}
		if step == 20 {
			for _, id := range three {
				w.keep(id, other)
			}
			w.edition(func(r *roster.Roster) {
				r.Packs = []roster.Pack{{ID: "small", Digest: other.Digest()}}
				r.Slots = []roster.Slot{{ID: "small.notice.lead", Value: "P7D"}}
			})
			digest = other.Digest()
		}
		w.same(three[dice.IntN(3)])
	}
	w.everywhere()
	at := provision.Moment{Now: w.now().Unix() + 86400}
	in := func(id party.ID) string { // what rests on notes is no other's
		var out []string
		w.must(nil, w.folio[id].Look(context.Background(), act.Exercise, func(v *View) error {
			for _, it := range v.Book.Items(provision.Query{All: true}, at) {
				out = append(out, it.Key()+" "+string(it.State))
			}
			for _, f := range v.Book.Findings(at) {
				out = append(out, f.Key)
			}
			return nil
		}))
		return strings.Join(out, "\n")
	}
	w.await("all say the same", func() bool { return in("alatau") == in("borovia") && in("borovia") == in("cintra") })
}

func indexOf(id party.ID) int {
	for i, x := range three {
		if x == id {
			return i
		}
	}
	return -1
}
