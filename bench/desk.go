package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"detente/act"
	"detente/docket"
	"detente/line"
	"detente/node"
	"detente/party"
)

// measureDesk measures the screens of a party of 57 with a history of all texts that
// ship: in a process of its own, with a session, over TLS on this machine.
func measureDesk(ctx context.Context, b *bench) error {
	acts, asked, messages, streams := 100_000, 200, 10, 200
	if b.short {
		acts, asked, messages, streams = 5_000, 30, 3, 20
	}
	w, err := newWorld(ctx, b, acts)
	if err != nil {
		return err
	}
	defer w.town.Close()
	return b.each(ctx, func(run int, m floor) error {
		p, url, err := b.serveDesk(ctx, w)
		if err != nil {
			return err
		}
		v := &visitor{b: b, w: w, p: p, url: url, of: fmt.Sprintf(", %s acts", thousands(int64(acts))), friend: w.town.Houses[deskFriend].Node}
		err = v.signIn(ctx)
		for _, f := range []func(context.Context) error{
			v.read, v.memory, v.befriend,
			func(ctx context.Context) error { return v.pages(ctx, asked) },
			v.weight, v.slow,
			func(ctx context.Context) error { return v.messages(ctx, messages) },
			func(ctx context.Context) error { return v.crowd(ctx, streams, messages) },
		} {
			if err == nil {
				err = f(ctx)
			}
		}
		return errors.Join(err, p.end())
	})
}

// visitor is an officer with a browser.
type visitor struct {
	b        *bench
	w        *world
	p        *process
	url      string
	of       string       // what the rows are of
	friend   *node.Node   // of another state, which says something from time to time
	answered []docket.Row // statements of the desk that it answers
	http     *http.Client
	said     int
}

// client is one that keeps the session; dial may be nil.
func (v *visitor) client(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Client {
	t := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DialContext: dial, MaxIdleConnsPerHost: 256, MaxConnsPerHost: 0}
	c := &http.Client{Transport: t}
	if v.http != nil {
		c.Jar = v.http.Jar
	}
	return c
}

func (v *visitor) signIn(ctx context.Context) error {
	v.http = v.client(nil)
	var err error
	if v.http.Jar, err = cookiejar.New(nil); err != nil {
		return err
	}
	form := url.Values{"officer": {"officer"}, "passphrase": {deskPass}, "then": {"/inbox"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", v.url)
	res, err := v.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("sign in: %s, %w", res.Status, err)
	}
	return nil
}

// get asks for a page with its bytes as they came, and what they say.
func (v *visitor) get(ctx context.Context, c *http.Client, path string) (page string, status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, nil)
	if err != nil {
		return "", 0, err
	}
	res, err := c.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), res.StatusCode, err
}

// demand is get of a page that has to be there.
func (v *visitor) demand(ctx context.Context, c *http.Client, path string) (string, error) {
	page, status, err := v.get(ctx, c, path)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: status %d", path, status)
	}
	return page, err
}

