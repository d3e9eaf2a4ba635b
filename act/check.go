package act

import "slices"

// Check refuses an act that its version does not allow: a value outside its
// grammar or bounds, a field that its kind needs and lacks or has and may not
// have, group state that is sealed, not Actual or not to all, more than one
// content, addressees repeated. The error is a *FormatError that names the
// field. The size is checked by Bytes.
func (a *Act) Check() error {
	if f := a.check(false); f != nil {
		return f.at(0)
	}
	return nil
}

// check looks at values and rules; pending says that content may still follow.
func (a *Act) check(pending bool) *fault {
	for f := range rows {
		if !rows[f].has(a) {
			continue
		}
		if err := rows[f].check(a); err != nil {
			return faultf(field(f), "%s", err)
		}
	}
	return a.checkRules(a.present(), pending)
}

// checkRules looks at what no single value shows. Values were checked; present
// are the fields that stand in the act.
func (a *Act) checkRules(present set, pending bool) *fault {
	head := head
	if a.Kind == Discreet {
		head = discreet
	}
	if missing := head &^ present; missing != 0 {
		return faultf(missing.first(), "is missing")
	}
	r := ruleOf(a.Kind)
	if missing := r.need &^ present; missing != 0 {
		return faultf(missing.first(), "is missing; an act of kind %s needs it", a.Kind)
	}
	if extra := present &^ (head | r.need | r.may); extra != 0 {
		return faultf(extra.first(), "does not belong to an act of kind %s", a.Kind)
	}
	if f := a.checkAddressing(r); f != nil {
		return f
	}
	if r.groupState && a.Status != Actual {
		return faultf(fStatus, "is %s; an act of kind %s is group state and always actual", a.Status, a.Kind)
	}
	if f := a.checkContent(r, present, pending); f != nil {
		return f
	}
	return a.checkKind()
}

func (a *Act) checkAddressing(r *rule) *fault {
	switch {
	case a.Kind == Discreet && a.Edition == 0:
		return faultf(fEdition, "is 0; a private record has nobody to be discreet towards")
	case a.Kind == Discreet:
		return nil // the addressees are inside
	case r.to == toAll && !a.ToAll:
		return faultf(fTo, "is not all; an act of kind %s is for all", a.Kind)
	case r.to == toOne && len(a.To) != 1:
		return faultf(fTo, "does not name exactly one party; an act of kind %s goes to the author of what it answers", a.Kind)
	case !a.ToAll && len(a.To) == 0 && a.Edition != 0:
		return faultf(fTo, "is missing; only an act of a private record, edition 0, has no addressee")
	case a.IsSealed() && len(a.To) == 0:
		return faultf(fTo, "is not a list; sealed content needs its addressees by name, one stanza each")
	}
	return nil
}

func (a *Act) checkContent(r *rule, present set, pending bool) *fault {
	if len(a.Payload) > 0 && a.PayloadType == "" {
		return faultf(fPayload, "is missing; bytes without a media type follow the blank line")
	}
	if len(a.Payload) == 0 && a.PayloadType != "" {
		return faultf(fPayload, "names a media type but no bytes follow the blank line")
	}
	have := present & contents
	if r.content && have == 0 && !pending {
		return faultf(fSealed, "is missing; an act of kind %s needs content: ciphertext, clear or payload", a.Kind)
	}
	if rest := have &^ of(have.first()); have != 0 && rest != 0 && a.Kind != KeyChange {
		return faultf(rest.first(), "stands beside %s; an act has at most one content", rows[have.first()].name)
	}
	return nil
}

// checkKind looks at what one kind alone demands.
func (a *Act) checkKind() *fault {
	switch a.Kind {
	case Statement, Entered:
		return a.checkLife()
	case Adoption:
		if a.Clear.Type != TypeRoster {
			return faultf(fClear, "is of type %s; an adoption carries a roster, %s", a.Clear.Type, TypeRoster)
		}
	case KeyChange:
		return a.checkKeyChange()
	case Discreet:
		if a.IsSealed() && !slices.Contains(DiscreetSizes(), a.Sealed.Size) {
			return faultf(fSealed, "is of %d bytes, which is none of the sizes of discreet content", a.Sealed.Size)
		}
	case Volume:
		if a.PayloadType != TypeVolume {
			return faultf(fPayload, "is of type %s; a volume act carries %s", a.PayloadType, TypeVolume)
		}
		if _, err := ParseVolumeHead(a.Payload); err != nil {
			return faultf(fPayload, "%s", err)
		}
	}
	return nil
}

// checkLife: what is not the first of its thread names the thread and what it
// follows; numbered fields are touched by an update or correction only.
func (a *Act) checkLife() *fault {
	if len(a.Touches) > 0 && a.Life != Update && a.Life != Correction {
		return faultf(fTouches, "belongs to an update or a correction only")
	}
	if a.Life == "" || a.Life == New {
		return nil
	}
	if a.Thread == "" {
		return faultf(fThread, "is missing; a life of %s needs the thread", a.Life)
	}
	if a.Answers.IsZero() {
		return faultf(fAnswers, "is missing; a life of %s needs what it follows", a.Life)
	}
	return nil
}

func (a *Act) checkKeyChange() *fault {
	if a.PayloadType != TypeKeyChange {
		return faultf(fPayload, "is of type %s; a key act carries %s", a.PayloadType, TypeKeyChange)
	}
	if a.Clear.IsZero() {
		return nil
	}
	if !slices.Contains([]string{"witness", "mirror"}, a.Role) {
		return faultf(fClear, "does not belong to a key act for role %s; only a witness or mirror lists its cosignatures", a.Role)
	}
	if a.Clear.Type != TypeCosignatures {
		return faultf(fClear, "is of type %s; a key act lists cosignatures, %s", a.Clear.Type, TypeCosignatures)
	}
	return nil
}
