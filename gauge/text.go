package gauge

import (
	"strconv"
	"strings"
)

// text is an answer in the text format of Prometheus, version 0.0.4. The samples
// of one name follow each other.
type text struct {
	names []string
	of    map[string]*strings.Builder
}

func (t *text) gauge(name, help string, value float64, labels ...string) {
	t.add("gauge", name, help, value, labels)
}

func (t *text) counter(name, help string, value float64, labels ...string) {
	t.add("counter", name, help, value, labels)
}

// escape is what a help text and the value of a label need.
var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func (t *text) add(kind, name, help string, value float64, labels []string) {
	b := t.of[name]
	if b == nil {
		if t.of == nil {
			t.of = map[string]*strings.Builder{}
		}
		b = &strings.Builder{}
		t.of[name], t.names = b, append(t.names, name)
		b.WriteString("# HELP " + name + " " + escape.Replace(help) + "\n# TYPE " + name + " " + kind + "\n")
	}
	b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.WriteString(labels[i] + `="` + escape.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		b.WriteByte('}')
	}
	b.WriteString(" " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

// String is the whole answer, by name as first added.
func (t *text) String() string {
	var b strings.Builder
	for _, name := range t.names {
		b.WriteString(t.of[name].String())
	}
	return b.String()
}
