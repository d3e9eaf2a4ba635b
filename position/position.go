package position

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Point is a place in millionths of a degree: Lat from -90 to 90 degrees north,
// Lon from -180 to 180 degrees east.
type Point struct{ Lat, Lon int64 }

// degree in the unit of a Point.
const degree = 1_000_000

// maxText is the longest position that is read, in bytes.
const maxText = 200

var (
	// one coordinate: a sign, a letter, degrees, minutes, seconds, a letter. Numbers
	// are parted by their mark or by a space: 4315 is not 43 degrees 15.
	one = regexp.MustCompile(`^([-+]?)([NSEW]?) ?(\d{1,3}(?:\.\d{1,9})?)` +
		`(?:(?: ?° ?| )(\d{1,2}(?:\.\d{1,9})?)(?:(?: ?' ?| )(\d{1,2}(?:\.\d{1,9})?)(?: ?")?| ?')?| ?°)? ?([NSEW]?)$`)
	square = regexp.MustCompile(`^\d{1,2} ?[A-Z] ?[A-Z]{2}[ \d]*$|^[ABYZ] ?[A-Z]{2}[ \d]*$`)
	// spellings of marks and of the four directions, in Latin and in Cyrillic.
	marks = strings.NewReplacer("º", "°", "′", "'", "’", "'", "´", "'", "″", `"`, "”", `"`, "''", `"`, "−", "-", "\u00a0", " ", "\u202f", " ",
		"С.Ш.", "N", "С. Ш.", "N", "Ю.Ш.", "S", "Ю. Ш.", "S", "В.Д.", "E", "В. Д.", "E", "З.Д.", "W", "З. Д.", "W", "\t", " ")
)

// Parse reads a position, latitude first: "43°15′30″N 76°57′00″E", "43 15 30 N, 76
// 57 0 E", "43.2583, 76.95", "-43.25 76.95", or MGRS such as "43T FH 58210 91420".
// It returns the point and its latitude and longitude as text for a form
// (spec/form.md): decimals as they were typed, and of a grid square no more than
// its size carries. The error is a sentence for whoever typed it.
func Parse(s string) (p Point, lat, lon string, err error) {
	if len(s) > maxText {
		return Point{}, "", "", errors.New("the position is too long: write latitude and longitude, or MGRS")
	}
	text := marks.Replace(strings.ToUpper(strings.TrimSpace(s)))
	text = strings.Join(strings.Fields(text), " ")
	if square.MatchString(text) {
		return parseGrid(text)
	}
	first, second, err := halves(text)
	if err != nil {
		return Point{}, "", "", fmt.Errorf("%q: %w", s, err)
	}
	p.Lat, lat, err = coordinate(first, "NS", 90)
	if err == nil {
		p.Lon, lon, err = coordinate(second, "EW", 180)
	}
	if err != nil {
		return Point{}, "", "", fmt.Errorf("%q: %w", s, err)
	}
	return p, lat, lon, nil
}

// errShape says how a position is written.
var errShape = errors.New(`not a position: write 43°15'30"N 76°57'00"E, or 43.25, 76.95, or MGRS`)

// halves parts latitude from longitude: at the one comma or semicolon, after the
// letter of the first, or between two numbers.
func halves(text string) (string, string, error) {
	const letters = "NSEW"
	first := strings.IndexAny(text, letters)
	switch n := strings.Count(text, ",") + strings.Count(text, ";"); {
	case n > 1:
		return "", "", errors.New("more than one comma: decimals are written with a full stop, e.g. 43.25, 76.95")
	case n == 1:
		at := strings.IndexAny(text, ",;")
		return strings.TrimSpace(text[:at]), strings.TrimSpace(text[at+1:]), nil
	case first > 0:
		return text[:first+1], strings.TrimSpace(text[first+1:]), nil
	case first == 0:
		if next := strings.IndexAny(text[1:], letters); next > 0 {
			return strings.TrimSpace(text[:next+1]), text[next+1:], nil
		}
	case strings.Count(text, " ") == 1:
		a, b, _ := strings.Cut(text, " ")
		return a, b, nil
	}
	return "", "", errShape
}

