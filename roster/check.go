package roster

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// stage says how complete a roster must be to pass check.
type stage bool

const (
	draft   stage = false // group, edition, previous and effective may be missing
	edition stage = true
)

// boundError is one bound that a roster does not keep, with its place.
type boundError struct{ where, what string }

func (e *boundError) Error() string { return e.where + ": " + e.what }

func out(where, format string, args ...any) error {
	return &boundError{where, fmt.Sprintf(format, args...)}
}

// check holds r to the bounds of spec/roster.md §2 and returns the first that it
// does not keep. What passes is well formed; whether it is wise, Lint says.
func (r *Roster) check(s stage) error { return r.checkKnowing(s, nil) }

// checkKnowing is check that reads no card again whose keys are known.
func (r *Roster) checkKnowing(s stage, known func(*key.Card) (cardKeys, bool)) error {
	if r.Format != Format {
		return out("format", "%q is not %q", clip(r.Format), Format)
	}
	if err := r.checkHead(s); err != nil {
		return err
	}
	if len(r.Parties) < 1 || len(r.Parties) > MaxParties {
		return out("parties", "%d parties where 1 to %d belong", len(r.Parties), MaxParties)
	}
	seen := map[party.ID]bool{}
	for _, p := range r.Parties {
		if err := p.check(); err != nil {
			return err
		}
		if seen[p.ID] {
			return out(row(p.ID), "stands twice in the roster")
		}
		seen[p.ID] = true
	}
	if err := r.checkCounting(seen); err != nil {
		return err
	}
	if err := r.checkAgreed(seen); err != nil {
		return err
	}
	return r.checkKeys(known)
}

// checkHead looks at what stands before the parties.
func (r *Roster) checkHead(s stage) error {
	if r.Proposal != "" {
		if err := checkText("proposal", r.Proposal, maxRemark); err != nil {
			return err
		}
	}
	if len(r.Remarks) > maxRemarks {
		return out("remarks", "%d remarks where %d are the most", len(r.Remarks), maxRemarks)
	}
	for i, t := range r.Remarks {
		if err := checkText(fmt.Sprintf("remarks, number %d", i+1), t, maxRemark); err != nil {
			return err
		}
	}
	if err := r.checkPlace(s); err != nil {
		return err
	}
	if len(r.Languages) < 1 || len(r.Languages) > MaxLanguages {
		return out("languages", "%d languages where 1 to %d belong", len(r.Languages), MaxLanguages)
	}
	for i, l := range r.Languages {
		if !isLanguage(l) {
			return out("languages", "%q is not a language tag such as en, ru or zh-Hant", clip(l))
		}
		if slices.Contains(r.Languages[:i], l) {
			return out("languages", "%s stands twice", l)
		}
	}
	if r.Acts != 0 && r.Acts != MaxActs {
		return out("acts", "%d where %d belongs, or nothing for version 1", r.Acts, MaxActs)
	}
	return checkNames("names", r.Names)
}

// checkPlace looks at the edition's place in the chain of editions. A draft may
// leave out what is decided last.
func (r *Roster) checkPlace(s stage) error {
	if r.Edition < 0 || r.Edition > maxEdition {
		return out("edition", "%d is not a number from 1 to %d", r.Edition, maxEdition)
	}
	if s == draft && r.Effective == "" {
		return nil
	}
	if err := checkTime(r.Effective); err != nil || s == draft {
		return err
	}
	if r.Group.IsZero() {
		return out("group", "the identifier of the group is missing")
	}
	if r.Edition == 0 {
		return out("edition", "editions are numbered from 1")
	}
	if (r.Edition == 1) != r.Previous.IsZero() {
		return out("previous", "edition 1 names no edition before it and every other names one; this is edition %d and names %s", r.Edition, r.Previous)
	}
	return nil
}

func checkTime(t string) error {
	if _, err := canon.ParseTime(t); err != nil {
		return out("effective", "%s", err)
	}
	return nil
}

func (p *Party) check() error {
	if _, err := party.ParseID(string(p.ID)); err != nil {
		return out("parties", "%s", err)
	}
	where := row(p.ID)
	switch p.Standing {
	case Member, Observer, Partner, Secretariat, WitnessOnly:
	default:
		return out(where, "standing %q is none of member, observer, partner, secretariat, witness-only", clip(string(p.Standing)))
	}
	if err := checkNames(where+", names", p.Names); err != nil {
		return err
	}
	if !isCode(p.Code) {
		return out(where, "code %q is not two or three capital letters or digits", clip(p.Code))
	}
	if p.Remark != "" {
		if err := checkText(where+", remark", p.Remark, maxRemark); err != nil {
			return err
		}
	}
	if p.Control != "" {
		if _, err := party.ParseID(p.Control); err != nil {
			return out(where, "control: %s", err)
		}
	}
	return p.checkReach()
}

