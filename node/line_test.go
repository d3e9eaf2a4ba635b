package node_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"detente/act"
	"detente/bundle"
	"detente/clarification"
	"detente/line"
	"detente/node"
	"detente/party"
	"detente/roster"
	"detente/seal"
	"detente/watch"
)

// onLine is a request whose content is one of package line.
func onLine(t testing.TB, contentType string, body []byte, err error, status act.Status, thread string, to ...party.ID) node.Request {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return node.Request{Kind: act.Statement, Status: status, To: to, Thread: thread, Life: act.New, Type: contentType, Body: body}
}

func openEnd(t testing.TB, n *node.Node, id line.ID, to ...party.ID) {
	t.Helper()
	all := append([]party.ID{n.Self()}, to...)
	slices.Sort(all)
	b, err := (&line.End{Line: id, Parties: all, State: line.Open, Languages: []string{"en"}}).Bytes()
	if _, err := n.TestOnlySay(context.Background(), onLine(t, line.TypeEnd, b, err, act.Actual, "", to...)); err != nil {
		t.Fatal(err)
	}
}

func message(t testing.TB, id line.ID, p line.Precedence, text, thread string, to ...party.ID) node.Request {
	b, err := (&line.Message{Line: id, Kind: line.Said, Precedence: p, Text: text, Language: "en"}).Bytes()
	return onLine(t, line.TypeMessage, b, err, act.Exercise, thread, to...)
}

