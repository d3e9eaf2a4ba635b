package screen

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"time"

	"detente/control"
	"detente/internal/canon"
	"detente/party"
)

func carryRoutes() []route {
	return []route{
		{"GET /verify", verifyPage, false},
		{"POST /verify", verifyUpload, false},
		{"GET /courier", courierPage, false},
		{"GET /courier/bundle", bundleFile, false},
		{"POST /courier/look", lookBundle, false},
		{"POST /courier/take", takeBundle, false},
	}
}

// verifyView is what a file shows.
type verifyView struct {
	Name     string // of the file; empty: none was looked at
	Verified *control.Verified
}

func verifyPage(v *visit) error { return v.show("verify", v.t("page.verify"), verifyView{}) }

func verifyUpload(v *visit) error {
	chosen := v.files("file")
	if len(chosen) != 1 {
		return v.again(&control.Error{Code: control.Usage, Message: v.t("file.none")}, "verify", v.t("page.verify"), "", verifyView{})
	}
	view := verifyView{Name: chosen[0].Filename, Verified: &control.Verified{}}
	if err := v.send("verify", control.VerifyArgs{Language: houseLanguage(v.lang)}, chosen[0], view.Verified); err != nil {
		view.Verified = nil
		return v.again(err, "verify", v.t("page.verify"), "", view)
	}
	status := ""
	if view.Verified.Act != nil {
		status = string(view.Verified.Act.Status)
	}
	return v.showAs("verify", v.t("page.verify"), status, view)
}

// maxCarried bounds a bundle that is taken in by a page, in bytes: between what it
// would change and the consent to it the page itself carries it, a third longer.
const maxCarried = 20 << 20

// courierView is what is carried, and when the last safe dispatch is.
type courierView struct {
	Lines    []control.Peer
	Trip     time.Duration // slowest round trip of the roster; 0: no courier
	Dispatch []dispatch
	Look     *carried // of a bundle that was brought
}

// dispatch is a date of this state with the last moment at which a courier leaves
// for it in time.
type dispatch struct {
	Item control.Item
	By   string
	Gone bool // that moment has passed
}

// carried is a bundle and what it would change.
type carried struct {
	control.Carried
	Rows []change
	Body string // base64 of the bundle
}

// change is how far a record would go.
type change struct {
	Origin party.Origin
	From   int64 // acts held before
	To     int64 // and after
}

// Days is the round trip in whole days, rounded up.
func (c courierView) Days() int { return int((c.Trip + 24*time.Hour - 1) / (24 * time.Hour)) }

func courierPage(v *visit) error {
	c, err := v.courier()
	if err != nil {
		return err
	}
	return v.show("courier", v.t("page.courier"), c)
}

func (v *visit) courier() (*courierView, error) {
	c := &courierView{}
	if err := v.call("peer-list", nil, &c.Lines); err != nil {
		return nil, err
	}
	r, _, err := v.edition()
	if err != nil {
		return nil, err
	}
	trip, ok := r.RoundTrip()
	if !ok {
		return c, nil
	}
	c.Trip = trip
	var d control.Due
	if err := v.call("due", control.DueArgs{LookArgs: control.LookArgs{Language: houseLanguage(v.lang)}, Open: true}, &d); err != nil {
		return nil, err
	}
	for _, it := range d.Own {
		due, err := canon.ParseTime(it.Due)
		if err != nil {
			continue // it has no date
		}
		by := canon.FormatTime(due.Add(-trip))
		c.Dispatch = append(c.Dispatch, dispatch{it, by, by < v.head.Now})
	}
	slices.SortStableFunc(c.Dispatch, func(x, y dispatch) int { return cmp.Compare(x.By, y.By) })
	c.Dispatch = c.Dispatch[:min(len(c.Dispatch), rowsOfPage)]
	return c, nil
}

func bundleFile(v *visit) error {
	to := party.ID(v.r.URL.Query().Get("to"))
	var b bytes.Buffer
	if err := v.file("export", control.ExportArgs{To: to}, &b, nil); err != nil {
		return err
	}
	name := "all"
	if to != "" {
		name = string(to)
	}
	return v.hand("to-"+name+".bundle", "application/octet-stream", b.Bytes())
}

func lookBundle(v *visit) error {
	c, err := v.courier()
	if err != nil {
		return err
	}
	wrong := func(err error) error { return v.again(err, "courier", v.t("page.courier"), "", c) }
	chosen := v.files("bundle")
	if len(chosen) != 1 {
		return wrong(&control.Error{Code: control.Usage, Message: v.t("file.none")})
	}
	if chosen[0].Size > maxCarried {
		return wrong(&control.Error{Code: control.Usage, Message: v.t("courier.large", "n", maxCarried>>20), Hint: "detente bundle import FILE"})
	}
	f, err := chosen[0].Open()
	if err != nil {
		return errForm
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return errForm
	}
	look := &carried{Body: base64.StdEncoding.EncodeToString(b)}
	if err := v.door.Call(v.r.Context(), "import-look", nil, bytes.NewReader(b), nil, &look.Carried); err != nil {
		return wrong(err)
	}
	look.Rows = changes(look.Carried)
	c.Look = look
	return v.show("courier", v.t("page.courier"), c)
}

func changes(c control.Carried) []change {
	var all []change
	for _, o := range slices.Sorted(maps.Keys(c.Records)) {
		all = append(all, change{o, c.Records[o][0], c.Records[o][1]})
	}
	return all
}

func takeBundle(v *visit) error {
	b, err := base64.StdEncoding.DecodeString(v.form.Get("body"))
	if err != nil || len(b) == 0 {
		return errForm
	}
	var done control.Carried
	if err := v.door.Call(v.r.Context(), "import", nil, bytes.NewReader(b), nil, &done); err != nil {
		c, callErr := v.courier()
		if callErr != nil {
			return callErr
		}
		return v.again(err, "courier", v.t("page.courier"), "", c)
	}
	return v.redirect("/courier", "bundle-taken")
}
