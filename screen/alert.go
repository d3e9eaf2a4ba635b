package screen

import (
	"detente/control"
	"detente/line"
)

func alertRoutes() []route {
	return []route{
		{"GET /alerts", alerts, false},
	}
}

// alertsView is what stands above every page of an officer on duty: the script asks for
// it, shows it and sounds it. A page without scripts has the same on the desk.
type alertsView struct {
	At, Next string   // by the clock of the node: now, and when something changes by time alone
	Needs    []spoken // by precedence, then the oldest first
	Late     []spoken // own ones that nobody there has acknowledged in time
	Open     int      // of precedence 1 and 2, acknowledged and not done: steady and still
}

func alerts(v *visit) error {
	var a control.Alerts
	if err := v.call("alerts", nil, &a); err != nil {
		return err
	}
	view := alertsView{At: a.At, Next: a.Next, Needs: v.spoken(a.Needs), Late: v.spoken(a.Late)}
	for _, m := range a.Waits {
		if m.Precedence <= line.Urgent {
			view.Open++
		}
	}
	return v.show("alerts", "", view)
}

// Presses reports whether a message stands above every page, and not on the desk alone.
func (m spoken) Presses() bool { return m.Precedence <= line.Urgent }
