package record

import (
	"database/sql"
	"errors"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"detente/checkpoint"
	"detente/internal/canon"
	"detente/party"
	"golang.org/x/mod/sumdb/tlog"
)

// TestCostDoesNotGrowWithHistory: no statement outside Check reads a table from
// end to end or sorts what it read.
func TestCostDoesNotGrowWithHistory(t *testing.T) {
	k, secrets := keys(t, origin), cosigners(t)
	path := filepath.Join(t.TempDir(), "store.db")
	plain := begin(t, path)
	seen := make(map[string]bool)
	db := sql.OpenDB(faultDriver{dsn(path), &fault{seen: func(q string) { seen[q] = true }}})
	defer db.Close()

	l := load(t, db, origin)
	d := &day{signed: []checkpoint.Signed{sign(t, k, l.Head(), 1000), sign(t, k, l.Head(), 999), sign(t, k, l.Head(), 2000)},
		cosigs: []checkpoint.Cosigned{cosign(t, secrets[0], l.Head(), 1001)}}
	update(t, db, func(tx *sql.Tx) error { _, err := d.write(tx, l); return err })
	for _, o := range []party.Origin{origin, "borovia/00000001"} {
		_, _, e1 := Latest(ctx, db, o)
		_, _, e2 := Served(ctx, db, o)
		_, _, e3 := At(ctx, db, o, 3)
		_, _, e4 := Before(ctx, db, o, 300)
		_, e5 := Cosignatures(ctx, db, o, 3)
		_, e6 := CosignaturesSince(ctx, db, 0, 10)
		_, _, e7 := LastCosigned(ctx, db, o, secrets[0].Public.Name, 1)
		_, e8 := Observations(ctx, db, 10)
		_, e9 := Held(ctx, db, o)
		_, e11 := CosignaturesBy(ctx, db, o, secrets[0].Public.Name, 3, 10)
		_, e10 := HasBlob(ctx, db, canon.Digest{})
		_, e12 := HoldsCosigned(ctx, db, l.Head(), secrets[0].Public.Name, 1, nil)
		if err := errors.Join(e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Inclusion(ctx, db, origin, 3, 250); err != nil {
		t.Fatal(err)
	}
	if _, err := Tile(ctx, db, origin, tlog.Tile{H: 8, L: -1, N: 0, W: 7}); err != nil {
		t.Fatal(err)
	}
	if len(seen) < 30 {
		t.Fatalf("only %d statements were seen", len(seen))
	}
	for q := range seen {
		for _, step := range plan(t, plain, q) {
			// The signers are few: two keys for each party, and those that they followed.
			few := strings.HasSuffix(step, "VALUES CLAUSE") || strings.HasPrefix(step, "SCAN s") || strings.HasPrefix(step, "SCAN record_signers") || strings.HasPrefix(step, "SCAN record_logs")
			along := strings.Contains(step, "USING INDEX") && strings.Contains(q, "limit")
			if strings.HasPrefix(step, "SCAN") && !few && !along ||
				strings.Contains(step, "TEMP B-TREE") && !strings.Contains(q, "record_reversals") {
				t.Errorf("%s: %s", q, step)
			}
		}
	}
}

// plan is how SQLite goes about a statement.
func plan(t *testing.T, db *sql.DB, q string) []string {
	t.Helper()
	if !regexp.MustCompile(`^(select|insert|update|delete)`).MatchString(q) {
		return nil
	}
	highest := 0
	for _, m := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(q, -1) {
		n, _ := strconv.Atoi(m[1])
		highest = max(highest, n)
	}
	rows, err := db.Query("explain query plan "+q, make([]any, highest)...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var a, b, c int
		var detail string
		if err := rows.Scan(&a, &b, &c, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return steps
}
