package imap4_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
)

// shown is all that a result holds, in one line: fields that are zero are left out, what a message or a status tells is named first.
func shown(v any) string {
	var b strings.Builder
	show1(&b, reflect.ValueOf(v))
	return b.String()
}

func show1(b *strings.Builder, v reflect.Value) {
	if !v.IsValid() {
		b.WriteString("nil")
		return
	}
	if showNamed(b, v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		show1(b, v.Elem())
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	case reflect.Slice, reflect.Array:
		b.WriteByte('[')
		for i := range v.Len() {
			separate(b, i)
			show1(b, v.Index(i))
		}
		b.WriteByte(']')
	case reflect.Map:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		showMap(b, v)
	case reflect.Struct:
		b.WriteByte('{')
		showFields(b, v, 0)
		b.WriteByte('}')
	default:
		fmt.Fprint(b, v)
	}
}

// showNamed shows what has a form of its own.
func showNamed(b *strings.Builder, v reflect.Value) bool {
	if !v.CanInterface() {
		return false
	}
	switch v := v.Interface().(type) {
	case error:
		b.WriteString(v.Error())
	case time.Time:
		b.WriteString(v.Format(time.RFC3339))
	case []byte:
		fmt.Fprintf(b, "%q", v)
	case imap4.Flag:
		b.WriteString(string(v))
	case imap4.MailboxAttr:
		b.WriteString(string(v))
	case imap4.MessageSet:
		fmt.Fprintf(b, "<%v>", v)
	case imap4.UIDList:
		fmt.Fprintf(b, "<%v>", v)
	case imap4.Capabilities:
		fmt.Fprintf(b, "[%v]", v)
	case imap4.BodySection:
		b.WriteString(v.String())
	case imap4.Message:
		fmt.Fprintf(b, "{%v:", v.Items())
		showFields(b, reflect.ValueOf(v), 1)
		b.WriteByte('}')
	case imap4.StatusData:
		fmt.Fprintf(b, "{%v:", v.Items())
		showFields(b, reflect.ValueOf(v), 1)
		b.WriteByte('}')
	default:
		return false
	}
	return true
}

func showFields(b *strings.Builder, v reflect.Value, n int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() {
			continue
		}
		separate(b, n)
		n++
		b.WriteString(f.Name + ":")
		show1(b, v.Field(i))
	}
}

func showMap(b *strings.Builder, v reflect.Value) {
	var entries []string
	for key, value := range v.Seq2() {
		var e strings.Builder
		show1(&e, key)
		e.WriteByte(':')
		show1(&e, value)
		entries = append(entries, e.String())
	}
	slices.Sort(entries)
	b.WriteString("map[" + strings.Join(entries, " ") + "]")
}

func separate(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(' ')
	}
}

func TestShown(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "nil"},
		{(*imap4.Envelope)(nil), "nil"},
		{&imap4.Envelope{Subject: "a\r\nb", From: []imap4.Address{{Name: "x"}, {}}}, `{Subject:"a\r\nb" From:[{Name:"x"} {}]}`},
		{map[string][]byte{"b": []byte("1"), "a": nil}, `map["a":"" "b":"1"]`},
		{imap4.Message{SeqNum: 1, Flags: []imap4.Flag{`\Seen`}}, `{: SeqNum:1 Flags:[\Seen]}`},
		{imap4.CopyUID{UIDValidity: 7, Source: mustUIDs(t, "3:1")}, "{UIDValidity:7 Source:<3:1>}"},
		{imap4.UIDs(1, 2, 5), "<1:2,5>"},
		{imap4.BodySection{Part: []int{1}}, "BODY[1]"},
		{struct{ A, b int }{0, 1}, "{}"},
	} {
		if got := shown(test.value); got != test.want {
			t.Errorf("%#v: got %s, want %s", test.value, got, test.want)
		}
	}
}

func mustUIDs(t testing.TB, s string) imap4.UIDList {
	t.Helper()
	list, err := imap4.ParseUIDList(s)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
