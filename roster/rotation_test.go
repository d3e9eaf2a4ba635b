package roster

import (
	"bytes"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/key"
)

// payloads are one good payload of each role.
func payloads(t testing.TB) map[key.Role]Change {
	t.Helper()
	a := authorOf(t, "alatau")
	all := map[key.Role]Change{}
	for _, role := range []key.Role{key.Record, key.Witness, key.Mirror} {
		all[role] = a.rotate(role, 17)
	}
	for _, role := range []key.Role{key.Sealing, key.Transport} {
		all[role], _ = a.batch(role, 17, start, start.AddDate(0, 3, 0))
	}
	return all
}

func TestRotationRoundTrip(t *testing.T) {
	for role, c := range payloads(t) {
		r, err := ParseRotation(c.Payload)
		if err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		if r.Role != role || r.Index != 17 || r.In != c.Origin || r.Group != testGroup || r.Next.IsZero() {
			t.Errorf("%s: read as %+v", role, r)
		}
		b, err := r.Bytes()
		if err != nil || !bytes.Equal(b, c.Payload) {
			t.Errorf("%s: written again it differs: %v", role, err)
		}
		if len(b) > maxChange {
			t.Errorf("%s: %d bytes", role, len(b))
		}
	}
}

// spoiled is a payload with one fault.
type spoiled struct {
	name    string
	role    key.Role
	why     string
	replace func(s string) string
}

func swap(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

// line replaces the n-th line that begins with name; an empty text takes it out.
func line(name string, n int, text string) func(string) string {
	return func(s string) string {
		lines := strings.SplitAfter(s, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, name+" ") {
				if n--; n == 0 {
					lines[i] = text
				}
			}
		}
		return strings.Join(lines, "")
	}
}

func spoiledPayloads() []spoiled {
	zero := canon.Digest{}.String()
	return []spoiled{
		{"empty", key.Record, "nothing at all", func(string) string { return "" }},
		{"format", key.Record, "another version in the first line", swap("/v1", "/v2")},
		{"group-zero", key.Record, "a group of zeros", line("group", 1, "group "+strings.Repeat("0", 32)+"\n")},
		{"group-missing", key.Record, "no line for the group", line("group", 1, "")},
		{"order", key.Record, "role before index", func(s string) string {
			return strings.Replace(s, "index 17\nrole record\n", "role record\nindex 17\n", 1)
		}},
		{"index-zeros", key.Record, "a leading zero in the index", swap("index 17", "index 017")},
		{"index-large", key.Record, "an index of 2^63", swap("index 17", "index 9223372036854775808")},
		{"role-unknown", key.Record, "a role that there is not", swap("role record", "role clerk")},
		{"role-mixed", key.Record, "record keys under role witness", swap("role record", "role witness")},
		{"record-of-another", key.Record, "keys named for another record", swap("record alatau/", "record borovia/")},
		{"key-missing", key.Record, "two keys where three belong", line("key", 3, "")},
		{"key-order", key.Witness, "the ML-DSA-44 key before the Ed25519 key", func(s string) string {
			lines := strings.SplitAfter(s, "\n")
			for i, l := range lines {
				if strings.HasPrefix(l, "key ") {
					lines[i], lines[i+1] = lines[i+1], l
					break
				}
			}
			return strings.Join(lines, "")
		}},
		{"next-zero", key.Record, "no commitment to a following key", line("next", 1, "next "+zero+"\n")},
		{"next-missing", key.Mirror, "no line for the following key", line("next", 1, "")},
		{"listed-missing", key.Mirror, "no list of what the retiring key signed", line("listed", 1, "")},
		{"listed-zero", key.Mirror, "a list without a digest", line("listed", 1, "listed "+zero+" 12\n")},
		{"listed-empty", key.Mirror, "a list of no bytes", line("listed", 1, "listed "+canon.DigestOf(nil).String()+" 0\n")},
		{"listed-large", key.Mirror, "a list above the bound", line("listed", 1, "listed "+canon.DigestOf(nil).String()+" 99999999999\n")},
		{"listed-in-record", key.Record, "a list for a record key", swap("role record\n", "role record\nlisted "+canon.DigestOf(nil).String()+" 12\n")},
		{"no-empty-line", key.Record, "no empty line before the signatures", swap("\n\n", "\n")},
		{"two-empty-lines", key.Record, "two empty lines before the signatures", swap("\n\n", "\n\n\n")},
		{"signature-missing", key.Record, "two signatures where three belong", line("signature", 3, "")},
		{"signature-more", key.Witness, "three signatures where two belong", func(s string) string { return s + "signature AAAA\n" }},
		{"signature-short", key.Transport, "a signature of three bytes", line("signature", 1, "signature AAAA\n")},
		{"signature-base64", key.Transport, "a signature that is not base64", line("signature", 1, "signature ====\n")},
		{"no-end", key.Record, "no newline at the end", func(s string) string { return strings.TrimSuffix(s, "\n") }},
		{"more", key.Record, "an empty line after the signatures", func(s string) string { return s + "\n" }},
		{"carriage-returns", key.Record, "lines that end in CR LF", func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"batch-empty", key.Transport, "a batch without keys", func(s string) string { return line("from", 1, "")(line("from", 2, "")(s)) }},
		{"batch-order", key.Transport, "keys of a batch that do not go forward", swap("from 2026-12-01", "from 2026-08-01")},
		{"batch-time", key.Transport, "a moment with a fraction of a second", swap("T00:00:00Z", "T00:00:00.5Z")},
		{"batch-role", key.Transport, "pins under role sealing", swap("role transport", "role sealing")},
		{"batch-recipient", key.Sealing, "a recipient in capital letters", func(s string) string {
			lines := strings.SplitAfter(s, "\n")
			for i, l := range lines {
				if before, r, ok := strings.Cut(l, "Z age1"); ok {
					lines[i] = before + "Z " + strings.ToUpper("age1"+r)
					break
				}
			}
			return strings.Join(lines, "")
		}},
		{"batch-many", key.Transport, "seventeen keys in a batch", func(s string) string {
			var b strings.Builder
			for i := range maxValidities + 1 {
				b.WriteString("from " + canon.FormatTime(start.AddDate(0, 0, i)) + " " + canon.DigestOf([]byte{byte(i)}).String() + "\n")
			}
			return line("from", 1, b.String())(line("from", 2, "")(s))
		}},
		{"batch-key", key.Transport, "a batch key of the wrong length", line("key", 1, "key AAAA\n")},
		{"large", key.Record, "more bytes than a key act may have", func(s string) string { return s + strings.Repeat("x", maxChange) }},
	}
}

func TestRotationRefuses(t *testing.T) {
	all := payloads(t)
	for _, c := range spoiledPayloads() {
		good := string(all[c.role].Payload)
		bad := c.replace(good)
		if bad == good {
			t.Errorf("%s: the case does not apply", c.name)
		}
		if _, err := ParseRotation([]byte(bad)); err == nil {
			t.Errorf("%s: was read", c.name)
		}
	}
}
