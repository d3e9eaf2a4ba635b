package node

import "testing"

func TestLegible(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[31mb\u202ec\nd\te\x7f":      "a\ufffd[31mb\ufffdc\nd\te\ufffd",
		"سلام\u200f، می\u200cخواهم":        "سلام\u200f، می\u200cخواهم",
		"five\u2066\u2069\u2028\ufeff\xff": "five\ufffd\ufffd\ufffd\ufffd\ufffd",
	} {
		if got := Legible(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if err := checkLegible(in); (err == nil) != (in == want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}
