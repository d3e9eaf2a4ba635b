package node

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"detente/act"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/key"
	"detente/party"
	"detente/roster"
)

// Schema creates the node's own tables. Group state (rosters, adoptions, key
// changes) is derived from the records and can be rebuilt; contents and settings
// are local.
const Schema = `
create table if not exists node_rosters (
	edition bigint not null, digest text not null, body blob not null,
	pinned bigint not null, primary key (digest));
create table if not exists node_changes (
	origin text not null, idx bigint not null, party text not null, role text not null, payload blob not null,
	primary key (origin, idx));
create table if not exists node_contents (
	origin text not null, idx bigint not null, state text not null, type text not null, body blob not null, note text not null,
	primary key (origin, idx));
create table if not exists node_filekeys (
	digest text not null, body blob not null, primary key (digest)) /* by key */;
create table if not exists node_missing (
	digest text not null, origin text not null, idx bigint not null, primary key (digest, origin, idx)) /* by key */;
create index if not exists node_missing_place on node_missing (origin, idx);
create table if not exists node_unfit (
	digest text not null, origin text not null, idx bigint not null, primary key (digest, origin, idx));
create table if not exists node_texts (
	digest text not null, body blob not null, primary key (digest));
create table if not exists node_editions (
	edition bigint not null, digest text not null, primary key (edition));
create table if not exists node_retired (
	origin text not null, idx bigint not null, seq bigint not null, primary key (origin, idx));
create table if not exists node_sealed (
	digest text not null, origin text not null, idx bigint not null, primary key (digest));
create table if not exists node_streams (
	party text not null, upto bigint not null, primary key (party));
create table if not exists node_frozen (
	origin text not null, proof text not null, at bigint not null, primary key (origin));
create table if not exists node_conflicting (
	origin text not null, signer text not null, key_id bigint not null, size bigint not null, time bigint not null, root text not null,
	primary key (origin, signer, key_id, size));
create table if not exists node_proven (
	against text not null, origin text not null, kind text not null, lodger text not null, proof text not null,
	primary key (against, origin, kind, lodger));
create table if not exists node_lines (
	origin text not null, idx bigint not null, author text not null, type text not null,
	line text not null, parties text not null, kind text not null, arrived bigint not null,
	primary key (origin, idx));
create index if not exists node_lines_type on node_lines (type, arrived);
create index if not exists node_lines_line on node_lines (line, parties, arrived);
create table if not exists node_line_marks (
	origin text not null, idx bigint not null, silenced bigint not null, done bigint not null, primary key (origin, idx));
create table if not exists node_discreet (
	origin text not null, idx bigint not null, state text not null, body blob not null, due bigint not null, seq bigint not null,
	primary key (origin, idx)) /* by key */;
create index if not exists node_discreet_seq on node_discreet (seq) where seq > 0;
create index if not exists node_discreet_state on node_discreet (state, origin, idx) where state = 'waits';
create index if not exists node_discreet_due on node_discreet (due) where due > 0;
create table if not exists node_discreet_serials (
	origin text not null, idx bigint not null, party text not null, serial bigint not null,
	primary key (party, origin, serial, idx)) /* by key */;
create table if not exists node_exercises (
	id text not null, scenario blob not null, start bigint not null, officer text not null, primary key (id));
create table if not exists node_injects (
	exercise text not null, inject text not null, draft text not null, ref text not null, primary key (exercise, inject));
create table if not exists node_unproven (
	proof text not null, lodger text not null, primary key (proof));
`

// pinRoster stores the first roster on the first start and afterwards insists on it.
func (n *Node) pinRoster(ctx context.Context, tx *sql.Tx) error {
	d := n.cfg.First.Digest().String()
	var pinned string
	err := tx.QueryRowContext(ctx, "select digest from node_rosters where pinned = 1").Scan(&pinned)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		b, err := n.cfg.First.Bytes()
		if err != nil {
			return fmt.Errorf("write the first roster: %w", err)
		}
		_, err = tx.ExecContext(ctx, "insert into node_rosters (edition, digest, body, pinned) values ($1,$2,$3,1)", n.cfg.First.Edition, d, b)
		return err
	case err != nil:
		return fmt.Errorf("read the pinned roster: %w", err)
	case pinned != d:
		return fmt.Errorf("this home is pinned to the roster %s, not to %s: a home belongs to one group for good", pinned, d)
	}
	return nil
}

type storedRoster struct {
	roster *roster.Roster
	digest canon.Digest
}

