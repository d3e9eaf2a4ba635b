package demo

import (
	"context"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// update writes the season anew as it is printed now.
var update = flag.Bool("update", false, "write testdata/season.golden anew")

func TestStoryIsPlayedToTheEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the whole story takes half a minute; run without -short")
	}
	var out strings.Builder
	show, err := Play(context.Background(), Options{Out: &out, Verify: func(context.Context, ...string) (string, error) { return "verified", nil }})
	t.Log("\n" + out.String())
	if err != nil {
		t.Fatal(err)
	}
	desksWork(t, show)
	frontDoor(t, show)
	if err := show.Close(); err != nil {
		t.Fatal(err)
	}
}

// masks hide what differs from one run to the next: keys, places, and that it took a while.
var masks = [][2]string{
	{`(?m)^      … .*\n`, ""},
	{`\b([a-z]+)/[0-9a-f]{8}\b`, "$1/########"},
	{`\bact \d+ of\b`, "act # of"},
	{`sha256:[0-9a-f]{16}…`, "sha256:################…"},
	{`(digest of all of it) [0-9a-f]{16}\b`, "$1 ################"},
}

func TestSeasonIsPlayedAsWritten(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the season takes twenty seconds; run without -short")
	}
	const golden = "testdata/season.golden"
	t.Setenv("TMPDIR", t.TempDir())
	var out strings.Builder
	if err := Season(context.Background(), SeasonOptions{Out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	got := out.String()
	for _, m := range masks {
		got = regexp.MustCompile(m[0]).ReplaceAllString(got, m[1])
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d is not as written; if it is meant so: go test ./demo -run Season -update\n got %s\nwant %s", i+1, at(g, i), at(w, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
