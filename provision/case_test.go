package provision

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"detente/pack"
	"detente/regime"
)

func small(t testing.TB) *pack.Pack {
	t.Helper()
	p, err := pack.Load(os.DirFS("../pack/testdata/small"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func example(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/example.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The example of spec/case.md is met, and each change of it is told.
func TestExample(t *testing.T) {
	spec, err := os.ReadFile("../spec/case.md")
	if err != nil {
		t.Fatal(err)
	}
	text := example(t)
	if !strings.Contains(string(spec), "```\n"+text+"```\n") {
		t.Error("testdata/example.txt is not the example of spec/case.md")
	}
	tests := []struct{ name, old, new, want string }{
		{"as it stands", "", "", ""},
		{"below the level", "troops: 13200", "troops: 8999", "Not provided for"},
		{"another state", "done-after due", "done due", "came out  small.notice alatau done-after due 2027-08-20 after 22d occasion N"},
		{"another date", "due 2027-08-20", "due 2027-08-21", "done-after due 2027-08-20"},
		{"nothing expected of an item", "small.notice.question borovia done\n", "", "also small.notice.question borovia done"},
		{"another sentence", "troops 13,200 ≥", "troops 13,200 >", "troops 13,200 ≥ 9,000"},
		{"no such finding", "findings 0", "finding above small.return", "no finding"},
		{"no account", "findings 0", "account small.return.large alatau 2027 1/1", "no such account"},
		{"something where none is due", "findings 0", "none small.notice borovia\nnone small.notice alatau", "small.notice alatau done-after"},
		{"not agreed", "agreed notice.lead = P42D\n", "", "not-judged"},
		{"an account", "troops: 13200", "troops: 40001", "troops 40,001 ≥ 9,000"},
	}
	for _, tt := range tests {
		c, err := ParseCase(small(t), []byte(strings.Replace(text, tt.old, tt.new, 1)))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		out, err := c.Run(regime.English)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(out.Faults, "\n")
		if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCaseFaults(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"----\n", "----x\n", "write: WHEN PARTY files"},
		{"alatau files", "faronia files", "line 5: \"faronia\" is not among the parties"},
		{"files small.notice as", "files small.other as", "the pack has no step"},
		{"troops: 13200", "troop: 13200", "has no field \"troop\""},
		{"answers N", "answers M", "nothing was filed as M"},
		{"2027-09-11 alatau", "11.9.2027 alatau", "neither a day"},
		{"2027-09-11 alatau", "2027-09-19 alatau", "put the history in order"},
		{"as N\n", "as\n", "followed by nothing"},
		{"small.notice alatau done-after", "small.notices alatau done-after", "the pack has no step"},
		{"at 2027-09-14", "at noon", "neither a day"},
	}
	if _, err := ParseCase(small(t), []byte("parties alatau\n")); err == nil || !strings.Contains(err.Error(), "no line of dashes") {
		t.Error(err)
	}
	for _, tt := range tests {
		_, err := ParseCase(small(t), []byte(strings.Replace(example(t), tt.old, tt.new, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.new, err, tt.want)
		}
	}
}

func FuzzCase(f *testing.F) {
	f.Add(example(f))
	f.Add("\v\n----\n")
	p := small(f)
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCase(p, []byte(s))
		if err != nil {
			return
		}
		first, err := c.Run(regime.Russian)
		again, errAgain := c.Run(regime.Russian)
		if !reflect.DeepEqual(first, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("run twice, it comes out otherwise:\n%v %v\n%v %v", first, err, again, errAgain)
		}
	})
}
