package town_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"detente/act"
	"detente/courier/couriertest"
	"detente/key"
	"detente/lodging"
	"detente/node"
	"detente/party"
	"detente/roster"
)

// A node that was down for the notice, or cut off, starts catching up within two
// seconds, however long it was away.
func TestBackWithinTwoSeconds(t *testing.T) {
	const day = 24 * time.Hour
	// Whoever has no address of its own is not dialled while it is away; so forty
	// days cost the others nothing, and the test neither.
	hasty := func(c *node.Config) {
		if c.Settings.Party == "cintra" {
			c.TestOnlyRest = 0
		}
	}
	for _, c := range []struct {
		name string
		set  setting
		cut  string // drawn, or empty: the node is stopped
		away time.Duration
	}{
		{"down for ten minutes", setting{who: "ABC"}, "", 10 * time.Minute},
		{"down for forty days", setting{who: "ABc", heartbeat: day, rest: day, tune: hasty}, "", 40 * day},
		{"cut off for ten minutes", setting{who: "ABC"}, "AB | C", 10*time.Minute + 1200*time.Millisecond},
		{"alone for half an hour", setting{who: "ABC"}, "A | B | C", 30*time.Minute + 1200*time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && c.away > 20*time.Minute && c.cut != "" {
				t.Skip("the longest of four in real time")
			}
			live(t, c.set, func(w *world) {
				time.Sleep(2 * time.Minute)
				if c.cut == "" {
					w.stop("C")
				} else {
					w.draw(c.cut)
				}
				ref := w.say('A', "BC", "ALA/1")
				time.Sleep(c.away)
				if c.cut == "" {
					w.start("C")
				} else {
					w.heal()
				}
				took := w.until("cintra catches up", time.Minute, func() bool { return w.holdsAct("cintra", ref) })
				if took > 2*time.Second {
					w.t.Errorf("catching up took %s", took)
				}
			})
		})
	}
}

// The same over a line that swallows what is sent to it, so that nobody is told
// that an attempt was in vain.
func TestBackOverASilentLine(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABC"}, func(w *world) {
		time.Sleep(2 * time.Minute)
		// Moments all over the time that one attempt may take.
		for _, beyond := range []time.Duration{0, 1900 * time.Millisecond, 4100 * time.Millisecond, 6300 * time.Millisecond, 7900 * time.Millisecond} {
			lines := []*couriertest.Line{w.line("alatau", "borovia"), w.line("borovia", "cintra")}
			for _, l := range lines {
				l.Silence()
			}
			thread := fmt.Sprintf("ALA/%d", beyond)
			ref := w.say('A', "B", thread)
			time.Sleep(5*time.Minute + beyond)
			for _, l := range lines {
				l.Mend()
			}
			took := w.until("borovia catches up", time.Minute, func() bool { return w.holdsAct("borovia", ref) })
			if took > 2*time.Second {
				w.t.Errorf("after %s more: catching up took %s", beyond, took)
			}
			time.Sleep(time.Minute)
		}
	})
}

// Once a party is heard of again, nobody waits out what it waited for before.
func TestNoWaitingSurvivesASignOfLife(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABC"}, func(w *world) {
		time.Sleep(time.Minute)
		w.stop("C")
		first := w.say('A', "C", "ALA/1")
		time.Sleep(10 * time.Minute)
		w.start("C")
		w.until("cintra catches up", 2*time.Second, func() bool { return w.holdsAct("cintra", first) })
		second := w.say('A', "C", "ALA/2")
		took := w.until("the next notice", time.Minute, func() bool { return w.holdsAct("cintra", second) })
		if took > 200*time.Millisecond {
			t.Errorf("the next notice took %s", took)
		}
	})
}

