package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"detente/control"
)

// TestExitTable compares the codes of the program with its help and the guide.
func TestExitTable(t *testing.T) {
	guide, err := os.ReadFile("../../doc/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[control.Code]int{
		"": exitDone, control.Failed: exitFailed, control.Usage: exitUsage, control.NotFound: exitNotFound, control.Permission: exitPermission,
		control.Verification: exitVerification, control.Unreachable: exitUnreachable, control.SecondPerson: exitSecondPerson,
		control.Findings: exitFindings, control.Interrupted: exitInterrupted,
	}
	var want []string
	for word, code := range codes {
		want = append(want, fmt.Sprint(code))
		if word != "" && exitOf(&control.Error{Code: word}) != code {
			t.Errorf("an error %q ends with %d where %d belongs", word, exitOf(&control.Error{Code: word}), code)
		}
	}
	slices.Sort(want)
	for name, pattern := range map[string]struct{ text, row string }{
		"the help":  {exitHelp, `(?m)^ +(\d+)  \S`},
		"the guide": {string(guide[len(guide)-1200:]), `(?m)^\| (\d+) \|`},
	} {
		var got []string
		for _, m := range regexp.MustCompile(pattern.row).FindAllStringSubmatch(pattern.text, -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s documents the codes %v, the program has %v", name, got, want)
		}
	}
}
