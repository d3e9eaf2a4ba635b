// Package docket is what stands: tables folded from the records that a node
// holds, so that a screen or a command answers without replaying them. It
// decides nothing and signs nothing; every row follows from a leaf, or of a discreet
// act that was opened here from what is inside, and the whole can be dropped and
// rebuilt from the records and the opened contents and comes out the same.
//
// Invariant: Rebuild over the same records gives the same tables, whatever the
// order in which the leaves first arrived. Spec: spec/docket.md.
package docket

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// Schema creates the derived tables. The same text runs on SQLite, where
// durable.Tables gives "by key" its meaning, and, with bytea for blob, on
// PostgreSQL. An index leaves out what nobody looks for by it: every act pays for
// every index that it is in.
const Schema = `
create table if not exists docket_acts (
	origin text not null, idx bigint not null, leaf blob not null,
	author text not null, kind text not null, status text not null,
	thread text not null, life text not null, measure text not null,
	for_party text not null, claimed bigint not null, post text not null,
	a_origin text not null, a_idx bigint not null, a_leaf blob not null,
	sealed text not null, clear text not null, state text not null,
	primary key (origin, idx)) /* by key */;
create index if not exists docket_acts_thread on docket_acts (thread, origin, idx) where thread <> '';
create index if not exists docket_acts_answers on docket_acts (a_origin, a_idx, kind) where a_origin <> '';
create index if not exists docket_acts_kind on docket_acts (kind, origin, idx) where kind not in ` + frequentKinds + `;
create index if not exists docket_acts_unread on docket_acts (origin, idx) where state <> 'read';
create index if not exists docket_acts_newest on docket_acts (claimed desc, origin, idx desc) where kind in ` + spokenKinds + `;
create index if not exists docket_acts_newest_of on docket_acts (author, claimed desc, origin, idx desc) where kind in ` + ownKinds + `;
create table if not exists docket_addressees (
	origin text not null, idx bigint not null, party text not null, stanza bigint not null, serial bigint not null,
	primary key (origin, idx, party)) /* by key */;
create index if not exists docket_addressees_place on docket_addressees (party, origin, idx, serial);
create table if not exists docket_blobs (
	digest text not null, origin text not null, idx bigint not null,
	primary key (digest, origin, idx)) /* by key */;
create table if not exists docket_awaiting (
	want text not null, origin text not null, idx bigint not null,
	primary key (want, origin, idx)) /* by key */;
create table if not exists docket_reader (
	party text not null, primary key (party)) /* by key */;
`

// everyone stands in docket_addressees for an act that is addressed to all.
const everyone = "*"

// State of a leaf as far as this version can read it.
const (
	Read     = "read"      // parsed and within the rules
	SetAside = "set-aside" // of a format version that this build does not know
	Invalid  = "invalid"   // not an act under the version it names
)

// StateOf is the state of a leaf that act.Parse read with this error. A kind that
// is not known here may be sound to a later version: it is set aside like an
// unknown version, and does not speak against its author.
func StateOf(err error) string {
	format, ok := errors.AsType[*act.FormatError](err)
	switch {
	case err == nil:
		return Read
	case errors.Is(err, act.ErrVersion) || ok && format.Field == "kind":
		return SetAside
	}
	return Invalid
}

// Entry is one leaf to fold. Act is nil unless State is Read.
type Entry struct {
	Ref    act.Ref
	Author party.ID
	State  string
	Act    *act.Act
}

