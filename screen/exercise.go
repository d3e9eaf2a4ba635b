package screen

import (
	"cmp"
	"slices"

	"detente/control"
	"detente/exercise"
)

func exerciseRoutes() []route {
	return []route{
		{"GET /exercises", exercisesPage, false},
		{"GET /exercises/{id}/paper", exercisePaper, false},
		{"POST /exercises/{id}/mark", markExercise, false},
	}
}

// exercisesView is every exercise that was begun here.
type exercisesView struct {
	All    []exerciseView
	OnDuty bool // this officer may say marks
}

// exerciseView is one exercise with what this officer can say of it.
type exerciseView struct {
	control.Exercise
	Named string // its title in the language of the page
	Mine  bool   // it is this state that said "no play"
}

// Over reports whether this state's part has ended.
func (e exerciseView) Over() bool { return e.Phase == exercise.Ended }

func (v *visit) exercises() (*exercisesView, error) {
	page := &exercisesView{OnDuty: slices.Contains(v.head.Officer.Roles, onDuty)}
	var all []control.Exercise
	if err := v.call("exercise-list", nil, &all); err != nil {
		return nil, err
	}
	for _, e := range all {
		page.All = append(page.All, exerciseView{e, cmp.Or(e.Title[v.lang], e.Title["en"]), slices.Contains(e.NoPlay, v.head.Party)})
	}
	return page, nil
}

func exercisesPage(v *visit) error {
	page, err := v.exercises()
	if err != nil {
		return err
	}
	status := ""
	if len(page.All) > 0 {
		status = "exercise"
	}
	return v.showAs("exercises", v.t("page.exercises"), status, page)
}

func markExercise(v *visit) error {
	a := control.MarkArgs{ID: v.r.PathValue("id"), Step: exercise.Step(v.text("step"))}
	if err := v.call("exercise-mark", a, nil); err != nil {
		page, readErr := v.exercises()
		if readErr != nil {
			return readErr
		}
		return v.again(err, "exercises", v.t("page.exercises"), "exercise", page)
	}
	return v.redirect("/exercises", "exercise-"+string(a.Step))
}

// exercisePaper is the after-action report, to be printed or kept.
func exercisePaper(v *visit) error {
	var r exercise.Report
	if err := v.call("exercise-report", control.ExerciseArgs{ID: v.r.PathValue("id")}, &r); err != nil {
		return err
	}
	b, err := r.HTML()
	if err != nil {
		return err
	}
	return v.sheet("text/html; charset=utf-8", "", b)
}