// rosters reads all editions that are known, by number.
func rosters(ctx context.Context, q durable.Querier) ([]storedRoster, error) {
	return someRosters(ctx, q, "select body from node_rosters order by edition, digest")
}

// hasRoster reports whether the roster with this digest is known.
func hasRoster(ctx context.Context, q durable.Querier, d canon.Digest) (bool, error) {
	var count int
	err := q.QueryRowContext(ctx, "select count(*) from node_rosters where digest = $1", d.String()).Scan(&count)
	if err != nil {
		return false, fmt.Errorf("look for a roster: %w", err)
	}
	return count > 0, nil
}

func someRosters(ctx context.Context, q durable.Querier, query string, args ...any) ([]storedRoster, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read rosters: %w", err)
	}
	defer rows.Close()
	var out []storedRoster
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, err
		}
		r, err := roster.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("read a stored roster: %w", err)
		}
		out = append(out, storedRoster{r, r.Digest()})
	}
	return out, rows.Err()
}

func saveRoster(ctx context.Context, tx *sql.Tx, r *roster.Roster, body []byte) error {
	_, err := tx.ExecContext(ctx, `insert into node_rosters (edition, digest, body, pinned) values ($1,$2,$3,0)
		on conflict (digest) do nothing`, r.Edition, r.Digest().String(), body)
	return err
}

func saveChange(ctx context.Context, tx *sql.Tx, c roster.Change) error {
	_, err := tx.ExecContext(ctx, `insert into node_changes (origin, idx, party, role, payload) values ($1,$2,$3,$4,$5)
		on conflict (origin, idx) do nothing`, string(c.Origin), c.Index, string(c.Party), string(c.Role), c.Payload)
	return err
}

func changes(ctx context.Context, q durable.Querier) ([]roster.Change, error) {
	rows, err := q.QueryContext(ctx, "select origin, idx, party, role, payload from node_changes")
	if err != nil {
		return nil, fmt.Errorf("read key changes: %w", err)
	}
	defer rows.Close()
	var out []roster.Change
	for rows.Next() {
		var c roster.Change
		var role string
		if err := rows.Scan(&c.Origin, &c.Index, &c.Party, &role, &c.Payload); err != nil {
			return nil, err
		}
		c.Role = key.Role(role)
		out = append(out, c)
	}
	slices.SortFunc(out, byPlace)
	return out, rows.Err()
}

// byPlace orders key acts by record, volume and index.
func byPlace(a, b roster.Change) int {
	return cmp.Or(cmp.Compare(a.Origin.Base(), b.Origin.Base()), cmp.Compare(a.Origin.Volume(), b.Origin.Volume()), cmp.Compare(a.Index, b.Index))
}

// saveHeldBefore keeps up to which one the cosignatures were held when a key act
// came: what was counted before goes on counting, whatever list the act brings.
func saveHeldBefore(ctx context.Context, tx *sql.Tx, c roster.Change) error {
	_, err := tx.ExecContext(ctx, `insert into node_retired (origin, idx, seq)
		select $1, $2, coalesce(max(seq), 0) from record_notes where true on conflict (origin, idx) do nothing`, string(c.Origin), c.Index)
	if err != nil {
		return fmt.Errorf("keep what was held before a key act: %w", err)
	}
	return nil
}

// heldBefore is the arrival number of the last cosignature that was held when the
// key act at a place came; 0 if the act is not here.
func heldBefore(ctx context.Context, q durable.Querier, o party.Origin, idx int64) (int64, error) {
	var seq int64
	err := q.QueryRowContext(ctx, "select coalesce(max(seq), 0) from node_retired where origin = $1 and idx = $2", string(o), idx).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("read what was held before a key act: %w", err)
	}
	return seq, nil
}

// enterEdition keeps that an edition is in force.
func enterEdition(ctx context.Context, tx *sql.Tx, r *roster.Roster) error {
	_, err := tx.ExecContext(ctx, "insert into node_editions (edition, digest) values ($1,$2) on conflict (edition) do nothing", r.Edition, r.Digest().String())
	if err != nil {
		return fmt.Errorf("enter edition %d: %w", r.Edition, err)
	}
	return nil
}

// enteredEditions are the editions after the first that are in force, in order.
func enteredEditions(ctx context.Context, q durable.Querier) ([]*roster.Roster, error) {
	all, err := someRosters(ctx, q, "select r.body from node_editions e join node_rosters r on r.digest = e.digest order by e.edition")
	if err != nil {
		return nil, err
	}
	out := make([]*roster.Roster, len(all))
	for i := range all {
		out[i] = all[i].roster
	}
	return out, nil
}

