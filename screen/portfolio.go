package screen

import (
	"detente/control"
	"detente/party"
)

func portfolioRoutes() []route {
	return []route{
		{"GET /portfolio", portfolioPage, false},
		{"GET /quotas", quotasPage, false},
		{"GET /blocks", blocksPage, false},
		{"GET /blocks/{party}", blocksPage, false},
	}
}

// portfolioView is what this state is bound by.
type portfolioView struct {
	looking
	control.Portfolio
}

func portfolioPage(v *visit) error {
	var p portfolioView
	var args control.LookArgs
	var err error
	p.looking, args, err = v.look()
	if err == nil {
		err = v.call("portfolio", args, &p.Portfolio)
	}
	if err != nil {
		return v.again(err, "portfolio", v.t("page.portfolio"), p.Status, p)
	}
	return v.showAs("portfolio", v.t("page.portfolio"), p.Status, p)
}

// quotasView is how often something was done, and how often a text provides for it.
type quotasView struct {
	looking
	Measure  string
	Accounts []account
	Findings []control.TextFinding
}

// account is a count with as many of its acts as a row has room for.
type account struct {
	control.Account
	More int // acts that are not named
}

// actsOfRow is how many acts a row names.
const actsOfRow = 10

func quotasPage(v *visit) error {
	q := quotasView{Measure: v.r.URL.Query().Get("measure")}
	var args control.LookArgs
	var err error
	q.looking, args, err = v.look()
	if err == nil {
		var all []control.Account
		err = v.call("quota", control.QuotaArgs{LookArgs: args, Measure: q.Measure}, &all)
		for _, a := range all {
			row := account{a, max(0, len(a.Acts)-actsOfRow)}
			row.Acts = row.Acts[:len(row.Acts)-row.More]
			q.Accounts = append(q.Accounts, row)
		}
	}
	if err == nil {
		err = v.call("findings", args, &q.Findings)
	}
	if err != nil {
		return v.again(err, "quotas", v.t("page.quotas"), q.Status, q)
	}
	return v.showAs("quotas", v.t("page.quotas"), q.Status, q)
}

// blocksView is the building blocks between this state and another.
type blocksView struct {
	looking
	With   party.ID // empty: none was chosen
	Stands []control.Block
	Stages []stageOf // of what could come next
}

// stageOf are the measures of one stage.
type stageOf struct {
	Stage  string
	Blocks []control.Block
}

func blocksPage(v *visit) error {
	b := blocksView{With: party.ID(v.r.PathValue("party"))}
	if with := v.r.URL.Query().Get("with"); b.With == "" && with != "" {
		return v.redirect(withQuery("/blocks/"+with, nil), "")
	}
	var args control.LookArgs
	var err error
	if b.looking, args, err = v.look(); err != nil || b.With == "" {
		if err != nil {
			return err
		}
		return v.show("blocks", v.t("page.blocks"), b)
	}
	var all []control.Block
	if err := v.call("blocks", control.BlocksArgs{LookArgs: args, With: b.With}, &all); err != nil {
		return err
	}
	for _, one := range all {
		if one.Stands {
			b.Stands = append(b.Stands, one)
			continue
		}
		if n := len(b.Stages); n == 0 || b.Stages[n-1].Stage != one.Stage {
			b.Stages = append(b.Stages, stageOf{Stage: one.Stage})
		}
		last := &b.Stages[len(b.Stages)-1]
		last.Blocks = append(last.Blocks, one)
	}
	return v.showAs("blocks", v.t("blocks.with", "party", v.nameOf(string(b.With))), b.Status, b)
}
