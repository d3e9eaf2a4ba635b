package regime

// Threshold compares the number of troops that a filled form foresees, the
// greatest of the fields that the form names in Troops, with the level that the
// group agreed on (roster, Measure; 0: none). It says in every house language
// whether the level is reached; a number that is not given does not reach it.
func (f *Form) Threshold(v *Values, troops int) (bool, map[Lang]string) {
	most, given := 0, false
	for _, id := range f.Troops {
		if n, ok := v.Int(id); ok {
			most, given = max(most, n), true
		}
	}
	switch {
	case troops == 0:
		return true, said{
			"the group has set no level of troops: every activity is notified",
			"группой не установлен уровень численности: уведомление направляется о любой деятельности",
		}.texts()
	case !given:
		return false, said{
			"the number of troops is not given; the level agreed by the group is " + grouped(troops, English),
			"численность личного состава не указана; согласованный группой уровень — " + counted(troops, "persons", Russian),
		}.texts()
	}
	s := said{grouped(most, English) + " troops; ", counted(most, "persons", Russian) + "; "}
	if most < troops {
		s.en += "below the level of " + grouped(troops, English) + " agreed by the group"
		s.ru += "ниже согласованного группой уровня: " + counted(troops, "persons", Russian)
		return false, s.texts()
	}
	s.en += "the level of " + grouped(troops, English) + " agreed by the group is reached"
	s.ru += "согласованный группой уровень достигнут: " + counted(troops, "persons", Russian)
	return true, s.texts()
}
