package imap4_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// Whatever text a caller hands to whatever method, the server reads the commands that the method is about and no other; or nothing is sent.
// The methods, and the places for text in their arguments, are found by reflection, so a new method is covered, or the test says what it must
// learn to make for it.

// everything is a server that can do everything.
const everything = "NAMESPACE ID QUOTA QUOTASET QUOTA=RES-STORAGE ACL RIGHTS=texk METADATA METADATA-SERVER NOTIFY UNAUTHENTICATE JMAPACCESS " +
	"LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA SPECIAL-USE CREATE-SPECIAL-USE XLIST CHILDREN ENABLE ESEARCH SORT SORT=DISPLAY ESORT " +
	"THREAD=x MULTIAPPEND CATENATE REPLACE UNSELECT IDLE STATUS=SIZE SEARCH=FUZZY CONTEXT=SEARCH CONTEXT=SORT WITHIN UTF8=ACCEPT " +
	"APPENDLIMIT=10000000 STARTTLS AUTH=PLAIN AUTH=X AUTH=XOAUTH2 " + allCaps

// dialects are how servers take literals and names.
var dialects = []struct{ name, caps, enabled string }{
	{"asks for literals", everything, ""},
	{"LITERAL+", everything + " LITERAL+ SASL-IR", ""},
	{"LITERAL- and UTF-8", everything + " LITERAL- SASL-IR", "UTF8=ACCEPT"},
}

// hostile are texts that try to be more than text.
var hostile = []string{
	"x\r\nA99 DELETE INBOX\r\n", "\x00", "caf\xc3\xa9", `a"b\`, "x {5+}", "*",
	"x", "\r", "\n", "\r\n", "x\nA99 DELETE INBOX\n", "x\rA99 DELETE INBOX\r", "x\x00\r\nA99 DELETE INBOX",
	"\xff\xfe", "\xe2\x80\xa8", `"`, `\`, `x"`, `x\`, `"\`, `a b`, `") DELETE ("`, "%", "(", ")", "(()", "]", "[", "x]<0.5> BODY[",
	"{5}", "{5+}", "x{5}", "~{5}", "x ~{5+}", "{5}\r\n", "{5+}\r\nhello", "{999999999999999999999}", "{", "{5", "}", "&", "&-", "&AOk", "+", "* OK",
	"NIL", " ", "\t", "\x7f", "\x1b[0m", "1:*", "$", "1:5,7", strings.Repeat("a", 70_000), strings.Repeat("\xc3\xa9", 5_000), strings.Repeat(`\"`, 5_000),
	strings.Repeat("x\r\nA99 DELETE INBOX\r\n", 1_000),
}

// inAllDialects is how many of hostile are tried in all dialects.
const inAllDialects = 6

// isPlumbing: the reactor calls the method, and nothing of it goes to the server.
func isPlumbing(method reflect.Method) bool {
	_, isProtocol := reflect.TypeFor[reactor.Protocol]().MethodByName(method.Name)
	return isProtocol
}

func TestInjection(t *testing.T) {
	client := reflect.TypeFor[*imap4.Client]()
	methods, covered, tried := map[string]bool{}, 0, map[string]bool{}
	for _, f := range declared(t) {
		methods[f.Name.Name] = f.Recv != nil
	}
	for i := range client.NumMethod() {
		method := client.Method(i)
		n := 0
		for in := 1; in < method.Type.NumIn(); in++ {
			n += slots(method.Type.In(in))
		}
		if n == 0 || isPlumbing(method) || !methods[method.Name] {
			continue
		}
		covered++
		t.Run(method.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for slot := range n {
					injectAt(t, method, slot, tried)
				}
			})
		})
	}
	if covered < 40 {
		t.Errorf("methods with a place for text: got %d, want 40 or more", covered)
	}
}

// injectAt tries all texts at one place: the first ones in all dialects, each of the others in one. Of a place within a struct that another
// method has had, too, it tries the first ones only.
func injectAt(t *testing.T, method reflect.Method, slot int, tried map[string]bool) {
	t.Helper()
	known := false
	for i, d := range dialects {
		made, usual := inject(t, method, slot, "", d.caps, d.enabled)
		if made.fault != "" {
			t.Fatal(made.fault)
		}
		if usual.err != nil || len(usual.commands) == 0 {
			t.Errorf("%s: with a good text it sent %q and failed with %v, want it to send something: see good and complete", made.found, usual.commands, usual.err)
			return
		}
		if _, field, ok := strings.Cut(made.found, "."); ok && i == 0 {
			known, tried[field] = tried[field], true
		}
		for j, text := range hostile {
			if once := (j+slot)%len(dialects) == i; j < inAllDialects && (once || !known) || once && !known {
				injectText(t, method, slot, text, d.caps, d.enabled, made.found, usual.commands)
			}
		}
	}
}

