package screen

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"detente/control"
)

// groupAndHouse: what the group is, how the lines are, what was done by whom, and how the
// node is.
func groupAndHouse(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	b.get("/contacts")
	b.sees(http.StatusOK, "Borovia borovia member duty-officer no record")
	b.get("/peers")
	b.sees(http.StatusOK, "Borovia no record not shown")
	b.get("/observations")
	b.sees(http.StatusOK, "There is none", "Nothing was observed")
	b.get("/observations/misconduct-1.proof")
	b.sees(http.StatusNotFound, "no proof misconduct-1.proof is kept here")
	b.get("/audit")
	b.sees(http.StatusOK, "sign-in", "saparova", "officer-add")
	b.get("/audit?check=1")
	b.sees(http.StatusOK, "verifies. Note its last hash elsewhere")
	b.get("/audit?from=2")
	b.sees(http.StatusOK, "2 20")
	if strings.Contains(b.page, `<th scope="row">1</th>`) {
		t.Error("the trail from entry 2 on has entry 1")
	}
	b.get("/health")
	b.sees(http.StatusOK, "to be mended", "Backup", "none was written yet", "Verify every record")
	b.get("/health?full=1")
	b.sees(http.StatusOK, "every record held here verifies from its beginning")
	b.get("/settings")
	b.sees(http.StatusOK, "Edition 2, in force since", "our fingerprint", "vd11", "S. Saparova saparova arms-control drafts, clears, on duty release", "record in use")
	b.lang = "ru"
	for _, page := range []string{"contacts", "peers", "observations", "audit", "health", "settings", "verify", "courier"} {
		b.get("/" + page)
		b.sees(http.StatusOK)
	}
}

// verifyAndCarry: a file is judged in one sentence, and a bundle is taken in only
// after it was shown what it would change.
func verifyAndCarry(t *testing.T, h *house) {
	b := h.browser(t)
	b.signIn("saparova")
	ctx, door := context.Background(), h.door.As(session(t, b))
	var bundle bytes.Buffer
	if err := door.Call(ctx, "export", control.ExportArgs{}, nil, &bundle, nil); err != nil {
		t.Fatal(err)
	}
	var proof bytes.Buffer
	origin := string(h.home.Node.Origin())
	if err := door.Call(ctx, "prove", control.ProveArgs{Ref: origin + " 0"}, nil, &proof, nil); err != nil {
		t.Fatal(err)
	}
	b.get("/verify")
	b.sees(http.StatusOK, "Nothing of the file is kept")
	b.upload("/verify", "file", "alatau.proof", proof.String())
	b.sees(http.StatusOK, "It verifies", "Proof of one act: alatau.proof", "The act stands in the record of Alatau", "What is not shown")
	doctored := bytes.Clone(proof.Bytes())
	doctored[len(doctored)/2] ^= 1
	b.upload("/verify", "file", "alatau.proof", string(doctored))
	b.sees(http.StatusUnprocessableEntity, "it does not verify")
	if strings.Contains(text(b.page), "It verifies") {
		t.Error("a doctored file verifies")
	}
	b.upload("/verify", "file", "to-all.bundle", bundle.String())
	b.sees(http.StatusOK, "Bundle of records")
	b.upload("/verify", "other", "x", "y")
	b.sees(http.StatusUnprocessableEntity, "Choose a file first")

	b.get("/courier")
	b.sees(http.StatusOK, "The roster names no courier")
	b.get("/courier/bundle")
	if b.code != http.StatusOK || !strings.HasPrefix(b.page, "detente") {
		t.Errorf("the bundle comes out as %d %.40q", b.code, b.page)
	}
	b.get("/courier/bundle?to=nobody")
	b.sees(http.StatusNotFound, "nobody is not in the roster")
	b.get("/courier")
	b.upload("/courier/look", "bundle", "x", "no bundle")
	b.sees(http.StatusUnprocessableEntity)
	b.upload("/courier/look", "bundle", "to-all.bundle", bundle.String())
	b.sees(http.StatusOK, "What this bundle would change here", "written by Alatau", "Take it in")
	b.press("/courier/take", "body", "%%%")
	b.sees(http.StatusUnprocessableEntity)
	b.get("/courier")
	b.press("/courier/take", "body", hiddenBody(b, bundle.String()))
	b.sees(http.StatusOK, "The bundle was taken in")
}

// hiddenBody is what the page of a bundle carries until it is taken in.
func hiddenBody(b *browser, bundle string) string {
	b.t.Helper()
	b.upload("/courier/look", "bundle", "x", bundle)
	_, rest, _ := strings.Cut(b.page, `name="body" value="`)
	body, _, ok := strings.Cut(rest, `"`)
	if !ok {
		b.t.Fatal("the page carries no bundle")
	}
	return strings.ReplaceAll(body, "&#43;", "+")
}
