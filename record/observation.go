package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"detente/internal/canon"
	"detente/internal/durable"
)

// Observation is something about a peer that may as well have come from the line:
// garbage, a bad signature, a wrong root. It is kept and shown, and is never an
// accusation; what proves misconduct is a matter of package proof.
type Observation struct {
	Seq    int64  // order of arrival here, given by Observe
	From   string // the party from which it came; empty if that is not known
	What   string // one sentence, at most 1,024 bytes; longer ones are cut
	Bytes  []byte // evidence: at most MaxObserved bytes, the beginning of longer ones
	Length int64  // bytes that there were, filled in by Observe
	At     int64  // Unix seconds, by this node's clock
}

// Observe keeps an observation and lets the oldest go beyond MaxObservations or
// MaxObservedTotal bytes of evidence. Its cost does not depend on how many there are.
func Observe(ctx context.Context, tx *sql.Tx, ob Observation) error {
	what := strings.ToValidUTF8(ob.What, "\uFFFD")
	if len(what) > maxWhat {
		what = strings.ToValidUTF8(what[:maxWhat], "")
	}
	data := ob.Bytes[:min(len(ob.Bytes), MaxObserved)]
	if data == nil {
		data = []byte{}
	}
	var seq, upto int64
	err := tx.QueryRowContext(ctx, `select seq, upto from record_observations order by seq desc limit 1`).Scan(&seq, &upto)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("observe: %w", err)
	}
	// upto counts all bytes ever kept, so that what is above the bound lies below a number.
	seq, upto = seq+1, upto+int64(len(data))
	digest := observed(ob.From, what, data)
	if _, err := tx.ExecContext(ctx, `insert into record_observations (seq, party, what, data, length, at, upto, digest)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, seq, ob.From, what, data, len(ob.Bytes), ob.At, upto, digest[:]); err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from record_observations where seq <= $1`, seq-MaxObservations); err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `delete from record_observations where upto <= $1`, upto+MaxObserved-MaxObservedTotal); err != nil {
		return fmt.Errorf("observe: %w", err)
	}
	return nil
}

// observed is what an observation's row is checked against.
func observed(from, what string, data []byte) canon.Digest {
	return canon.DigestOf(fmt.Appendf(nil, "%d %s%d %s%s", len(from), from, len(what), what, data))
}

// Observations returns the newest first, at most limit (up to 256, so at most 16 MiB).
func Observations(ctx context.Context, q durable.Querier, limit int) ([]Observation, error) {
	rows, err := q.QueryContext(ctx, `select seq, party, what, data, length, at from record_observations order by seq desc limit $1`, max(0, min(limit, maxObservationsRead)))
	if err != nil {
		return nil, fmt.Errorf("read observations: %w", err)
	}
	defer rows.Close()
	var all []Observation
	for rows.Next() {
		var ob Observation
		if err := rows.Scan(&ob.Seq, &ob.From, &ob.What, &ob.Bytes, &ob.Length, &ob.At); err != nil {
			return nil, fmt.Errorf("read observations: %w", err)
		}
		all = append(all, ob)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read observations: %w", err)
	}
	return all, nil
}