func messages(t testing.TB, n *node.Node, which node.Which) []node.LineMessage {
	t.Helper()
	out, err := n.LineMessages(context.Background(), which, line.Key{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A message of precedence 1 calls the other side until a post acknowledges it; the
// sender sees that, and a third party sees nothing of the line.
func TestLine(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a, b, c := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node, tw.Houses["cintra"].Node
	_, duty := officers(t, b)
	if _, err := a.TestOnlySay(ctx, message(t, "capitals", 1, "Are you there?", "A/1", "borovia")); !errors.Is(err, node.ErrNoLine) {
		t.Errorf("said on a line that this side has not opened: %v", err)
	}
	openEnd(t, a, "capitals", "borovia")
	openEnd(t, b, "capitals", "alatau")
	ref, err := a.TestOnlySay(ctx, message(t, "capitals", 1, "Are you there?", "A/1", "borovia"))
	if err != nil {
		t.Fatal(err)
	}
	await(t, "borovia is called", func() bool { return len(messages(t, b, node.Unacknowledged)) == 1 })
	m := messages(t, b, node.Unacknowledged)[0]
	rules, err := b.WatchRules()
	if err != nil {
		t.Fatal(err)
	}
	if s := rules.At(m.Alert("borovia", m.Arrived.Add(5*time.Minute)), m.Arrived.Add(5*time.Minute)); m.Message.Text != "Are you there?" || s.Calls != watch.Chief || !s.Sound {
		t.Errorf("%+v: %+v", m.Message, s)
	}
	if err := b.DoneLine(ctx, duty, ref); !errors.Is(err, node.ErrNotAcknowledged) {
		t.Errorf("done before it was acknowledged: %v", err)
	}
	until, err := b.SilenceLine(ctx, duty, ref)
	if err != nil {
		t.Fatal(err)
	}
	if m := messages(t, b, node.Unacknowledged)[0]; !m.Silenced.Equal(until) || rules.At(m.Alert("borovia", until.Add(-time.Second)), until.Add(-time.Second)).Sound {
		t.Errorf("silenced up to %v, kept is %v", until, m.Silenced)
	}
	if own := messages(t, a, node.Own); len(own) != 1 || len(own[0].Acks) != 0 {
		t.Fatalf("before the acknowledgement the sender sees %+v", own)
	}
	if _, err := b.Acknowledge(ctx, duty, ref, ""); err != nil {
		t.Fatal(err)
	}
	if got := messages(t, b, node.Unacknowledged); len(got) != 0 {
		t.Errorf("acknowledged, it still calls: %+v", got)
	}
	if got := messages(t, b, node.Undone); len(got) != 1 {
		t.Errorf("acknowledged, it is out of sight")
	}
	await(t, "the sender sees the acknowledgement", func() bool { return messages(t, a, node.Own)[0].Acks["borovia"].Post == "duty-officer" })

	answer := message(t, "capitals", 2, "We are.", "A/1", "alatau")
	answer.Answers = ref.String()
	if _, err := b.TestOnlySay(ctx, answer); err != nil {
		t.Fatal(err)
	}
	if got := messages(t, b, node.Undone); len(got) != 0 {
		t.Errorf("answered, it still waits: %+v", got)
	}
	answer.Status = act.Actual
	if _, err := b.TestOnlySay(ctx, answer); err == nil {
		t.Error("an actual message is accepted in the thread of an exercise")
	}
	if lines, err := a.Lines(ctx); err != nil || len(lines) != 1 || lines[0].EndOf("borovia").State != line.Open {
		t.Errorf("lines %+v, %v", lines, err)
	}
	await(t, "cintra holds both records", func() bool {
		return c.SizeOf(ctx, ref.Origin) > ref.Index && receipts(t, c, ref, act.Acknowledged) == 1
	})
	if lines, err := c.Lines(ctx); err != nil || len(lines) != 0 || len(messages(t, c, node.Every)) != 0 {
		t.Errorf("a third party sees %v, %v", lines, err)
	}
	agree(t, a, b, c)
}

// A call says nothing else and goes at once; only the newest end of a party stands.
func TestCallAndSuspension(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a, b := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node
	_, duty := officers(t, a)
	openEnd(t, a, "capitals", "borovia", "cintra")
	key := line.KeyOf("capitals", []party.ID{"alatau", "borovia", "cintra"})
	if _, err := a.CallLine(ctx, duty, key, line.Said, 1, act.Actual, "A/1"); err == nil {
		t.Error("a message went out without clearance")
	}
	if _, err := a.CallLine(ctx, duty, key, line.Test, 4, act.Actual, "A/2"); err == nil {
		t.Error("a test call went out that is meant")
	}
	if _, err := a.CallLine(ctx, duty, key, line.Call, 1, act.Actual, "A/3"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.CallLine(ctx, duty, key, line.Test, 4, act.Test, "A/4"); err != nil {
		t.Fatal(err)
	}
	await(t, "borovia is called and tested", func() bool { return len(messages(t, b, node.Unacknowledged)) == 2 })
	end := &line.End{Line: "capitals", Parties: key.Members(), State: line.Suspended, Reason: "the exchange is being moved"}
	body, err := end.Bytes()
	if _, err := a.TestOnlySay(ctx, onLine(t, line.TypeEnd, body, err, act.Actual, "", "borovia", "cintra")); err != nil {
		t.Fatal(err)
	}
	await(t, "borovia reads the suspension", func() bool {
		lines, err := b.Lines(ctx)
		return err == nil && len(lines) == 1 && len(lines[0].Ends) == 1 && lines[0].EndOf("alatau").State == line.Suspended
	})
	if _, err := a.CallLine(ctx, duty, key, line.Call, 1, act.Actual, "A/5"); !errors.Is(err, node.ErrNoLine) {
		t.Errorf("called on an end that is suspended: %v", err)
	}
}

// Duty hours of a party are its newest ones.
func TestHours(t *testing.T) {
	ctx := context.Background()
	tw := found(t, region(t, "alatau", "borovia", "cintra"))
	a, b := tw.Houses["alatau"].Node, tw.Houses["borovia"].Node
	for _, number := range []string{"100", "200"} {
		h := &line.Hours{Posts: []line.Duty{{Post: "duty-officer", Number: number, Periods: []line.Period{{From: "2026-01-01T00:00:00Z", Offset: "+05:00"}}}}}
		body, err := h.Bytes()
		if _, err := a.TestOnlySay(ctx, onLine(t, line.TypeHours, body, err, act.Actual, "", "borovia")); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "borovia has the newest hours", func() bool {
		h, err := b.Hours(ctx)
		return err == nil && len(h) == 1 && h["alatau"].Posts[0].Number == "200"
	})
}

// What is not in order is returned to its author, calls nobody and opens nothing;
// one party cannot fill the sight of another with lines.
func TestHostileLines(t *testing.T) {
	ctx := context.Background()
	tw, nodes := quiet(t, "borovia")
	a := nodes[0]
	s := newScribe(t, tw, "borovia")
	must := func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var blobs [][]byte
	add := func(contentType string, body []byte) act.Ref {
		x := s.statement(fmt.Sprintf("B/%d", len(blobs)), "alatau")
		x.Serial["alatau"] = int64(len(blobs) + 1)
		ref, blob := s.sealing(x, seal.Content{Type: contentType, Body: body})
		blobs = append(blobs, blob)
		return ref
	}
	bad := []act.Ref{
		add(line.TypeMessage, []byte(`{"precedence": 1}`)),
		add(line.TypeMessage, must((&line.Message{Line: "capitals", Kind: line.Test, Precedence: 1}).Bytes())), // its status is exercise
		add(line.TypeEnd, must((&line.End{Line: "capitals", Parties: []party.ID{"alatau", "cintra"}, State: line.Open, Languages: []string{"en"}}).Bytes())),
	}
	account, err := (&clarification.Account{Parties: []party.ID{"alatau", "cintra"}, Points: []clarification.Point{{Kind: clarification.Fact, Language: "en", Text: "x", Stance: clarification.Agrees}}}).Bytes()
	bad = append(bad, add(clarification.Type, must(account, err)), add(clarification.Type, []byte("{}")))
	for i := range 300 {
		add(line.TypeEnd, must((&line.End{Line: line.ID(fmt.Sprintf("line-%d", i)), Parties: []party.ID{"alatau", "borovia"}, State: line.Open, Languages: []string{"en"}}).Bytes()))
	}
	unknown := add(line.TypeMessage, must((&line.Message{Line: "not-opened", Kind: line.Call, Precedence: 1}).Bytes()))
	var parts []bundle.Part
	for _, b := range blobs {
		parts = append(parts, blobPart(b))
	}
	const half = 150
	parts = append(parts, bundle.Part{Kind: bundle.Entries, Origin: s.origin, Leaves: s.leaves[:half]}, s.entries(half), s.signed())
	s.give(parts, a)
	for _, ref := range bad {
		if receipts(t, a, ref, act.Returned) != 1 {
			t.Errorf("%v was not returned", ref)
		}
	}
	if got := messages(t, a, node.Unacknowledged); len(got) != 1 || got[0].Row.Ref != unknown {
		t.Errorf("calls: %+v", got)
	}
	if lines, err := a.Lines(ctx); err != nil || len(lines) != 256 {
		t.Errorf("%d lines, %v", len(lines), err)
	}
}

// A group that agreed on other figures watches by them, on every node alike.
func TestWatchRulesOfTheGroup(t *testing.T) {
	plan := region(t, "alatau", "borovia", "cintra")
	plan.Slots = []roster.Slot{{ID: "line.1.chief", Value: "2m"}, {ID: "line.2.sender", Value: "1h"}, {ID: "line.3.chief", Value: "soon"}}
	tw := found(t, plan)
	for _, h := range tw.Houses {
		rules, err := h.Node.WatchRules()
		if err == nil || rules.Of(line.Immediate).Chief != 2*time.Minute || rules.Of(line.Urgent).Sender != time.Hour || rules.Of(line.Timed).Chief != 0 {
			t.Errorf("%+v, %v", rules, err)
		}
	}
}
