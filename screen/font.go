package screen

import (
	"embed"
	"fmt"
	"strings"
)

// Licence of both families: OFL-1.1, in font/. Where the files come from: font/README.md.
//
//go:embed font/*.woff2
var fontFiles embed.FS

// face is a file of letters of one family and weight, which a browser asks for only
// where a page has one of its characters.
type face struct {
	family string
	file   string // ibm-plex-sans-latin-400 for font/ibm-plex-sans-latin-400.woff2
	weight int
	of     string // characters, as unicode-range of CSS
}

// Characters of each file, as its maker parts them.
var ranges = map[string]string{
	"latin":        "U+0-FF,U+131,U+152-153,U+2BB-2BC,U+2C6,U+2DA,U+2DC,U+304,U+308,U+329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
	"latin-ext":    "U+100-2BA,U+2BD-2C5,U+2C7-2CC,U+2CE-2D7,U+2DD-2FF,U+304,U+308,U+329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
	"cyrillic":     "U+301,U+400-45F,U+490-491,U+4B0-4B1,U+2116",
	"cyrillic-ext": "U+460-52F,U+1C80-1C8A,U+20B4,U+2DE0-2DFF,U+A640-A69F,U+FE2E-FE2F",
	"arabic":       "U+600-6FF,U+750-77F,U+870-88E,U+890-891,U+897-8E1,U+8E3-8FF,U+200C-200E,U+2010-2011,U+204F,U+2E41,U+FB50-FDFF,U+FE70-FE74,U+FE76-FEFC",
}

// faces are the letters that the program brings: a closed network has no others that
// can be counted on. Chinese is left to the system: its letters are too many.
func faces() []face {
	var all []face
	for _, f := range []struct {
		family, file string
		weights      []int
		scripts      []string
	}{
		{"IBM Plex Sans", "ibm-plex-sans", []int{400, 600}, []string{"cyrillic-ext", "cyrillic", "latin-ext", "latin"}},
		{"Vazirmatn", "vazirmatn", []int{400, 600}, []string{"arabic"}},
		{"IBM Plex Mono", "ibm-plex-mono", []int{400}, []string{"cyrillic", "latin"}},
	} {
		for _, weight := range f.weights {
			for _, script := range f.scripts {
				all = append(all, face{f.family, fmt.Sprintf("%s-%s-%d", f.file, script, weight), weight, ranges[script]})
			}
		}
	}
	return all
}

// fontStyle is the part of the style that names the files; at says where one is.
func fontStyle(at func(name string) string) string {
	var b strings.Builder
	for _, f := range faces() {
		fmt.Fprintf(&b, "@font-face{font-family:%q;font-weight:%d;font-display:swap;src:url(%s) format(\"woff2\");unicode-range:%s}\n", f.family, f.weight, at(f.file+".woff2"), f.of)
	}
	return b.String()
}
