package sounding

import (
	"strings"
	"testing"
)

// A notice is read as what it is, and only in its one spelling.
func TestOnTheRecord(t *testing.T) {
	t.Parallel()
	body, err := OnTheRecord("ALA/2026/17")
	if err != nil {
		t.Fatal(err)
	}
	if string(body) != "detente-on-the-record/v1 ALA/2026/17" {
		t.Errorf("%q is not what the page shows", body)
	}
	if thread, ok := ParseOnTheRecord(body); !ok || thread != "ALA/2026/17" {
		t.Errorf("%q, %v", thread, ok)
	}
	for _, bad := range []string{"", "ALA 17", "ALA\n", "п", strings.Repeat("x", 65)} {
		if _, err := OnTheRecord(bad); err == nil {
			t.Errorf("%q is written as the reference of a thread", bad)
		}
		if thread, ok := ParseOnTheRecord([]byte(noticePrefix + bad)); ok {
			t.Errorf("%q is read as the thread %q", bad, thread)
		}
	}
	for _, text := range []string{"", "We go on.", " " + string(body), "detente-on-the-record/v2 ALA/1"} {
		if thread, ok := ParseOnTheRecord([]byte(text)); ok {
			t.Errorf("%q is read as the thread %q", text, thread)
		}
	}
}

func FuzzOnTheRecord(f *testing.F) {
	f.Add([]byte(noticePrefix + "ALA/2026/17"))
	f.Add([]byte("What if we met in May?"))
	f.Fuzz(func(t *testing.T, b []byte) {
		thread, ok := ParseOnTheRecord(b)
		if !ok {
			return
		}
		if again, err := OnTheRecord(thread); err != nil || string(again) != string(b) {
			t.Errorf("%q is written again as %q, %v", b, again, err)
		}
	})
}