// Fold adds one leaf to the tables of a reader, who was named to Prepare. Folding the
// same leaf again changes nothing.
func Fold(ctx context.Context, tx *sql.Tx, reader party.ID, e Entry) error {
	a := e.Act
	if a == nil {
		a = &act.Act{}
	}
	claimed := int64(0)
	if !a.Claimed.IsZero() {
		claimed = a.Claimed.Unix()
	}
	_, err := tx.ExecContext(ctx, `insert into docket_acts
		(origin, idx, leaf, author, kind, status, thread, life, measure, for_party, claimed, post, a_origin, a_idx, a_leaf, sealed, clear, state)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)
		on conflict (origin, idx) do nothing`,
		string(e.Ref.Origin), e.Ref.Index, e.Ref.Leaf[:], string(e.Author), string(a.Kind), string(a.Status),
		a.Thread, string(a.Life), a.Measure, string(a.For), claimed, string(a.Post),
		string(a.Answers.Origin), a.Answers.Index, a.Answers.Leaf[:], digestText(a.Sealed), digestText(a.Clear), e.State)
	if err != nil {
		return fmt.Errorf("fold act %s %d: %w", e.Ref.Origin, e.Ref.Index, err)
	}
	to := a.To
	if a.ToAll {
		to = []party.ID{everyone}
	}
	for i, id := range to {
		if _, err := tx.ExecContext(ctx, `insert into docket_addressees (origin, idx, party, stanza, serial)
			values ($1,$2,$3,$4,$5) on conflict (origin, idx, party) do nothing`,
			string(e.Ref.Origin), e.Ref.Index, string(id), i, a.Serial[id]); err != nil {
			return fmt.Errorf("fold addressee of %s %d: %w", e.Ref.Origin, e.Ref.Index, err)
		}
	}
	for _, b := range []act.Blob{a.Sealed, a.Clear} {
		if b.Digest.IsZero() {
			continue
		}
		if _, err := tx.ExecContext(ctx, `insert into docket_blobs (digest, origin, idx) values ($1,$2,$3)
			on conflict (digest, origin, idx) do nothing`, b.Digest.String(), string(e.Ref.Origin), e.Ref.Index); err != nil {
			return fmt.Errorf("fold blob of %s %d: %w", e.Ref.Origin, e.Ref.Index, err)
		}
	}
	return await(ctx, tx, reader, e)
}

// Reveal folds a leaf anew, of which more is known now than when it was folded: a
// discreet act that was opened here. Sealed of its act stays the blob that the leaf
// names.
func Reveal(ctx context.Context, tx *sql.Tx, reader party.ID, e Entry) error {
	for _, t := range []string{"docket_acts", "docket_addressees"} {
		if _, err := tx.ExecContext(ctx, "delete from "+t+" where origin = $1 and idx = $2", string(e.Ref.Origin), e.Ref.Index); err != nil {
			return fmt.Errorf("reveal act %s %d: %w", e.Ref.Origin, e.Ref.Index, err)
		}
	}
	return Fold(ctx, tx, reader, e)
}

func digestText(b act.Blob) string {
	if b.Digest.IsZero() {
		return ""
	}
	return b.Digest.String()
}

// Clear empties the derived tables, before a rebuild in the same transaction.
func Clear(ctx context.Context, tx *sql.Tx) error {
	for _, t := range []string{"docket_acts", "docket_addressees", "docket_blobs", "docket_awaiting"} {
		if _, err := tx.ExecContext(ctx, "delete from "+t); err != nil {
			return fmt.Errorf("empty %s: %w", t, err)
		}
	}
	return nil
}

// Row is one act as the docket keeps it.
type Row struct {
	Ref     act.Ref
	Author  party.ID
	Kind    act.Kind
	Status  act.Status
	Thread  string
	Life    act.Life
	Measure string
	For     party.ID
	Claimed int64 // Unix seconds, as the author claims; 0 if none
	Post    party.Post
	Answers act.Ref // zero if none
	Sealed  string  // digest text, empty if none
	Clear   string
	State   string
}

// Thread is what one author says under one name, in earnest, as an exercise or as
// a test. Two authors that use one name have two threads.
type Thread struct {
	Author party.ID
	Name   string
	Status act.Status
}

// In is the thread of a row.
func (r Row) In() Thread { return Thread{r.Author, r.Thread, r.Status} }

// Filter selects rows; zero fields do not restrict.
type Filter struct {
	Origin   party.Origin
	Author   party.ID
	To       party.ID // addressed to this party
	Kinds    []act.Kind
	Status   act.Status
	Thread   string
	Answers  act.Ref // answering exactly this act (place; the leaf is compared too)
	Digest   string  // naming this blob
	Life     act.Life
	Measures []string // codes of steps, one of which the act names
	For      party.ID // entered for this party
	Since    int64    // claimed then or later, in Unix seconds; 0: whenever
	From     int64    // with Origin: at or after this index
	Limit    int      // newest first when Newest, at most 10,000; 0 means 1,000
	Newest   bool
}

