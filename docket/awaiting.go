package docket

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/act"
	"detente/internal/durable"
	"detente/party"
)

// Want is what a statement to the reader of the tables, or to all, waits for.
type Want string

// What a statement waits for; a return ends both.
const (
	WantsReceipt Want = "receipt" // by the node: delivered
	WantsWord    Want = "word"    // by a post: acknowledged
)

// wants lists both, each with the kinds of act that end the waiting.
var wants = []struct {
	want Want
	by   []act.Kind
}{
	{WantsReceipt, []act.Kind{act.Delivered, act.Returned}},
	{WantsWord, []act.Kind{act.Acknowledged, act.Returned}},
}

// Prepare names the reader of the tables: the party for which what waits is kept. For
// tables that were kept for nobody yet, or for another, it is gathered from them once.
func Prepare(ctx context.Context, tx *sql.Tx, reader party.ID) error {
	var kept string
	err := tx.QueryRowContext(ctx, "select party from docket_reader").Scan(&kept)
	if err == nil && kept == string(reader) {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read whose tables these are: %w", err)
	}
	for _, w := range wants {
		args := []any{string(w.want), string(reader), everyone, string(act.Statement), Read}
		text := `insert into docket_awaiting (want, origin, idx) select $1, d.origin, d.idx from docket_acts d
			where d.kind = $4 and d.state = $5 and d.author <> $2
			and exists (select 1 from docket_addressees x where x.origin = d.origin and x.idx = d.idx and x.party in ($2, $3))
			and not exists (select 1 from docket_acts r where r.a_origin <> '' and r.a_origin = d.origin and r.a_idx = d.idx and r.author = $2
				and r.kind in (` + marks(&args, w.by) + `))`
		if _, err := tx.ExecContext(ctx, "delete from docket_awaiting where want = $1", string(w.want)); err != nil {
			return fmt.Errorf("gather what waits: %w", err)
		}
		if _, err := tx.ExecContext(ctx, text, args...); err != nil {
			return fmt.Errorf("gather what waits: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "delete from docket_reader"); err != nil {
		return fmt.Errorf("name the reader: %w", err)
	}
	if _, err := tx.ExecContext(ctx, "insert into docket_reader (party) values ($1)", string(reader)); err != nil {
		return fmt.Errorf("name the reader: %w", err)
	}
	return nil
}

// await keeps what a leaf waits for, or ends what it answers. Which of the two is
// folded first makes no difference.
func await(ctx context.Context, tx *sql.Tx, reader party.ID, e Entry) error {
	switch a := e.Act; {
	case a == nil:
		return nil
	case e.Author == reader:
		for _, w := range wants {
			if !slices.Contains(w.by, a.Kind) {
				continue
			}
			if _, err := tx.ExecContext(ctx, "delete from docket_awaiting where want = $1 and origin = $2 and idx = $3",
				string(w.want), string(a.Answers.Origin), a.Answers.Index); err != nil {
				return fmt.Errorf("end what waits at %s %d: %w", a.Answers.Origin, a.Answers.Index, err)
			}
		}
		return nil
	case a.Kind != act.Statement || !a.Addressed(reader):
		return nil
	}
	for _, w := range wants {
		args := []any{string(w.want), string(e.Ref.Origin), e.Ref.Index, string(reader)}
		_, err := tx.ExecContext(ctx, `insert into docket_awaiting (want, origin, idx) select $1, $2, $3
			where not exists (select 1 from docket_acts r where r.a_origin <> '' and r.a_origin = $2 and r.a_idx = $3 and r.author = $4
				and r.kind in (`+marks(&args, w.by)+`))
			on conflict (want, origin, idx) do nothing`, args...)
		if err != nil {
			return fmt.Errorf("keep what waits at %s %d: %w", e.Ref.Origin, e.Ref.Index, err)
		}
	}
	return nil
}

// Awaiting lists the statements of others to the reader, or to all, that want
// something of it, in order of (origin, index) after the place (o, idx), at most limit;
// from the beginning with "" and -1.
func Awaiting(ctx context.Context, q durable.Querier, want Want, o party.Origin, idx int64, limit int) ([]Row, error) {
	var out []Row
	err := each(ctx, q, "select "+columns+` from docket_awaiting w cross join docket_acts d
		where w.want = $1 and (w.origin, w.idx) > ($2, $3) and d.origin = w.origin and d.idx = w.idx
		order by w.origin, w.idx limit $4`, func(s scanner) error {
		r, err := scan(s)
		out = append(out, r)
		return err
	}, string(want), string(o), idx, limit)
	if err != nil {
		return nil, fmt.Errorf("list acts without an answer: %w", err)
	}
	return out, nil
}
