package register

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"detente/act"
	"detente/internal/canon"
	"detente/internal/durable"
	"detente/party"
	"golang.org/x/crypto/chacha20poly1305"
)

// Schema creates the tables. It runs at every start.
const Schema = `
create table if not exists register_notes (
	number bigint primary key, body blob not null, changed bigint not null);
create table if not exists register_scans (
	note bigint not null, place bigint not null, body blob not null, primary key (note, place));
`

// Ways of a note.
const (
	In  = "in"
	Out = "out"
)

// Bounds.
const (
	MaxText  = 64 << 10  // bytes of a note's text
	MaxForm  = 4 << 20   // bytes of a filled form
	MaxScan  = 32 << 20  // bytes of a scan
	MaxScans = 32        // of a note
	maxLine  = 200       // bytes of a number, name or reason
	maxNotes = 1_000_000 // of a register
)

// Errors that a caller may branch on.
var (
	ErrNone = errors.New("the register has no such note")
	ErrVoid = errors.New("this note is void already")
)

// Note is one entry of the register.
type Note struct {
	Number int64 `json:"number"` // in the register, from 1
	// Way is In or Out, Party the other side: the sender, or the addressees.
	Way     string     `json:"way"`
	Parties []party.ID `json:"parties"` // In: one; Out: one or more
	Ref     string     `json:"ref"`     // the number that the note itself bears
	Day     string     `json:"day"`     // the date that it bears, e.g. 2027-08-20
	Channel string     `json:"channel"` // note, mail, telephone, embassy
	Status  act.Status `json:"status"`
	Code    string     `json:"code"` // of the step under which it is said; may be empty
	Life    act.Life   `json:"life"` // empty: new
	// Answers is the number of the note that this one answers or continues; 0: none.
	Answers  int64           `json:"answers"`
	Pack     canon.Digest    `json:"pack"`     // by which the form was checked; zero: none
	Values   json.RawMessage `json:"values"`   // filled form; null: none
	Text     string          `json:"text"`     // instead of a form, or beside it
	Language string          `json:"language"` // BCP 47, of the original; may be empty
	By       string          `json:"by"`       // officer who registered it
	At       string          `json:"at"`       // when, canon time
	Scans    []Scan          `json:"scans"`
	Void     string          `json:"void"` // why it is void; empty: it stands
}

// Scan is one file kept with a note.
type Scan struct {
	Name   string       `json:"name"`
	Size   int64        `json:"size"` // bytes
	Digest canon.Digest `json:"digest"`
}

// Register is the register over a database in which Schema was run. It is safe for
// concurrent use.
type Register struct {
	db     *durable.DB
	key    [chacha20poly1305.KeySize]byte
	now    func() time.Time
	random io.Reader
	audit  Audit
}

// Audit enters a change in the trail, in its transaction.
type Audit func(ctx context.Context, tx *sql.Tx, officer, what, detail string) error

// Open uses db with the key under which contents are kept; clock and randomness are
// injected.
func Open(db *durable.DB, key [chacha20poly1305.KeySize]byte, now func() time.Time, random io.Reader, audit Audit) *Register {
	return &Register{db, key, now, random, audit}
}

// check refuses a note that the register could not show again.
func (n *Note) check() error {
	switch {
	case n.Way != In && n.Way != Out:
		return fmt.Errorf("a note comes in or goes out, not %q", n.Way)
	case len(n.Parties) == 0 || n.Way == In && len(n.Parties) != 1:
		return errors.New("name the other side: a note comes in from one party, and goes out to one or more")
	case !line(n.Ref) || n.Ref == "":
		return fmt.Errorf("the number that the note bears is one line of 1 to %d bytes", maxLine)
	case n.Answers < 0:
		return fmt.Errorf("note %d: the numbers of the register begin with 1", n.Answers)
	case len(n.Values) > MaxForm:
		return fmt.Errorf("the form has more than %d bytes", MaxForm)
	case len(n.Text) > MaxText || !utf8.ValidString(n.Text):
		return fmt.Errorf("the text is not UTF-8 of at most %d bytes", MaxText)
	case !line(n.Code) || !line(n.Language) || !line(n.Channel):
		return fmt.Errorf("measure, language and channel are lines of at most %d bytes", maxLine)
	case !slices.Contains([]string{act.ByNote, act.ByMail, act.ByTelephone, act.ByEmbassy}, n.Channel):
		return fmt.Errorf("%q is no channel: note, mail, telephone or embassy", n.Channel)
	case !slices.Contains([]act.Status{act.Actual, act.Exercise, act.Test}, n.Status):
		return fmt.Errorf("%q is no status: actual, exercise or test", n.Status)
	case !slices.Contains([]act.Life{"", act.New, act.Update, act.Correction, act.Cancellation, act.Withdrawal, act.IssuedInError}, n.Life):
		return fmt.Errorf("%q is no life: new, update, correction, cancellation, withdrawal or issued-in-error", n.Life)
	case n.Life != "" && n.Life != act.New && n.Answers == 0:
		return fmt.Errorf("a %s names the note that it continues", strings.ReplaceAll(string(n.Life), "-", " "))
	}
	if _, err := time.Parse(time.DateOnly, n.Day); err != nil {
		return fmt.Errorf("%q is not a day such as 2027-08-20", n.Day)
	}
	for i, id := range n.Parties {
		if _, err := party.ParseID(string(id)); err != nil {
			return err
		}
		if slices.Contains(n.Parties[:i], id) {
			return fmt.Errorf("%s is named twice", id)
		}
	}
	return nil
}

