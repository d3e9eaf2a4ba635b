package portfolio

import (
	"context"
	"fmt"
	"testing"

	"detente/act"
	"detente/node"
	"detente/provision"
)

// What a stranger's program appends, and what it names, harms nobody else's answers.
func TestStrangeActsDoNoHarm(t *testing.T) {
	t.Parallel()
	w := valleys(t, three...)
	good := w.say("alatau", node.Request{Thread: "ALA/2027/1", Measure: "small.notice", Values: w.notice(60, 10_000)})
	w.reach(good, three...)
	digest := small(t, "").Digest()
	form := canonical(t, w.notice(60, 10_000))
	for _, code := range []string{"small.", ".", "..", "small..", "small.notice.", ".notice", "-", "small", "small.notice..question", "vd11.", "small.notice.main"} {
		for _, d := range []bool{true, false} {
			a := &act.Act{Thread: "BOR/2027/9", Measure: code, PayloadType: node.FormType, Payload: form}
			if d {
				a.Pack = digest
			}
			if _, err := a.Bytes(); err != nil {
				continue // no act names it
			}
			w.file("borovia", a)
		}
	}
	// Answers to itself, to one another, to nothing, and to what is not of its kind.
	n := w.node("borovia")
	size := w.size(n, n.Origin())
	place := func(i int64) act.Ref { return act.Ref{Origin: n.Origin(), Index: i} }
	for i, to := range []act.Ref{place(size), place(size + 2), place(size + 1), place(1 << 40), place(0), {Origin: "alatau/00000000", Index: 3}} {
		life := act.New
		if i%2 == 1 {
			life = act.Correction
		}
		w.file("borovia", &act.Act{Thread: "BOR/2027/9", Life: life, Measure: "small.notice", Pack: digest, PayloadType: node.FormType, Payload: form, Answers: to})
	}
	other := good
	other.Leaf[0] ^= 1
	last := w.file("borovia", &act.Act{Kind: act.Contested, Thread: "BOR/2027/9", Answers: other})
	w.reach(last, three...)
	w.everywhere()
	for _, id := range three {
		if got := w.items(id, act.Actual, good); got["small.notice alatau"] != provision.Done {
			t.Errorf("%s: another act under its place was contested, and of it there is %v", id, got)
		}
	}
	for _, k := range []act.Kind{act.Confirmed, act.Contested} {
		last = w.file("borovia", &act.Act{Kind: k, Thread: "BOR/2027/9", Answers: good})
	}
	for _, life := range []act.Life{act.Correction, act.Cancellation, act.Withdrawal, act.IssuedInError} { // of what is another's
		last = w.file("borovia", &act.Act{Thread: "ALA/2027/1", Life: life, Measure: "small.notice", Pack: digest, PayloadType: node.FormType, Payload: form, Answers: good})
	}
	for range 100 { // an answer to an answer to an answer
		last = w.file("borovia", &act.Act{Thread: "BOR/2027/9", Measure: "small.notice.question", Pack: digest, PayloadType: node.TextType, Payload: []byte("why?"), Answers: last})
	}
	w.reach(last, three...)
	w.everywhere()
	for _, id := range three {
		if got := w.items(id, act.Actual, good); got["small.notice alatau"] != provision.Contested {
			t.Errorf("%s: of what alatau said there is %v", id, got)
		}
	}
}

// Many further words on one statement, and many questions to it, come out alike
// everywhere.
func TestHugeThread(t *testing.T) {
	t.Parallel()
	const many = 400
	w := valleys(t, three...)
	digest, form := small(t, "").Digest(), canonical(t, w.notice(60, 50_000))
	first := w.file("borovia", &act.Act{Thread: "BOR/2027/9", Measure: "small.notice", Pack: digest, PayloadType: node.FormType, Payload: form})
	for _, make := range []func(i int) *act.Act{
		func(i int) *act.Act {
			return &act.Act{Life: act.Correction, Measure: "small.notice", Pack: digest, PayloadType: node.FormType, Payload: fmt.Appendf(nil, "{\n  \"troops\": %d\n}\n", 50_000+i)}
		},
		func(i int) *act.Act {
			return &act.Act{Life: act.New, Measure: "small.notice.question", Pack: digest, PayloadType: node.TextType, Payload: []byte("why?")}
		},
	} {
		var all []*act.Act
		for i := range many {
			a := make(i)
			a.Group, a.Edition, a.Kind, a.Status, a.ToAll, a.Thread, a.Answers = w.last.Group, w.last.Edition, act.Statement, act.Actual, true, "BOR/2027/9", first
			all = append(all, a)
		}
		w.must(nil, w.node("borovia").TestOnlyAppend(context.Background(), all))
	}
	end := act.Ref{Origin: first.Origin, Index: first.Index + 2*many}
	w.reach(end, three...)
	w.quiet()
	for _, id := range three {
		w.same(id)
		w.look(id, act.Actual, func(v *View, m provision.Moment) {
			m.Now += 3600
			for _, it := range v.Book.Items(provision.Query{All: true}, m) {
				if it.Code == "small.notice" && it.State != provision.Done {
					t.Errorf("%s: %s is %s", id, it.Key(), it.State)
				}
			}
		})
	}
}
