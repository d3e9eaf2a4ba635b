package exercise

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"detente/internal/canon"
	"detente/party"
)

var update = flag.Bool("update", false, "write what is missing in spec/vectors/exercise; delete a file to have it written anew")

const vectorDir = "../spec/vectors/exercise"

func good() *Scenario {
	return &Scenario{ID: "sea", Edition: 2, Title: map[string]string{"en": "A vessel adrift", "ru": "Судно без хода"}, Aim: "Answer on the line within the agreed time.",
		Parties: []party.ID{"alatau", "borovia", "cintra"}, Thread: "EX/SEA", Injects: []Inject{
			{ID: "drift", At: at("00:00:20"), By: "borovia", Post: "duty-officer", Kind: Message, To: []party.ID{"cintra"}, Thread: "EX/SEA/1", Line: "capitals", Precedence: 1,
				Agreed:  []Phrase{{ID: "sea.distress", Values: map[string]string{"place": "43.258333, 76.95", "time": "T-00:05:00", "number": "4", "unit": "Albatros", "request": "send-help"}}},
				Expects: &Expectation{Acknowledgement, at("00:05:00"), "what the parties agreed on for this exercise"}},
			{ID: "come", At: at("00:10:00"), By: "cintra", Post: "duty-officer", Kind: Call, To: []party.ID{"borovia"}, Thread: "EX/SEA/2", Line: "capitals", Precedence: 1},
			{ID: "facts", At: at("00:20:00"), By: "alatau", Post: "verification-centre", Kind: Incident, To: []party.ID{"borovia", "cintra"}, Thread: "EX/SEA/3",
				Facts: []string{"A light was seen at 14:05 UTC."}, Language: "en"},
			{ID: "storm", At: at("01:00:00"), By: "alatau", Post: "duty-officer", Kind: NoPlay},
			{ID: "exercise", At: at("120:00:00"), By: "borovia", Post: "verification-centre", Kind: Notice, To: []party.ID{"alatau", "cintra"}, Thread: "EX/SEA/4", Measure: "cica.2.1.1d",
				Values: map[string]any{"start_date": "D+45", "troops": map[string]any{"total": "9500"}, "phases": []any{"T+48:00:00"}}, Language: "en"},
		}}
}

func at(s string) Offset {
	o, err := ParseOffset(s)
	if err != nil {
		panic("exercise: " + err.Error())
	}
	return o
}

func must(b []byte, err error) string {
	if err != nil {
		panic("exercise: " + err.Error())
	}
	return string(b)
}

func mark(step Step) *Mark {
	m := &Mark{Exercise: "sea", Scenario: canon.DigestOf([]byte("scenario")), Step: step}
	if step == Begin {
		m.Start = "2027-03-01T06:00:00Z"
	}
	return m
}

// vectors are what the folder holds: bytes by name, and of the bad ones why.
func vectors() map[string][2]string {
	s, begin := must(good().Bytes()), must(mark(Begin).Bytes())
	swap := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			panic("exercise: the vector has no " + old)
		}
		return strings.Replace(s, old, with, 1)
	}
	return map[string][2]string{
		"good-scenario.json":     {s, ""},
		"good-mark-begin.json":   {begin, ""},
		"good-mark-no-play.json": {must(mark(Halt).Bytes()), ""},

		"bad-scenario-version.json":   {swap(s, "scenario/v1", "scenario/v2"), "a version that is not known"},
		"bad-scenario-order.json":     {swap(s, "00:20:00", "00:00:10"), "injects stand by their time"},
		"bad-scenario-twice.json":     {swap(s, `"id": "come"`, `"id": "drift"`), "a name stands once"},
		"bad-scenario-stranger.json":  {swap(s, `"by": "borovia"`, `"by": "dovania"`), "who gives an inject takes part"},
		"bad-scenario-to-self.json":   {swap(s, `"by": "borovia"`, `"by": "cintra"`), "an inject goes to others"},
		"bad-scenario-thread.json":    {swap(s, `"thread": "EX/SEA/1"`, `"thread": "EX/SEA"`), "the thread of the marks has no injects"},
		"bad-scenario-offset.json":    {swap(s, "00:20:00", "00:20:60"), "a minute has sixty seconds"},
		"bad-scenario-offset-0.json":  {swap(s, "120:00:00", "012:00:00"), "one spelling of each span"},
		"bad-scenario-kind.json":      {swap(s, `"kind": "call"`, `"kind": "rumour"`), "a kind that does not exist"},
		"bad-scenario-call-says.json": {swap(s, `"kind": "message"`, `"kind": "call"`), "a call says nothing else"},
		"bad-scenario-no-source.json": {swap(s, "what the parties agreed on for this exercise", ""), "a figure names its source"},
		"bad-scenario-steers.json":    {swap(s, "A light was", "A light\\u202e was"), "a character that sets the direction of writing"},
		"bad-scenario-spacing.json":   {swap(s, "  \"id\"", " \"id\""), "other spacing than that of canonical JSON"},
		"bad-mark-version.json":       {swap(begin, "mark/v1", "mark/v2"), "a version that is not known"},
		"bad-mark-start.json":         {swap(begin, `"begin"`, `"resume"`), "only a beginning has a start"},
		"bad-mark-step.json":          {swap(begin, `"begin"`, `"pause"`), "a step that does not exist"},
		"bad-mark-extra.json":         {swap(begin, `"step"`, "\"reason\": \"none\",\n  \"step\""), "a mark says nothing else"},
	}
}

