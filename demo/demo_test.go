package demo

import (
	"context"
	"strings"
	"testing"
)

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
	if err := show.Close(); err != nil {
		t.Fatal(err)
	}
}
