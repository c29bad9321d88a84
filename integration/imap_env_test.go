package integration

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// env is what a case has: a client that is logged in, on a real server or on what was recorded of one.
//
// A case runs on the reactor goroutine, as a function of deferred.Inline: it calls the client, and waits with wait and must.
type env struct {
	*heard
	t      *testing.T
	y      *deferred.Yield
	c      *imap4.Client
	user   mailservers.User
	kind   *serverKind
	server *mailservers.Server // nil in a replay
	dial   func(config *tls.Config, port int) (*imap4.Client, *deferred.Deferred[struct{}])
}

// stopped is the panic of a case that cannot go on; why was told to the test.
type stopped struct{}

// fatalf ends the case. FailNow would end the goroutine of the reactor.
func (e *env) fatalf(format string, args ...any) {
	e.t.Helper()
	e.t.Errorf(format, args...)
	panic(stopped{})
}

// wait gives what d fires with.
func wait[T any](e *env, d *deferred.Deferred[T]) (T, error) { return deferred.Wait(e.y, d) }

// must is wait for what has to succeed.
func must[T any](e *env, d *deferred.Deferred[T]) T {
	e.t.Helper()
	v, err := wait(e, d)
	if err != nil {
		e.fatalf("got the error %v, want none", err)
	}
	return v
}

// refused waits for a command that must fail with NO or BAD, in a way that matches target.
func refused[T any](e *env, what string, d *deferred.Deferred[T], target error) *imap4.ResponseError {
	e.t.Helper()
	_, err := wait(e, d)
	var no *imap4.ResponseError
	if !errors.As(err, &no) || target != nil && !errors.Is(err, target) {
		e.fatalf("%s: got %v, want a ResponseError that matches %v", what, err, target)
	}
	return no
}

// want compares.
func want[T comparable](e *env, what string, got, want T) {
	e.t.Helper()
	if got != want {
		e.t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

// wantAll compares lists.
func wantAll[T comparable](e *env, what string, got []T, want ...T) {
	e.t.Helper()
	if !slices.Equal(got, want) {
		e.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// wantSet compares sets of messages by their text.
func wantSet(e *env, what string, got imap4.MessageSet, text string) {
	e.t.Helper()
	want(e, what, got.String(), text)
}

// wantTrue fails when ok is false.
func wantTrue(e *env, ok bool, format string, args ...any) {
	e.t.Helper()
	if !ok {
		e.t.Errorf("got false, want true: "+format, args...)
	}
}

// box is the server's name of a mailbox.
func (e *env) box(path ...string) string {
	return e.kind.prefix + strings.Join(path, e.kind.separator)
}

// is tells whether the server is one of these products.
func (e *env) is(products ...string) bool { return slices.Contains(products, e.kind.product) }

// has tells whether the server offers a capability.
func (e *env) has(word string) bool {
	caps, known := e.c.Capabilities()
	if !known {
		caps = must(e, e.c.GetCapabilities())
	}
	return caps.Has(word)
}

// until waits for something that the Listener hears.
func (e *env) until(what string, done func() bool) {
	e.t.Helper()
	if done() {
		return
	}
	d := deferred.New[struct{}]()
	e.check = func() {
		if done() {
			e.check = nil
			d.Callback(struct{}{})
		}
	}
	e.waitsFor = what
	_, err := deferred.Wait(e.y, d)
	if err != nil {
		e.fatalf("%s: got %v, want none", what, err)
	}
	e.waitsFor = ""
}

// second is another session of the same user, nil in a replay: what it does is in the recording of the first.
func (e *env) second() *imap4.Client {
	e.t.Helper()
	if e.server == nil {
		return nil
	}
	return e.login(e.user)
}

// login makes one more session, of any user.
func (e *env) login(user mailservers.User) *imap4.Client {
	e.t.Helper()
	c, connected := e.dial(e.tls(), e.server.IMAPSPort)
	must(e, connected)
	must(e, c.Login(user.Name, user.Password))
	return c
}

// tls trusts the server.
func (e *env) tls() *tls.Config {
	return &tls.Config{RootCAs: e.server.RootCAs(e.t), ServerName: "localhost"}
}

// link is a connection to be.
type link struct {
	client    *imap4.Client
	connected *deferred.Deferred[struct{}]
}

func (l *link) BuildProtocol(net.Addr) reactor.Protocol { return &linked{l.client, l} }

func (l *link) StartedConnecting(*reactor.Connector) {}

func (l *link) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	l.connected.Errback(reason)
}

func (l *link) ClientConnectionLost(*reactor.Connector, error) {}

type linked struct {
	*imap4.Client
	link *link
}

func (l *linked) ConnectionMade() { l.link.connected.Callback(struct{}{}) }

// dialer makes connections on a reactor, from its goroutine; config nil is plain TCP.
func dialer(r *reactor.Reactor) func(*tls.Config, int) (*imap4.Client, *deferred.Deferred[struct{}]) {
	return func(config *tls.Config, port int) (*imap4.Client, *deferred.Deferred[struct{}]) {
		l := &link{&imap4.Client{Options: &imap4.Options{ID: selfID}}, deferred.New[struct{}]()}
		if config != nil {
			r.ConnectTLS("localhost", port, l, config)
		} else {
			r.ConnectTCP("127.0.0.1", port, l)
		}
		return l.client, l.connected
	}
}

// selfID is what recordings say of the client.
var selfID = map[string]string{"name": "tconn"}

// result is how a case has ended: nil, or an error that the test is to show.
func result(err error) error {
	var panicked *deferred.PanicError
	if errors.As(err, &panicked) {
		if _, told := panicked.Value.(stopped); told {
			return nil
		}
		return fmt.Errorf("%w\n%s", err, panicked.Stack)
	}
	return err
}
