package screen

import (
	"slices"

	"detente/control"
)

func shiftRoutes() []route {
	return []route{
		{"GET /shift", shiftPage, false},
		{"POST /shift/hand-over", handOverShift, false},
		{"POST /shift/take", takeShift, false},
	}
}

// onDuty is the role of those who keep the watch.
const onDuty = "duty"

// shiftView is the watch as it is handed from one officer to the next.
type shiftView struct {
	control.Shifts
	Now     control.Watch
	Next    []control.Officer // those on duty to whom this officer may hand over
	OnDuty  bool              // this officer has the role of it
	Mine    bool              // what waits is for this officer to take
	To      string            // chosen in a hand-over that could not be done
	Remarks string            // typed in it
	names   map[string]string
}

// Open is how many items a hand-over would list now.
func (s *shiftView) Open() int {
	n := len(s.Now.Needs) + len(s.Now.Waits) + len(s.Now.Sent)
	if s.Now.Inbox > 0 {
		n++
	}
	return n
}

// Named is an officer by name; one who is no longer listed stands by the account.
func (s *shiftView) Named(id string) string {
	if name := s.names[id]; name != "" {
		return name
	}
	return id
}

func (v *visit) shift() (*shiftView, error) {
	s := &shiftView{OnDuty: slices.Contains(v.head.Officer.Roles, onDuty), names: map[string]string{}}
	if err := v.call("watch", nil, &s.Now); err != nil {
		return nil, err
	}
	s.Shifts = s.Now.Shift
	s.Mine = s.Waits != nil && s.Waits.Incoming == v.head.Officer.ID
	var all []control.Officer
	if err := v.call("officer-list", nil, &all); err != nil {
		return nil, err
	}
	for _, o := range all {
		s.names[o.ID] = o.Name
		if o.Active && o.ID != v.head.Officer.ID && slices.Contains(o.Roles, onDuty) {
			s.Next = append(s.Next, o)
		}
	}
	return s, nil
}

func shiftPage(v *visit) error {
	s, err := v.shift()
	if err != nil {
		return err
	}
	return v.show("shift", v.t("page.shift"), s)
}

func handOverShift(v *visit) error {
	a := control.ShiftArgs{To: v.text("to"), Remarks: v.text("remarks")}
	if err := v.call("shift-hand-over", a, nil); err != nil {
		return v.shiftAgain(err)
	}
	return v.redirect("/shift", "shift-handed")
}

func takeShift(v *visit) error {
	if err := v.call("shift-take", nil, nil); err != nil {
		return v.shiftAgain(err)
	}
	return v.redirect("/shift", "shift-taken")
}

// shiftAgain shows the page with what kept it from being done and what was typed.
func (v *visit) shiftAgain(err error) error {
	s, readErr := v.shift()
	if readErr != nil {
		return readErr
	}
	s.To, s.Remarks = v.text("to"), v.text("remarks")
	return v.again(err, "shift", v.t("page.shift"), "", s)
}
