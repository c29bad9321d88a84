package imap4_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
)

// maker makes the arguments of a method. Each place where text can stand in them is a slot; one of them gets the text, the others are such
// that the method sends something.
type maker struct {
	slot int    // that gets the text
	text string // "" for one that is good there

	seen  int      // slots so far
	path  []string // to where the maker is
	found string   // where the slot is
	fault string   // what it cannot make
}

// textMaker makes a value of one type from text.
type textMaker func(text string) any

// textMakers are the types that are made of text in another way than field by field, each in one way or several.
var textMakers = map[reflect.Type][]textMaker{
	reflect.TypeFor[[]byte]():    {func(s string) any { return []byte(s) }},
	reflect.TypeFor[io.Reader](): {func(s string) any { return strings.NewReader(s) }},
	reflect.TypeFor[func(string) ([]byte, error)](): {func(s string) any {
		return func(string) ([]byte, error) { return []byte(s), nil }
	}},
	reflect.TypeFor[sasl.Secret](): {func(s string) any { return sasl.NewSecret(s) }},
	reflect.TypeFor[sasl.Mechanism](): {
		func(s string) any { return saying{name: s} },
		func(s string) any { return saying{name: "X", text: s} },
	},
	reflect.TypeFor[func(*sasl.Credentials, sasl.Channel) (sasl.Mechanism, error)](): {func(s string) any {
		return func(*sasl.Credentials, sasl.Channel) (sasl.Mechanism, error) { return saying{name: s}, nil }
	}},
	reflect.TypeFor[sasl.TokenSource](): {func(s string) any {
		return sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{Value: sasl.NewSecret(s)}, nil })
	}},
	reflect.TypeFor[imap4.MessageSet](): {
		func(s string) any { set, _ := imap4.ParseUIDSet(s); return set },
		func(s string) any { list, _ := imap4.ParseUIDList(s); return list.Set() },
	},
	reflect.TypeFor[imap4.Arg](): {
		func(s string) any { return imap4.Atom(s) },
		func(s string) any { return imap4.AString(s) },
		func(s string) any { return imap4.Quoted(s) },
		func(s string) any { return imap4.Secret(s) },
		func(s string) any { return imap4.MailboxName(s) },
		func(s string) any { return imap4.FlagArg(imap4.Flag(s)) },
		func(s string) any { return imap4.LiteralBytes([]byte(s)) },
		func(s string) any { return imap4.Raw(s) },
		func(s string) any { return imap4.List(imap4.Raw(s), imap4.List(imap4.Quoted(s)), imap4.Raw(s)) },
	},
}

// textFunctions are the exported functions that take text and are in textMakers, or of which nothing goes to the wire.
var textFunctions = []string{
	"AString", "Atom", "Bytes", "CatenateText", "CatenateURL", "DecodeText", "Dial", "FlagArg", "LiteralBytes", "MailboxName", "ParseSeqSet",
	"ParseUIDList", "ParseUIDSet", "Quoted", "Raw", "RawQuery", "Secret",
}

// queries are the ways to make a Query of others; the first of them is a Query of one field.
var queries = []func(q imap4.Query) imap4.Query{
	func(q imap4.Query) imap4.Query { return q },
	func(q imap4.Query) imap4.Query { return imap4.Not(imap4.Or(q, imap4.And(q, imap4.Query{Seen: true}))) },
}

// saying is a mechanism that says text.
type saying struct{ name, text string }

func (m saying) Name() string                                 { return m.name }
func (m saying) Start(context.Context) ([]byte, bool, error)  { return []byte(m.text), true, nil }
func (m saying) Next(context.Context, []byte) ([]byte, error) { return []byte(m.text), nil }

// without is what has no place for text that goes to the server.
var without = map[reflect.Type]any{
	reflect.TypeFor[context.Context]():   context.Background(),
	reflect.TypeFor[*tls.Config]():       (*tls.Config)(nil),
	reflect.TypeFor[time.Time]():         time.Time{},
	reflect.TypeFor[imap4.StatusItems](): imap4.StatusMessages,
}

