package screen

import (
	"bytes"
	"path"

	"detente/control"
	"detente/roster"
)

func groupRoutes() []route {
	return []route{
		{"GET /contacts", contactsPage, false},
		{"GET /peers", peersPage, false},
		{"GET /observations", observationsPage, false},
		{"GET /observations/{file}", evidenceFile, false},
	}
}

// contact is a party with its posts and the way to it.
type contact struct {
	roster.Party
	Line control.Peer // without a party: this one itself
}

func contactsPage(v *visit) error {
	r, _, err := v.edition()
	if err != nil {
		return err
	}
	var lines []control.Peer
	if err := v.call("peer-list", nil, &lines); err != nil {
		return err
	}
	var all []contact
	for _, p := range r.Parties {
		one := contact{Party: p}
		for _, l := range lines {
			if l.Party == p.ID {
				one.Line = l
			}
		}
		all = append(all, one)
	}
	return v.show("contacts", v.t("page.contacts"), all)
}

func peersPage(v *visit) error {
	var lines []control.Peer
	if err := v.call("peer-list", nil, &lines); err != nil {
		return err
	}
	return v.show("peers", v.t("page.peers"), lines)
}

// observed is what did not fit, and what bytes prove.
type observed struct {
	Seen   []control.Observation
	Proofs []evidence
	More   bool
}

// evidence is a proof of misconduct with the name of its file.
type evidence struct {
	Name, Shown string
}

func observationsPage(v *visit) error {
	var o observed
	if err := v.call("observations", control.LimitArgs{Limit: 4 * rowsOfPage}, &o.Seen); err != nil {
		return err
	}
	o.More = len(o.Seen) == 4*rowsOfPage
	var proofs []control.Evidence
	if err := v.call("evidence", nil, &proofs); err != nil {
		return err
	}
	for _, p := range proofs {
		o.Proofs = append(o.Proofs, evidence{path.Base(p.File), p.Shown})
	}
	return v.show("observations", v.t("page.observations"), o)
}

func evidenceFile(v *visit) error {
	name := v.r.PathValue("file")
	var b bytes.Buffer
	if err := v.file("evidence-file", control.EvidenceArgs{Name: name}, &b, nil); err != nil {
		return err
	}
	return v.hand(name, "application/octet-stream", b.Bytes())
}
