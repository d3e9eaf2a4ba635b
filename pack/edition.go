package pack

import "time"

// Edition returns an edition by id.
func (h *Head) Edition(id string) (*Edition, bool) {
	for i := range h.Editions {
		if h.Editions[i].ID == id {
			return &h.Editions[i], true
		}
	}
	return nil, false
}

// EditionOn returns the edition in force on a day, "2006-01-02", with the period in
// which the day lies; of several the last one. in tells of which sets the party
// that is looked at is a member; nil asks whether it is in force for anybody. On a
// day before the first period, in a gap between two (the text is suspended) or past
// the last one there is none.
func (h *Head) EditionOn(day string, in func(set string) bool) (*Edition, *Period, bool) {
	for i := len(h.Editions) - 1; i >= 0; i-- {
		e := &h.Editions[i]
		for j := range e.InForce {
			p := &e.InForce[j]
			if p.From <= day && day <= p.last() && (p.Set == "" || in == nil || in(p.Set)) {
				return e, p, true
			}
		}
	}
	return nil, nil, false
}

// Location is the zone in which dates without one are meant.
func (p *Pack) Location() *time.Location {
	if p.Head.TimeZone == "" {
		return time.UTC
	}
	loc, err := time.LoadLocationFromTZData(p.Head.TimeZone, p.Zones[p.Head.TimeZone])
	if err != nil {
		panic("pack: " + err.Error()) // lint read it
	}
	return loc
}

// Day is the day of a moment, in Unix seconds, where the text is at home.
func (p *Pack) Day(at int64) string { return time.Unix(at, 0).In(p.Location()).Format(time.DateOnly) }
