package screen

import (
	"bytes"
	"net/url"

	"detente/control"
	"detente/party"
)

func documentsRoutes() []route {
	return []route{
		{"GET /documents", documentsPage, false},
		{"GET /documents/{kind}/{digest}", documentFile, false},
	}
}

// documentsView are the documents by kind.
type documentsView struct{ Parts []documentPart }

// documentPart are the documents of one kind.
type documentPart struct {
	Kind control.DocumentKind
	Rows []documentRow
}

// documentRow is a document as it is listed.
type documentRow struct {
	control.Document
	Href string     // of its bytes; empty: they are not kept here
	By   []party.ID // who adopted it, in the order of the roster
	More string     // address of what it belongs to; empty: none
}

func documentsPage(v *visit) error {
	var all []control.Document
	if err := v.call("document-list", nil, &all); err != nil {
		return err
	}
	var page documentsView
	for _, d := range all {
		if len(page.Parts) == 0 || page.Parts[len(page.Parts)-1].Kind != d.Kind {
			page.Parts = append(page.Parts, documentPart{Kind: d.Kind})
		}
		row := documentRow{Document: d}
		if d.Kept {
			row.Href = "/documents/" + url.PathEscape(string(d.Kind)) + "/" + url.PathEscape(d.Digest)
		}
		for _, p := range v.head.Parties {
			if _, ok := d.Adopted[string(p.ID)]; ok {
				row.By = append(row.By, p.ID)
			}
		}
		if d.Kind == control.JointDocument {
			row.More = matterAddress(d.Detail, statusNamed(d.Standing), nil)
		}
		part := &page.Parts[len(page.Parts)-1]
		part.Rows = append(part.Rows, row)
	}
	return v.show("documents", v.t("page.documents"), page)
}

// documentFile hands the bytes of a document over, as they are kept.
func documentFile(v *visit) error {
	a := control.DocumentArgs{Kind: control.DocumentKind(v.r.PathValue("kind")), Digest: v.r.PathValue("digest")}
	var b bytes.Buffer
	var d control.DocumentWritten
	if err := v.file("document-file", a, &b, &d); err != nil {
		return err
	}
	return v.hand(d.Name, "application/octet-stream", b.Bytes())
}
