package interop

import (
	"bytes"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// torchwood's client reads and authenticates all entries that our server
// serves, and its checkpoint parser reads our three lines.
func TestTorchwoodReadsOurs(t *testing.T) {
	all := entries(1000)
	set := keys(t, 1, origin)
	root, hc := serve(t, &host{db: newRecord(t, set.Record, all)}, set.Transport)
	fetcher, err := torchwood.NewTileFetcher(root.JoinPath("record", string(origin)).String(), torchwood.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	note, err := fetcher.ReadEndpoint(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	policy := torchwood.ThresholdPolicy(2,
		torchwood.OriginPolicy(string(origin)), torchwood.SingleVerifierPolicy(noteVerifier(t, set.Record.Public)))
	cp, _, err := torchwood.VerifyCheckpoint(note, policy)
	if err != nil {
		t.Fatal(err)
	}
	if cp.Origin != string(origin) || cp.N != 1000 {
		t.Fatalf("the checkpoint is of %s, size %d", cp.Origin, cp.N)
	}
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for i, entry := range client.AllEntries(t.Context(), cp.Tree, 0) {
		if int(i) != read || !bytes.Equal(entry, all[i]) {
			t.Fatalf("entry %d is another", i)
		}
		read++
	}
	if err := client.Err(); err != nil || read != len(all) {
		t.Fatalf("read %d entries: %v", read, err)
	}
	entry, proof, err := client.Entry(t.Context(), cp.Tree, 777)
	if err != nil || !bytes.Equal(entry, all[777]) {
		t.Fatalf("entry 777: %v", err)
	}
	if err := tlog.CheckRecord(proof, cp.N, cp.Hash, 777, tlog.RecordHash(entry)); err != nil {
		t.Error(err)
	}
}