// good is what text must be like at a place for the method to send something, "x" where any does. The key is the end of the path.
var good = map[string]string{
	"MessageSet":    "1",
	"CancelUpdate1": "A1",
	"ModSeqScope":   "all",
	"Specifier":     "TEXT",
	"Requires":      "IDLE",
	"Command.Name":  "X-TEST",
	"Mechanisms":    "PLAIN",
	"Bindings":      "tls-exporter",
}

// complete sets what goes with a field that is set.
var complete = map[reflect.Type]func(v any){
	reflect.TypeFor[imap4.Command](): func(v any) {
		if cmd := v.(*imap4.Command); cmd.Name == "" {
			cmd.Name = "X-TEST"
		}
	},
	reflect.TypeFor[imap4.Query](): func(v any) {
		if q := v.(*imap4.Query); q.ModSeqScope != "" {
			q.ModSeq, q.ModSeqFlag = 5, "x"
		}
	},
	reflect.TypeFor[imap4.BodySection](): func(v any) {
		if s := v.(*imap4.BodySection); len(s.Fields) > 0 {
			s.Specifier = imap4.SpecifierHeaderFields
		}
	},
	reflect.TypeFor[imap4.HeaderMatch](): func(v any) {
		if h := v.(*imap4.HeaderMatch); h.Name == "" {
			h.Name = "x"
		}
	},
	reflect.TypeFor[imap4.AppendMessage](): func(v any) {
		if m := v.(*imap4.AppendMessage); m.Body == nil && m.Parts == nil {
			m.Body = strings.NewReader("x")
		}
	},
	reflect.TypeFor[imap4.NotifyGroup](): func(v any) {
		g := v.(*imap4.NotifyGroup)
		if g.Mailboxes == "" {
			g.Mailboxes = imap4.NotifyNamed
		}
		if g.Names == nil {
			g.Names = []string{"x"}
		}
	},
	reflect.TypeFor[imap4.QResync](): func(v any) {
		q := v.(*imap4.QResync)
		q.UIDValidity, q.ModSeq = 1, 1
		if !q.KnownSeqNums.IsEmpty() {
			q.KnownSeqNums, _ = imap4.ParseSeqSet(q.KnownSeqNums.String())
			q.SeqNumUIDs = imap4.UIDs(5)
		} else if !q.SeqNumUIDs.IsEmpty() {
			q.KnownSeqNums = imap4.SeqNums(1)
		}
	},
	reflect.TypeFor[imap4.QuotaResource](): func(v any) {
		if r := v.(*imap4.QuotaResource); r.Name == "" {
			r.Name = "x"
		}
	},
	reflect.TypeFor[sasl.Credentials](): func(v any) {
		c := v.(*sasl.Credentials)
		c.AllowInsecure = true
		if c.Username == "" {
			c.Username = "x"
		}
		if c.Password.IsZero() && c.Token == nil {
			c.Password = sasl.NewSecret("x")
		}
	},
}

// slots is how many places for text a type has.
func slots(t reflect.Type) (n int) {
	if _, ok := without[t]; ok {
		return 0
	}
	if makers, ok := textMakers[t]; ok {
		return len(makers)
	}
	switch t.Kind() {
	case reflect.String:
		return 1
	case reflect.Pointer, reflect.Slice:
		return slots(t.Elem())
	case reflect.Map:
		return slots(t.Key()) + slots(t.Elem())
	case reflect.Interface: // which this test must learn to make
		return 1
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				n += slots(t.Field(i).Type)
			}
		}
		if t == reflect.TypeFor[imap4.Query]() {
			return len(queries)*n + 1
		}
	}
	return n
}

// here tells whether the slot is within the next n.
func (m *maker) here(n int) bool { return m.slot >= m.seen && m.slot < m.seen+n }

