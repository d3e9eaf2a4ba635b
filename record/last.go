package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"detente/internal/durable"
	"detente/party"
)

// LastCosigned is the largest size of o that the key of this name and id has
// cosigned, with the latest time of that size; zero if none.
func LastCosigned(ctx context.Context, q durable.Querier, o party.Origin, by string, id uint32) (size, at int64, err error) {
	err = q.QueryRowContext(ctx, `select n.size, n.time from record_signers s cross join record_logs l cross join record_notes n
		where s.name = $1 and s.key_id = $2 and l.origin = $3 and n.log = l.id and n.signer = s.id
		order by n.size desc, n.time desc limit 1`, by, int64(id), string(o)).Scan(&size, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read the last cosignature of %s over %s: %w", by, o, err)
	}
	return size, at, nil
}