// line reports whether s is one legible line within the bound.
func line(s string) bool {
	return len(s) <= maxLine && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Enter gives a note its number and keeps it. Number, By, At, Scans and Void are
// set here.
func (r *Register) Enter(ctx context.Context, officer string, n Note) (Note, error) {
	if err := n.check(); err != nil {
		return n, err
	}
	// A day may have begun elsewhere, up to fourteen hours ahead.
	if n.Day > r.now().UTC().Add(14*time.Hour).Format(time.DateOnly) {
		return n, fmt.Errorf("%s has not come yet: nothing is registered before it came or went", n.Day)
	}
	n.By, n.At, n.Scans, n.Void = officer, canon.FormatTime(r.now()), []Scan{}, ""
	err := r.db.Update(ctx, func(tx *sql.Tx) error {
		if n.Answers > 0 {
			if _, err := r.read(ctx, tx, n.Answers); err != nil {
				return err
			}
		}
		if err := tx.QueryRowContext(ctx, "select coalesce(max(number), 0) + 1 from register_notes").Scan(&n.Number); err != nil {
			return fmt.Errorf("number a note: %w", err)
		}
		if n.Number > maxNotes {
			return fmt.Errorf("a register holds at most %d notes", maxNotes)
		}
		if err := r.write(ctx, tx, n, true); err != nil {
			return err
		}
		return r.audit(ctx, tx, officer, "note-enter", fmt.Sprintf("%d", n.Number))
	})
	return n, err
}

// AddScan keeps a file with a note.
func (r *Register) AddScan(ctx context.Context, officer string, number int64, name string, b []byte) (Note, error) {
	var n Note
	if name == "" || !line(name) || strings.ContainsAny(name, "/\\") {
		return n, fmt.Errorf("%q is no name of a file", name)
	}
	if len(b) == 0 || len(b) > MaxScan {
		return n, fmt.Errorf("a scan has 1 to %d bytes, this one %d", MaxScan, len(b))
	}
	err := r.db.Update(ctx, func(tx *sql.Tx) error {
		var err error
		if n, err = r.read(ctx, tx, number); err != nil {
			return err
		}
		if len(n.Scans) == MaxScans {
			return fmt.Errorf("a note has at most %d scans", MaxScans)
		}
		n.Scans = append(n.Scans, Scan{name, int64(len(b)), canon.DigestOf(b)})
		sealed, err := r.lock(number, len(n.Scans), b)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "insert into register_scans (note, place, body) values ($1, $2, $3)", number, len(n.Scans), sealed); err != nil {
			return fmt.Errorf("keep scan: %w", err)
		}
		if err := r.write(ctx, tx, n, false); err != nil {
			return err
		}
		return r.audit(ctx, tx, officer, "note-scan", fmt.Sprintf("%d %s", number, canon.DigestOf(b)))
	})
	return n, err
}

// Strike marks a note void. It stays readable.
func (r *Register) Strike(ctx context.Context, officer string, number int64, reason string) (Note, error) {
	var n Note
	if reason == "" || !line(reason) {
		return n, fmt.Errorf("a reason is one line of 1 to %d bytes", maxLine)
	}
	err := r.db.Update(ctx, func(tx *sql.Tx) error {
		var err error
		if n, err = r.read(ctx, tx, number); err != nil {
			return err
		}
		if n.Void != "" {
			return ErrVoid
		}
		n.Void = reason
		if err := r.write(ctx, tx, n, false); err != nil {
			return err
		}
		return r.audit(ctx, tx, officer, "note-void", fmt.Sprintf("%d", number))
	})
	return n, err
}

