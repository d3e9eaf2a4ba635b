package record

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"detente/checkpoint"
	"detente/internal/canon"
)

// TestCheckNamesTheDamage alters one value of each table and column at a time;
// Check must say where.
func TestCheckNamesTheDamage(t *testing.T) {
	const flip = `x'ff'`
	damage := []struct{ name, sql, place string }{
		{"size smaller", `update record_logs set size = 599`, "tile 0/2 "},
		{"size larger", `update record_logs set size = 601`, "entry 600 is missing"},
		{"size below zero", `update record_logs set size = -1`, "size is -1"},
		{"root", `update record_logs set root = zeroblob(32)`, "stored root"},
		{"root short", `update record_logs set root = x'00'`, "1 bytes"},
		{"origin", `update record_logs set origin = 'alatau/1f2e3d4d'`, "text is not what the row says"},
		{"origin no origin", `update record_logs set origin = 'Alatau'`, "Alatau"},
		{"log number", `update record_logs set id = 9`, "entry 0 is missing"},
		{"log lost", `delete from record_logs`, "not listed"},
		{"entry byte", `update record_entries set data = cast(replace(cast(data as text), 'entry', 'Entry') as blob) where idx = 300`, "tile 0/1 "},
		{"entry in the last tile", `update record_entries set data = cast('x' as blob) where idx = 599`, "tile 0/2 "},
		{"entry lost", `delete from record_entries where idx = 5`, "entry 5 is missing"},
		{"entry moved", `update record_entries set idx = 900 where idx = 599`, "entry 599 is missing"},
		{"entry empty", `update record_entries set data = x'' where idx = 7`, "entry 7 has 0 bytes"},
		{"entry too many", `insert into record_entries (log, idx, data) values (2, 600, x'00')`, "beyond its size"},
		{"entry of nobody", `insert into record_entries (log, idx, data) values (7, 0, x'00')`, "record_entries"},
		{"tile byte", `update record_tiles set data = ` + flip + ` || substr(data, 2) where level = 0 and n = 1`, "tile 0/1 "},
		{"tile byte above", `update record_tiles set data = ` + flip + ` || substr(data, 2) where level = 1`, "tile 1/0 "},
		{"tile short", `update record_tiles set data = substr(data, 1, 32) where level = 0 and n = 2`, "tile 0/2 "},
		{"tile level", `update record_tiles set level = 2 where level = 1`, "tile 1/0 "},
		{"tile number", `update record_tiles set n = 8 where n = 2`, "tile 0/2 "},
		{"tile too many", `insert into record_tiles (log, level, n, data) values (2, 3, 0, x'00')`, "tiles are stored"},
		{"note byte", `update record_notes set note = cast(replace(cast(note as text), 'A', 'B') as blob) where signer = 0 and size = 600 and rank = 0`, "over 600 entries (rank 0)"},
		{"note byte of a cosignature", `update record_notes set note = cast(replace(cast(note as text), 'A', 'B') as blob) where signer = 1`, "borovia/00000001/mirror"},
		{"note digest", `update record_notes set digest = zeroblob(32) where signer = 0 and rank = 1`, "(rank 1)"},
		{"note size", `update record_notes set size = 601 where signer = 0 and rank = 0 and size = 600`, "over 600 entries of rank 1"},
		{"note time", `update record_notes set time = time - 1 where signer = 0 and rank = 0 and size = 600`, "its lines say"},
		{"note root", `update record_notes set root = zeroblob(32) where signer = 0 and rank = 0 and size = 600`, "not what the row says"},
		{"note rank", `update record_notes set rank = 2 where signer = 0 and rank = 1`, "rank 2"},
		{"first note lost", `delete from record_notes where signer = 0 and size = 600 and rank = 0`, "rank 1"},
		{"note signer", `update record_notes set signer = 2 where signer = 1`, "cintra/00000002/mirror"},
		{"note signer nobody", `update record_notes set signer = 5 where signer = 1`, "signer 5"},
		{"note seq lost", `update record_notes set seq = null where signer = 1`, "order of arrival"},
		{"note seq given", `update record_notes set seq = 99 where signer = 0 and rank = 1`, "order of arrival"},
		{"note log", `update record_notes set log = 4 where signer = 1`, "record_notes"},
		{"signer name", `update record_signers set name = 'x' where id = 1`, "cosignature of x"},
		{"signer key", `update record_signers set key_id = 1 where id = 1`, "borovia/00000001/mirror"},
		{"signer lost", `delete from record_signers where id = 1`, "signer 1"},
		{"reversal lost", `delete from record_reversals where size = 600`, "not marked"},
		{"reversal moved", `update record_reversals set size = 5 where size = 600`, "not marked"},
		{"reversal log", `update record_reversals set log = 5`, "not marked"},
		{"reversal of nobody", `insert into record_reversals (log, signer, size) values (5, 0, 1)`, "record_reversals"},
		{"reversal signer", `update record_reversals set signer = 5`, "not marked"},
		{"blob byte", `update record_blobs set data = ` + flip + ` || substr(data, 2)`, "blob sha256:"},
		{"blob digest", `update record_blobs set digest = zeroblob(32)`, "blob sha256:0000"},
		{"observation evidence", `update record_observations set data = x'00'`, "observation 1"},
		{"observation sentence", `update record_observations set what = 'other'`, "observation 1"},
		{"observation party", `update record_observations set party = 'other'`, "observation 1"},
	}
	k, secrets := keys(t, origin), cosigners(t)
	for _, tt := range damage {
		t.Run(tt.name, func(t *testing.T) {
			db := openStore(t)
			l := load(t, db, origin)
			extend(t, db, l, leaves(0, 570))
			at570 := l.Head()
			extend(t, db, l, leaves(570, 600))
			update(t, db, func(tx *sql.Tx) error {
				for _, s := range []checkpoint.Signed{sign(t, k, l.Head(), 1000), sign(t, k, l.Head(), 1100), sign(t, k, at570, 1050)} {
					if err := SaveHead(ctx, tx, s, false); err != nil {
						return err
					}
				}
				for _, c := range []checkpoint.Cosigned{cosign(t, secrets[0], l.Head(), 1001), cosign(t, secrets[2], at570, 1002)} {
					if _, err := SaveCosigned(ctx, tx, c); err != nil {
						return err
					}
				}
				if _, err := SaveBlob(ctx, tx, []byte("content")); err != nil {
					return err
				}
				return Observe(ctx, tx, Observation{From: "dovania", What: "garbage", Bytes: []byte("?"), At: 1000})
			})
			checkAll(t, db)
			res, err := db.Exec(tt.sql)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				t.Fatalf("nothing was damaged: %v", err)
			}
			var c *CorruptError
			if err := CheckAll(ctx, db); !errors.As(err, &c) || !strings.Contains(c.Error(), tt.place) {
				t.Errorf("check says: %v", err)
			}
		})
	}
}

