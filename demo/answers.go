package demo

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/party"
	"detente/portfolio"
	"detente/provision"
	"detente/regime"
)

// look opens the book of the exercise at one node, as it stands now.
func (s *season) look(at party.ID, f func(*portfolio.View, provision.Moment) error) error {
	return s.folios[at].Look(s.ctx, act.Exercise, func(v *portfolio.View) error { return f(v, provision.Moment{Now: v.Now.Unix()}) })
}

// stand is who is expected to stand how; the story ends where it is otherwise.
type stand struct {
	by    party.ID
	state provision.State
}

// occasionOf names what a statement opened.
func occasionOf(ref act.Ref) string {
	return provision.ID{Origin: ref.Origin, Index: ref.Index}.String()
}

// stands says what a node derives about a step on one occasion: state, date and why.
func (s *season) stands(at party.ID, sentence, code, occasion string, want ...stand) error {
	if err := s.quiet(); err != nil {
		return err
	}
	var lines []string
	err := s.look(at, func(v *portfolio.View, m provision.Moment) error {
		items := v.Book.Items(provision.Query{Code: code, All: true}, m)
		for _, w := range want {
			i := slices.IndexFunc(items, func(it provision.Item) bool { return it.Occasion == occasion && it.Obligor == w.by })
			if i < 0 || items[i].State != w.state {
				return fmt.Errorf("%s does not stand at %s as the story has it (%s by %s): %s", code, at, w.state, w.by, found(items, occasion))
			}
			lines = append(lines, s.standing(v.Book, &items[i])...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.out.say(sentence, lines...)
	return nil
}

// found says how the items of an occasion stand.
func found(items []provision.Item, occasion string) string {
	var out []string
	for _, it := range items {
		if it.Occasion == occasion {
			out = append(out, fmt.Sprintf("%s by %s", it.State, it.Obligor))
		}
	}
	return strings.Join(out, ", ")
}

// standing writes one item: state and date, and below it why.
func (s *season) standing(b *provision.Book, it *provision.Item) []string {
	line := fmt.Sprintf("%s: %s – %s", named(it.Obligor), b.TitleOf(it, "en"), b.StateIn(it, "en"))
	if it.Clock.Due > 0 {
		line += "; due " + b.Day(it.Text, it.Clock.Due)
	}
	return []string{line, "  " + b.Why(it, "en")}
}

// counts says the accounts of a party under a measure, and checks how many were used.
func (s *season) counts(at, of party.ID, sentence, measure, count string, used int) error {
	if err := s.quiet(); err != nil {
		return err
	}
	var lines []string
	err := s.look(at, func(v *portfolio.View, m provision.Moment) error {
		for _, x := range v.Book.Accounts(of, measure, m) {
			if x.Count != count {
				continue
			}
			line := fmt.Sprintf("%s, %s, %s: %d of at most %d", strings.Join(namesOf(x.Scope), " and "), x.Title.In("en"), x.Period, x.Used, x.Allowed)
			if x.Full {
				line += "; full"
				if x.Follows == "tell-all" {
					line += ", which is told to all"
				}
			}
			lines = append(lines, line)
			if x.Used != used {
				return fmt.Errorf("at %s: %s; the story has %d", at, line, used)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.out.say(sentence, lines...)
	return nil
}

// finds says the findings of a node under a measure, and checks how many there are.
func (s *season) finds(at party.ID, sentence, measure string, n int) error {
	if err := s.quiet(); err != nil {
		return err
	}
	var lines []string
	err := s.look(at, func(v *portfolio.View, m provision.Moment) error {
		for _, f := range v.Book.Findings(m) {
			if f.Measure == measure || measure == "" {
				lines = append(lines, strings.TrimSpace(v.Book.Finding(&f, "en")+" "+provision.Article(f.Article, f.ArticleSure, "en")))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(lines) != n {
		return fmt.Errorf("%s has %d findings under %s, the story has %d: %s", at, len(lines), measure, n, strings.Join(lines, " "))
	}
	if n == 0 {
		lines = []string{"there is no finding"}
	}
	s.out.say(sentence, lines...)
	return nil
}

// answer is everything that a node derives, in words.
type answer struct {
	Items, Accounts, Findings []string
}

func (s *season) answer(at party.ID) (a answer, err error) {
	err = s.look(at, func(v *portfolio.View, m provision.Moment) error {
		for _, it := range v.Book.Items(provision.Query{All: true}, m) {
			a.Items = append(a.Items, fmt.Sprintf("%s %s %d %s", it.Key(), it.State, it.Clock.Due, v.Book.Why(&it, regime.Lang("en"))))
		}
		for _, x := range v.Book.Accounts("", "", m) {
			a.Accounts = append(a.Accounts, fmt.Sprintf("%s %d %d %v", x.Key, x.Used, x.Allowed, x.Filings))
		}
		for _, f := range v.Book.Findings(m) {
			a.Findings = append(a.Findings, fmt.Sprintf("%s %s %v", f.Key, v.Book.Finding(&f, "en"), f.Filings))
		}
		return nil
	})
	return a, err
}

// digest is short enough to be compared by eye.
func (a answer) digest() (string, error) {
	b, err := json.Marshal(a)
	return fmt.Sprintf("%x", sha256.Sum256(b))[:16], err
}

func namesOf(ids []party.ID) []string {
	var out []string
	for _, id := range ids {
		out = append(out, named(id))
	}
	return out
}