const columns = `d.origin, d.idx, d.leaf, d.author, d.kind, d.status, d.thread, d.life, d.measure, d.for_party, d.claimed, d.post,
	d.a_origin, d.a_idx, d.a_leaf, d.sealed, d.clear, d.state`

// List returns the rows that match, in order of (origin, index) or newest claimed first.
func List(ctx context.Context, q durable.Querier, f Filter) ([]Row, error) {
	from, place := f.from()
	where, args := f.where()
	text := "select " + columns + from + where
	if f.Newest {
		text += " order by d.claimed desc, d.origin, d.idx desc"
	} else {
		text += fmt.Sprintf(" order by %[1]s.origin, %[1]s.idx", place)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	args = append(args, min(limit, 10000))
	text += fmt.Sprintf(" limit $%d", len(args))
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("list acts: %w", err)
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list acts: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// from is the table to begin with, the one that leads to the fewest rows, and its
// short name. A cross join is an ordinary join that SQLite does not turn round.
func (f Filter) from() (text, place string) {
	switch {
	case f.Digest != "":
		return " from docket_blobs b cross join docket_acts d", "b"
	case f.To != "" && f.Thread == "" && f.Answers.IsZero() && !(f.rare() && f.Origin == ""):
		return " from docket_addressees x cross join docket_acts d", "x"
	}
	return " from docket_acts d", "d"
}

func (f Filter) where() (string, []any) {
	var cond []string
	var args []any
	add := func(text string, v any) {
		args = append(args, v)
		cond = append(cond, fmt.Sprintf(text, len(args)))
	}
	_, place := f.from()
	if f.Digest != "" {
		add("b.digest = $%d and d.origin = b.origin and d.idx = b.idx", f.Digest)
	}
	switch {
	case f.To == "":
	case place == "x":
		add("x.party = $%d and d.origin = x.origin and d.idx = x.idx", string(f.To))
	default:
		add("exists (select 1 from docket_addressees x where x.origin = d.origin and x.idx = d.idx and x.party = $%d)", string(f.To))
	}
	switch {
	case f.Origin == "":
	case !f.Answers.IsZero() || f.Thread != "":
		add("coalesce("+place+".origin, '') = $%d", string(f.Origin)) // not by the order of the record: there is a shorter way
	default:
		add(place+".origin = $%d", string(f.Origin))
	}
	if f.From > 0 && f.Origin != "" {
		add(place+".idx >= $%d", f.From)
	}
	if f.Author != "" {
		add("d.author = $%d", string(f.Author))
	}
	if f.For != "" {
		add("d.for_party = $%d", string(f.For))
	}
	if f.Since > 0 {
		add("d.claimed >= $%d", f.Since)
	}
	if f.Status != "" {
		add("d.status = $%d", string(f.Status))
	}
	if f.Thread != "" {
		add("d.thread <> '' and d.thread = $%d", f.Thread) // as in the index
	}
	if f.Life != "" {
		add("d.life = $%d", string(f.Life))
	}
	if !f.Answers.IsZero() {
		add("d.a_origin <> '' and d.a_origin = $%d", string(f.Answers.Origin)) // as in the index
		add("d.a_idx = $%d", f.Answers.Index)
		add("d.a_leaf = $%d", f.Answers.Leaf[:])
	}
	if len(f.Measures) > 0 {
		cond = append(cond, "d.measure in ("+marks(&args, f.Measures)+")")
	}
	if len(f.Kinds) > 0 {
		text := "coalesce(d.kind, '')" // not by the index of kinds, where there is a shorter way
		switch byTime := f.byTime(); {
		case byTime != "":
			text = byTime + " and " + text // as in the index
		case place == "d" && f.Thread == "" && f.Answers.IsZero() && f.rare():
			text = "d.kind not in " + frequentKinds + " and d.kind"
		}
		cond = append(cond, text+" in ("+marks(&args, f.Kinds)+")")
	}
	if len(cond) == 0 {
		return "", args
	}
	return " where " + strings.Join(cond, " and "), args
}

// frequentKinds are those that most acts are of: they are not in the index of kinds.
const frequentKinds = "('statement', 'delivered', 'acknowledged')"

func frequent(k act.Kind) bool {
	return k == act.Statement || k == act.Delivered || k == act.Acknowledged
}

// spokenKinds are those of which the newest of all authors are asked for, ownKinds
// those of which the newest of one are; each has an index by the time claimed.
const (
	spokenKinds = "('statement', 'entered')"
	ownKinds    = "('statement', 'entered', 'acknowledged')"
)

// byTime is the condition of the index by the time claimed that leads to what is
// asked for; empty: there is a shorter way, or none.
func (f Filter) byTime() string {
	if !f.Newest || len(f.Kinds) == 0 || f.rare() || f.Digest != "" || f.To != "" || f.Thread != "" || f.Origin != "" || !f.Answers.IsZero() {
		return ""
	}
	kinds, text := []act.Kind{act.Statement, act.Entered}, spokenKinds
	if f.Author != "" {
		kinds, text = append(kinds, act.Acknowledged), ownKinds
	}
	if slices.ContainsFunc(f.Kinds, func(k act.Kind) bool { return !slices.Contains(kinds, k) }) {
		return ""
	}
	return "d.kind in " + text
}

// rare reports whether all kinds asked for are in the index of kinds.
func (f Filter) rare() bool { return len(f.Kinds) > 0 && !slices.ContainsFunc(f.Kinds, frequent) }

// marks appends words to the arguments of a statement and writes their places.
func marks[S ~string](args *[]any, words []S) string {
	var out []string
	for _, k := range words {
		*args = append(*args, string(k))
		out = append(out, fmt.Sprintf("$%d", len(*args)))
	}
	return strings.Join(out, ",")
}

type scanner interface{ Scan(...any) error }

func scan(s scanner) (Row, error) {
	var r Row
	var leaf, aleaf []byte
	err := s.Scan(&r.Ref.Origin, &r.Ref.Index, &leaf, &r.Author, &r.Kind, &r.Status, &r.Thread, &r.Life, &r.Measure, &r.For,
		&r.Claimed, &r.Post, &r.Answers.Origin, &r.Answers.Index, &aleaf, &r.Sealed, &r.Clear, &r.State)
	copy(r.Ref.Leaf[:], leaf)
	copy(r.Answers.Leaf[:], aleaf)
	return r, err
}

// NotRead lists the leaves that are set aside or invalid, in order, at most limit.
func NotRead(ctx context.Context, q durable.Querier, limit int) ([]Row, error) {
	rows, err := q.QueryContext(ctx, "select "+columns+" from docket_acts d where d.state <> 'read' order by d.origin, d.idx limit $1", limit)
	if err != nil {
		return nil, fmt.Errorf("list unread leaves: %w", err)
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list unread leaves: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// FirstInvalid lists of each record the first leaves that are invalid, at most each.
func FirstInvalid(ctx context.Context, q durable.Querier, each int) ([]Row, error) {
	rows, err := q.QueryContext(ctx, "select "+columns+` from docket_acts d cross join (
			select origin, idx, row_number() over (partition by origin order by idx) as place
			from docket_acts where state <> 'read' and state = $1) e
		where e.place <= $2 and d.origin = e.origin and d.idx = e.idx order by d.origin, d.idx`, Invalid, each)
	if err != nil {
		return nil, fmt.Errorf("list invalid leaves: %w", err)
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list invalid leaves: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// ErrNone says that no such act is held here.
var ErrNone = errors.New("no such act is held here")

// Get returns one row, or ErrNone.
func Get(ctx context.Context, q durable.Querier, o party.Origin, idx int64) (Row, error) {
	r, err := scan(q.QueryRowContext(ctx, "select "+columns+" from docket_acts d where d.origin = $1 and d.idx = $2", string(o), idx))
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, ErrNone
	}
	return r, err
}

// NextSerial is the number that the next act to id carries in this volume of the
// author's record, from 1. Each volume numbers anew: after a restore its author does
// not know yet how far it had counted in the one before.
func NextSerial(ctx context.Context, q durable.Querier, volume party.Origin, id party.ID) (int64, error) {
	var last int64
	err := q.QueryRowContext(ctx, `select serial from docket_addressees where party = $1 and origin = $2 and serial > 0
		order by idx desc limit 1`, string(id), string(volume)).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("next serial to %s: %w", id, err)
	}
	return last + 1, nil
}

// Gaps lists the serials missing among the acts of one volume to id, at most limit.
func Gaps(ctx context.Context, q durable.Querier, o party.Origin, id party.ID, limit int) ([]int64, error) {
	rows, err := q.QueryContext(ctx, `select serial from docket_addressees where party = $1 and origin = $2 and serial > 0 order by serial`, string(id), string(o))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var gaps []int64
	next := int64(1)
	for rows.Next() {
		var s int64
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		for ; next < s && len(gaps) < limit; next++ {
			gaps = append(gaps, next)
		}
		next = s + 1
	}
	return gaps, rows.Err()
}

// Fingerprint is a hash over all derived rows in order, to compare a rebuilt docket with the one before.
func Fingerprint(ctx context.Context, q durable.Querier) (tlog.Hash, error) {
	var sum tlog.Hash
	add := func(row string) { sum = tlog.NodeHash(sum, tlog.RecordHash([]byte(row))) }
	err := each(ctx, q, "select "+columns+" from docket_acts d order by d.origin, d.idx", func(s scanner) error {
		r, err := scan(s)
		add(fmt.Sprintf("%+v", r))
		return err
	})
	if err != nil {
		return sum, err
	}
	err = each(ctx, q, "select origin, idx, party, stanza, serial from docket_addressees order by origin, idx, party", func(s scanner) error {
		var o, id string
		var idx, stanza, serial int64
		err := s.Scan(&o, &idx, &id, &stanza, &serial)
		add(fmt.Sprintf("%s %d %s %d %d", o, idx, id, stanza, serial))
		return err
	})
	if err != nil {
		return sum, err
	}
	for _, rows := range []string{"digest, origin, idx from docket_blobs", "want, origin, idx from docket_awaiting"} {
		err = each(ctx, q, "select "+rows+" order by 1, 2, 3", func(s scanner) error {
			var of, o string
			var idx int64
			err := s.Scan(&of, &o, &idx)
			add(fmt.Sprintf("%s %s %d", of, o, idx))
			return err
		})
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// each runs f over the rows of a query.
func each(ctx context.Context, q durable.Querier, query string, f func(scanner) error, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read derived tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return fmt.Errorf("read derived tables: %w", err)
		}
	}
	return rows.Err()
}

// AddressedBetween reports whether an act of o with index in [from, to) is addressed to id.
func AddressedBetween(ctx context.Context, q durable.Querier, o party.Origin, id party.ID, from, to int64) (bool, error) {
	var one int
	err := q.QueryRowContext(ctx, "select 1 from docket_addressees where party = $1 and origin = $2 and idx >= $3 and idx < $4 limit 1",
		string(id), string(o), from, to).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// FirstNaming returns, of each record, the first act of a kind that names this
// blob as its clear one, in order of (author, origin).
func FirstNaming(ctx context.Context, q durable.Querier, kind act.Kind, digest string) ([]Row, error) {
	rows, err := q.QueryContext(ctx, "select "+columns+` from (
		select o.origin, min(o.idx) as idx from docket_blobs b cross join docket_acts o
		where b.digest = $1 and o.origin = b.origin and o.idx = b.idx and o.clear = b.digest and o.kind = $2
		group by o.origin) f cross join docket_acts d
		where d.origin = f.origin and d.idx = f.idx order by d.author, d.origin`, digest, string(kind))
	if err != nil {
		return nil, fmt.Errorf("list who names a blob first: %w", err)
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list who names a blob first: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
