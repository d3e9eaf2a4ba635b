package screen

import (
	"strconv"

	"detente/control"
	"detente/internal/canon"
	"detente/key"
	"detente/party"
	"detente/roster"
)

func houseRoutes() []route {
	return []route{
		{"GET /audit", auditPage, false},
		{"GET /health", healthPage, false},
		{"GET /settings", settingsPage, false},
	}
}

// auditView is a part of the trail, the newest first.
type auditView struct {
	Entries       []control.AuditEntry
	Newer, Older  string // addresses; empty: none
	Checked       *control.AuditChecked
	First, Length int64
}

func auditPage(v *visit) error {
	var a auditView
	if v.r.URL.Query().Get("check") != "" {
		a.Checked = &control.AuditChecked{}
		if err := v.call("audit-check", nil, a.Checked); err != nil {
			return err
		}
	}
	args := control.AuditArgs{Limit: rowsOfPage}
	if v.r.URL.Query().Has("from") {
		args.From = int64(v.whole("from", 1, 1<<40))
	}
	if err := v.call("audit-list", args, &a.Entries); err != nil {
		return err
	}
	if n := len(a.Entries); n > 0 {
		first, last := a.Entries[0].Seq, a.Entries[n-1].Seq
		if first > 1 {
			a.Older = v.with("from", strconv.FormatInt(max(1, first-rowsOfPage), 10), "check", "")
		}
		if args.From > 0 && n == rowsOfPage {
			a.Newer = v.with("from", strconv.FormatInt(last+1, 10), "check", "")
		}
	}
	for i, j := 0, len(a.Entries)-1; i < j; i, j = i+1, j-1 {
		a.Entries[i], a.Entries[j] = a.Entries[j], a.Entries[i]
	}
	return v.show("audit", v.t("page.audit"), a)
}

// healthView is what the doctor found.
type healthView struct {
	Full   bool
	Mend   []control.Finding
	Others []control.Finding
}

func healthPage(v *visit) error {
	h := healthView{Full: v.r.URL.Query().Get("full") != ""}
	var all []control.Finding
	if err := v.call("doctor", control.DoctorArgs{Full: h.Full}, &all); err != nil {
		return err
	}
	for _, f := range all {
		if f.State == control.Mend {
			h.Mend = append(h.Mend, f)
		} else {
			h.Others = append(h.Others, f)
		}
	}
	return v.show("health", v.t("page.health"), h)
}

// settingsView is how this node and its group are set up.
type settingsView struct {
	Status   control.Status
	Roster   control.Roster
	Edition  *roster.Roster
	Editions []control.Edition
	Keys     []control.Key
	Cards    []card
	Officers []control.Officer
	Chain    control.Chain
}

// card is the public half of a party's keys, in words to be compared by telephone.
type card struct {
	Party  party.ID
	Digest canon.Digest
	Words  []string
}

func settingsPage(v *visit) error {
	var s settingsView
	var err error
	if s.Edition, s.Roster, err = v.edition(); err != nil {
		return err
	}
	for verb, into := range map[string]any{"status": &s.Status, "roster-status": &s.Editions, "key-list": &s.Keys, "officer-list": &s.Officers, "chain-show": &s.Chain} {
		if err := v.call(verb, nil, into); err != nil {
			return err
		}
	}
	for _, p := range s.Edition.Parties {
		if p.Card != nil {
			d := p.Card.Digest()
			s.Cards = append(s.Cards, card{p.ID, d, key.Words(d)})
		}
	}
	return v.show("settings", v.t("page.settings"), s)
}