// coordinate reads one coordinate of at most limit degrees.
func coordinate(text, letters string, limit int64) (int64, string, error) {
	part := one.FindStringSubmatch(text)
	if part == nil {
		return 0, "", errShape
	}
	part = part[1:]
	name := map[string]string{"NS": "latitude", "EW": "longitude"}[letters]
	letter := part[1] + part[5]
	switch {
	case len(letter) > 1:
		return 0, "", fmt.Errorf("the %s has two letters of direction: write one", name)
	case letter != "" && !strings.Contains(letters, letter):
		return 0, "", errors.New("the latitude (N or S) comes first, then the longitude (E or W)")
	case letter != "" && part[0] != "":
		return 0, "", fmt.Errorf("the %s has a sign and a letter: write one of them", name)
	}
	negative := part[0] == "-" || letter == "S" || letter == "W"
	sum, scale := int64(0), int64(degree)*3600 // 3600ths of a millionth: a second is whole
	for i, text := range part[2:5] {
		if text == "" {
			break
		}
		whole, fraction, dotted := strings.Cut(text, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || i > 0 && n > 59 {
			return 0, "", fmt.Errorf("%s of the %s are 0 to 59: %s is not", []string{"", "minutes", "seconds"}[i], name, text)
		}
		if dotted && i < 2 && part[3+i] != "" {
			return 0, "", fmt.Errorf("the %s has decimals before its last part: write them in the last part only", name)
		}
		if dotted && i == 0 && len(fraction) > 6 {
			return 0, "", fmt.Errorf("the %s has more than six decimals: a tenth of a metre is the finest", name)
		}
		sum += n*scale + fractionOf(fraction, scale)
		scale /= 60
	}
	v := (sum + 1800) / 3600
	if v > limit*degree {
		return 0, "", fmt.Errorf("the %s is more than %d degrees", name, limit)
	}
	text = decimals(v, 6)
	if part[3] == "" { // as typed
		text = strings.TrimLeft(part[2], "0")
		if text == "" || text[0] == '.' {
			text = "0" + text
		}
	} else {
		text = trimmed(text)
	}
	if negative && v != 0 {
		v, text = -v, "-"+text
	}
	return v, text, nil
}

// fractionOf is 0.fraction of scale, rounded.
func fractionOf(fraction string, scale int64) int64 {
	if fraction == "" {
		return 0
	}
	n, ten := int64(0), int64(1)
	for _, d := range fraction {
		n, ten = 10*n+int64(d-'0'), 10*ten
	}
	// At most 10^9 times 3.6 × 10^9: within 64 bits.
	return (n*scale + ten/2) / ten
}

// decimals writes millionths with so many decimals.
func decimals(v int64, places int) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	s := fmt.Sprintf("%s%d.%06d", sign, v/degree, v%degree)
	return strings.TrimSuffix(s[:len(s)-6+places], ".")
}

func trimmed(s string) string {
	if !strings.ContainsRune(s, '.') {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Degrees writes decimal degrees, "43.258333, 76.95".
func (p Point) Degrees() string {
	return trimmed(decimals(p.Lat, 6)) + ", " + trimmed(decimals(p.Lon, 6))
}

// Sexagesimal writes degrees, minutes and seconds, "43°15′30″N 76°57′00″E", with as
// many decimals of a second as tell the point from its neighbours.
func (p Point) Sexagesimal() string {
	return sexagesimal(p.Lat, "N", "S") + " " + sexagesimal(p.Lon, "E", "W")
}

func sexagesimal(v int64, positive, negative string) string {
	letter := positive
	if v < 0 {
		v, letter = -v, negative
	}
	for places, unit := 0, int64(1); ; places, unit = places+1, unit*10 {
		n := (v*3600*unit + degree/2) / degree // units of a second
		if back := (n*degree + 1800*unit) / (3600 * unit); back != v && places < 3 {
			continue
		}
		seconds := fmt.Sprintf("%02d", n/unit%60)
		if places > 0 {
			seconds += fmt.Sprintf(".%0*d", places, n%unit)
		}
		return fmt.Sprintf("%d°%02d′%s″%s", n/unit/3600, n/unit/60%60, seconds, letter)
	}
}