func parse(name string, b []byte) ([]byte, error) {
	if strings.Contains(name, "-mark-") {
		m, err := ParseMark(b)
		if err != nil {
			return nil, err
		}
		return m.Bytes()
	}
	s, err := Parse(b)
	if err != nil {
		return nil, err
	}
	return s.Bytes()
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for name, v := range vectors() {
		path := filepath.Join(vectorDir, name)
		why := strings.TrimSuffix(path, ".json") + ".why"
		if _, err := os.Stat(path); *update && err != nil {
			if err := os.WriteFile(path, []byte(v[0]), 0o644); err != nil {
				t.Fatal(err)
			}
			if v[1] != "" {
				if err := os.WriteFile(why, []byte(v[1]+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(b) != v[0] {
			t.Errorf("%s is not what this program writes", name)
		}
		again, err := parse(name, b)
		if good := strings.HasPrefix(name, "good-"); good != (err == nil) || good && !bytes.Equal(again, b) {
			t.Errorf("%s: %v", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil || len(files) != len(vectors()) {
		t.Errorf("%d files, %d vectors, %v", len(files), len(vectors()), err)
	}
}

func fuzz(f *testing.F, kind string) {
	files, err := filepath.Glob(filepath.Join(vectorDir, "*-"+kind+"*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s (%v)", vectorDir, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := parse("x-"+kind+"-", b)
		if err == nil && !bytes.Equal(again, b) {
			t.Errorf("%q re-encodes to %q", b, again)
		}
	})
}

func FuzzParse(f *testing.F)     { fuzz(f, "scenario"); _ = Parse }
func FuzzParseMark(f *testing.F) { fuzz(f, "mark"); _ = ParseMark }
func FuzzRead(f *testing.F) {
	f.Add([]byte(must(good().Bytes())))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(b)
		if err != nil {
			return
		}
		whole := must(s.Bytes())
		if again, err := Parse([]byte(whole)); err != nil || again.Digest() != s.Digest() {
			t.Errorf("%q is read and does not parse: %v", b, err)
		}
	})
}
func FuzzParseOffset(f *testing.F) {
	f.Add("00:15:00")
	f.Add("120:00:00")
	f.Add("012:00:00")
	f.Fuzz(func(t *testing.T, s string) {
		if o, err := ParseOffset(s); err == nil && o.String() != s {
			t.Errorf("%q becomes %q", s, o)
		}
	})
}

// What a person wrote in any order is one scenario with one digest.
func TestReadOrders(t *testing.T) {
	t.Parallel()
	s := must(good().Bytes())
	var written map[string]any
	if err := json.Unmarshal([]byte(s), &written); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(written["injects"].([]any))
	slices.Reverse(written["parties"].([]any))
	loose, err := json.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Read(loose)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse([]byte(s))
	if err != nil || a.Digest() != b.Digest() {
		t.Errorf("%s and %s, %v", a.Digest(), b.Digest(), err)
	}
}

func TestPlaced(t *testing.T) {
	t.Parallel()
	s := good()
	start := time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC)
	if got := s.Injects[0].Agreed[0].Blanks(start)["time"]; got != "2027-03-01T05:55:00Z" {
		t.Errorf("time %s", got)
	}
	want := map[string]any{"start_date": "2027-04-15", "troops": map[string]any{"total": "9500"}, "phases": []any{"2027-03-03T06:00+00:00[UTC]"}}
	if got := s.Injects[4].Form(start); !reflect.DeepEqual(got, want) {
		t.Errorf("form %v", got)
	}
	if s.Injects[4].Values["start_date"] != "D+45" {
		t.Error("the scenario itself was changed")
	}
}

// The clock stands still while anybody says no play, and for a party that ended.
func TestClock(t *testing.T) {
	t.Parallel()
	s, err := Parse([]byte(must(good().Bytes())))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2027, 3, 1, 6, 0, 0, 0, time.UTC)
	said := func(by party.ID, second int, step Step) Said {
		m := &Mark{Exercise: "sea", Scenario: s.Digest(), Step: step}
		return Said{by, start.Add(time.Duration(second) * time.Second), m}
	}
	strange := said("alatau", 1, Halt)
	strange.Mark.Scenario = canon.DigestOf([]byte("another edition"))
	first := []Said{said("borovia", -7200, Begin), said("borovia", -7100, Halt), said("borovia", -7000, End)} // an earlier run
	all := append(first, said("borovia", -60, Begin), said("cintra", -50, Begin), strange, said("dovania", 1, Halt),
		said("cintra", 100, Halt), said("alatau", 110, Halt), said("cintra", 150, Resume), said("alatau", 160, Resume),
		said("cintra", 200, Halt), said("cintra", 210, End), said("borovia", 300, End))
	for _, c := range []struct {
		second  int
		phase   Phase
		elapsed int
		now     int
		due     int
	}{
		{-30, Awaited, 0, 0, 0},
		{0, Runs, 0, 0, 0},
		{20, Runs, 20, 0, 1},
		{100, Held, 100, 1, 1},
		{120, Held, 100, 2, 1},
		{155, Held, 100, 1, 1},
		{160, Runs, 100, 0, 1},
		{205, Held, 140, 1, 1},
		{211, Runs, 141, 0, 1},
		{301, Ended, 230, 0, 1},
		{9000, Ended, 230, 0, 1},
	} {
		got := s.At("borovia", start, all, start.Add(time.Duration(c.second)*time.Second))
		if got.Phase != c.phase || got.Elapsed != time.Duration(c.elapsed)*time.Second || len(got.Now) != c.now || len(s.Due("borovia", got.Elapsed)) != c.due {
			t.Errorf("at %d: %s, %s, no play by %v", c.second, got.Phase, got.Elapsed, got.Now)
		}
	}
	// In the second in which this party ends its part another resumes.
	same := []Said{said("alatau", -60, Begin), said("alatau", 40, End), said("borovia", -50, Begin), said("borovia", 30, Halt), said("borovia", 40, Resume)}
	if got := s.At("alatau", start, same, start.Add(time.Hour)); got.Phase != Ended || len(got.Holds) != 1 || got.Holds[0].Until != start.Add(40*time.Second) {
		t.Errorf("ended and resumed in one second: %s, %v", got.Phase, got.Holds)
	}
	state := s.At("borovia", start, all, start.Add(time.Hour))
	if len(state.Holds) != 2 || state.Holds[0].By != "cintra" {
		t.Errorf("holds %v", state.Holds)
	}
	if got := Moment(start, state.Holds, at("00:10:00")); got != start.Add(670*time.Second) {
		t.Errorf("T+00:10:00 is %s", got)
	}
	if got := Moment(start, state.Holds, at("00:00:20")); got != start.Add(20*time.Second) {
		t.Errorf("T+00:00:20 is %s", got)
	}
}

// Each party sees its own threads, that of the marks first.
func TestThreads(t *testing.T) {
	t.Parallel()
	s := good()
	want := []Thread{{"EX/SEA", []party.ID{"borovia", "cintra"}}, {"EX/SEA/3", []party.ID{"borovia", "cintra"}}, {"EX/SEA/4", []party.ID{"borovia", "cintra"}}}
	if got := s.Threads("alatau"); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

// Who did not answer is said in neutral words, and hostile text is no markup.
func TestReportReads(t *testing.T) {
	t.Parallel()
	r := &Report{Exercise: "sea", Title: "A vessel adrift", Name: "Borovia", Start: "2027-03-01T06:00:00Z", Made: "2027-03-01T08:00:00Z",
		Holds: []HoldRow{{"cintra", "Cintra", "2027-03-01T06:30:00Z", ""}}, Injects: []InjectRow{
			{ID: "drift", At: at("00:00:20"), Kind: Message, Name: "Borovia", Post: "duty-officer", Planned: "2027-03-01T06:00:20Z", Given: "2027-03-01T06:00:21Z", Place: "borovia/1f2e3d4c 12", Shown: true,
				Text: "<script>alert(1)</script>\n", Answers: []AnswerRow{
					{Party: "cintra", Name: "Cintra", Answer: Acknowledgement, Post: "duty-officer", At: "2027-03-01T06:00:35Z", After: 14, Within: 300, Source: "the group"},
					{Party: "alatau", Name: "Alatau", Answer: Statement}}}}}
	text := r.PlainText()
	for _, want := range []string{"EXERCISE.", "Cintra acknowledged receipt at 2027-03-01T06:00:35Z, after 14 s, by the post duty-officer; provided for: 300 s (the group).",
		"Alatau has not answered.", "No play, said by Cintra: from 2027-03-01T06:30:00Z, it still holds."} {
		if !strings.Contains(strings.ReplaceAll(text, "5 min 0 s", "300 s"), want) {
			t.Errorf("the report has no %q:\n%s", want, text)
		}
	}
	page, err := r.HTML()
	if err != nil || bytes.Contains(page, []byte("<script")) || !bytes.Contains(page, []byte("Alatau has not answered.")) || !bytes.Contains(page, []byte("EXERCISE")) {
		t.Errorf("%v\n%s", err, page)
	}
}
