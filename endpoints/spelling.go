package endpoints

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// via stands between a place and the proxy that leads there.
const via = " via "

// spelling is one place of a string form, such as tcp:example.com:143:timeout=10.
type spelling struct {
	scheme string
	args   []argument
}

// argument is positional if it has no key.
type argument struct{ key, value string }

// spelled is an endpoint that knows its string form: where it leads to, then the proxies, the last being the one that is connected to.
type spelled interface{ spell() []spelling }

// spellingOf is the string form of any endpoint; what is none of ours shows as it prints itself, which cannot be parsed.
func spellingOf(endpoint any) []spelling {
	if s, ok := endpoint.(spelled); ok {
		return s.spell()
	}
	return []spelling{form("?")}
}

func form(scheme string, positional ...string) spelling {
	s := spelling{scheme: scheme}
	for _, v := range positional {
		s.args = append(s.args, argument{value: v})
	}
	return s
}

// with adds an argument, unless its value is empty.
func (s spelling) with(key, value string) spelling {
	if value != "" {
		s.args = append(s.args[:len(s.args):len(s.args)], argument{key, value})
	}
	return s
}

// duration adds an argument, unless it is the usual value.
func (s spelling) duration(key string, d, usual time.Duration) spelling {
	if d == usual {
		return s
	}
	return s.with(key, spellDuration(max(d, 0)))
}

// spellDuration writes seconds as Twisted does, and finer ones in Go's way.
func spellDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10)
	}
	return d.String()
}

// number adds an argument, unless it is the usual value.
func (s spelling) number(key string, n, usual int) spelling {
	if n == usual {
		return s
	}
	return s.with(key, strconv.Itoa(n))
}

// spellHost puts an IPv6 address in brackets, where its colons need no backslash.
func spellHost(host string) string {
	if host = unbracket(host); strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func (s spelling) String() string {
	var b strings.Builder
	b.WriteString(s.scheme)
	for _, a := range s.args {
		b.WriteByte(':')
		if a.key != "" {
			b.WriteString(a.key + "=")
		}
		b.WriteString(quote(a.value))
	}
	return b.String()
}

// spell joins the places of an endpoint.
func spell(endpoint any) string {
	var texts []string
	for _, s := range spellingOf(endpoint) {
		texts = append(texts, s.String())
	}
	return strings.Join(texts, via)
}

// quote puts backslashes where a value would otherwise end or mean something else. An address in brackets needs none.
func quote(value string) string {
	if isBracketed(value) {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		switch c := value[i]; {
		case c == '\\', c == ':', c == '=', c == '[', strings.HasPrefix(value[i:], via):
			b.WriteByte('\\')
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// isBracketed tells whether value is in brackets, with nothing in them that would need a backslash.
func isBracketed(value string) bool {
	inner, ok := strings.CutPrefix(value, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	return ok && ok2 && !strings.ContainsAny(inner, `[]\ `)
}

// scan reads a string form: places, with their arguments. It accepts whatever quote writes.
func scan(text string) ([]spelling, error) {
	var places []spelling
	for _, place := range splitVia(text) {
		s, err := scanPlace(place)
		if err != nil {
			return nil, err
		}
		places = append(places, s)
	}
	return places, nil
}

// splitVia cuts at each via whose first space has no backslash before it.
func splitVia(text string) (places []string) {
	begin := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case strings.HasPrefix(text[i:], via):
			places = append(places, text[begin:i])
			i += len(via) - 1
			begin = i + 1
		}
	}
	return append(places, text[begin:])
}

// scanPlace reads one place.
func scanPlace(text string) (s spelling, err error) {
	scheme, rest, more := strings.Cut(text, ":")
	if strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || scheme == "" {
		return s, badArgument("", "", "the string form begins with a word such as tcp, and a colon")
	}
	s.scheme = scheme
	for more {
		var a argument
		if a, rest, more, err = scanArgument(scheme, rest); err != nil {
			return s, err
		}
		s.args = append(s.args, a)
	}
	return s, nil
}

// scanArgument reads up to the next colon that means one.
func scanArgument(scheme, text string) (a argument, rest string, more bool, err error) {
	var b strings.Builder
	hasKey, atStart := false, true
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '[' && atStart && strings.IndexByte(text[i:], ']') > 0:
			end := strings.IndexByte(text[i:], ']')
			b.WriteString(text[i : i+end+1])
			i += end
		case c == '\\' && i+1 == len(text):
			return a, "", false, badArgument(scheme, a.key, "a backslash stands at the end")
		case c == '\\':
			i++
			b.WriteByte(text[i])
		case c == ':':
			a.value = b.String()
			return a, text[i+1:], true, nil
		case c == '=' && !hasKey:
			a.key, hasKey = b.String(), true
			b.Reset()
			atStart = true
			if a.key == "" {
				return a, "", false, badArgument(scheme, "", "an equals sign has no name before it")
			}
			continue
		default:
			b.WriteByte(c)
		}
		atStart = false
	}
	a.value = b.String()
	return a, "", false, nil
}

// without drops the arguments with a key.
func (s spelling) without(key string) spelling {
	s.args = slices.DeleteFunc(slices.Clone(s.args), func(a argument) bool { return a.key == key })
	return s
}
