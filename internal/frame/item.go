package frame

import (
	"fmt"
	"strconv"
	"strings"
)

// endType begins the closing line; no item has it.
const endType = "end"

// Item is one framed piece. Type is [a-z-]{1,32}, other than "end"; each
// argument is 1 to 255 bytes of printable ASCII without spaces; at most 8
// arguments.
type Item struct {
	Type string
	Args []string
	Body []byte
}

// header writes the line before the body.
func (it Item) header() string {
	var b strings.Builder
	b.WriteString(it.Type)
	for _, a := range it.Args {
		b.WriteByte(' ')
		b.WriteString(a)
	}
	b.WriteByte(' ')
	b.WriteString(strconv.Itoa(len(it.Body)))
	b.WriteByte('\n')
	return b.String()
}

// check refuses an item whose header could not be read back.
func (it Item) check() error {
	if err := checkType(it.Type); err != nil {
		return err
	}
	if len(it.Args) > maxArgs {
		return fmt.Errorf("%d arguments where %d is the most", len(it.Args), maxArgs)
	}
	for i, a := range it.Args {
		if err := checkArg(a); err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	return nil
}

func checkType(s string) error {
	if len(s) == 0 || len(s) > maxType {
		return fmt.Errorf("type has %d bytes where 1 to %d belong", len(s), maxType)
	}
	for i := range len(s) {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '-' {
			return fmt.Errorf("type has %q at position %d where a-z or a hyphen belongs", s[i], i+1)
		}
	}
	if s == endType {
		return fmt.Errorf("type %q is kept for the closing line", endType)
	}
	return nil
}

func checkArg(s string) error {
	if len(s) == 0 || len(s) > maxArg {
		return fmt.Errorf("%d bytes where 1 to %d belong", len(s), maxArg)
	}
	for i := range len(s) {
		if s[i] < '!' || s[i] > '~' {
			return fmt.Errorf("%q at position %d is not printable ASCII", s[i], i+1)
		}
	}
	return nil
}

// parseHeader reads what header writes, without the newline; the length is at
// most max.
func parseHeader(line string, max int) (Item, int, error) {
	parts := strings.Split(line, " ")
	if len(parts) < 2 {
		return Item{}, 0, fmt.Errorf("a line %q has no length", clip(line))
	}
	last := len(parts) - 1
	it := Item{Type: parts[0]}
	if last > 1 {
		it.Args = parts[1:last]
	}
	if err := it.check(); err != nil {
		return Item{}, 0, err
	}
	n, err := strconv.Atoi(parts[last])
	if err != nil || strconv.Itoa(n) != parts[last] || n < 0 {
		return Item{}, 0, fmt.Errorf("length %q of %s is not a plain decimal number", clip(parts[last]), it.Type)
	}
	if n > max {
		return Item{}, 0, fmt.Errorf("length %d of %s is above %d", n, it.Type, max)
	}
	return it, n, nil
}

// clip shortens foreign text for an error sentence.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
