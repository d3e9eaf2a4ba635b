package demo

import (
	"fmt"
	"net"
	"slices"

	"detente/api"
	"detente/desk"
	"detente/party"
	"detente/screen"
)

// officer is one account of the story.
type officer struct {
	at    party.ID
	id    string
	name  string
	post  party.Post
	roles []desk.Role
}

// account names an officer of the story: names are given once in each state.
type account struct {
	at party.ID
	id string
}

// cast are the officers of the story; who signs in at a desk chooses among them.
func cast() []officer {
	return []officer{
		{alatau, "desk-officer", "Desk officer", "verification-centre", []desk.Role{desk.Drafter}},
		{alatau, "head-of-section", "Head of section", "verification-centre", []desk.Role{desk.Drafter, desk.Clearer}},
		{alatau, "duty-officer", "Duty officer", "duty-officer", []desk.Role{desk.Duty}},
		{borovia, "duty-officer", "Duty officer", "duty-officer", []desk.Role{desk.Duty, desk.Drafter}},
		{borovia, "chief-of-shift", "Chief of shift", "duty-officer", []desk.Role{desk.Duty}},
		{borovia, "head-of-section", "Head of section", "verification-centre", []desk.Role{desk.Clearer}},
		{cintra, "duty-officer", "Duty officer", "duty-officer", []desk.Role{desk.Duty}},
		{cintra, "chief-of-shift", "Chief of shift", "duty-officer", []desk.Role{desk.Duty}},
		{cintra, "desk-officer", "Desk officer", "verification-centre", []desk.Role{desk.Drafter}},
		{cintra, "head-of-section", "Head of section", "verification-centre", []desk.Role{desk.Clearer}},
		{dovania, "culture-desk", "Culture desk", "cultural-exchange", []desk.Role{desk.Drafter}},
		{dovania, "deputy-minister", "Deputy minister", "minister-office", []desk.Role{desk.Clearer}},
	}
}

// passphraseOf is that of an officer of the story. It is no secret.
func passphraseOf(id string) string { return "demonstration " + id }

// firstDesk is the port of the first desk, if it is free: an address that can be
// said aloud.
const firstDesk = 8101

// openDesk serves the screens of a house while its node is up, at one address for
// the whole demonstration.
func (h *house) openDesk(place int) error {
	name := func(lang string) string { return h.home.Node.Keys().Current().Name(h.id, lang) }
	c := screen.Config{Party: h.id, Name: name, Door: h.door.As, Own: h.door.Own(), Changed: h.door.Changed, Now: h.now}
	for _, o := range cast() {
		if o.at == h.id {
			c.Cast = append(c.Cast, screen.Part{Officer: o.id, Name: o.name, Passphrase: passphraseOf(o.id)})
		}
	}
	site, err := screen.New(c)
	if err != nil {
		return err
	}
	programs, err := api.New(h.door, "demonstration", h.now)
	if err != nil {
		return err
	}
	addr := h.deskAddr
	if addr == "" {
		addr = fmt.Sprintf("127.0.0.1:%d", firstDesk+place)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil && h.deskAddr == "" {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return fmt.Errorf("open the desk of %s: %w", h.id, err)
	}
	h.deskAddr = l.Addr().String()
	h.desk, h.deskDone = screen.NewServer(site, programs), make(chan struct{})
	go func() {
		defer close(h.deskDone)
		h.desk.Serve(l, "", "")
	}()
	return nil
}

// closeDesk ends what openDesk began.
func (h *house) closeDesk() error {
	if h.desk == nil {
		return nil
	}
	err := h.desk.Stop()
	<-h.deskDone
	h.desk = nil
	return err
}

// Desk is the address of the screens of one party.
type Desk struct {
	Party, URL string
	Officers   []string // names of accounts
}

// Desks are the screens that are up and have officers, in protocol order.
func (s *Show) Desks() []Desk {
	var out []Desk
	for _, id := range s.town.order {
		d := Desk{Party: string(id), URL: "http://" + s.town.houses[id].deskAddr + "/"}
		for _, o := range cast() {
			if o.at == id {
				d.Officers = append(d.Officers, o.id)
			}
		}
		if len(d.Officers) > 0 && s.town.houses[id].desk != nil {
			out = append(out, d)
		}
	}
	return slices.Clip(out)
}
