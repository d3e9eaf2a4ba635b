package screen

import "slices"

func choiceRoutes() []route {
	return []route{
		{"POST /choice", choose, true},
	}
}

// choices are what a person may set for a browser, with their values; empty is what
// the system says. The language is one more.
func choices() map[string][]string {
	return map[string][]string{"theme": {"", "light", "dark", "night"}, "density": {"", "compact"}, "keys": {"", "off"}}
}

// choice is what was chosen, or "".
func (v *visit) choice(what string) string {
	c, err := v.r.Cookie(v.site.cookie(v.r, what))
	if err != nil || !slices.Contains(choices()[what], c.Value) {
		return ""
	}
	return c.Value
}

func (v *visit) theme() string { return v.choice("theme") }

// choose keeps a choice in this browser and goes back. It changes nothing of the
// state's, so it needs no session.
func choose(v *visit) error {
	if lang := v.form.Get("language"); slices.Contains(sentences.Languages(), lang) {
		v.site.setCookie(v.w, v.r, "language", lang, choiceFor)
	}
	for what, values := range choices() {
		if value := v.form.Get(what); v.form.Has(what) && slices.Contains(values, value) {
			v.site.setCookie(v.w, v.r, what, value, choiceFor)
		}
	}
	back := v.form.Get("back")
	if !local(back) {
		back = "/desk"
	}
	return v.redirect(back, "")
}