// Two parties without a link between them, by their choice or by the state of the
// lines, speak through a third that cannot read what it passes on.
func TestRelayWithoutALink(t *testing.T) {
	for _, c := range []struct {
		name, drawing string
		set           setting
	}{
		{"no link kept", "ABCS", setting{who: "ABCS", apart: "AB"}},
		{"no line", "A-S-B", setting{who: "ABS"}},
		{"no custodian between", "A-S-B | CDE", setting{who: "ABCDES", custodians: "CDE", apart: "AB"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			live(t, c.set, func(w *world) {
				w.draw(c.drawing)
				time.Sleep(2 * time.Minute)
				ref := w.say('A', "B", "ALA/1")
				took := w.until("the receipt", 3*time.Minute, func() bool { return w.receipted("alatau", ref, "B") })
				w.t.Logf("receipt after %s", took)
				if _, err := w.node("borovia").Content(w.ctx, ref); err != nil {
					w.t.Errorf("borovia reads: %v", err)
				}
				if _, err := w.node("secretariat").Content(w.ctx, ref); !errors.Is(err, node.ErrNoContent) {
					w.t.Errorf("the secretariat reads: %v", err)
				}
			})
		})
	}
}

// A party that is reached by courier alone, fourteen days there and back, is
// served, answers, and vouches as of the day on which it held what came.
func TestCourierRoundTrip(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	live(t, setting{who: "ABCe", apart: "AE BE CE", heartbeat: day, rest: 12 * time.Hour}, func(w *world) {
		time.Sleep(day)
		ref := w.say('A', "BE", "ALA/1")
		there := time.Now()
		bundle := w.export("alatau", "elbria")
		time.Sleep(7 * day)
		w.deliver("elbria", bundle)
		held := time.Now().Unix()
		if _, err := w.node("elbria").Content(w.ctx, ref); err != nil {
			t.Errorf("elbria reads: %v", err)
		}
		time.Sleep(time.Minute)
		bundle = w.export("elbria", "")
		time.Sleep(7 * day)
		w.deliver("borovia", bundle)
		time.Sleep(2 * day)
		if !w.receipted("alatau", ref, "BE") {
			t.Error("alatau does not hold the receipts")
		}
		for _, id := range []party.ID{"alatau", "borovia", "cintra", "elbria"} {
			l, err := w.node(id).Lodged(w.ctx, ref)
			must(t, err)
			if id != "elbria" && (l.Bounds.NotAfter == 0 || l.Bounds.NotAfter > there.Unix()+60) {
				t.Errorf("%s: lodged by %d, %+v", id, l.Bounds.NotAfter, l.Bounds)
			}
			against := l.For["elbria"].NotAfter
			if id == "elbria" && (against < held || against > held+60) {
				t.Errorf("elbria was served at %d and finds %d", held, against)
			}
		}
	})
}

// A relay that is no custodian carries what is sealed to a party without any line.
func TestCourierByWhoIsNoCustodian(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABCeS", custodians: "ABC"}, func(w *world) {
		w.draw("ABCS | E")
		time.Sleep(time.Minute)
		ref := w.say('A', "E", "ALA/1")
		time.Sleep(2 * time.Minute)
		w.deliver("elbria", w.export("secretariat", "elbria"))
		if _, err := w.node("elbria").Content(w.ctx, ref); err != nil {
			t.Errorf("elbria reads: %v", err)
		}
	})
}

// A deadline passes while the group is parted: nothing is called late, and what
// the other side holds settles it later.
func TestDeadlineWhileParted(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABCDE", f: 1, k: 2, heartbeat: 6 * time.Hour, rest: time.Hour}, func(w *world) {
		time.Sleep(time.Minute)
		finds := func(id party.ID, want lodging.Finding) {
			w.t.Helper()
			if l := w.lead(id, "alatau", "ALA/1"); l.finding != want {
				w.t.Errorf("%s finds %s, want %s", id, l.finding, want)
			}
		}
		w.draw("ABC | DE")
		w.stop("BC") // they come back before the deadline, after the bundle was written
		w.notify('A', "BD", "ALA/1", leadDays)
		finds("alatau", lodging.Pending)
		bundle := w.export("alatau", "dovania")
		time.Sleep(time.Hour)
		w.start("BC")
		time.Sleep(5 * time.Hour)
		finds("alatau", lodging.Timely)
		finds("borovia", lodging.Timely)
		time.Sleep(24 * time.Hour)
		w.draw("ABC | D | E")
		time.Sleep(time.Minute)
		w.deliver("dovania", bundle) // a day late, and without what the others vouched
		finds("dovania", lodging.NotShownTimely)
		w.draw("ABCDE")
		time.Sleep(6 * time.Hour)
		for _, id := range w.ids {
			if id != "cintra" && id != "elbria" { // they cannot read it
				finds(id, lodging.Timely)
			}
		}
	})
}

