package screen

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"detente/control"
	"detente/internal/canon"
	"rsc.io/qr"
)

func joinRoutes() []route {
	return []route{
		{"GET /group", groupPage, false},
		{"GET /group/card", cardFile, false},
		{"POST /group/card", lookCard, false},
		{"POST /group/roster", lookRoster, false},
		{"POST /group/adopt", adoptRoster, false},
	}
}

// awaitingRoutes are those of a home that awaits the roster of its group.
func awaitingRoutes() []route {
	return slices.Concat(joinRoutes(), choiceRoutes(), []route{
		{"GET /{$}", func(v *visit) error { return v.redirect("/group", "") }, false},
		{"GET /sign-in", func(v *visit) error { return v.show("awaiting", v.t("awaiting.title"), nil) }, true},
		{"GET /welcome", welcomePage, true},
		{"POST /welcome", welcome, true},
	})
}

// maxGroupFile bounds a card or a roster that a page takes, in bytes.
const maxGroupFile = canon.MaxJSON

// groupView is how a state shows its own keys and compares those of others.
type groupView struct {
	Own      control.Card
	Editions []control.Edition
	May      bool                // who looks is an administrator
	Look     *control.Card       // of a card that was brought
	Roster   *control.RosterLook // of a roster that was brought
	Body     string              // base64 of it, until it is adopted
}

func (v *visit) group() (*groupView, error) {
	g := &groupView{May: v.head.Officer.IsAdmin()}
	if err := v.call("card-show", nil, &g.Own); err != nil {
		return nil, err
	}
	return g, v.call("roster-status", nil, &g.Editions)
}

func groupPage(v *visit) error {
	g, err := v.group()
	if err != nil {
		return err
	}
	return v.show("group", v.t("page.group"), g)
}

// cardFile is the own card, to be handed to the others.
func cardFile(v *visit) error {
	var c control.Card
	if err := v.call("card-show", nil, &c); err != nil {
		return err
	}
	return v.hand(string(c.Party)+".card", "application/json", []byte(c.Body))
}

// brought is the one file of a posted form.
func (v *visit) brought(name string) ([]byte, error) {
	chosen := v.files(name)
	if len(chosen) != 1 {
		return nil, &control.Error{Code: control.Usage, Message: v.t("file.none")}
	}
	f, err := chosen[0].Open()
	if err != nil {
		return nil, errForm
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxGroupFile+1))
	if err != nil {
		return nil, errForm
	}
	if len(b) > maxGroupFile {
		return nil, errTooLarge
	}
	return b, nil
}

// bring shows the page with what a file says, or with what keeps it from being read.
func (v *visit) bring(name string, look func(g *groupView, b []byte) error) error {
	g, err := v.group()
	if err != nil {
		return err
	}
	b, err := v.brought(name)
	if err == nil {
		err = look(g, b)
	}
	if err != nil {
		return v.again(err, "group", v.t("page.group"), "", g)
	}
	return v.show("group", v.t("page.group"), g)
}

func lookCard(v *visit) error {
	return v.bring("card", func(g *groupView, b []byte) error {
		var c control.Card
		err := v.call("card-look", control.FileArgs{Body: string(b)}, &c)
		if err == nil {
			g.Look = &c
		}
		return err
	})
}

func lookRoster(v *visit) error {
	return v.bring("roster", func(g *groupView, b []byte) error {
		var r control.RosterLook
		err := v.call("roster-look", control.FileArgs{Body: string(b)}, &r)
		if err == nil {
			g.Roster, g.Body = &r, base64.StdEncoding.EncodeToString(b)
		}
		return err
	})
}

// adoptRoster adopts the very bytes whose words were on the page, once somebody said
// that all read the same.
func adoptRoster(v *visit) error {
	g, err := v.group()
	if err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(v.form.Get("body"))
	if err != nil || len(b) == 0 || len(b) > maxGroupFile {
		return errForm
	}
	var r control.RosterLook
	if err := v.call("roster-look", control.FileArgs{Body: string(b)}, &r); err != nil {
		return v.again(err, "group", v.t("page.group"), "", g)
	}
	g.Roster, g.Body = &r, v.form.Get("body")
	if v.text("compared") != "yes" {
		return v.again(&control.Error{Code: control.Usage, Message: v.t("group.compare.first")}, "group", v.t("page.group"), "", g)
	}
	if err := v.call("roster-adopt", control.AdoptArgs{Body: string(b)}, nil); err != nil {
		return v.again(err, "group", v.t("page.group"), "", g)
	}
	if v.head.Awaiting {
		return v.show("joined", v.t("awaiting.title"), nil)
	}
	return v.redirect("/group", "roster-adopted")
}

// numbered are words in rows of four, each with the place of its first: over a
// telephone one says the number, then the words.
func numbered(words []string) []wordRow {
	var rows []wordRow
	for i := 0; i < len(words); i += wordsOfRow {
		rows = append(rows, wordRow{i + 1, strings.Join(words[i:min(i+wordsOfRow, len(words))], " ")})
	}
	return rows
}

const wordsOfRow = 4

// wordRow is a row of words.
type wordRow struct {
	From  int
	Words string
}

// qrCode draws a text as a QR code. Dark on light in every theme: readers want it so.
func qrCode(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("make the QR code: %w", err)
	}
	const quiet = 4
	side := code.Size + 2*quiet
	var dark bytes.Buffer
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&dark, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" width="200" height="200" role="img" aria-label="%s" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dh-%dz"/><path fill="#000" d="%s"/></svg>`,
		side, side, template.HTMLEscapeString(label), side, side, side, dark.String())), nil
}