// TestCheckComparesRoots: a note that is whole in itself but over other entries.
func TestCheckComparesRoots(t *testing.T) {
	db, k := openStore(t), keys(t, origin)
	l := load(t, db, origin)
	extend(t, db, l, leaves(0, 270))
	saveHead(t, db, sign(t, k, l.Head(), 1000), true)
	other := l.Head()
	other.Root[0] ^= 1
	note := sign(t, k, other, 1000).Bytes()
	digest := canon.DigestOf(note)
	if _, err := db.Exec(`update record_notes set root = $1, note = $2, digest = $3`, other.Root[:], note, digest[:]); err != nil {
		t.Fatal(err)
	}
	var c *CorruptError
	if err := Check(ctx, db, origin); !errors.As(err, &c) || !strings.Contains(c.Place, "another root") {
		t.Errorf("check says: %v", err)
	}
}

// TestReadersRefuseDamage: what is damaged is not handed out as if it were whole.
func TestReadersRefuseDamage(t *testing.T) {
	for name, tt := range map[string]struct {
		damage string
		read   func(db *sql.DB) error
	}{
		"load: edge": {`update record_tiles set data = zeroblob(length(data)) where level = 0 and n = 1`, func(db *sql.DB) error { _, err := Load(ctx, db, origin); return err }},
		"load: root": {`update record_logs set root = zeroblob(32)`, func(db *sql.DB) error { _, err := Load(ctx, db, origin); return err }},
		"load: tile": {`delete from record_tiles where n = 1`, func(db *sql.DB) error { _, err := Load(ctx, db, origin); return err }},
		"entries":    {`delete from record_entries where idx = 3`, func(db *sql.DB) error { _, err := Entries(ctx, db, origin, 0, 9); return err }},
		"last entry": {`delete from record_entries where idx = 299`, func(db *sql.DB) error { _, err := Entry(ctx, db, origin, 299); return err }},
		"proof":      {`delete from record_tiles where n = 0`, func(db *sql.DB) error { _, err := Inclusion(ctx, db, origin, 1, 300); return err }},
	} {
		db := openStore(t)
		extend(t, db, load(t, db, origin), leaves(0, 300))
		if err := tt.read(db); err != nil {
			t.Fatal(name, err)
		}
		if _, err := db.Exec(tt.damage); err != nil {
			t.Fatal(err)
		}
		var c *CorruptError
		if err := tt.read(db); !errors.As(err, &c) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBlobs(t *testing.T) {
	db := openStore(t)
	for _, b := range [][]byte{nil, {}, {1}, bytes.Repeat([]byte("blob"), 100_000)} {
		var d canon.Digest
		update(t, db, func(tx *sql.Tx) (err error) {
			if d, err = SaveBlob(ctx, tx, b); err != nil {
				return err
			}
			again, err := SaveBlob(ctx, tx, b)
			if again != d {
				err = fmt.Errorf("digest %s, then %s", d, again)
			}
			return err
		})
		if got, err := ReadBlob(ctx, db, d); err != nil || !bytes.Equal(got, b) || d != canon.DigestOf(b) {
			t.Errorf("blob of %d bytes came back as %d, %v", len(b), len(got), err)
		}
		if ok, err := HasBlob(ctx, db, d); !ok || err != nil {
			t.Error(ok, err)
		}
		update(t, db, func(tx *sql.Tx) error { return errors.Join(DropBlob(ctx, tx, d), DropBlob(ctx, tx, d)) })
		if ok, err := HasBlob(ctx, db, d); ok || err != nil {
			t.Error(ok, err)
		}
		if _, err := ReadBlob(ctx, db, d); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a dropped blob: %v", err)
		}
	}
	if err := tryUpdate(db, func(tx *sql.Tx) error { _, err := SaveBlob(ctx, tx, make([]byte, MaxBlob+1)); return err }); err == nil {
		t.Error("a blob that is too large was stored")
	}
	update(t, db, func(tx *sql.Tx) error { _, err := SaveBlob(ctx, tx, []byte("content")); return err })
	if _, err := db.Exec(`update record_blobs set data = cast('Content' as blob)`); err != nil {
		t.Fatal(err)
	}
	var c *CorruptError
	if _, err := ReadBlob(ctx, db, canon.DigestOf([]byte("content"))); !errors.As(err, &c) {
		t.Errorf("a damaged blob: %v", err)
	}
}

func TestObservationsAreBounded(t *testing.T) {
	db := openStore(t)
	observe := func(n int, ob Observation) {
		update(t, db, func(tx *sql.Tx) error {
			for range n {
				if err := Observe(ctx, tx, ob); err != nil {
					return err
				}
			}
			return nil
		})
	}
	count := func() (n, size int) {
		if err := db.QueryRow(`select count(*), coalesce(sum(length(data)), 0) from record_observations`).Scan(&n, &size); err != nil {
			t.Fatal(err)
		}
		return n, size
	}
	observe(1, Observation{From: "cintra", What: strings.Repeat("long ", 400) + "\xff", Bytes: make([]byte, MaxObserved+5), At: 7})
	obs, err := Observations(ctx, db, 10)
	if err != nil || len(obs) != 1 {
		t.Fatal(len(obs), err)
	}
	if ob := obs[0]; ob.Seq != 1 || ob.From != "cintra" || len(ob.What) > maxWhat || len(ob.Bytes) != MaxObserved || ob.Length != MaxObserved+5 || ob.At != 7 {
		t.Errorf("%d %q %d %d %d %d", ob.Seq, ob.From, len(ob.What), len(ob.Bytes), ob.Length, ob.At)
	}
	observe(MaxObservations+50, Observation{From: "cintra", What: "garbage", Bytes: []byte{1}})
	if n, _ := count(); n != MaxObservations {
		t.Errorf("%d observations are kept", n)
	}
	if obs, err = Observations(ctx, db, 1000); err != nil || len(obs) != maxObservationsRead || obs[0].Seq != MaxObservations+51 || obs[1].Seq != obs[0].Seq-1 {
		t.Errorf("%d read, %v", len(obs), err)
	}
	observe(MaxObservedTotal/MaxObserved+20, Observation{What: "garbage", Bytes: make([]byte, MaxObserved)})
	observe(1, Observation{What: "garbage", Bytes: []byte{1}}) // not a whole number of the others
	if n, size := count(); size > MaxObservedTotal || size < MaxObservedTotal-2*MaxObserved || n > MaxObservedTotal/MaxObserved {
		t.Errorf("%d observations of %d bytes are kept", n, size)
	}
	checkAll(t, db)
}
