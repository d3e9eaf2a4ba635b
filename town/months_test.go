package town_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"detente/act"
	"detente/courier"
	"detente/key"
	"detente/node"
	"detente/party"
)

// oneSeed runs TestMonths again as it was when it printed a seed, or as it never was.
var oneSeed = flag.Uint64("seed", 0, "the seed of TestMonths; 0: some fixed ones")

// months is one life of a group by the dice of one seed.
type months struct {
	*world
	dice    *rand.Rand
	acts    []*said
	past    history
	courier rune // without any network, or 0
	liar    rune // whose clock lies, or 0
	threads int
	bags    []bag
	down    map[rune]bool
	story   []string
}

// bag is a bundle on its way.
type bag struct {
	to  rune
	due time.Time
	b   []byte
}

// loose is a line that now and then delays what arrives, hands it over twice, or
// hands over again what came long before.
type loose struct {
	courier.Host
	mu   sync.Mutex
	dice *rand.Rand          // guarded by mu
	old  map[party.ID][]byte // guarded by mu
}

func (h *loose) throw(body []byte, from party.ID) (delay time.Duration, again [][]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dice.IntN(4) == 0 {
		delay = time.Duration(h.dice.IntN(20_000)) * time.Millisecond
	}
	if h.dice.IntN(6) == 0 {
		again = append(again, body)
	}
	if old := h.old[from]; old != nil && h.dice.IntN(6) == 0 {
		again = append(again, old)
	}
	if h.old[from] == nil || h.dice.IntN(10) == 0 {
		h.old[from] = body
	}
	return delay, again
}

func (h *loose) Exchange(ctx context.Context, from party.ID, wait time.Duration, in io.Reader, out io.Writer) error {
	body, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	delay, again := h.throw(body, from)
	select {
	case <-time.After(delay):
	case <-courier.Closing(ctx):
	}
	for _, b := range again {
		if err := h.Host.Exchange(ctx, from, 0, bytes.NewReader(b), io.Discard); err != nil {
			return err
		}
	}
	return h.Host.Exchange(ctx, from, wait, bytes.NewReader(body), out)
}

// A group lives through a quarter of a year of notices, partitions, restarts, rotations
// and couriers; the model says what each node may find, at any time and after
// every quiet week.
func TestMonths(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if *oneSeed != 0 {
		seeds = []uint64{*oneSeed}
	}
	seasons := 3
	if testing.Short() {
		seeds, seasons = seeds[:1], 1
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			liveMonths(t, seed, seasons)
		})
	}
}

func liveMonths(t *testing.T, seed uint64, seasons int) {
	dice := rand.New(rand.NewPCG(seed, 2027))
	s := setting{who: "ABCDEF", f: 1, k: 2, heartbeat: 72 * time.Hour, rest: 48 * time.Hour}
	s.skew = map[rune]time.Duration{'A': -3400 * time.Millisecond, 'B': -1700 * time.Millisecond, 'E': 1700 * time.Millisecond}
	m := &months{dice: dice, past: history{}, down: map[rune]bool{}}
	if seed%2 == 0 {
		s.who, s.apart, m.courier = "ABCDeF", "AE BE CE DE", 'E'
	}
	m.liar = 'D'
	s.host = func(h courier.Host) courier.Host {
		return &loose{Host: h, dice: rand.New(rand.NewPCG(seed, dice.Uint64())), old: map[party.ID][]byte{}}
	}
	live(t, s, func(w *world) {
		m.world = w
		for season := range seasons {
			for range 10 {
				m.day()
			}
			m.quiet()
			if w.t.Failed() {
				m.tell()
				w.t.Fatalf("seed %d, after season %d (%d acts)", seed, season+1, len(m.acts))
			}
		}
		w.t.Logf("seed %d: %d acts, until %s", seed, len(m.acts), time.Now().UTC().Format(time.DateOnly))
	})
}

// up picks a party whose node runs and may sign.
func (m *months) up() (rune, bool) {
	l := rune("ABCDE"[m.dice.IntN(5)])
	return l, !m.down[l] && m.node(m.id(l)).Assured() == nil
}

// day is one or two days with one or two things that happen.
func (m *months) day() {
	for range 1 + m.dice.IntN(2) {
		m.happen()
	}
	time.Sleep(time.Duration(12+m.dice.IntN(48)) * time.Hour)
	rest := m.bags[:0]
	for _, b := range m.bags {
		switch {
		case time.Now().Before(b.due) || m.down[b.to]:
			rest = append(rest, b)
		default:
			m.deliver(m.id(b.to), b.b)
		}
	}
	m.bags = rest
	recent := max(0, len(m.acts)-6)
	m.look(m.past, m.acts[recent:])
}

func (m *months) happen() {
	l, ok := m.up()
	switch x := m.dice.IntN(24); {
	case x < 8 && ok, x > 19 && ok:
		m.speak(l)
	case x < 10:
		m.part()
	case x == 10:
		m.heal()
		m.note("healed")
	case x == 11 && ok && !m.down[l] && len(m.down) < 2:
		m.stop(string(l))
		m.down[l] = true
		m.note("%c stops", l)
	case x < 14:
		for l := range m.down {
			m.wake(l)
			break
		}
	case x < 16 && ok:
		role := []key.Role{key.Record, key.Witness, key.Mirror, key.Sealing, key.Transport}[m.dice.IntN(5)]
		m.rotate(m.id(l), role)
		m.note("%c rotates its %s key", l, role)
	case x < 18 && m.courier != 0:
		m.send()
	case x == 18:
		m.skew[m.id(m.liar)].Store(int64(time.Duration(m.dice.IntN(120)-60) * 24 * time.Hour))
		m.note("the liar's clock is %s off", time.Duration(m.skew[m.id(m.liar)].Load()))
		delete(m.past, m.id(m.liar)) // its own clock may have gone back, and with it what it may believe
	default:
		a, b := m.ids[m.dice.IntN(5)], m.ids[m.dice.IntN(5)]
		if a != b {
			m.line(a, b).Delay(time.Duration(m.dice.IntN(3000)) * time.Millisecond)
			m.line(a, b).Damage(m.dice.IntN(3))
			m.line(a, b).Break()
		}
	}
}

