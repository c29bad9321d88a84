package endpoints

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// schema is what may stand in one kind of place: names for the arguments without a key, then those that need one.
type schema struct{ positional, named []string }

// maxSeconds bounds durations in string forms: some 31 years.
const maxSeconds = 1e9

// values are the arguments of a place by name. The first fault found while they are read is kept in err.
type values struct {
	scheme string
	given  map[string]string
	err    error
}

// read gives the arguments of a place their names.
func (c schema) read(s spelling) (*values, error) {
	v := &values{scheme: s.scheme, given: make(map[string]string)}
	left := c.positional
	for _, a := range s.args {
		name := a.key
		unknown := name != "" && !slices.Contains(c.positional, name) && !slices.Contains(c.named, name)
		_, secret := v.given["password"]
		switch {
		case unknown && secret: // which may be the end of the password
			return nil, badArgument(s.scheme, "password", "an unknown argument stands behind it; a colon in a value needs a backslash")
		case unknown:
			return nil, badArgument(s.scheme, "", "unknown argument %.40q; %s", name, c)
		case name == "" && len(left) == 0:
			return nil, badArgument(s.scheme, "", "too many arguments without a name; %s", c)
		case name == "":
			name, left = left[0], left[1:]
		}
		if _, twice := v.given[name]; twice {
			return nil, badArgument(s.scheme, name, "is given twice")
		}
		v.given[name] = a.value
	}
	for _, name := range c.positional {
		if v.given[name] == "" {
			return nil, badArgument(s.scheme, name, "is missing; %s", c)
		}
	}
	return v, nil
}

// String tells what is allowed.
func (c schema) String() string {
	return "allowed are " + strings.Join(append(slices.Clone(c.positional), c.named...), ", ")
}

// without answers the schema without some of the named arguments.
func (c schema) without(names ...string) schema {
	c.named = slices.DeleteFunc(slices.Clone(c.named), func(n string) bool { return slices.Contains(names, n) })
	return c
}

func (v *values) fail(name, format string, args ...any) {
	if v.err == nil {
		v.err = badArgument(v.scheme, name, format, args...)
	}
}

func (v *values) text(name string) string { return v.given[name] }

func (v *values) has(name string) bool {
	_, ok := v.given[name]
	return ok
}

// number reads a decimal number without a sign; absent is answered if there is none.
func (v *values) number(name string, least, most, absent int) int {
	text, ok := v.given[name]
	if !ok {
		return absent
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) < least || int(n) > most {
		v.fail(name, "must be a number from %d to %d", least, most)
		return absent
	}
	return int(n)
}

// yes reads yes or no.
func (v *values) yes(name string) bool {
	switch v.given[name] {
	case "yes":
		return true
	case "no":
	default:
		if v.has(name) {
			v.fail(name, "must be yes or no")
		}
	}
	return false
}

// duration reads seconds, or a number with a unit as Go writes it: 10, 0.5, 1m30s.
func (v *values) duration(name string) (d time.Duration, ok bool) {
	text, ok := v.given[name]
	if !ok {
		return 0, false
	}
	if strings.Trim(text, "0123456789.") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxSeconds*time.Second {
		v.fail(name, "must be a time in seconds, or with a unit such as 500ms")
		return 0, false
	}
	return d, true
}

// list reads words separated by commas.
func (v *values) list(name string) []string {
	if v.given[name] == "" {
		if v.has(name) {
			v.fail(name, "is empty")
		}
		return nil
	}
	words := strings.Split(v.given[name], ",")
	if slices.Contains(words, "") {
		v.fail(name, "has an empty word between commas")
	}
	return words
}