// Note reads one note, or ErrNone.
func (r *Register) Note(ctx context.Context, number int64) (Note, error) {
	return r.read(ctx, r.db.Read(), number)
}

// Scan reads a file of a note; place counts from 1.
func (r *Register) Scan(ctx context.Context, number int64, place int) (Scan, []byte, error) {
	n, err := r.Note(ctx, number)
	if err != nil {
		return Scan{}, nil, err
	}
	if place < 1 || place > len(n.Scans) {
		return Scan{}, nil, fmt.Errorf("%w with a scan %d: note %d has %d", ErrNone, place, number, len(n.Scans))
	}
	var b []byte
	if err := r.db.Read().QueryRowContext(ctx, "select body from register_scans where note = $1 and place = $2", number, place).Scan(&b); err != nil {
		return Scan{}, nil, fmt.Errorf("read scan: %w", err)
	}
	if b, err = r.unlock(number, place, b); err != nil {
		return Scan{}, nil, err
	}
	if s := n.Scans[place-1]; canon.DigestOf(b) != s.Digest {
		return Scan{}, nil, fmt.Errorf("scan %d of note %d is not what was kept", place, number)
	}
	return n.Scans[place-1], b, nil
}

// Notes lists the notes in order of number, from a number on, at most limit.
func (r *Register) Notes(ctx context.Context, from int64, limit int) ([]Note, error) {
	rows, err := r.db.Read().QueryContext(ctx, "select number, body from register_notes where number >= $1 order by number limit $2", from, limit)
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	defer rows.Close()
	var out []Note
	for rows.Next() {
		var number int64
		var b []byte
		if err := rows.Scan(&number, &b); err != nil {
			return nil, fmt.Errorf("list notes: %w", err)
		}
		n, err := r.open(number, b)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// Last is the number of the newest note; 0: there is none.
func (r *Register) Last(ctx context.Context) (int64, error) {
	var n int64
	if err := r.db.Read().QueryRowContext(ctx, "select coalesce(max(number), 0) from register_notes").Scan(&n); err != nil {
		return 0, fmt.Errorf("number of the newest note: %w", err)
	}
	return n, nil
}

// Changes counts what was entered, added and struck: as long as it is the same,
// so is the register.
func (r *Register) Changes(ctx context.Context) (int64, error) {
	var n int64
	err := r.db.Read().QueryRowContext(ctx, "select coalesce(sum(changed), 0) from register_notes").Scan(&n)
	return n, err
}

func (r *Register) read(ctx context.Context, q durable.Querier, number int64) (Note, error) {
	var b []byte
	err := q.QueryRowContext(ctx, "select body from register_notes where number = $1", number).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return Note{}, fmt.Errorf("%w: %d", ErrNone, number)
	}
	if err != nil {
		return Note{}, fmt.Errorf("read note %d: %w", number, err)
	}
	return r.open(number, b)
}

func (r *Register) open(number int64, b []byte) (Note, error) {
	b, err := r.unlock(number, 0, b)
	if err != nil {
		return Note{}, err
	}
	var n Note
	if err := json.Unmarshal(b, &n); err != nil || n.Number != number {
		return Note{}, fmt.Errorf("read note %d: it is not as it was kept", number)
	}
	return n, nil
}

func (r *Register) write(ctx context.Context, tx *sql.Tx, n Note, fresh bool) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write note: %w", err)
	}
	if b, err = r.lock(n.Number, 0, b); err != nil {
		return err
	}
	if fresh {
		_, err = tx.ExecContext(ctx, "insert into register_notes (number, body, changed) values ($1, $2, 1)", n.Number, b)
	} else {
		_, err = tx.ExecContext(ctx, "update register_notes set body = $2, changed = changed + 1 where number = $1", n.Number, b)
	}
	if err != nil {
		return fmt.Errorf("write note %d: %w", n.Number, err)
	}
	return nil
}

// lock encrypts b, bound to its place: 0 is the note itself.
func (r *Register) lock(number int64, place int, b []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(r.key[:])
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(b)+aead.Overhead())
	if _, err := io.ReadFull(r.random, nonce); err != nil {
		return nil, fmt.Errorf("lock note: %w", err)
	}
	return aead.Seal(nonce, nonce, b, bound(number, place)), nil
}

func (r *Register) unlock(number int64, place int, b []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(r.key[:])
	if err != nil {
		return nil, err
	}
	if len(b) >= aead.NonceSize() {
		if out, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], bound(number, place)); err == nil {
			return out, nil
		}
	}
	return nil, fmt.Errorf("note %d does not open under the key of this home", number)
}

func bound(number int64, place int) []byte { return fmt.Appendf(nil, "register %d %d", number, place) }