// Mirrors that withhold what they hold cannot make anyone late; what they sign in
// the end settles nothing the other way.
func TestWithheldCosignatures(t *testing.T) {
	t.Parallel()
	withhold := func(c *node.Config) {
		if id := c.Settings.Party; id == "borovia" || id == "cintra" || id == "dovania" {
			c.CosignDelay = 1000 * time.Hour
		}
	}
	live(t, setting{who: "ABCDE", f: 1, k: 2, heartbeat: 6 * time.Hour, rest: time.Hour, tune: withhold}, func(w *world) {
		time.Sleep(time.Minute)
		ref := w.notify('A', "DE", "ALA/1", leadDays)
		time.Sleep(24 * time.Hour)
		for _, id := range []party.ID{"alatau", "elbria"} {
			if l := w.lead(id, "alatau", "ALA/1"); l.finding != lodging.NotShownTimely {
				t.Errorf("%s finds %s while one of two vouches", id, l.finding)
			}
		}
		lodged, err := w.node("alatau").Lodged(w.ctx, ref)
		must(t, err)
		if lodged.For["elbria"].NotAfter == 0 {
			t.Error("against elbria its own word suffices")
		}
		if lodged.For["dovania"].NotAfter == 0 {
			t.Error("against dovania its receipt suffices, though it withholds its cosignature")
		}
		w.stop("BCD")
		for _, id := range []party.ID{"borovia", "cintra", "dovania"} {
			w.town.Houses[id].Config.CosignDelay = time.Second
		}
		w.start("BCD")
		time.Sleep(12 * time.Hour)
		lodged, err = w.node("alatau").Lodged(w.ctx, ref)
		must(t, err)
		if l := w.lead("alatau", "alatau", "ALA/1"); l.finding != lodging.NotShownTimely || lodged.Bounds.NotAfter == 0 {
			t.Errorf("after they signed: %+v, %+v", l, lodged.Bounds)
		}
	})
}

// Whose clock differs is shown, and nobody's that does not: also after a long poll
// in which there was nothing to say. Who has no address and dials in is shown so.
func TestClocksShown(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABc", heartbeat: time.Hour, skew: map[rune]time.Duration{'C': 20 * time.Second}}, func(w *world) {
		w.say('A', "BC", "ALA/1")
		for range 300 {
			time.Sleep(time.Second)
			for _, at := range []party.ID{"alatau", "borovia"} {
				peers, err := w.node(at).Peers(w.ctx)
				must(w.t, err)
				for _, p := range peers {
					if p.LastHeard.IsZero() {
						continue
					}
					want := time.Duration(0)
					if p.Party == "cintra" {
						want = 20 * time.Second
					}
					if p.Party == "cintra" && p.Link != "dials in" {
						w.t.Fatalf("%s: the link with cintra is %q", at, p.Link)
					}
					if off, err := time.ParseDuration(p.Offset); err != nil || (off-want).Abs() > time.Second || p.Remark != (want != 0) {
						w.t.Fatalf("%s: the clock of %s differs by %s, remark %t; it does by %s", at, p.Party, p.Offset, p.Remark, want)
					}
				}
			}
		}
		w.stop("C")
		time.Sleep(3 * time.Minute)
		peers, err := w.node("alatau").Peers(w.ctx)
		must(w.t, err)
		if i := slices.IndexFunc(peers, func(p node.PeerStatus) bool { return p.Party == "cintra" }); peers[i].Link != "courier" {
			w.t.Errorf("three minutes after it stopped: %q", peers[i].Link)
		}
	})
}

