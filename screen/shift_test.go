package screen

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"detente/act"
	"detente/control"
	"detente/desk"
	"detente/home"
	"detente/line"
	"detente/party"
)

// addUmarova adds a second officer on duty.
func addUmarova(t *testing.T, h *home.Home) {
	t.Helper()
	o := desk.Officer{ID: "umarova", Name: "U. Umarova", Post: "duty-officer", Roles: []desk.Role{desk.Duty}}
	if err := h.Node.Desk().AddOfficer(context.Background(), desk.Console, o, passphrase); err != nil {
		t.Fatal(err)
	}
}

// TestShift: the outgoing officer hands over with remarks, the incoming one alone
// takes over, and both signatures stand afterwards.
func TestShift(t *testing.T) {
	h := newHouse(t)
	addUmarova(t, h.home)
	out, in, other := h.browser(t), h.browser(t), h.browser(t)
	out.signIn("saparova")
	in.signIn("umarova")
	other.signIn("orlov")
	out.get("/shift")
	out.sees(http.StatusOK, "Nothing is open", "No shift was handed over yet", "U. Umarova")
	out.press("/shift/take")
	out.sees(http.StatusNotFound, "No hand-over waits")
	out.press("/shift/hand-over", "to", "orlov", "remarks", "Call <Borovia> back at 06:00.")
	out.sees(http.StatusForbidden, "does not have the role", "Call <Borovia> back at 06:00.")
	out.press("/shift/hand-over", "to", "saparova")
	out.sees(http.StatusConflict, "nobody hands over to oneself")
	out.press("/shift/hand-over", "to", "umarova", "remarks", "Call <Borovia> back at 06:00.")
	out.sees(http.StatusOK, "Handed over, with your signature", "Handed over by S. Saparova , signed 2", "not signed yet", "Only the officer who is named", "replaces the one that waits")
	other.get("/shift")
	other.sees(http.StatusOK, "Only an officer with the role “on duty” hands over")
	out.press("/shift/take")
	out.sees(http.StatusConflict, "This is for another officer")
	in.get("/shift")
	in.sees(http.StatusOK, "Take over the shift and sign", "Nothing was open", "Call <Borovia> back at 06:00.")
	in.press("/shift/take")
	in.sees(http.StatusOK, "Taken over, with your signature", "The last hand-over Handed over by S. Saparova , signed 2", "Taken over by U. Umarova , signed 2")
	if strings.Contains(text(in.page), "waits for its second signature") {
		t.Error("what was taken still waits")
	}
}

// TestOpenItemsAreHandedOver: a call that nobody acknowledged stands on the page and,
// without anybody's doing, in the hand-over.
func TestOpenItemsAreHandedOver(t *testing.T) {
	h := newGroupHouse(t, "borovia")
	ctx := context.Background()
	addUmarova(t, h.home)
	out, second := h.browser(t), h.browser(t)
	out.signIn("saparova")
	second.signIn("orlov")
	door := h.door.As(session(t, out))
	var d control.Draft
	with := control.LineArgs{Line: "capitals", With: []party.ID{"borovia"}}
	if err := door.Call(ctx, "line-end", control.EndArgs{LineArgs: with, State: line.Open, Subject: "incidents", Languages: []string{"en"}}, nil, nil, &d); err != nil {
		t.Fatal(err)
	}
	out.get("/drafts/" + d.ID + "/review")
	out.sendsBy(t, second, "incidents")
	if err := door.Call(ctx, "line-call", control.CallArgs{LineArgs: with, Precedence: line.Urgent, Status: act.Exercise}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	out.get("/shift")
	out.sees(http.StatusOK, "Sent, an acknowledgement is awaited EXERCISE Alatau · line capitals Precedence 2")
	out.press("/shift/hand-over", "to", "umarova")
	out.sees(http.StatusOK, "Open when it was handed over sent: precedence 2, line capitals, thread ALATAU/")
}
