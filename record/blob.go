package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/internal/canon"
	"detente/internal/durable"
)

// SaveBlob keeps bytes that lie beside the records, under their digest. Saving
// the same bytes again changes nothing.
func SaveBlob(ctx context.Context, tx *sql.Tx, b []byte) (canon.Digest, error) {
	if len(b) > MaxBlob {
		return canon.Digest{}, fmt.Errorf("save blob: it has %d bytes, at most %d are allowed", len(b), MaxBlob)
	}
	if b == nil {
		b = []byte{} // the empty blob is not null
	}
	d := canon.DigestOf(b)
	if _, err := tx.ExecContext(ctx, `insert into record_blobs (digest, data) values ($1, $2) on conflict (digest) do nothing`, d[:], b); err != nil {
		return canon.Digest{}, fmt.Errorf("save blob %s: %w", d, err)
	}
	return d, nil
}

// ReadBlob returns the bytes with that digest, which it computes again.
// sql.ErrNoRows means that they are not held, a CorruptError that they changed on disk.
func ReadBlob(ctx context.Context, q durable.Querier, d canon.Digest) ([]byte, error) {
	var b []byte
	if err := q.QueryRowContext(ctx, `select data from record_blobs where digest = $1`, d[:]).Scan(&b); err != nil {
		return nil, fmt.Errorf("read blob %s: %w", d, err)
	}
	if canon.DigestOf(b) != d {
		return nil, corrupt("", "blob %s has other bytes than its digest says", d)
	}
	return b, nil
}

// HasBlob reports whether the blob is held. It does not look at its bytes.
func HasBlob(ctx context.Context, q durable.Querier, d canon.Digest) (bool, error) {
	var one int
	err := q.QueryRowContext(ctx, `select 1 from record_blobs where digest = $1`, d[:]).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for blob %s: %w", d, err)
	}
	return true, nil
}

// DropBlob removes a blob, under its retention class or after a withdrawal. The
// entries that name it stand. Dropping one that is not held changes nothing.
func DropBlob(ctx context.Context, tx *sql.Tx, d canon.Digest) error {
	if _, err := tx.ExecContext(ctx, `delete from record_blobs where digest = $1`, d[:]); err != nil {
		return fmt.Errorf("drop blob %s: %w", d, err)
	}
	return nil
}