// takeText is the text of the next slot.
func (m *maker) takeText() string {
	at := strings.Join(m.path, "")
	mine := m.seen == m.slot
	if m.seen++; mine {
		m.found = at
		if m.text != "" {
			return m.text
		}
	}
	for end, text := range good {
		if strings.HasSuffix(at, end) {
			return text
		}
	}
	return "x"
}

func (m *maker) step(name string, f func()) {
	m.path = append(m.path, name)
	f()
	m.path = m.path[:len(m.path)-1]
}

// value makes a value of the type; needed says that it must be more than its zero.
func (m *maker) value(t reflect.Type, needed bool) reflect.Value {
	v := reflect.New(t).Elem()
	if known, ok := without[t]; ok {
		v.Set(reflect.ValueOf(known))
		return v
	}
	n := slots(t)
	if !needed && !m.here(n) || n == 0 {
		m.seen += n
		return v
	}
	if makers, ok := textMakers[t]; ok {
		m.step("."+t.Name(), func() { v.Set(m.oneOf(makers)) })
		return v
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString(m.takeText())
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		v.Elem().Set(m.value(t.Elem(), true))
	case reflect.Slice:
		v.Set(reflect.Append(v, m.value(t.Elem(), true)))
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		key := m.value(t.Key(), true)
		v.SetMapIndex(key, m.value(t.Elem(), true))
	case reflect.Struct:
		m.step("."+t.Name(), func() { m.fields(v) })
	default:
		m.fault = fmt.Sprintf("a %v at %s: this test must learn how to make one, in textMakers or without", t, strings.Join(m.path, ""))
	}
	return v
}

// oneOf makes the value in the way that the slot says, or in the first one.
func (m *maker) oneOf(makers []textMaker) reflect.Value {
	way := 0
	if m.here(len(makers)) {
		way = m.slot - m.seen
	}
	m.seen += way
	v := reflect.ValueOf(makers[way](m.takeText()))
	m.seen += len(makers) - way - 1
	return v
}

// fields sets the field that holds the slot, and what goes with it.
func (m *maker) fields(v reflect.Value) {
	if v.Type() == reflect.TypeFor[imap4.Query]() {
		m.query(v)
		return
	}
	m.eachField(v)
	if f := complete[v.Type()]; f != nil {
		f(v.Addr().Interface())
	}
}

func (m *maker) eachField(v reflect.Value) {
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() {
			m.step("."+field.Name, func() { v.Field(i).Set(m.value(field.Type, false)) })
		}
	}
}

// query makes a Query in each of its ways, and of raw keys.
func (m *maker) query(v reflect.Value) {
	var made *imap4.Query
	for _, make := range queries {
		var q imap4.Query
		before := m.seen
		m.eachField(reflect.ValueOf(&q).Elem())
		complete[v.Type()](&q)
		if m.slot >= before && m.slot < m.seen {
			q = make(q)
			made = &q
		}
	}
	m.step(".RawQuery", func() {
		if m.here(1) {
			q := imap4.And(imap4.Fuzzy(imap4.RawQuery(m.takeText())), imap4.Query{Seen: true})
			made = &q
			return
		}
		m.seen++
	})
	if made != nil {
		v.Set(reflect.ValueOf(*made))
	}
}

// arguments makes the arguments of a method; i is its place in the type.
func (m *maker) arguments(method reflect.Method) (args []reflect.Value) {
	t := method.Type
	for i := 1; i < t.NumIn(); i++ {
		in := t.In(i)
		needed := true
		if t.IsVariadic() && i == t.NumIn()-1 {
			options := strings.HasSuffix(in.Elem().Name(), "Options")
			needed = !options
		}
		m.step(fmt.Sprintf("%s%d", method.Name, i), func() {
			switch {
			case t.IsVariadic() && i == t.NumIn()-1 && slots(in) == 0 && needed:
				args = append(args, reflect.Append(reflect.Zero(in), m.value(in.Elem(), true)))
			default:
				args = append(args, m.value(in, needed))
			}
		})
	}
	return slices.Clip(args)
}