// read waits until the records are read after the start.
func (v *visitor) read(ctx context.Context) error {
	begun := time.Now()
	for waited := false; ; waited = true {
		_, status, err := v.get(ctx, v.http, "/calendar")
		if err != nil {
			return err
		}
		if status == http.StatusOK {
			break
		}
		if status != http.StatusServiceUnavailable || time.Since(begun) > 5*time.Minute {
			return fmt.Errorf("the calendar after the start: status %d", status)
		}
		if !waited { // meanwhile the desk is there
			if _, err := v.demand(ctx, v.http, "/desk"); err != nil {
				return err
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	v.b.add(row{Name: "desk: records read after a start" + v.of, Unit: "s", What: "from the sign-in until the calendar answers; until then pages that need the texts say how far the reading is, the others are there at once"},
		time.Since(begun).Seconds(), 0)
	return nil
}

// memory is that of the process once the records are read, and what the reading holds.
func (v *visitor) memory(context.Context) error {
	if _, _, err := memory(os.Getpid()); err != nil {
		return nil
	}
	heap, err := v.p.ask("heap")
	if err != nil {
		return err
	}
	now, err := v.p.ask("memory")
	if err != nil {
		return err
	}
	v.b.add(row{Name: "desk: heap with records and texts read" + v.of, Unit: "MB", What: "the node, the screens and what the texts provide for, after a collection"}, float64(heap.RSS)/1e6, 0)
	v.b.add(row{Name: "desk: resident" + v.of, Unit: "MB"}, float64(now.RSS)/1e6, 0)
	return nil
}

// befriend waits until the other node runs, is linked with the desk and holds what the
// desk holds.
func (v *visitor) befriend(ctx context.Context) error {
	var err error
	if v.friend == nil {
		if v.friend, err = v.w.town.Start(ctx, deskFriend); err != nil {
			return err
		}
		if err := openEnd(ctx, v.friend, deskParty); err != nil {
			return err
		}
	}
	if err := until(ctx, v.friend, "a link with the desk", linked(ctx, v.friend, 1)); err != nil {
		return err
	}
	for still := false; !still; {
		select {
		case <-v.friend.Changed():
		case <-time.After(2500 * time.Millisecond):
			still = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	v.answered, err = v.friend.List(ctx, docket.Filter{Author: deskParty, Kinds: []act.Kind{act.Statement}, Newest: true, Limit: 1000})
	v.answered = v.answered[min(len(v.answered), 20):] // the newest stand on the desk: they are to have as many receipts as others
	if err == nil && len(v.answered) == 0 {
		err = errors.New("the other node holds nothing that the desk said")
	}
	return err
}

// arrive has an act of the other state come to the desk: a receipt by a post.
func (v *visitor) arrive(ctx context.Context) error {
	v.said++
	r := v.answered[v.said%len(v.answered)]
	k := v.friend.Keys().Current()
	a := &act.Act{Group: k.Group, Edition: k.Edition, Kind: act.Acknowledged, Status: r.Status, To: []party.ID{deskParty}, Answers: r.Ref, Post: "duty-officer", Claimed: v.friend.Now().UTC().Truncate(time.Second)}
	if err := v.friend.TestOnlyAppend(ctx, []*act.Act{a}); err != nil {
		return err
	}
	head, _ := v.friend.Head()
	return until(ctx, v.friend, "the arrival of an act", func() (bool, error) {
		peers, err := v.friend.Peers(ctx)
		return slices.ContainsFunc(peers, func(p node.PeerStatus) bool { return p.Party == deskParty && p.HoldsOurs >= head.Head().Size }), err
	})
}

// pages asks for each page many times, each time after an act arrived.
func (v *visitor) pages(ctx context.Context, count int) error {
	measure := func(path string) ([]time.Duration, error) {
		took := make([]time.Duration, count)
		for i := range took {
			if err := v.arrive(ctx); err != nil {
				return nil, err
			}
			start := time.Now()
			if _, err := v.demand(ctx, v.http, path); err != nil {
				return nil, err
			}
			took[i] = time.Since(start)
		}
		return took, nil
	}
	empty, err := measure("/sign-in")
	if err != nil {
		return err
	}
	floor := ms(percentile(empty, 99))
	for _, one := range []struct {
		path string
		most float64
	}{{"/desk", 20}, {"/inbox", 20}, {"/calendar", 20}, {"/measures", 20}, {"/notices", 0}, {"/sent", 0}, {"/due", 0}, {"/lines", 0}, {"/map", 0}} {
		took, err := measure(one.path)
		if err != nil {
			return err
		}
		name := "desk: page " + strings.TrimPrefix(one.path, "/")
		v.b.add(row{Name: name + ", p50" + v.of, Unit: "ms"}, ms(percentile(took, 50)), 0)
		v.b.add(row{Name: name + ", p99" + v.of, Unit: "ms", Target: target{Most: one.most}, What: "asked for and read whole over TLS, 57 parties, each time after an act arrived; floor: the page of the sign-in, which asks the node for nothing"},
			ms(percentile(took, 99)), floor)
	}
	return nil
}

var (
	styleOf  = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)"`)
	scriptOf = regexp.MustCompile(`<script src="([^"]+)"`)
)

// weight is what the first visit brings over the line.
func (v *visitor) weight(ctx context.Context) error {
	page, err := v.demand(ctx, v.http, "/desk")
	if err != nil {
		return err
	}
	style, script := styleOf.FindStringSubmatch(page), scriptOf.FindStringSubmatch(page)
	if style == nil || script == nil {
		return errors.New("the desk names no style or no script")
	}
	all := 0
	for _, part := range []struct {
		name, path string
		most       float64
	}{{"page", "/desk", 0}, {"style", style[1], 14}, {"script", script[1], 12}} {
		size, err := v.compressed(ctx, part.path)
		if err != nil {
			return err
		}
		all += size
		v.b.add(row{Name: "desk: weight of the " + part.name, Unit: "kB", Target: target{Most: part.most}}, float64(size)/1e3, 0)
	}
	v.b.add(row{Name: "desk: weight of the first visit", Unit: "kB", Target: target{Most: 60}, What: "page, style and script as they are sent, compressed, without fonts"}, float64(all)/1e3, 0)
	return nil
}

// compressed is how many bytes an answer has on the line.
func (v *visitor) compressed(ctx context.Context, path string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip") // set by hand, it is not undone by hand either
	res, err := v.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.Header.Get("Content-Encoding") != "gzip" {
		err = fmt.Errorf("%s is not sent compressed", path)
	}
	return len(b), err
}

// slow is the desk at the end of a thin line.
func (v *visitor) slow(ctx context.Context) error {
	c := v.client(slowLine{400 * time.Millisecond, 150_000 / 8}.dial)
	defer c.CloseIdleConnections()
	start := time.Now()
	page, err := v.demand(ctx, c, "/desk")
	if err != nil {
		return err
	}
	if style := styleOf.FindStringSubmatch(page); style == nil {
		return errors.New("the desk names no style")
	} else if _, err := v.demand(ctx, c, style[1]); err != nil {
		return err
	}
	v.b.add(row{Name: "desk: readable at 150 kbit/s and 400 ms", Unit: "s", Target: target{Most: 3}, What: "connection, TLS, page and style over a line of that rate and delay; what the browser itself takes is left out"}, time.Since(start).Seconds(), 0)
	start = time.Now()
	if _, err := v.demand(ctx, c, "/inbox"); err != nil {
		return err
	}
	v.b.add(row{Name: "desk: next page at 150 kbit/s and 400 ms", Unit: "s", Target: target{Most: 1.5}}, time.Since(start).Seconds(), 0)
	return nil
}

// say has the other state say something of precedence 1 on the line; it returns the
// thread.
func (v *visitor) say(ctx context.Context) (string, error) {
	v.said++
	thread := fmt.Sprintf("BENCH/%d/%d", time.Now().UnixNano(), v.said)
	m := line.Message{Line: deskLine, Kind: line.Said, Precedence: line.Immediate, Text: "A ship is in distress.", Language: "en"}
	body, err := m.Bytes()
	if err == nil {
		_, err = v.friend.TestOnlySay(ctx, node.Request{Kind: act.Statement, Status: act.Actual, Life: act.New, To: []party.ID{deskParty}, Thread: thread, Type: line.TypeMessage, Body: body})
	}
	return thread, err
}

// stream hears the live stream of a desk until ctx ends; each change goes into the channel.
func (v *visitor) stream(ctx context.Context) (<-chan struct{}, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+"/live", nil)
	if err != nil {
		return nil, err
	}
	res, err := v.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("/live: %s", res.Status)
	}
	changes := make(chan struct{}, 1)
	lines := bufio.NewReader(res.Body)
	if _, err := lines.ReadString('\n'); err != nil { // the first beat
		res.Body.Close()
		return nil, err
	}
	go func() {
		defer res.Body.Close()
		defer close(changes)
		for {
			s, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if s == "event: change\n" {
				select {
				case changes <- struct{}{}:
				default:
				}
			}
		}
	}()
	return changes, nil
}

// shows waits until the desk shows a thread, as the script of the page does: at each
// change it asks for the page again. It counts how often.
func (v *visitor) shows(ctx context.Context, changes <-chan struct{}, thread string) error {
	for {
		select {
		case _, open := <-changes:
			if !open {
				return errors.New("the live stream ended")
			}
		case <-time.After(30 * time.Second):
			return fmt.Errorf("the desk does not show %s", thread)
		case <-ctx.Done():
			return ctx.Err()
		}
		page, err := v.demand(ctx, v.http, "/desk")
		if err != nil || strings.Contains(page, thread) {
			return err
		}
	}
}

// messages times an incoming message up to the open desk.
func (v *visitor) messages(ctx context.Context, count int) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	changes, err := v.stream(ctx)
	if err != nil {
		return err
	}
	var took []time.Duration
	for range count {
		time.Sleep(time.Second) // what the last one set in motion is over
		start := time.Now()
		thread, err := v.say(ctx)
		if err != nil {
			return err
		}
		if err := v.shows(ctx, changes, thread); err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	v.b.add(row{Name: "desk: a message of precedence 1, p50" + v.of, Unit: "s"}, percentile(took, 50).Seconds(), 0)
	v.b.add(row{Name: "desk: a message of precedence 1, at most" + v.of, Unit: "s", Target: target{Most: 1},
		What: "from before it is sealed at another state until the desk that is open here shows it: live stream, then the page again"}, percentile(took, 100).Seconds(), 0)
	return nil
}

// crowd opens many desks and times one event for all of them.
func (v *visitor) crowd(ctx context.Context, streams, count int) error {
	before, err := v.p.ask("memory")
	if err != nil && !errors.Is(err, errNoProc) {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	all := make([]<-chan struct{}, streams)
	for i := range all {
		if all[i], err = v.stream(ctx); err != nil {
			return err
		}
	}
	var took []time.Duration
	for range count {
		time.Sleep(time.Second)
		for _, changes := range all { // heard and shown already
			select {
			case <-changes:
			default:
			}
		}
		start := time.Now()
		thread, err := v.say(ctx)
		if err != nil {
			return err
		}
		errs := make([]error, streams)
		var wait sync.WaitGroup
		for i, changes := range all {
			wait.Go(func() { errs[i] = v.shows(ctx, changes, thread) })
		}
		if wait.Wait(); errors.Join(errs...) != nil {
			return errors.Join(errs...)
		}
		took = append(took, time.Since(start))
	}
	after, err := v.p.ask("memory")
	if err != nil && !errors.Is(err, errNoProc) {
		return err
	}
	name := fmt.Sprintf("desk: %d open desks", streams)
	v.b.add(row{Name: name + ", a message on all of them, p50" + v.of, Unit: "s", What: "until the last of them shows it; each hears of it by its own stream and asks for the page again, all from this machine"}, percentile(took, 50).Seconds(), 0)
	v.b.add(row{Name: name + ", a message on all of them, at most" + v.of, Unit: "s"}, percentile(took, 100).Seconds(), 0)
	v.b.add(row{Name: name + ", memory", Unit: "MB", What: "resident memory of the process that they add, after messages that all of them showed"}, float64(after.RSS-before.RSS)/1e6, 0)
	return nil
}
