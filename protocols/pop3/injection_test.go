package pop3_test

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// Whatever text a caller hands to whatever method, the server reads the commands that the method is about and no other; or nothing is sent.
// The methods, and the places for text in their arguments, are found by reflection, so a new one is covered, or the test says what it must
// learn to make for it.

// hostile are texts that try to be more than text.
var hostile = []string{
	"x\r\nDELE 1\r\n", "\x00", "\r", "\n", "\r\n", "x\nDELE 1\n", "x\rDELE 1\r", "x\x00\r\nDELE 1", "\x7f", "\x1b[0m", "\t", "a\tb",
	"caf\xc3\xa9", "\xff\xfe", "\xe2\x80\xa8", "\xc2\x85", "*", "=", ".", "..", "+OK", "-ERR", "a b", " ", " x ", "x QUIT", "%s%n", `\`, `"`, "<a@b>",
	strings.Repeat("a", 70_000), strings.Repeat("x\r\nDELE 1\r\n", 1_000),
}

// texts gives the texts of a call: the one under test at its place, good ones everywhere else.
type texts struct {
	t      *testing.T
	text   string
	at     int // the place under test
	places []string
}

// take is the text for the next place.
func (x *texts) take(place, good string) string {
	x.places = append(x.places, place)
	if len(x.places)-1 == x.at {
		return x.text
	}
	return good
}

// goodFields are what fields need to be for something to be sent.
var goodFields = map[string]string{"Username": "x", "Password": "x"}

// value makes an argument.
func (x *texts) value(t reflect.Type, place string) reflect.Value {
	switch t {
	case reflect.TypeFor[*tls.Config](), reflect.TypeFor[pop3.RetrieveOptions]():
		return reflect.Zero(t)
	case reflect.TypeFor[pop3.MessageSink]():
		return reflect.ValueOf(new(counting))
	case reflect.TypeFor[sasl.Mechanism]():
		return reflect.ValueOf(saying{name: x.take(place+".Name", "X"), text: x.take(place+".Start", "x")})
	case reflect.TypeFor[sasl.Authenticator]():
		name, said := x.take(place+".Name", "X"), x.take(place+".New", "X")
		return reflect.ValueOf(sasl.Authenticator{Name: name, New: func(*sasl.Credentials, sasl.Channel) (sasl.Mechanism, error) {
			return saying{name: said, text: "x"}, nil
		}})
	case reflect.TypeFor[*sasl.Credentials]():
		v := reflect.New(t.Elem())
		x.fields(v.Elem(), place)
		return v
	}
	switch t.Kind() {
	case reflect.String:
		return reflect.ValueOf(x.take(place, "X"))
	case reflect.Int:
		return reflect.ValueOf(1)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return reflect.ValueOf([]string{x.take(place+"[0]", "1"), x.take(place+"[1]", "1")})
		}
	}
	x.t.Fatalf("%s: this test must learn to make a %v", place, t)
	return reflect.Value{}
}

// fields sets what holds text.
func (x *texts) fields(v reflect.Value, place string) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		at := place + "." + name
		switch {
		case !v.Type().Field(i).IsExported():
		case f.Type() == reflect.TypeFor[sasl.Secret]():
			f.Set(reflect.ValueOf(sasl.NewSecret(x.take(at, goodFields[name]))))
		case f.Kind() == reflect.String:
			f.SetString(x.take(at, goodFields[name]))
		case f.Type() == reflect.TypeFor[[]string]():
			if text := x.take(at, ""); text != "" {
				f.Set(reflect.ValueOf([]string{text, "PLAIN"}))
			}
		}
	}
}

// reading is a server that reads lines and refuses what it may without giving anything away.
type reading struct {
	*session
	caps     string
	commands []string
	partial  string
	response bool // the next line is the answer to a challenge
	fault    string
}

func (r *reading) serve() {
	for sent := string(r.tr.Take()); sent != "" && r.fault == ""; sent = string(r.tr.Take()) {
		r.partial += sent
		for r.fault == "" {
			line, rest, whole := strings.Cut(r.partial, "\r\n")
			if !whole {
				break
			}
			r.partial = rest
			r.line(line)
		}
	}
	if r.partial != "" {
		r.fault = fmt.Sprintf("half a line: %.40q", r.partial)
	}
}

func (r *reading) line(line string) {
	if strings.ContainsAny(line, "\r\n\x00") {
		r.fault = fmt.Sprintf("the line %.40q", line)
	}
	if r.response {
		r.response = false
		if _, err := base64.StdEncoding.DecodeString(line); err != nil && line != "*" {
			r.fault = fmt.Sprintf("the response %.40q", line)
		}
		r.server("-ERR no\r\n")
		return
	}
	name, args, _ := strings.Cut(line, " ")
	r.commands = append(r.commands, name)
	switch {
	case name == "CAPA":
		r.server("+OK\r\n" + r.caps + ".\r\n")
	case name == "AUTH" && !strings.Contains(args, " "):
		r.response = true
		r.server("+ \r\n")
	case name == "USER":
		r.server("+OK\r\n")
	default:
		r.server("-ERR no\r\n")
	}
}