// checkReach looks at the posts and endpoints.
func (p *Party) checkReach() error {
	where := row(p.ID)
	if len(p.Posts) > maxPosts {
		return out(where, "%d posts where %d are the most", len(p.Posts), maxPosts)
	}
	for i, o := range p.Posts {
		if _, err := party.ParsePost(string(o)); err != nil {
			return out(where, "%s", err)
		}
		if slices.Contains(p.Posts[:i], o) {
			return out(where, "post %s stands twice", o)
		}
	}
	if len(p.Endpoints) > maxEndpoints {
		return out(where, "%d endpoints where %d are the most", len(p.Endpoints), maxEndpoints)
	}
	for i, e := range p.Endpoints {
		if err := checkEndpoint(e); err != nil {
			return out(where, "%s", err)
		}
		if slices.Contains(p.Endpoints[:i], e) {
			return out(where, "endpoint %s stands twice", e)
		}
	}
	return nil
}

func (r *Roster) checkCounting(parties map[party.ID]bool) error {
	if err := checkIDs("counting, witnesses", r.Counting.Witnesses, parties); err != nil {
		return err
	}
	if f := r.Counting.F; f < 0 || f > MaxParties {
		return out("counting, f", "%d is not a number from 0 to %d", f, MaxParties)
	}
	if k := r.Counting.K; k < 0 || k > MaxParties {
		return out("counting, k", "%d is not a number from 0 to %d", k, MaxParties)
	}
	return checkIDs("custodians", r.Custodians, parties)
}

func checkIDs(where string, ids []party.ID, parties map[party.ID]bool) error {
	for i, id := range ids {
		if !parties[id] {
			return out(where, "%q is no party of this roster", clip(string(id)))
		}
		if slices.Contains(ids[:i], id) {
			return out(where, "%s stands twice", id)
		}
	}
	return nil
}

// checkTexts looks at the texts in force and what was filled in.
func (r *Roster) checkTexts(parties map[party.ID]bool) error {
	if len(r.Packs) > maxPacks {
		return out("packs", "%d packs where %d are the most", len(r.Packs), maxPacks)
	}
	for i, p := range r.Packs {
		switch {
		case !isToken(p.ID):
			return out("packs", "%q is not an identifier such as vd11", clip(p.ID))
		case slices.ContainsFunc(r.Packs[:i], func(o Pack) bool { return o.ID == p.ID }):
			return out("packs, "+p.ID, "stands twice")
		case p.Digest.IsZero():
			return out("packs, "+p.ID, "has no digest")
		}
	}
	if len(r.Slots) > maxSlots {
		return out("slots", "%d slots where %d are the most", len(r.Slots), maxSlots)
	}
	seen := map[string]bool{}
	for _, s := range r.Slots {
		where := "slots, " + s.ID
		if !isToken(s.ID) {
			return out("slots", "%q is not an identifier such as cica.2.1.1d.lead", clip(s.ID))
		}
		if err := checkText(where, s.Value, maxValue); err != nil {
			return err
		}
		if len(s.Between) == 1 {
			return out(where, "an agreement is between two parties or more; an empty list means all")
		}
		if err := checkIDs(where, s.Between, parties); err != nil {
			return err
		}
		between := slices.Sorted(slices.Values(s.Between))
		if key := s.ID + " " + fmt.Sprint(between); seen[key] {
			return out(where, "is filled in twice for the same parties")
		} else {
			seen[key] = true
		}
	}
	return nil
}

// checkAgreed looks at what the group agreed on beside its parties.
func (r *Roster) checkAgreed(parties map[party.ID]bool) error {
	if r.Adoption != AdoptionAll && r.Adoption != AdoptionMembers {
		return out("adoption", "%q is neither %q nor %q", clip(r.Adoption), AdoptionAll, AdoptionMembers)
	}
	if r.Courier != "" {
		if _, err := parseSpan(r.Courier); err != nil {
			return out("courier", "%s", err)
		}
	}
	if err := r.checkTexts(parties); err != nil {
		return err
	}
	if len(r.Retention) > maxRetention {
		return out("retention", "%d classes where %d are the most", len(r.Retention), maxRetention)
	}
	for _, class := range sorted(r.Retention) {
		if !isToken(class) {
			return out("retention", "%q is not the name of a class", clip(class))
		}
		if _, err := parseSpan(r.Retention[class]); err != nil {
			return out("retention, "+class, "%s", err)
		}
	}
	return nil
}