func (m *months) wake(l rune) {
	delete(m.down, l)
	m.note("%c starts", l)
	m.start(string(l))
	if l == m.courier {
		must(m.t, m.node(m.id(l)).Confirm(m.ctx))
	}
}

// part cuts the group in two.
func (m *months) part() {
	var left, right string
	for _, l := range "ABCDE" {
		if m.dice.IntN(2) == 0 {
			left += string(l)
		} else {
			right += string(l)
		}
	}
	if left != "" && right != "" {
		m.draw(left + " | " + right)
		m.note("%s | %s", left, right)
	}
}

// speak says something: a notification, a sealed or an open statement, or the
// withdrawal of one.
func (m *months) speak(l rune) {
	m.threads++
	thread := string(l) + "/" + time.Now().UTC().Format("2006-01-02T15") + "/" + string(rune('a'+m.threads%26))
	s := &said{author: m.id(l), at: time.Now(), gap: -1}
	s.claimed = m.at(s.author).Unix()
	s.deadline = time.Now().Add(time.Duration(m.dice.IntN(20)-4) * 24 * time.Hour).Unix()
	to := ""
	for _, x := range "ABCDE" {
		if x != l && m.dice.IntN(2) == 0 {
			to += string(x)
		}
	}
	switch {
	case to != "" && m.dice.IntN(3) == 0:
		days := leadDays - 4 + m.dice.IntN(12)
		s.ref, s.thread = m.notify(l, to, thread, days), thread
		start := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days)
		s.lead = start.AddDate(0, 0, 1-leadDays).Add(-seat).Unix() - 1
	case m.dice.IntN(5) == 0 && m.withdraw(s.author):
		return
	default:
		s.ref = m.say(l, to, thread)
	}
	s.sealed, s.to = to != "", m.several(to)
	m.acts = append(m.acts, s)
	m.note("%c says act %d to %q", l, s.ref.Index, to)
}

// note keeps what happened, for the day on which something is found.
func (m *months) note(format string, args ...any) {
	m.story = append(m.story, time.Now().UTC().Format("2006-01-02T15:04 ")+fmt.Sprintf(format, args...))
}

// tell prints what happened and how the links stand.
func (m *months) tell() {
	for _, line := range m.story {
		m.t.Log(line)
	}
	for _, id := range m.running() {
		peers, err := m.node(id).Peers(m.ctx)
		must(m.t, err)
		for _, p := range peers {
			m.t.Logf("%s: %s is %s, heard %s, holds %d of ours, we hold %d, %s", id, p.Party, p.Link, p.LastHeard.UTC().Format("2006-01-02T15:04"), p.HoldsOurs, p.WeHold, p.Error)
		}
	}
}

// at is a party's clock.
func (m *months) at(id party.ID) time.Time { return time.Now().Add(time.Duration(m.skew[id].Load())) }

// withdraw withdraws the newest sealed statement of an author, if there is one.
func (m *months) withdraw(author party.ID) bool {
	for i := len(m.acts) - 1; i >= 0; i-- {
		s := m.acts[i]
		if s.author != author || !s.sealed || s.gap >= 0 || s.thread != "" {
			continue
		}
		row, err := m.node(author).Find(m.ctx, s.ref.String())
		must(m.t, err)
		ref := m.request(author, node.Request{Kind: act.Statement, Status: act.Exercise, To: s.to, Thread: row.Thread,
			Life: act.Withdrawal, Answers: s.ref.String(), Text: "It is withdrawn."})
		s.gap = ref.Index
		return true
	}
	return false
}

// send gives a courier a bundle to or from the party without a network.
func (m *months) send() {
	from, to := rune("ABC"[m.dice.IntN(3)]), m.courier
	if m.dice.IntN(2) == 0 {
		from, to = to, from
	}
	if m.down[from] {
		return
	}
	due := time.Now().Add(time.Duration(24+m.dice.IntN(24*7)) * time.Hour)
	m.bags = append(m.bags, bag{to, due, m.export(m.id(from), m.id(to))})
}

// quiet heals everything, lets all arrive, and then demands that all agree.
func (m *months) quiet() {
	for l := range m.down {
		m.wake(l)
	}
	m.heal()
	m.note("quiet")
	liar := m.id(m.liar)
	for range 3 {
		time.Sleep(5 * 24 * time.Hour)
		if m.courier != 0 {
			m.deliver(m.id(m.courier), m.export("alatau", m.id(m.courier)))
			m.deliver("borovia", m.export(m.id(m.courier), ""))
		}
	}
	time.Sleep(2 * 24 * time.Hour)
	found := m.look(m.past, m.acts)
	m.checkEqual(found, m.acts, liar)
	m.checkStamps(liar)
}
