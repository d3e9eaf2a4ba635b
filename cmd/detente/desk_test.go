package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detente/control"
	"detente/line"
	"detente/watch"
)

// The bell rings at once and then as the rule says, until somebody silences or
// acknowledges; the hook is called once for each further person.
func TestTerminalDeskRings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	told := filepath.Join(t.TempDir(), "told")
	d := &terminalDesk{app: &app{stdout: &out}, hook: `echo "$DETENTE_LINE $DETENTE_FROM $DETENTE_CALLS $DETENTE_CONTACT" >> ` + told, rung: map[string]time.Time{}, told: map[string]string{}}
	begin := time.Unix(1_800_000_000, 0)
	alert := func(second int, ms ...control.LineMessage) int {
		out.Reset()
		d.alert(context.Background(), &control.Watch{Needs: ms}, begin.Add(time.Duration(second)*time.Second))
		d.hooks.Wait()
		return strings.Count(out.String(), "\a")
	}
	call := control.LineMessage{Ref: "b 1", Line: "capitals", Author: "borovia", Precedence: line.Immediate, Calls: watch.Duty, Sound: true, Repeat: 30}
	timed := control.LineMessage{Ref: "b 2", Precedence: line.Timed, Calls: watch.Duty, Sound: true}
	silent, chief := call, call
	silent.Sound, chief.Calls, chief.Contact = false, watch.Chief, "room 4"
	for _, c := range []struct {
		second int
		ms     []control.LineMessage
		want   int
	}{
		{0, []control.LineMessage{call}, 1}, {29, []control.LineMessage{call}, 0}, {30, []control.LineMessage{call}, 1},
		{60, []control.LineMessage{silent}, 0}, {61, []control.LineMessage{call}, 1},
		{70, []control.LineMessage{call, timed}, 1}, {80, []control.LineMessage{call, timed}, 0},
		{300, []control.LineMessage{chief, timed}, 1}, {301, nil, 0},
	} {
		if got := alert(c.second, c.ms...); got != c.want {
			t.Errorf("after %d s it rang %d times, want %d", c.second, got, c.want)
		}
	}
	sent := func(answer watch.Answer) int {
		out.Reset()
		d.alert(context.Background(), &control.Watch{Sent: []control.LineMessage{{Ref: "a 1", Sent: []control.SentTo{{Party: "borovia", Answer: answer}}}}}, begin)
		return strings.Count(out.String(), "\a")
	}
	for i, want := range []int{0, 1, 0} {
		if got := sent([]watch.Answer{watch.Awaited, watch.NotAcknowledged, watch.NotAcknowledged}[i]); got != want {
			t.Errorf("an own message, look %d: it rang %d times, want %d", i+1, got, want)
		}
	}
	b, err := os.ReadFile(told)
	if want := "capitals borovia duty \ncapitals borovia chief-of-shift room 4\n"; err != nil || string(b) != want {
		t.Errorf("the hook was told %q, %v", b, err)
	}
	d.mute = true
	if got := alert(600, call); got != 0 {
		t.Error("it rings though it is mute")
	}
	d.hook = "exit 7"
	d.told = map[string]string{}
	if alert(601, call); d.broken == "" {
		t.Error("a hook that does not end well is not shown")
	}
}
