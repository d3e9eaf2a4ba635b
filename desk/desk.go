package desk

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"detente/internal/durable"
)

// Desk is the local side over a database in which Schema was run. It is safe
// for concurrent use.
type Desk struct {
	db      *durable.DB
	now     func() time.Time
	hashing chan struct{} // a place for each passphrase that is being hashed

	mu   sync.Mutex // guards rand
	rand io.Reader

	ceremonies ceremonies
}

// Open uses db; now and rand are injected. It reads and writes nothing yet.
func Open(db *durable.DB, now func() time.Time, rand io.Reader) *Desk {
	return &Desk{db: db, now: now, rand: rand, hashing: make(chan struct{}, hashers)}
}

// random returns n random bytes.
func (d *Desk) random(n int) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := make([]byte, n)
	if _, err := io.ReadFull(d.rand, b); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	return b, nil
}

func (d *Desk) randomHex(n int) (string, error) {
	b, err := d.random(n)
	return hex.EncodeToString(b), err
}

// second is the present time in Unix seconds.
func (d *Desk) second() int64 { return d.now().Unix() }

func moment(unix int64) time.Time { return time.Unix(unix, 0).UTC() }

// checkLine demands one line of 1 to most characters that can all be shown.
func checkLine(what, s string, most int) error {
	return checkText(what, s, most, false)
}

// checkText demands 1 to most characters that can all be shown, with lines also line feeds.
func checkText(what, s string, most int, lines bool) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("%s is not UTF-8", what)
	}
	n := utf8.RuneCountInString(s)
	if strings.TrimSpace(s) == "" || n > most {
		return fmt.Errorf("%s has %d characters where 1 to %d belong", what, n, most)
	}
	const nonJoiner, joiner = '\u200c', '\u200d' // Persian and the scripts of India write with them
	for _, r := range s {
		if !unicode.IsGraphic(r) && r != nonJoiner && r != joiner && (r != '\n' || !lines) {
			return fmt.Errorf("%s has a character that cannot be shown: %U", what, r)
		}
	}
	return nil
}

// list reads a text joined by commas.
func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// exactlyOne wants a statement to have touched one row.
func exactlyOne(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%d rows where one belongs", n)
	}
	return nil
}

// update runs f in one transaction and says what it was for.
func (d *Desk) update(ctx context.Context, what string, f func(tx *sql.Tx) error) error {
	if err := d.db.Update(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
