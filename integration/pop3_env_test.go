package integration

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/pop3"
	"github.com/tconn/tconn/reactor"
)

// popConnect makes a connection, from the goroutine of its reactor; config nil is plain TCP.
func popConnect(r *reactor.Reactor, server *mailservers.Server, config *tls.Config, o *pop3.Options) *deferred.Deferred[*pop3.Client] {
	c := &pop3.Client{Options: o}
	var endpoint endpoints.ClientEndpoint
	if config == nil {
		endpoint = endpoints.TCP(r, "127.0.0.1", server.POP3Port)
	} else {
		endpoint = endpoints.TLS(r, "localhost", server.POP3SPort, config)
	}
	made := endpoint.Connect(reactor.FactoryFunc(func(net.Addr) reactor.Protocol { return c }))
	return deferred.Then(made, func(reactor.Protocol) (*pop3.Client, error) { return c, nil })
}

// popOther is another connection to the server of a case that is live, before the login; config nil is plain TCP.
func popOther(e *env, c *pop3.Client, config *tls.Config, o *pop3.Options) *deferred.Deferred[*pop3.Client] {
	return popConnect(c.Transport().Reactor(), e.server, config, o)
}

// popAgain is another session of the same user, in a case that is live.
func popAgain(e *env, c *pop3.Client) *pop3.Client {
	e.t.Helper()
	other := must(e, popOther(e, c, e.tls(), nil))
	must(e, other.Login(e.user.Name, e.user.Password))
	return other
}

// popLeft quits, and wants so many messages to be there afterwards, if the case is live.
func popLeft(e *env, c *pop3.Client, count int) {
	e.t.Helper()
	must(e, c.Quit())
	popStillThere(e, c, count)
}

// popStillThere wants so many messages to be there in a new session, if the case is live.
func popStillThere(e *env, c *pop3.Client, count int) {
	e.t.Helper()
	if e.server != nil {
		must(e, popFinds(e, c, count).Quit())
	}
}

// popFinds makes a new session that finds so many messages. Courier deletes after its answer to QUIT: it is asked again until it has.
func popFinds(e *env, c *pop3.Client, count int) *pop3.Client {
	e.t.Helper()
	for tries := 1; ; tries++ {
		again := popAgain(e, c)
		got := must(e, again.Stat()).Count
		if got == count || !e.is(onCourier) || tries == 500 {
			want(e, "messages afterwards", got, count)
			return again
		}
		must(e, again.Quit())
	}
}

// popRefused waits for a command that the server must answer with -ERR, in a way that matches target.
func popRefused[T any](e *env, what string, d *deferred.Deferred[T], target error) *pop3.ResponseError {
	e.t.Helper()
	_, err := wait(e, d)
	var no *pop3.ResponseError
	if !errors.As(err, &no) || target != nil && !errors.Is(err, target) {
		e.fatalf("%s: got %v, want a ResponseError that matches %v", what, err, target)
	}
	return no
}

// popFails waits for a command that must fail in a way that matches target.
func popFails[T any](e *env, what string, d *deferred.Deferred[T], target error) {
	e.t.Helper()
	if _, err := wait(e, d); !errors.Is(err, target) {
		e.t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

// popFill puts messages into a user's mailbox, by files where the server reads them: it is quicker, and Courier, which numbers by the names of
// files, would make up its own order otherwise.
func popFill(t *testing.T, server *mailservers.Server, user mailservers.User, messages []mailservers.Message) {
	t.Helper()
	if server.Product == onDovecot || server.Product == onCourier {
		server.FillMaildir(t, user, "INBOX", messages...)
	} else {
		server.Fill(t, user, "INBOX", messages...)
	}
}

// popOffered answers the names of all that a server offers: on the plain port and under TLS, before and after login.
func popOffered(t *testing.T, server *mailservers.Server) (names []string) {
	t.Helper()
	r := reactor.New()
	e := &env{heard: &heard{}, t: t, user: server.NewUser(t), server: server}
	add := func(c *pop3.Client) {
		for name := range must(e, c.Capa()).All() {
			names = append(names, name)
		}
	}
	onReactor(t, r, e, func() *deferred.Deferred[struct{}] {
		return deferred.Inline(func(y *deferred.Yield) (struct{}, error) {
			e.y = y
			plain := must(e, popConnect(r, server, nil, nil))
			add(plain)
			must(e, plain.Quit())
			secure := must(e, popConnect(r, server, e.tls(), nil))
			add(secure)
			must(e, secure.Login(e.user.Name, e.user.Password))
			add(secure)
			must(e, secure.Quit())
			return struct{}{}, nil
		})
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// popSink keeps a message, and how it ended.
type popSink struct {
	bytes.Buffer
	done  []error
	fails error // what Write answers
}

func (s *popSink) Write(p []byte) (int, error) {
	if s.fails != nil {
		return 0, s.fails
	}
	return s.Buffer.Write(p)
}

func (s *popSink) Done(err error) { s.done = append(s.done, err) }

// whole wants the message to have come to its end, once, and to be text.
func (s *popSink) whole(e *env, what string, text []byte) {
	e.t.Helper()
	wantTrue(e, len(s.done) == 1 && s.done[0] == nil, "%s: Done(nil) once, got %v", what, s.done)
	wantBytes(e, what, s.Bytes(), text)
}

// wantBytes compares, and shows where the difference is.
func wantBytes(e *env, what string, got, want []byte) {
	e.t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	around := func(b []byte) []byte { return b[max(0, at-20):min(len(b), at+40)] }
	e.t.Errorf("%s: got %d octets, %q at %d; want %d octets, %q there", what, len(got), around(got), at, len(want), around(want))
}

// asServed is what a server makes of a mail on its way: each sees to it that the last line ends, as the single dot behind it needs, and
// Dovecot takes CR CR LF for one line end.
func asServed(product string, m mailservers.Message) []byte {
	text := m.Raw
	switch {
	case m.Name == "no line end at the end":
		return append(bytes.Clone(text), "\r\n"...)
	case m.Name == "bare CR" && product == onDovecot:
		return bytes.ReplaceAll(text, []byte("\r\r\n"), []byte("\r\n"))
	}
	return text
}

// headerOf is the header of a mail, with the blank line behind it.
func headerOf(text []byte) []byte {
	head, _, _ := strings.Cut(string(text), "\r\n\r\n")
	return []byte(head + "\r\n\r\n")
}