// checkEndpoint accepts https://host:port with a lower-case DNS name, an IPv4
// address or an IPv6 address in brackets, and nothing after the port.
func checkEndpoint(e string) error {
	rest, ok := strings.CutPrefix(e, "https://")
	colon := strings.LastIndexByte(rest, ':')
	if !ok || colon < 1 {
		return fmt.Errorf("endpoint %q is not of the form https://host:port", clip(e))
	}
	host, port := rest[:colon], rest[colon+1:]
	if n, err := canon.ParseDecimal(port, 65535); err != nil || n == 0 {
		return fmt.Errorf("endpoint %q: port is not a number from 1 to 65535", clip(e))
	}
	allowed := "abcdefghijklmnopqrstuvwxyz0123456789.-"
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok || !strings.Contains(inner, ":") {
			return fmt.Errorf("endpoint %q: brackets enclose an IPv6 address", clip(e))
		}
		host, allowed = inner, "0123456789abcdef:."
	}
	if len(host) > maxHost || strings.Trim(host, allowed) != "" || strings.ContainsFunc(host, func(c rune) bool { return !strings.ContainsRune(allowed, c) }) {
		return fmt.Errorf("endpoint %q: host is not a lower-case name or address", clip(e))
	}
	if host[0] == '.' || host[0] == '-' || host[len(host)-1] == '.' || host[len(host)-1] == '-' {
		return fmt.Errorf("endpoint %q: host begins or ends with a dot or hyphen", clip(e))
	}
	return nil
}

// parseSpan reads a duration of one unit, without leading zeros: "336h", "90m".
func parseSpan(s string) (time.Duration, error) {
	if len(s) < 2 || len(s) > 12 {
		return 0, fmt.Errorf("%q is not a duration such as 336h", clip(s))
	}
	unit := map[byte]time.Duration{'h': time.Hour, 'm': time.Minute, 's': time.Second}[s[len(s)-1]]
	if unit == 0 {
		return 0, fmt.Errorf("%q is not a duration in h, m or s", s)
	}
	n, err := canon.ParseDecimal(s[:len(s)-1], uint64(maxSpan/unit))
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a duration of more than 0 and at most %d hours", s, maxSpan/time.Hour)
	}
	return time.Duration(n) * unit, nil
}

// RoundTrip is the courier's slowest round trip; false if there is no courier.
func (r *Roster) RoundTrip() (time.Duration, bool) {
	d, err := parseSpan(r.Courier)
	return d, err == nil
}

func checkNames(where string, names map[string]string) error {
	if len(names) < 1 || len(names) > MaxLanguages {
		return out(where, "%d names where 1 to %d belong", len(names), MaxLanguages)
	}
	for _, l := range sorted(names) {
		if !isLanguage(l) {
			return out(where, "%q is not a language tag such as en, ru or zh-Hant", clip(l))
		}
		if err := checkText(where+", "+l, names[l], maxName); err != nil {
			return err
		}
	}
	return nil
}

// checkText accepts what can be shown on one line and shows all that it holds:
// no control characters, none that turn the direction of writing or are not
// seen, no space at either end.
func checkText(where, s string, most int) error {
	if s == "" || len(s) > most {
		return out(where, "text of %d bytes where 1 to %d belong", len(s), most)
	}
	if !utf8.ValidString(s) {
		return out(where, "text is not UTF-8")
	}
	if strings.TrimSpace(s) != s {
		return out(where, "text begins or ends with a space")
	}
	for _, c := range s {
		if unicode.IsControl(c) || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c) || unicode.Is(unicode.Bidi_Control, c) || c == '\ufeff' {
			return out(where, "text holds the invisible character %U", c)
		}
	}
	return nil
}

// isLanguage accepts the short form of BCP 47: language, then script or region
// or both, in their customary case.
func isLanguage(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) > 3 || !isRun(parts[0], 2, 3, 'a', 'z') {
		return false
	}
	rest := parts[1:]
	if len(rest) > 0 && len(rest[0]) == 4 {
		if !isRun(rest[0][:1], 1, 1, 'A', 'Z') || !isRun(rest[0][1:], 3, 3, 'a', 'z') {
			return false
		}
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return true
	}
	return len(rest) == 1 && (isRun(rest[0], 2, 2, 'A', 'Z') || isRun(rest[0], 3, 3, '0', '9'))
}

// isRun reports whether s has low to high bytes, all from first to last.
func isRun(s string, low, high int, first, last byte) bool {
	if len(s) < low || len(s) > high {
		return false
	}
	for i := range len(s) {
		if s[i] < first || s[i] > last {
			return false
		}
	}
	return true
}

func isCode(s string) bool {
	if len(s) == 0 {
		return true
	}
	return len(s) >= 2 && len(s) <= 3 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'A' || c > 'Z') && (c < '0' || c > '9')
	})
}

// isToken accepts an identifier such as cica.2.1.1d.
func isToken(s string) bool {
	if len(s) < 1 || len(s) > maxToken || !isRun(s[:1], 1, 1, 'a', 'z') {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '-'
	})
}

func row(id party.ID) string { return "parties, " + string(id) }

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// clip shortens foreign text for an error sentence.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
