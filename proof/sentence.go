package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/internal/canon"
	"detente/party"
	"detente/roster"
)

// sentence says what is shown, in one sentence.
func (s *Shown) sentence() string {
	parts := []string{fmt.Sprintf("%s lodged %s in its record %s as act %d", s.name(s.Author), s.what(), s.Ref.Origin, s.Ref.Index), s.timely()}
	parts = append(parts, s.receipts()...)
	switch {
	case s.Inside != nil:
		parts = append(parts, "the content is included and opens as "+s.inside())
	case s.Act.IsSealed() && s.Content != nil:
		parts = append(parts, "the sealed content is included and opens as the act says")
	case s.Content != nil && len(s.Act.Payload) == 0:
		parts = append(parts, "the content is included and is the one that the act names")
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "; ") + "."
}

func (s *Shown) name(id party.ID) string { return s.Edition.Name(id, "en") }

// what names the act: its kind, thread and, unless actual, its status.
func (s *Shown) what() string {
	nouns := map[act.Kind]string{
		act.Statement: "statement", act.Delivered: "a receipt of delivery", act.Acknowledged: "an acknowledgement of receipt",
		act.Returned: "a return", act.HandedOver: "a hand-over", act.Entered: "an entry for " + s.name(s.Act.For),
		act.Confirmed: "a confirmation", act.Contested: "a contestation", act.Adoption: "its adoption of a roster edition",
		act.KeyChange: "a change of key", act.Suspension: "its suspension", act.Resumption: "its return",
		act.Volume: "the opening of a volume", act.Misconduct: "a proof of misconduct", act.Discreet: "a discreet act",
	}
	words := nouns[s.Act.Kind]
	if s.Act.Kind == act.Statement && s.Act.Thread == "" {
		words = "a statement"
	}
	if s.Act.Thread != "" {
		words += " " + s.Act.Thread
	}
	var marks []string
	if s.Act.Status != act.Actual && !s.Act.IsDiscreet() {
		marks = append(marks, string(s.Act.Status))
	}
	if s.Act.Life != "" && s.Act.Life != act.New {
		marks = append(marks, strings.ReplaceAll(string(s.Act.Life), "-", " "))
	}
	if len(marks) > 0 {
		words += " (" + strings.Join(marks, ", ") + ")"
	}
	return words
}

// inside names what a discreet act says, and to whom.
func (s *Shown) inside() string {
	var to []string
	for _, id := range s.Inside.To {
		to = append(to, s.name(id))
	}
	plain := Shown{Act: s.Inside, Edition: s.Edition}
	return fmt.Sprintf("%s to %s", plain.what(), strings.Join(to, ", "))
}

func (s *Shown) timely() string {
	b := s.Bounds
	switch {
	case s.namesContent() && s.Held.NotAfter > 0:
		return fmt.Sprintf("%d of %s show it, with its content held, by %s", len(s.Held.Shown), mirrors(s.Held.Of), when(s.Held.NotAfter))
	case s.namesContent() && b.NotAfter > 0:
		return fmt.Sprintf("%d of %s show by %s that it was lodged, not that its content was held", len(b.Shown), mirrors(b.Of), when(b.NotAfter))
	case b.NotAfter > 0:
		return fmt.Sprintf("%d of %s show it by %s", len(b.Shown), mirrors(b.Of), when(b.NotAfter))
	case b.Have > 0:
		return fmt.Sprintf("%d of %s show it where %d are needed", b.Have, mirrors(b.Of), b.Need)
	}
	return ""
}

func mirrors(n int) string {
	if n == 1 {
		return "1 counting mirror"
	}
	return fmt.Sprintf("%d counting mirrors", n)
}

// receipts says in one part for each party what its own record shows.
func (s *Shown) receipts() []string {
	words := map[act.Kind]string{act.Delivered: "confirmed delivery", act.Acknowledged: "acknowledged receipt", act.Returned: "returned it"}
	said := make(map[party.ID][]string)
	var order []party.ID
	for _, r := range s.Receipts {
		if _, seen := said[r.By]; !seen {
			order = append(order, r.By)
		}
		said[r.By] = append(said[r.By], words[r.Kind]+" by "+when(r.Time))
	}
	var parts []string
	for _, id := range order {
		parts = append(parts, s.name(id)+" "+strings.Join(said[id], " and "))
	}
	return parts
}

