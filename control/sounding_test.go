package control

import (
	"strings"
	"testing"
)

// What is said off the record is kept nowhere: neither as a call that was named, with
// arguments and answer, nor by a program with a token.
func TestSoundingsAreNeverKept(t *testing.T) {
	t.Parallel()
	n := 0
	for _, v := range Verbs() {
		if !strings.HasPrefix(v.Name, "sounding-") {
			continue
		}
		if n++; v.Named || v.Scope != "" {
			t.Errorf("%s: named %v, scope %q", v.Name, v.Named, v.Scope)
		}
	}
	if n < 9 {
		t.Errorf("%d verbs: this test shows nothing", n)
	}
}
