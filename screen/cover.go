package screen

import (
	"errors"
	"slices"
	"strings"
	"time"

	"detente/act"
	"detente/control"
	"detente/party"
	"detente/roster"
)

// coverOf prepares the cover of a draft.
func (v *visit) coverOf(d *draft) (*coverView, error) {
	inForce, _, err := v.edition()
	if err != nil {
		return nil, err
	}
	c := &coverView{Request: d.Request, MayBeDiscreet: inForce.Acts >= roster.MaxActs}
	for _, p := range v.head.Parties {
		if p.ID == v.head.Party {
			continue
		}
		o := option{Code: string(p.ID), Name: p.Name, Chosen: slices.Contains(d.Request.To, p.ID)}
		if !p.Record {
			o.Figure = v.t("link.no record")
		}
		c.Parties = append(c.Parties, o)
		o.Chosen = d.Request.For == p.ID
		c.For = append(c.For, o)
	}
	if t, err := time.Parse(time.RFC3339, d.Request.On); err == nil {
		c.Day, _ = v.formView(nil).day(t.Format(time.DateOnly))
		c.Clock = t.Format("15:04")
	}
	return c, nil
}

// readCover takes the cover from a posted form. What follows a statement keeps its
// status, thread and addressees: they are not asked for and not taken.
func (v *visit) readCover(r *control.Request) error {
	r.Note, r.Handling, r.Language = v.text("note"), v.text("handling"), v.text("language")
	if post := v.text("post"); post != "" {
		p, err := party.ParsePost(post)
		if err != nil {
			return &control.Error{Code: control.Usage, Message: err.Error()}
		}
		r.Post = p
	}
	if r.Kind == act.Entered || r.Kind == act.HandedOver {
		if err := v.readChannel(r); err != nil {
			return err
		}
	}
	if r.Life != act.New && r.Life != "" || r.Kind != act.Statement && r.Kind != act.Entered {
		return nil
	}
	if r.Answers == "" {
		r.Status = statusNamed(v.text("status"))
	}
	r.Thread = v.text("thread")
	r.To = []party.ID{}
	for _, s := range v.form["to"] {
		id, err := party.ParseID(s)
		if err != nil {
			return errors.Join(errForm, err)
		}
		r.To = append(r.To, id)
	}
	r.Open, r.Discreet = v.text("open") == "yes", v.text("discreet") == "yes"
	return nil
}

// readChannel takes for whom, by which way and when something came or went.
func (v *visit) readChannel(r *control.Request) error {
	if s := v.text("for"); s != "" {
		id, err := party.ParseID(s)
		if err != nil {
			return errors.Join(errForm, err)
		}
		r.For = id
	}
	r.Channel = v.text("channel")
	day, ok := dateOf(v.text("on.d"), v.text("on.m"), v.text("on.y"))
	if !ok {
		r.On = ""
		return nil
	}
	clock := v.text("on.clock")
	if clock == "" {
		clock = "00:00"
	}
	r.On = strings.TrimSpace(day.(string)) + "T" + clock + ":00Z"
	return nil
}