// Months in which nothing is said leave the tables as they are.
func TestHeartbeatsGrowNothing(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	live(t, setting{who: "ABC", heartbeat: day, rest: day}, func(w *world) {
		w.say('A', "BC", "ALA/1")
		time.Sleep(3 * day)
		before := map[party.ID]map[string]int{}
		for _, id := range w.ids {
			before[id] = w.counts(id)
			if before[id]["record_notes"] == 0 || before[id]["record_entries"] == 0 {
				t.Fatalf("the tables are not the ones that were meant: %v", before[id])
			}
		}
		if quiet := 90 * day; testing.Short() {
			time.Sleep(quiet / 3)
		} else {
			time.Sleep(quiet)
		}
		for _, id := range w.ids {
			if after := w.counts(id); !maps.Equal(before[id], after) {
				t.Errorf("%s: rows were %v and are %v", id, before[id], after)
			}
			l, ok := w.node(id).Head()
			if !ok || time.Now().Unix()-l.Time() > int64(25*time.Hour/time.Second) {
				t.Errorf("%s: the last own checkpoint is of %d", id, l.Time())
			}
		}
	})
}

// A sealing key is rotated every ninety days. Who has not heard of it still seals
// to the old one, which is kept for a grace; opened contents outlive both.
func TestSealingRotation(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	live(t, setting{who: "ABC", heartbeat: 3 * day, rest: 3 * day}, func(w *world) {
		var read []act.Ref
		h := w.town.Houses["borovia"]
		quarters := 3
		if testing.Short() {
			quarters = 1
		}
		for quarter := range quarters {
			w.draw("A | BC")
			w.rotate("borovia", key.Sealing)
			ref := w.say('A', "B", "ALA/"+string(rune('1'+quarter))) // to the old key
			time.Sleep(6 * day)
			w.draw("ABC")
			time.Sleep(6 * day)
			read = append(read, ref)
			for _, ref := range read {
				if _, err := w.node("borovia").Content(w.ctx, ref); err != nil {
					t.Errorf("in quarter %d: %v", quarter+1, err)
				}
			}
			time.Sleep(18 * day) // the grace ends
			w.stop("B")
			h.Config.Keys = h.Config.Keys.DropSealing(1)
			w.start("B")
			time.Sleep(60 * day)
		}
		for _, ref := range read {
			if !w.receipted("alatau", ref, "B") {
				t.Errorf("no receipt for act %d", ref.Index)
			}
		}
		// Long after the grace the old key opens nothing more: it is returned.
		w.draw("A | BC")
		w.rotate("borovia", key.Sealing)
		ref := w.say('A', "B", "ALA/9")
		w.stop("B")
		h.Config.Keys = h.Config.Keys.DropSealing(1)
		w.start("B")
		w.draw("ABC")
		time.Sleep(6 * day)
		rows, err := w.node("alatau").Receipts(w.ctx, ref)
		must(t, err)
		if len(rows) != 1 || rows[0].Kind != act.Returned {
			t.Errorf("what could not be opened was answered by %+v", rows)
		}
	})
}

// An edition comes into force while one who adopted it is away; back, it knows.
func TestEditionWhileOneIsAway(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	live(t, setting{who: "ABCD", heartbeat: 12 * time.Hour, rest: 12 * time.Hour}, func(w *world) {
		time.Sleep(day)
		next := *w.town.First
		next.Edition, next.Previous = 2, w.town.First.Digest()
		next.Effective = time.Now().UTC().Add(10 * day).Format("2006-01-02T15:04:05Z")
		next.Slots = []roster.Slot{{ID: notification + ".lead", Value: "P30D"}, {ID: notification + ".troops", Value: "9000"}}
		body, err := next.Bytes()
		must(t, err)
		for _, id := range []party.ID{"alatau", "dovania"} {
			_, err := w.node(id).Adopt(w.ctx, "officer", body)
			must(t, err)
		}
		time.Sleep(13 * time.Hour)
		w.stop("D")
		for _, id := range []party.ID{"borovia", "cintra"} {
			_, err := w.node(id).Adopt(w.ctx, "officer", body)
			must(t, err)
		}
		time.Sleep(20 * day)
		w.notify('B', "AD", "BOR/1", 31)
		for _, id := range w.running() {
			if e := w.node(id).Keys().Current().Edition; e != 2 {
				t.Errorf("%s is at edition %d", id, e)
			}
		}
		w.start("D")
		time.Sleep(13 * time.Hour)
		if w.keyState("dovania") != w.keyState("alatau") {
			t.Errorf("keys at dovania:\n%s\nat alatau:\n%s", w.keyState("dovania"), w.keyState("alatau"))
		}
		time.Sleep(48 * time.Hour)
		for _, id := range []party.ID{"alatau", "borovia", "dovania"} {
			if l := w.lead(id, "borovia", "BOR/1"); l.least != "P30D" || l.finding != lodging.Timely {
				t.Errorf("%s finds %s of %s", id, l.finding, l.least)
			}
		}
	})
}