// injectText tries one text; usual are the commands that the method sends.
func injectText(t *testing.T, method reflect.Method, slot int, text, caps, enabled, at string, usual []string) {
	t.Helper()
	_, got := inject(t, method, slot, text, caps, enabled)
	what := fmt.Sprintf("%s = %.40q (%s)", at, text, caps[max(0, len(caps)-8):])
	var refused *imap4.ArgumentError
	var missing *imap4.UnsupportedError
	switch unsent := errors.As(got.err, &refused) || errors.As(got.err, &missing) || isNone(got.err); {
	case got.fault != "":
		t.Errorf("%s: %s", what, got.fault)
	case unsent && len(got.bytes) > 0 && !got.asked:
		t.Errorf("%s: failed with %v and sent %.200q, want nothing sent", what, got.err, got.bytes)
	case !unsent && got.err != nil && !got.asked:
		t.Errorf("%s: got %v, want *ArgumentError or nothing", what, got.err)
	case !unsent && !sameCommands(at, got.commands, usual):
		t.Errorf("%s: sent the commands %q, want %q, in %.200q", what, got.commands, usual, got.bytes)
	case !got.alive:
		t.Errorf("%s: a NOOP behind it is not understood", what)
	}
}

// sameCommands tells whether both are the same, but for a name that the caller gives.
func sameCommands(at string, got, want []string) bool {
	if strings.HasSuffix(at, ".Command.Name") || strings.HasSuffix(at, "SendCommand1") {
		return len(got) == len(want)
	}
	if strings.HasPrefix(at, "SignIn") { // LOGIN where no mechanism is left
		return len(got) == 1 && (got[0] == "LOGIN" || got[0] == "AUTHENTICATE")
	}
	return slices.Equal(slices.Compact(got), want) // a LIST of patterns is tried one by one when it has found nothing
}

// injected is what came of one call.
type injected struct {
	bytes    []byte
	commands []string // names, as the server reads them
	err      error
	fault    string // what a server would stumble over
	asked    bool   // the text was an answer to "+", so something was sent before
	alive    bool   // it understood the NOOP behind it
}

// inject calls the method with text in its slot.
func inject(t *testing.T, method reflect.Method, slot int, text, caps, enabled string) (*maker, injected) {
	t.Helper()
	var got injected
	var m *maker
	for _, greeting := range []string{"* PREAUTH ready\r\n", "* OK ready\r\n"} {
		m = &maker{slot: slot, text: text}
		args := m.arguments(method)
		if m.fault != "" {
			return m, got
		}
		u := newUser(nil)
		u.Options.NoID, u.Options.NoRev2 = true, true
		u.Listener = nil
		p := &parsing{session: start(t, u), scanner: wire.NewScanner(wire.Server, &wire.Limits{Line: 1 << 20}), asks: strings.HasSuffix(m.found, ".Continuation."), text: text}
		p.server(greeting + "* CAPABILITY IMAP4rev1 " + caps + "\r\n")
		if strings.HasPrefix(greeting, "* PREAUTH") {
			p.Open("INBOX")
		}
		if enabled != "" {
			p.SetEnabled(enabled)
		}
		p.call(method, args)
		got = p.injected
		commands := len(got.commands)
		p.Noop().Handle(nil, func(error) {})
		p.serve()
		got.alive = p.fault == "" && len(p.commands) == commands+1 && p.commands[commands] == "NOOP" && p.scanner.Idle()
		p.end()
		if !errors.Is(got.err, imap4.ErrState) {
			break
		}
	}
	return m, got
}

// parsing is a server that reads what comes by the grammar, and says OK to all of it.
type parsing struct {
	*session
	scanner *wire.Scanner
	asks    bool   // it says "+" before OK
	text    string // what it may be answered then
	raw     string // the tag of the command whose "+" is to be answered
	injected
}

// call calls the method and waits for the end of what it gave.
func (p *parsing) call(method reflect.Method, args []reflect.Value) {
	f := reflect.ValueOf(&p.Client).MethodByName(method.Name)
	call := f.Call
	if method.Type.IsVariadic() {
		call = f.CallSlice
	}
	if method.Type.NumOut() == 0 { // it is for Authenticate
		call(args)
		credentials := &sasl.Credentials{Username: "x", Password: sasl.NewSecret("x"), AllowInsecure: true}
		f, call, args = reflect.ValueOf(&p.Client).MethodByName("Authenticate"), nil, []reflect.Value{reflect.ValueOf(credentials)}
		call = f.Call
	}
	if cmd, ok := args[0].Interface().(*imap4.Command); ok {
		cmd.Done = func(err error) { p.err = err }
	}
	result := call(args)[0]
	if result.Kind() == reflect.Func {
		p.ranges(result)
		return
	}
	p.serve()
	if result.Kind() == reflect.Interface {
		if err, ok := result.Interface().(error); ok {
			p.err = err
		}
		return
	}
	outcome := result.MethodByName("Result").Call(nil)
	if fired := outcome[2].Bool(); !fired {
		p.fault = "the Deferred has not fired"
	}
	p.err, _ = outcome[1].Interface().(error)
	handle := result.MethodByName("Handle")
	handle.Call([]reflect.Value{reflect.Zero(handle.Type().In(0)), reflect.ValueOf(func(error) {})})
}