// adoptedRosters are the editions of a number that each of the parties has
// adopted, by digest. What only others adopted is not even read.
func adoptedRosters(ctx context.Context, q durable.Querier, edition int, by []party.ID) ([]storedRoster, error) {
	if len(by) == 0 {
		return nil, nil
	}
	args := []any{edition}
	var marks []string
	for _, id := range by {
		args = append(args, string(id))
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	return someRosters(ctx, q, `select r.body from node_rosters r where r.edition = $1 and (
		select count(distinct d.author) from docket_blobs b cross join docket_acts d
		where b.digest = r.digest and d.origin = b.origin and d.idx = b.idx and d.clear = b.digest
		and d.kind = 'adoption' and d.author in (`+strings.Join(marks, ",")+`)) = `+fmt.Sprint(len(by))+` order by r.digest`, args...)
}

// content is what this node could read of a sealed act, kept re-encrypted, or
// the word why it could not.
type content struct {
	State string // opened, unreadable
	Type  string
	Body  []byte
	Note  string // why it could not be read
}

const (
	opened     = "opened"
	unreadable = "unreadable"
)

// open is the content, or ErrNoContent if it could not be read.
func (c content) open() (Content, error) {
	if c.State != opened {
		return Content{}, fmt.Errorf("%w: %s", ErrNoContent, c.Note)
	}
	return Content{c.Type, c.Body}, nil
}

func (n *Node) saveContent(ctx context.Context, tx *sql.Tx, ref act.Ref, a *act.Act, c content) error {
	o, idx := ref.Origin, ref.Index
	body, err := n.lock(o, idx, c.Body)
	if err != nil {
		return err
	}
	if err := n.noteLine(ctx, tx, ref, a, c); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into node_contents (origin, idx, state, type, body, note) values ($1,$2,$3,$4,$5,$6)
		on conflict (origin, idx) do update set state = excluded.state, type = excluded.type, body = excluded.body, note = excluded.note`,
		string(o), idx, c.State, c.Type, body, c.Note)
	return err
}

// ErrNoContent means that no readable content of the act is kept here.
var ErrNoContent = errors.New("no content of this act is kept here")

func (n *Node) readContent(ctx context.Context, q durable.Querier, o party.Origin, idx int64) (content, error) {
	var c content
	var body []byte
	err := q.QueryRowContext(ctx, "select state, type, body, note from node_contents where origin = $1 and idx = $2", string(o), idx).
		Scan(&c.State, &c.Type, &body, &c.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNoContent
	}
	if err != nil {
		return c, err
	}
	c.Body, err = n.unlock(o, idx, body)
	return c, err
}

// ContentsOf lists the places of acts whose content is of a type and can be read here,
// by record and number.
func (n *Node) ContentsOf(ctx context.Context, contentType string) ([]act.Ref, error) {
	rows, err := n.db.Read().QueryContext(ctx, "select origin, idx from node_contents where type = $1 and state = $2 order by origin, idx", contentType, opened)
	if err != nil {
		return nil, fmt.Errorf("list contents of %s: %w", contentType, err)
	}
	defer rows.Close()
	var out []act.Ref
	for rows.Next() {
		var r act.Ref
		if err := rows.Scan(&r.Origin, &r.Index); err != nil {
			return nil, fmt.Errorf("list contents of %s: %w", contentType, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// largeContent is the size in bytes from which contents are read one by one.
const largeContent = 64 << 10

// contents are those kept of the acts of a record from index from up to, not
// including, to, but for large ones.
func (n *Node) contents(ctx context.Context, q durable.Querier, o party.Origin, from, to int64) (map[int64]content, error) {
	rows, err := q.QueryContext(ctx, `select idx, state, type, body, note from node_contents
		where origin = $1 and idx >= $2 and idx < $3 and length(body) < $4`, string(o), from, to, largeContent)
	if err != nil {
		return nil, fmt.Errorf("read contents of %s: %w", o, err)
	}
	defer rows.Close()
	out := map[int64]content{}
	for rows.Next() {
		var idx int64
		var c content
		if err := rows.Scan(&idx, &c.State, &c.Type, &c.Body, &c.Note); err != nil {
			return nil, fmt.Errorf("read contents of %s: %w", o, err)
		}
		if c.Body, err = n.unlock(o, idx, c.Body); err != nil {
			return nil, err
		}
		out[idx] = c
	}
	return out, rows.Err()
}