// inject calls the method with a text at a place, and answers what the server has read and what came of it.
func inject(t *testing.T, method reflect.Method, at int, text, caps string) (x *texts, r *reading, err error) {
	t.Helper()
	s := greeted(t, nil)
	x = &texts{t: t, text: text, at: at}
	r = &reading{session: s, caps: caps}
	if !slices.Contains(beforeLogin, method.Name) {
		drop(s.Login("a", "b"))
		s.server("+OK\r\n")
		s.server("+OK\r\n")
		s.tr.Take()
	}
	args := []reflect.Value{}
	for i := 1; i < method.Type.NumIn(); i++ {
		args = append(args, x.value(method.Type.In(i), fmt.Sprintf("%s %d", method.Name, i)))
	}
	f := reflect.ValueOf(&s.Client).MethodByName(method.Name)
	call := f.Call
	if method.Type.IsVariadic() {
		call = f.CallSlice
	}
	results := call(args)
	if len(results) == 0 { // it is for Authenticate
		f = reflect.ValueOf(&s.Client).MethodByName("Authenticate")
		results = f.Call([]reflect.Value{reflect.ValueOf(&sasl.Credentials{Username: "x", Password: sasl.NewSecret("x")})})
	}
	r.serve()
	fired := false
	handle := results[0].MethodByName("Handle")
	done := reflect.MakeFunc(handle.Type().In(0), func([]reflect.Value) []reflect.Value { fired = true; return nil })
	handle.Call([]reflect.Value{done, reflect.ValueOf(func(e error) { err, fired = e, true })})
	if !fired && r.fault == "" {
		r.fault = "the Deferred has not fired"
	}
	return x, r, err
}

// beforeLogin are the methods that sign in.
var beforeLogin = []string{"User", "Pass", "Login", "APOP", "RPOP", "SignIn", "Authenticate", "AuthenticateWith", "RegisterAuthenticator", "StartTLS", "UTF8"}

func TestInjection(t *testing.T) {
	client := reflect.TypeFor[*pop3.Client]()
	protocol := reflect.TypeFor[reactor.Protocol]()
	covered := 0
	for i := range client.NumMethod() {
		method := client.Method(i)
		if _, plumbing := protocol.MethodByName(method.Name); plumbing || method.Type.NumIn() == 1 || method.Name == "RetrieveAll" {
			continue
		}
		taken := 0
		t.Run(method.Name, func(t *testing.T) {
			for _, caps := range []string{"SASL PLAIN X\r\n", ""} {
				usual, sent, err := inject(t, method, -1, "", caps)
				if sent.fault != "" {
					t.Fatalf("with good texts: %s, %v", sent.fault, err)
				}
				taken = min(len(usual.places), 1)
				for at, place := range usual.places {
					for _, text := range hostile {
						_, got, err := inject(t, method, at, text, caps)
						got.check(place, text, err, sent.commands)
						got.end()
					}
				}
			}
		})
		covered += taken
	}
	if covered < 12 {
		t.Errorf("methods with a place for text: got %d, want 12 or more", covered)
	}
}

// check wants the usual commands, or a refusal before anything was sent; and a server that still understands.
func (r *reading) check(place, text string, err error, usual []string) {
	r.t.Helper()
	commands := slices.DeleteFunc(slices.Clone(r.commands), func(name string) bool { return name == "CAPA" })
	usual = slices.DeleteFunc(slices.Clone(usual), func(name string) bool { return name == "CAPA" })
	var refused *pop3.ArgumentError
	var none *sasl.NoMechanismError
	var bad *sasl.ArgumentError
	unsent := errors.As(err, &refused) || errors.As(err, &none) || errors.As(err, &bad)
	byName := place == "SendCommand 1" || place == "SendMultiline 1"
	signsIn := strings.Contains(place, "SignIn") && (slices.Equal(commands, []string{"USER", "PASS"}) || slices.Equal(commands, []string{"AUTH"}))
	switch {
	case r.fault != "":
		r.t.Errorf("%s = %.40q: %s", place, text, r.fault)
	case unsent && len(commands) > 0:
		r.t.Errorf("%s = %.40q: failed with %v and sent %.100q, want nothing sent", place, text, err, commands)
	case !unsent && !slices.Equal(commands, usual) && !(byName && len(commands) == 1) && !signsIn:
		r.t.Errorf("%s = %.40q: sent %.100q, want %q, with %v", place, text, commands, usual, err)
	case strings.ContainsAny(text, "\r\n\x00") && err == nil:
		r.t.Errorf("%s = %.40q: got no error", place, text)
	}
	n := len(r.commands)
	drop(r.SendCommand("XNOOP"))
	r.serve()
	if len(r.commands) != n+1 || r.commands[n] != "XNOOP" {
		r.t.Errorf("%s = %.40q: a command behind it is read as %.100q", place, text, r.commands[n:])
	}
}
