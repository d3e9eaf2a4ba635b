package clarification

import "testing"

// How words of sides go together: each row is what alatau, borovia and cintra say.
func TestCompare(t *testing.T) {
	value := func(s string) Told { return Told{Value: s} }
	answer := func(s string) Told { return Told{Answer: s} }
	nothing := Told{}
	for _, c := range []struct {
		told []Told
		want Likeness
	}{
		{nil, Untold},
		{[]Told{nothing, nothing}, Untold},
		{[]Told{value("2")}, Partly}, // who speaks alone agrees with nobody
		{[]Told{value("2"), value("2")}, Alike},
		{[]Told{value("2"), value("2"), nothing}, Partly},
		{[]Told{value("2"), value("2"), answer(AnswerNotKnown)}, Partly},
		{[]Told{value("2"), value("3")}, Otherwise},
		{[]Told{value("2"), answer("nil")}, Otherwise},
		{[]Told{answer("nil"), answer("nil")}, Alike},
		{[]Told{answer(AnswerNotKnown), nothing}, Unknown},
		{[]Told{answer(AnswerNotKnown), answer(AnswerNotKnown)}, Unknown},
		{[]Told{value("2"), value("2"), answer(AnswerDisputed)}, InDispute},
		{[]Told{value("2"), value("3"), answer(AnswerDisputed)}, InDispute},
	} {
		if got := Compare(c.told); got != c.want {
			t.Errorf("%v is %s where %s belongs", c.told, got, c.want)
		}
	}
}
