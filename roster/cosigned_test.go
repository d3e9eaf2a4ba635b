package roster

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func sample() []Cosignature {
	return []Cosignature{
		{Origin: "borovia/0000000b", Size: 3, Root: tlog.Hash{2}, Time: 1790000100},
		{Origin: "alatau/0000000a", Size: 10, Root: tlog.Hash{1}, Time: 1790000000},
		{Origin: "borovia/0000000b", Size: 3, Root: tlog.Hash{2}, Time: 1790000050},
		{Origin: "alatau/0000000a/v2", Size: 1, Root: tlog.Hash{9}, Time: 1790000300},
		{Origin: "alatau/0000000a", Size: 9, Root: tlog.Hash{7}, Time: 1790000200},
		{Origin: "alatau/0000000a", Size: 10, Root: tlog.Hash{1}, Time: 1790000000},
	}
}

func TestCosignedList(t *testing.T) {
	signed := sample()
	l := NewCosignedList(signed)
	if signed[0] != sample()[0] {
		t.Error("the caller's slice was reordered")
	}
	if NewCosignedList(nil) == nil {
		t.Error("a key that signed nothing has no list")
	}
	if len(l) != 5 {
		t.Fatalf("%d lines where 5 belong", len(l))
	}
	for _, c := range signed {
		if !l.Has(c) {
			t.Errorf("%v is not found", c)
		}
	}
	if c := signed[0]; l.Has(Cosignature{c.Origin, c.Size, c.Root, c.Time + 1}) {
		t.Error("another time is found")
	}
	b, err := l.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if want := "borovia/0000000b 3 " + (tlog.Hash{2}).String() + " 1790000100\n"; !strings.HasSuffix(string(b), want) {
		t.Errorf("last line is not %q:\n%s", want, b)
	}
	p, err := ParseCosignedList(b)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.Bytes(); err != nil || !bytes.Equal(again, b) {
		t.Errorf("written again it differs: %v", err)
	}
	empty, err := CosignedList{}.Bytes()
	if err != nil || string(empty) != CosignedFormat+"\n" {
		t.Errorf("the empty list is %q, %v", empty, err)
	}
}

func TestCosignedListRefuses(t *testing.T) {
	head := CosignedFormat + "\n"
	root := (tlog.Hash{1}).String()
	good := "alatau/0000000a 10 " + root + " 1790000000\n"
	if _, err := ParseCosignedList([]byte(head + good)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":          "",
		"another format":   "detente-cosigned/v2\n" + good,
		"no end":           head + strings.TrimSuffix(good, "\n"),
		"twice":            head + good + good,
		"not sorted":       head + "b/00000000 1 " + root + " 1\n" + good,
		"sizes as text":    head + good + "alatau/0000000a 9 " + root + " 1790000000\n",
		"an empty line":    head + good + "\n",
		"three fields":     head + "alatau/0000000a 10 " + root + "\n",
		"five fields":      head + strings.TrimSuffix(good, "\n") + " x\n",
		"origin":           head + strings.Replace(good, "/0000000a", "", 1),
		"leading zero":     head + strings.Replace(good, " 10 ", " 010 ", 1),
		"size too large":   head + strings.Replace(good, " 10 ", " 9223372036854775808 ", 1),
		"root too short":   head + strings.Replace(good, root, "AAAA", 1),
		"root not strict":  head + strings.Replace(good, root, root[:42]+"B=", 1),
		"time zero":        head + strings.Replace(good, "1790000000", "0", 1),
		"time of 10000":    head + strings.Replace(good, "1790000000", "253402300800", 1),
		"carriage returns": strings.ReplaceAll(head+good, "\n", "\r\n"),
	} {
		if _, err := ParseCosignedList([]byte(text)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
	for name, l := range map[string]CosignedList{
		"not sorted": sample(),
		"negative":   {{Origin: "alatau/0000000a", Size: -1, Time: 1}},
		"no time":    {{Origin: "alatau/0000000a", Size: 1}},
		"no origin":  {{Size: 1, Time: 1}},
		"too many":   make(CosignedList, MaxListed+1),
	} {
		if _, err := l.Bytes(); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
	if _, err := ParseCosignedList([]byte(head + strings.Repeat("\n", MaxListed+1))); err == nil {
		t.Error("too many lines were read")
	}
}
