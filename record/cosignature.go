package record

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"detente/checkpoint"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// StoredCosig is a cosignature as kept; it was verified when it was stored.
type StoredCosig struct {
	Head checkpoint.Head
	By   string // key name of the cosigner
	// KeyID is the id of the key of the first line of the note.
	KeyID uint32
	Time  int64  // Unix seconds, by the cosigner's clock
	Note  []byte // verifies alone; absent in the answers of CosignedBy and of Cosigned
	Seq   int64  // order of arrival here, from 1, for gossip since a position
}

// SaveCosigned keeps a verified cosignature if it is the earliest or the latest
// of its record, cosigner's key and size, and reports whether it did. It must be
// over entries that are held or over a tree whose checkpoint is stored, otherwise
// ErrNotHeld; over another root it is refused with a Contradiction.
func SaveCosigned(ctx context.Context, tx *sql.Tx, c checkpoint.Cosigned) (bool, error) {
	if c.IsZero() {
		return false, errors.New("save cosignature: the zero value is not verified")
	}
	h := c.Head()
	r, err := find(ctx, tx, h.Origin)
	if err != nil {
		return false, err
	}
	n := note{log: r.id, head: h, time: c.Time(), bytes: c.Bytes()}
	if r.id == 0 {
		return false, fmt.Errorf("save cosignature of %s over %s: %w", c.By(), h.Origin, ErrNotHeld)
	}
	isNew, err := n.keepCosigned(ctx, tx, r, c)
	if err != nil {
		return false, fmt.Errorf("save cosignature of %s over %s: %w", c.By(), h.Origin, err)
	}
	return isNew, nil
}

// keepCosigned finds the number of the cosigner's key, or gives it one once its
// note agrees, so that one that is refused leaves nothing behind. The name alone
// does not do: after a rotation the same name has another key, and what the old
// key signed may not count and must not stand in the way of what the new one signed.
func (n note) keepCosigned(ctx context.Context, tx *sql.Tx, r row, c checkpoint.Cosigned) (bool, error) {
	parsed, err := checkpoint.ParseNote(c.Bytes())
	if err != nil {
		return false, err
	}
	key := int64(parsed.Lines[0].ID)
	err = tx.QueryRowContext(ctx, `select id from record_signers where name = $1 and key_id = $2`, c.By(), key).Scan(&n.signer)
	if errors.Is(err, sql.ErrNoRows) {
		n.signer, err = unknown, nil
	}
	if err != nil {
		return false, err
	}
	if err := n.agrees(ctx, tx, r); err != nil {
		return false, err
	}
	if n.signer == unknown {
		if err := tx.QueryRowContext(ctx, `insert into record_signers (id, name, key_id)
			select coalesce(max(id), 0) + 1, $1, $2 from record_signers where true returning id`, c.By(), key).Scan(&n.signer); err != nil {
			return false, err
		}
	}
	return n.keep(ctx, tx)
}

// selectCosigs begins a query for cosignatures, bareCosigs one without their notes.
const (
	selectCosigs = `select l.origin, n.size, n.root, s.name, s.key_id, n.time, n.note, n.seq `
	bareCosigs   = `select l.origin, n.size, n.root, s.name, s.key_id, n.time, null, n.seq `
)

// Cosignatures returns, for each cosigner's key, the earliest cosignature over n
// entries or more, that is, covering entry n-1: those of the smallest size that
// the key has cosigned, and those whose time is earlier although their tree is
// larger, if there are any. In order of time. What a key cosigned later, over
// larger trees, is left out; CosignaturesBy has it.
func Cosignatures(ctx context.Context, q durable.Querier, o party.Origin, n int64) ([]StoredCosig, error) {
	all, err := cosigs(ctx, q, selectCosigs+`from record_logs l cross join record_signers s cross join record_notes n
		where l.origin = $1 and n.log = l.id and n.signer = s.id and n.size = (
			select m.size from record_notes m
			where m.log = l.id and m.signer = s.id and m.size >= $2 order by m.size limit 1)`, string(o), n)
	if err != nil {
		return nil, err
	}
	fell, err := cosigs(ctx, q, selectCosigs+`from record_logs l cross join record_reversals r
		cross join record_signers s cross join record_notes n
		where l.origin = $1 and r.log = l.id and r.size >= $2 and s.id = r.signer
		and n.log = r.log and n.signer = r.signer and n.size = r.size and n.rank = 0
		order by n.time, n.seq limit $3`, string(o), n, maxReversals)
	if err != nil {
		return nil, err
	}
	all = append(all, fell...)
	slices.SortFunc(all, func(a, b StoredCosig) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.By, b.By), cmp.Compare(a.Head.Size, b.Head.Size), cmp.Compare(a.Seq, b.Seq))
	})
	return slices.CompactFunc(all, func(a, b StoredCosig) bool { return a.Seq == b.Seq }), nil
}

// CosignaturesBy returns what the keys of one name cosigned of o over n entries
// or more, in order of size and time, at most limit (up to MaxPage). To go on,
// ask again from the last size, which may have been cut in two, and skip what is
// known; an answer of fewer than limit is the end. Of one size there are at most
// two for each key.
func CosignaturesBy(ctx context.Context, q durable.Querier, o party.Origin, by string, n int64, limit int) ([]StoredCosig, error) {
	signers, err := signersNamed(ctx, q, by)
	if err != nil {
		return nil, err
	}
	var all []StoredCosig
	for _, id := range signers {
		some, err := cosigs(ctx, q, selectCosigs+`from record_logs l cross join record_signers s cross join record_notes n
			where l.origin = $1 and s.id = $2 and n.log = l.id and n.signer = $2 and n.size >= $3
			order by n.size, n.rank limit $4`, string(o), id, n, page(limit))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b StoredCosig) int {
		return cmp.Or(cmp.Compare(a.Head.Size, b.Head.Size), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Seq, b.Seq))
	})
	return all[:min(len(all), page(limit))], nil
}

