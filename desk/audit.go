package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"detente/internal/canon"
	"detente/party"
)

// NodeItself stands in the trail where no officer acted.
const NodeItself = "node"

// AuditEntry is one line of the trail.
type AuditEntry struct {
	Seq     int64 // from 1, without gaps
	At      time.Time
	Officer string // officer, NodeItself, Console, or unknown
	What    string // a verb, e.g. draft-clear
	Detail  string // one line without content
	Hash    canon.Digest
}

// hash chains the entry to the one before. The form is that of spec/desk.md.
func (e AuditEntry) hash(previous canon.Digest) canon.Digest {
	return canon.DigestOf([]byte(strings.Join([]string{
		"detente-audit/v1",
		previous.String(),
		strconv.FormatInt(e.Seq, 10) + " " + canon.FormatTime(e.At) + " " + e.Officer + " " + e.What + " " + e.Detail,
		"",
	}, "\n")))
}

// Audit appends to the hash-chained trail, in the transaction of the act that it
// tells of. Officer is empty where the node acts by itself; what is a verb of
// a-z and hyphens; detail is one line of at most 500 bytes that names things
// and never repeats content.
func (d *Desk) Audit(ctx context.Context, tx *sql.Tx, officer, what, detail string) error {
	if officer == "" {
		officer = NodeItself
	}
	if _, err := party.ParseID(officer); err != nil {
		return fmt.Errorf("audit: officer: %w", err)
	}
	if _, err := party.ParseID(what); err != nil {
		return fmt.Errorf("audit: verb: %w", err)
	}
	if len(detail) > maxDetail || !utf8.ValidString(detail) || strings.ContainsFunc(detail, isControl) {
		return fmt.Errorf("audit %s: the detail is not one line of at most %d bytes", what, maxDetail)
	}
	e := AuditEntry{At: moment(d.second()), Officer: officer, What: what, Detail: detail}
	// The head row is taken first: it is the lock of the trail in every database.
	var head string
	err := tx.QueryRowContext(ctx, "update desk_trail_head set seq = seq + 1 where one = 1 returning seq, hash").Scan(&e.Seq, &head)
	if err != nil {
		return fmt.Errorf("audit %s: take the head: %w", what, err)
	}
	var previous canon.Digest
	if e.Seq > 1 {
		if previous, err = canon.ParseDigest(head); err != nil {
			return fmt.Errorf("audit %s: head: %w", what, err)
		}
	}
	e.Hash = e.hash(previous)
	_, err = tx.ExecContext(ctx, "insert into desk_trail (seq, at, officer, what, detail, hash) values ($1, $2, $3, $4, $5, $6)",
		e.Seq, e.At.Unix(), e.Officer, e.What, e.Detail, e.Hash.String())
	if err != nil {
		return fmt.Errorf("audit %s: append: %w", what, err)
	}
	if err := exactlyOne(tx.ExecContext(ctx, "update desk_trail_head set hash = $1 where one = 1", e.Hash.String())); err != nil {
		return fmt.Errorf("audit %s: move the head: %w", what, err)
	}
	return nil
}

func isControl(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029'
}

// Trail returns up to limit entries from seq from on, at most 1,000.
func (d *Desk) Trail(ctx context.Context, from int64, limit int) ([]AuditEntry, error) {
	return d.entries(ctx, "where seq >= $1 order by seq limit $2", from, min(max(limit, 0), maxTrail))
}

// TrailOf returns the newest entries of some kinds, the newest first, at most limit and
// at most 1,000.
func (d *Desk) TrailOf(ctx context.Context, what []string, limit int) ([]AuditEntry, error) {
	if len(what) == 0 {
		return nil, nil
	}
	args := []any{min(max(limit, 0), maxTrail)}
	marks := make([]string, len(what))
	for i, w := range what {
		args = append(args, w)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	return d.entries(ctx, "where what in ("+strings.Join(marks, ",")+") order by seq desc limit $1", args...)
}

// entries reads the entries that a condition selects, in its order.
func (d *Desk) entries(ctx context.Context, where string, args ...any) ([]AuditEntry, error) {
	rows, err := d.db.Read().QueryContext(ctx, "select seq, at, officer, what, detail, hash from desk_trail "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read audit trail: %w", err)
	}
	defer rows.Close()
	var entries []AuditEntry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("read audit trail: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

func scanEntry(rows *sql.Rows) (AuditEntry, error) {
	var e AuditEntry
	var at int64
	var hash string
	if err := rows.Scan(&e.Seq, &at, &e.Officer, &e.What, &e.Detail, &hash); err != nil {
		return e, err
	}
	e.At = moment(at)
	var err error
	if e.Hash, err = canon.ParseDigest(hash); err != nil {
		return e, &TrailError{e.Seq, err.Error()}
	}
	return e, nil
}

// TrailHead returns the number of entries and the hash of the last. Kept outside
// the database, it shows a later deletion or rewriting of what came before.
func (d *Desk) TrailHead(ctx context.Context) (int64, canon.Digest, error) {
	var seq int64
	var text string
	err := d.db.Read().QueryRowContext(ctx, "select seq, hash from desk_trail_head where one = 1").Scan(&seq, &text)
	if err != nil || seq == 0 {
		return 0, canon.Digest{}, err
	}
	hash, err := canon.ParseDigest(text)
	return seq, hash, err
}

// CheckTrail recomputes the chain from its first entry and returns a TrailError
// for the first entry that does not agree, or that is missing at the end. Who
// can write the database can also write a whole new chain: only a head kept
// outside (TrailHead) shows that.
func (d *Desk) CheckTrail(ctx context.Context) error {
	return d.db.View(ctx, func(tx *sql.Tx) error {
		seq, last, err := checkEntries(ctx, tx)
		if err != nil {
			return err
		}
		var headSeq int64
		var head string
		err = tx.QueryRowContext(ctx, "select seq, hash from desk_trail_head where one = 1").Scan(&headSeq, &head)
		if errors.Is(err, sql.ErrNoRows) {
			return &TrailError{seq, "the head is gone"}
		}
		if err != nil {
			return fmt.Errorf("check audit trail: %w", err)
		}
		switch {
		case headSeq > seq:
			return &TrailError{seq + 1, fmt.Sprintf("missing; the head counts %d entries", headSeq)}
		case headSeq < seq:
			return &TrailError{headSeq + 1, "beyond the head"}
		case seq > 0 && head != last.String():
			return &TrailError{seq, "the head has another hash"}
		}
		return nil
	})
}

func checkEntries(ctx context.Context, tx *sql.Tx) (int64, canon.Digest, error) {
	var seq int64
	var last canon.Digest
	rows, err := tx.QueryContext(ctx, "select seq, at, officer, what, detail, hash from desk_trail order by seq")
	if err != nil {
		return 0, last, fmt.Errorf("check audit trail: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return 0, last, err
		}
		seq++
		if e.Seq != seq {
			return 0, last, &TrailError{seq, fmt.Sprintf("missing; the next is entry %d", e.Seq)}
		}
		if e.hash(last) != e.Hash {
			return 0, last, &TrailError{seq, "its hash does not follow from what it says and from the entry before"}
		}
		last = e.Hash
	}
	return seq, last, rows.Err()
}