// ranges goes through a sequence in a goroutine, as its callers do.
func (p *parsing) ranges(sequence reflect.Value) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, err := range sequence.Seq2() {
			if e, ok := err.Interface().(error); ok && p.err == nil {
				p.err = e
			}
		}
	}()
	p.serve()
	<-done
}

// serve reads and answers until the client has nothing more to send.
func (p *parsing) serve() {
	for quiet := 0; quiet < 4; {
		sent := p.tr.Take()
		if len(sent) == 0 {
			quiet++
			synctest.Wait() // what runs beside the reactor
			p.clock.Turn()
			continue
		}
		quiet = 0
		p.bytes = append(p.bytes, sent...)
		p.read(sent)
	}
}

func (p *parsing) read(sent []byte) {
	for p.fault == "" {
		u, n, err := p.scanner.Next(sent)
		if err != nil {
			p.fault = err.Error()
			return
		}
		sent = sent[n:]
		switch u.Kind {
		case wire.None:
			return
		case wire.LiteralStart:
			if !u.Literal.NonSync {
				p.say("+ go on\r\n")
			}
		case wire.Line:
			p.line(u)
		}
	}
}

func (p *parsing) say(line string) { p.tr.Receive([]byte(line)) }

// line takes a whole command, or the line that was asked for.
func (p *parsing) line(u wire.Unit) {
	if tag := p.raw; tag != "" {
		p.raw = ""
		if answer := string(u.Bytes); answer == "*" {
			p.say(tag + " BAD given up\r\n")
			return
		} else if _, err := base64.StdEncoding.DecodeString(answer); p.asks && answer != p.text && p.text != "" || !p.asks && err != nil {
			p.fault = fmt.Sprintf("the answer to + is %q", answer)
		}
		p.say(tag + " OK done\r\n")
		return
	}
	c, err := wire.DecodeCommand(u, nil)
	if err != nil {
		p.fault = err.Error()
		return
	}
	p.commands = append(p.commands, c.Name)
	if !strings.HasPrefix(c.Tag, "A") || c.Tag == "A99" {
		p.fault = fmt.Sprintf("the tag %q is none of the client's", c.Tag)
	}
	if p.asks && c.Name != "NOOP" || c.Name == "AUTHENTICATE" && !strings.Contains(string(c.Args.Rest()), " ") {
		p.raw = c.Tag
		p.asked = true
		p.scanner.ExpectLine()
		p.say("+ \r\n")
		return
	}
	p.say(c.Tag + " OK done\r\n")
}

// isNone: there is no mechanism of that name, or the credentials are none.
func isNone(err error) bool {
	var none *sasl.NoMechanismError
	var argument *sasl.ArgumentError
	var token *sasl.TokenError
	return errors.As(err, &none) || errors.As(err, &argument) || errors.As(err, &token)
}

// What the client says of itself, it says unasked.
func TestInjectionOfOptions(t *testing.T) {
	for _, d := range dialects {
		for _, text := range hostile {
			for _, fields := range []map[string]string{{text: "x"}, {"x": text}, {"a": "b", text: text}} {
				u := newUser(nil)
				u.Options.ID, u.Options.NoRev2 = fields, true
				p := &parsing{session: start(t, u), scanner: wire.NewScanner(wire.Server, &wire.Limits{Line: 1 << 20})}
				p.say("* PREAUTH ready\r\n* CAPABILITY IMAP4rev1 " + d.caps + "\r\n")
				p.Open("INBOX")
				p.Check().Handle(nil, func(err error) { t.Errorf("CHECK: %v", err) })
				for sent := p.tr.Take(); len(sent) > 0; sent = p.tr.Take() {
					p.read(sent)
					p.clock.Turn()
				}
				got := strings.Join(p.commands, " ")
				if p.fault != "" || got != "ID CHECK" && got != "CHECK" {
					t.Errorf("%.40q, %s: the server reads %q, %s, want ID and CHECK", text, d.name, got, p.fault)
				}
				if text == "x" && got != "ID CHECK" {
					t.Errorf("%q: ID was not sent", text)
				}
				p.end()
			}
		}
	}
}

// Every exported function that takes text is one of those that the test tries, or one that sends nothing.
func TestInjectionKnowsAllFunctions(t *testing.T) {
	var got []string
	for _, f := range declared(t) {
		if f.Recv == nil && takesText(f.Type) {
			got = append(got, f.Name.Name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, textFunctions) {
		t.Errorf("functions that take text: got %q, want %q: those that make an argument belong in textMakers", got, textFunctions)
	}
}

// declared are the exported functions and methods of the package, without those of its tests.
func declared(t *testing.T) (found []*ast.FuncDecl) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.IsExported() {
				found = append(found, f)
			}
		}
	}
	return found
}

// takesText tells whether a parameter is text.
func takesText(f *ast.FuncType) bool {
	return slices.ContainsFunc(f.Params.List, func(p *ast.Field) bool {
		of := p.Type
		if list, ok := of.(*ast.ArrayType); ok {
			of = list.Elt
		}
		if rest, ok := of.(*ast.Ellipsis); ok {
			of = rest.Elt
		}
		name, ok := of.(*ast.Ident)
		return ok && (name.Name == "string" || name.Name == "byte" || name.Name == "Flag")
	})
}