// signersNamed lists the keys of one name.
func signersNamed(ctx context.Context, q durable.Querier, by string) ([]int64, error) {
	rows, err := q.QueryContext(ctx, `select id from record_signers where name = $1`, by)
	if err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w", by, err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read the keys of %s: %w", by, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w", by, err)
	}
	return ids, nil
}

// CosignaturesSince returns those with Seq > seq in order of Seq, at most limit
// (up to MaxPage), over all records. One that a later arrival displaced does not
// come any more; the later one does, under a Seq of its own.
func CosignaturesSince(ctx context.Context, q durable.Querier, seq int64, limit int) ([]StoredCosig, error) {
	return cosigs(ctx, q, selectCosigs+`from record_notes n cross join record_signers s cross join record_logs l
		where n.seq > $1 and s.id = n.signer and l.id = n.log order by n.seq limit $2`, seq, page(limit))
}

// Part selects cosignatures: those over the volumes of one record and those made
// under two names. The zero value selects all.
type Part struct {
	Of party.Origin // the first volume
	By [2]string
}

// CosignaturesOf returns those of a part with Seq > seq in order of Seq, at most
// limit (up to MaxPage), and how far they go: all of the part up to there is
// among them. A seq beyond all that there are is of another store, and the answer
// begins at 0.
func CosignaturesOf(ctx context.Context, q durable.Querier, p Part, seq int64, limit int) ([]StoredCosig, int64, error) {
	var last int64
	if err := q.QueryRowContext(ctx, `select coalesce(max(seq), 0) from record_notes`).Scan(&last); err != nil {
		return nil, 0, fmt.Errorf("read the last cosignature: %w", err)
	}
	if seq > last {
		seq = 0
	}
	if seq == last {
		return nil, last, nil
	}
	all, err := cosigs(ctx, q, selectCosigs+`from record_notes n cross join record_signers s cross join record_logs l
		where n.seq > $1 and n.seq <= $2 and s.id = n.signer and l.id = n.log
		and ($3 = '' or s.name = $4 or s.name = $5 or l.origin = $3 or substr(l.origin, 1, length($3) + 2) = $3 || '/v')
		order by n.seq limit $6`, seq, last, string(p.Of), p.By[0], p.By[1], page(limit))
	if err != nil {
		return nil, 0, err
	}
	if len(all) > 0 && len(all) == page(limit) {
		last = all[len(all)-1].Seq
	}
	return all, last, nil
}

// CosignedBy lists all that was made under a key name, for a rotation's list, in
// order of origin, size and time, without the notes.
func CosignedBy(ctx context.Context, q durable.Querier, by string) ([]StoredCosig, error) {
	return cosigs(ctx, q, bareCosigs+`from record_signers s cross join record_logs l cross join record_notes n
		where s.name = $1 and n.log = l.id and n.signer = s.id
		order by l.origin, n.size, n.time, n.seq`, by)
}

// LastCosigned is the largest size of o that the key of this name and id (of its
// first line) has cosigned, and the latest time of that size; zero if none.
func LastCosigned(ctx context.Context, q durable.Querier, o party.Origin, by string, id uint32) (size, at int64, err error) {
	err = q.QueryRowContext(ctx, `select n.size, n.time from record_logs l cross join record_signers s cross join record_notes n
		where l.origin = $1 and s.name = $2 and s.key_id = $3 and n.log = l.id and n.signer = s.id
		order by n.size desc, n.rank desc limit 1`, string(o), by, int64(id)).Scan(&size, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read the last cosignature of %s over %s: %w", by, o, err)
	}
	return size, at, nil
}

// HoldsCosigned reports whether exactly this note is kept, a cosignature over h
// by the key of this name and id (of its first line): then it was verified
// before, and reading it again shows nothing new.
func HoldsCosigned(ctx context.Context, q durable.Querier, h checkpoint.Head, by string, id uint32, note []byte) (bool, error) {
	digest := canon.DigestOf(note)
	var one int
	err := q.QueryRowContext(ctx, `select 1 from record_logs l cross join record_signers s cross join record_notes n
		where l.origin = $1 and s.name = $2 and s.key_id = $3 and n.log = l.id and n.signer = s.id
		and n.size = $4 and n.digest = $5`, string(h.Origin), by, int64(id), h.Size, digest[:]).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a cosignature of %s over %s: %w", by, h.Origin, err)
	}
	return true, nil
}

// page bounds a limit.
func page(limit int) int { return max(0, min(limit, MaxPage)) }

func cosigs(ctx context.Context, q durable.Querier, query string, args ...any) ([]StoredCosig, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read cosignatures: %w", err)
	}
	defer rows.Close()
	var all []StoredCosig
	for rows.Next() {
		var c StoredCosig
		var o string
		var root []byte
		if err := rows.Scan(&o, &c.Head.Size, &root, &c.By, &c.KeyID, &c.Time, &c.Note, &c.Seq); err != nil {
			return nil, fmt.Errorf("read cosignatures: %w", err)
		}
		c.Head.Origin = party.Origin(o)
		if len(root) != tlog.HashSize {
			return nil, corrupt(c.Head.Origin, "the root of cosignature %d has %d bytes", c.Seq, len(root))
		}
		c.Head.Root = tlog.Hash(root)
		all = append(all, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read cosignatures: %w", err)
	}
	return all, nil
}
