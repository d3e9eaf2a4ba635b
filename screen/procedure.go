package screen

import (
	"fmt"
	"slices"
	"strconv"

	"detente/control"
	"detente/line"
)

func procedureRoutes() []route {
	return []route{
		{"GET /procedures", proceduresPage, false},
		{"POST /procedures", setProcedures, false},
	}
}

// adminRole is the role of those who write down how this house watches.
const adminRole = "admin"

// proceduresView is by what this house watches: the figures that the group adopted, how
// those are reached whom an alert calls, and what is done when a message comes.
type proceduresView struct {
	control.HouseWatch
	Rows  []procedureRow
	Lines []line.ID // to choose from
	Admin bool      // this officer may write it down
}

// procedureRow is a procedure as it is typed; one without a text is dropped.
type procedureRow struct {
	No int // from 1
	control.Procedure
}

func proceduresPage(v *visit) error {
	var h control.HouseWatch
	if err := v.call("instructions-show", nil, &h); err != nil {
		return err
	}
	return v.procedures(h, nil)
}

func (v *visit) procedures(h control.HouseWatch, wrong error) error {
	p := proceduresView{HouseWatch: h, Admin: slices.Contains(v.head.Officer.Roles, adminRole)}
	cards, err := v.lineCards()
	if err != nil {
		return err
	}
	for _, c := range cards {
		p.Lines = append(p.Lines, c.Line)
	}
	for _, one := range h.Procedures {
		p.Lines = append(p.Lines, one.Line)
		p.Rows = append(p.Rows, procedureRow{len(p.Rows) + 1, one})
	}
	p.Rows = append(p.Rows, procedureRow{No: len(p.Rows) + 1})
	slices.Sort(p.Lines)
	p.Lines = slices.DeleteFunc(slices.Compact(p.Lines), func(id line.ID) bool { return id == "" })
	if wrong != nil {
		return v.again(wrong, "procedures", v.t("page.procedures"), "", p)
	}
	return v.show("procedures", v.t("page.procedures"), p)
}

func setProcedures(v *visit) error {
	in := control.Instructions{Chief: v.text("chief"), Second: v.text("second"), Procedures: []control.Procedure{}}
	for i := 1; ; i++ {
		name := fmt.Sprintf("row.%d.", i)
		if !v.form.Has(name + "text") {
			break
		}
		n, err := strconv.Atoi(v.text(name + "precedence"))
		if err != nil {
			return errForm
		}
		if text := v.text(name + "text"); text != "" {
			in.Procedures = append(in.Procedures, control.Procedure{Line: line.ID(v.text(name + "line")), Precedence: line.Precedence(n), Text: text})
		}
	}
	if err := v.call("instructions-set", in, nil); err != nil {
		var h control.HouseWatch
		if err := v.call("instructions-show", nil, &h); err != nil {
			return err
		}
		h.Instructions = in // as typed
		return v.procedures(h, err)
	}
	return v.redirect("/procedures", "procedures-set")
}