// Transport and mirror keys are rotated while the group is parted and while one
// is down; all find together again, and nothing that was vouched for is lost.
func TestRotationsWhileParted(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABCD", heartbeat: 6 * time.Hour, rest: time.Hour}, func(w *world) {
		time.Sleep(time.Hour)
		ref := w.say('B', "AD", "BOR/1")
		time.Sleep(time.Hour)
		w.stop("D")
		w.draw("A | BC | D")
		for _, role := range []key.Role{key.Transport, key.Mirror, key.Witness, key.Record, key.Sealing} {
			w.rotate("alatau", role)
		}
		w.rotate("cintra", key.Mirror)
		second := w.say('B', "AD", "BOR/2") // cintra alone vouches for it by now
		time.Sleep(24 * time.Hour)
		w.start("D")
		w.heal()
		time.Sleep(24 * time.Hour)
		for _, id := range w.ids {
			if w.keyState(id) != w.keyState("alatau") {
				t.Errorf("keys at %s:\n%s\nat alatau:\n%s", id, w.keyState(id), w.keyState("alatau"))
			}
			for _, r := range []act.Ref{ref, second} {
				l, err := w.node(id).Lodged(w.ctx, r)
				must(t, err)
				own, err := w.node("cintra").Lodged(w.ctx, r)
				must(t, err)
				if l.Bounds.Have != 3 || !reflect.DeepEqual(l.Bounds, own.Bounds) {
					t.Errorf("act %d: %s finds %+v, cintra %+v", r.Index, id, l.Bounds, own.Bounds)
				}
			}
		}
	})
}

// What is withdrawn before anybody held it was not shown to be lodged: a mirror
// may pass the blob of what is withdrawn.
func TestWithdrawnWhileParted(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABCD", heartbeat: 6 * time.Hour, rest: time.Hour}, func(w *world) {
		time.Sleep(time.Hour)
		w.draw("A | BCD")
		ref := w.say('A', "B", "ALA/1")
		time.Sleep(time.Hour)
		back := w.request("alatau", node.Request{Kind: act.Statement, Status: act.Exercise, To: w.several("B"), Thread: "ALA/1",
			Life: act.Withdrawal, Answers: ref.String(), Text: "It is withdrawn."})
		time.Sleep(time.Hour)
		w.heal()
		time.Sleep(12 * time.Hour)
		for _, id := range w.ids {
			l, err := w.node(id).Lodged(w.ctx, ref)
			must(t, err)
			if l.Bounds.NotAfter != 0 {
				t.Errorf("%s finds the withdrawn act lodged: %+v", id, l.Bounds)
			}
			if l, err = w.node(id).Lodged(w.ctx, back); err != nil || l.Bounds.NotAfter == 0 {
				t.Errorf("%s does not find the withdrawal lodged: %+v, %v", id, l.Bounds, err)
			}
		}
	})
}

// A new mirror key, and what it vouched for, arrive together at one who was away.
func TestMirrorKeyArrivesWithItsWord(t *testing.T) {
	t.Parallel()
	live(t, setting{who: "ABC", heartbeat: 6 * time.Hour, rest: time.Hour}, func(w *world) {
		time.Sleep(time.Hour)
		w.draw("A-C-B")
		w.stop("A")
		w.rotate("cintra", key.Mirror)
		ref := w.say('B', "A", "BOR/1")
		time.Sleep(time.Hour)
		w.start("A")
		time.Sleep(12 * time.Hour)
		l, err := w.node("alatau").Lodged(w.ctx, ref)
		must(t, err)
		if l.Bounds.Have != 2 {
			t.Errorf("alatau finds %+v", l.Bounds)
		}
	})
}