// notShown lists what a reader might take the file to show and it does not.
func (s *Shown) notShown(f *File, keys *roster.Keys) []string {
	out := []string{"This file does not show who read it."}
	if s.Bounds.NotAfter == 0 {
		out = append(out, "No time by which it was lodged is shown to everybody.",
			"Whether the key that signed it was still in use is not shown: a key act that is left out may have retired it, and whoever holds a retired key can make such a file.")
	}
	if s.Bounds.NotBefore == 0 {
		out = append(out, "No time before which it was not lodged is shown.")
	}
	if s.Bounds.Contradiction {
		out = append(out, fmt.Sprintf("The clocks contradict each other: by its own word the author had not lodged it before %s, the mirrors show it by %s; which is right is not shown.",
			when(s.Bounds.NotBefore), when(s.Bounds.NotAfter)))
	}
	if !s.Act.Claimed.IsZero() {
		out = append(out, fmt.Sprintf("The time it claims, %s, is a claim.", canon.FormatTime(s.Act.Claimed)))
	}
	out = append(out, s.contentNotShown(f)...)
	if s.namesContent() && s.Held.NotAfter == 0 && s.Bounds.NotAfter > 0 {
		out = append(out, fmt.Sprintf("Whether the mirrors held its content is not shown: one of the acts %d to %d, over which they signed as well, may withdraw it, and then they need not have held it.",
			s.Ref.Index+1, s.largestShown()-1))
	}
	switch {
	case s.Evidence.Gap >= 0:
		out = append(out, fmt.Sprintf("Act %d withdraws its content; what mirrors signed past it does not count.", s.Evidence.Gap))
	case s.Act.Kind == act.Statement:
		out = append(out, "Whether a later act corrects, cancels or withdraws it is not shown.")
	}
	if without := s.withoutReceipt(); len(without) > 0 {
		out = append(out, fmt.Sprintf("No receipt of %s is included; that does not show that there is none.", strings.Join(without, ", ")))
	}
	if named, known := keys.Edition(s.Act.Edition); s.Act.Edition > 0 && (!known || named != s.Edition) {
		out = append(out, fmt.Sprintf("The act names roster edition %d; it is judged by edition %d, in force when its author signed the head shown here.", s.Act.Edition, s.Edition.Edition))
	} else if s.Act.Edition > 0 && s.Bounds.NotAfter > 0 && keys.In(time.Unix(s.Bounds.NotAfter, 0)).Edition > s.Act.Edition {
		out = append(out, fmt.Sprintf("The act names roster edition %d, while a later one was in force when the mirrors show it.", s.Act.Edition))
	}
	return out
}

func (s *Shown) contentNotShown(f *File) []string {
	switch {
	case s.Inside != nil:
		return []string{"Receipts for a discreet act are discreet themselves and are not part of a file."}
	case s.Content != nil:
		return nil
	case len(f.Ciphertext) > 0:
		return []string{"The sealed content is included and cannot be read without a key."}
	case s.Act.IsSealed() || !s.Act.Clear.IsZero():
		return []string{"The content is not included."}
	}
	return nil
}

// largestShown is the largest head among the stamps that show the time.
func (s *Shown) largestShown() int64 {
	var size int64
	for _, st := range s.Bounds.Shown {
		size = max(size, st.Size)
	}
	return size
}

// withoutReceipt names the addressees with a record of which no receipt is included.
func (s *Shown) withoutReceipt() []string {
	if s.Act.IsReceipt() || s.Act.IsGroupState() {
		return nil // nobody acknowledges these
	}
	var names []string
	for _, p := range s.Edition.Parties {
		has := slices.ContainsFunc(s.Receipts, func(r Receipt) bool { return r.By == p.ID })
		if p.Card != nil && p.ID != s.Author && s.Act.Addressed(p.ID) && !has {
			names = append(names, s.name(p.ID))
		}
	}
	return names
}

// when writes Unix seconds as a UTC time.
func when(t int64) string { return canon.FormatTime(time.Unix(t, 0)) }
