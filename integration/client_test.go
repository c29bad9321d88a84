package integration

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"

	"github.com/tconn/tconn/internal/mailservers"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

// session is a client on a reactor of its own, used from the goroutine of the test.
type session struct {
	t       *testing.T
	ctx     context.Context
	reactor *reactor.Reactor
	client  *imap4.Client
	ready   chan error
}

func (s *session) BuildProtocol(net.Addr) reactor.Protocol { return &sessionClient{s.client, s} }
func (s *session) StartedConnecting(*reactor.Connector)    {}
func (s *session) ClientConnectionFailed(_ *reactor.Connector, reason error) {
	s.ready <- reason
}
func (s *session) ClientConnectionLost(*reactor.Connector, error) {}

type sessionClient struct {
	*imap4.Client
	session *session
}

func (c *sessionClient) ConnectionMade() { c.session.ready <- nil }

// connect makes a session; config nil is plain TCP.
func connect(t *testing.T, port int, config *tls.Config, options *imap4.Options) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s := &session{t: t, ctx: ctx, reactor: reactor.New(), client: &imap4.Client{Options: options}, ready: make(chan error, 1)}
	if config != nil {
		s.reactor.ConnectTLS("localhost", port, s, config)
	} else {
		s.reactor.ConnectTCP("127.0.0.1", port, s)
	}
	done := make(chan error, 1)
	go func() { done <- s.reactor.Run() }()
	t.Cleanup(func() {
		_ = s.reactor.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		cancel()
	})
	if err := <-s.ready; err != nil {
		t.Fatal(err)
	}
	return s
}

// do runs f on the reactor and waits for the error it reports.
func (s *session) do(f func(report func(error))) error {
	s.t.Helper()
	result := make(chan error, 1)
	if err := s.reactor.CallFromThread(func() { f(func(err error) { result <- err }) }); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-s.ctx.Done():
		s.t.Fatal("no answer in time")
		return nil
	}
}

func (s *session) login(user, password string) error {
	return s.do(func(report func(error)) {
		s.client.Login(user, password).Handle(func(struct{}) { report(nil) }, report)
	})
}

func TestLoginOnDovecot(t *testing.T) {
	server := mailservers.Dovecot(t)
	config := &tls.Config{RootCAs: server.RootCAs(t), ServerName: "localhost"}
	user := server.Users[0]

	t.Run("right password", func(t *testing.T) {
		s := connect(t, server.IMAPSPort, config, nil)
		if err := s.login(user.Name, user.Password); err != nil {
			t.Fatal(err)
		}
		err := s.do(func(report func(error)) {
			s.client.GetCapabilities().Handle(func(caps imap4.Capabilities) {
				if !caps.Has("UIDPLUS") || caps.Has("AUTH=PLAIN") {
					t.Errorf("capabilities after login: %v", caps)
				}
				report(nil)
			}, report)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, end := range []func(func(error)){
			func(report func(error)) { s.client.Noop().Handle(func(struct{}) { report(nil) }, report) },
			func(report func(error)) { s.client.Logout().Handle(func(struct{}) { report(nil) }, report) },
		} {
			if err := s.do(end); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		s := connect(t, server.IMAPSPort, config, nil)
		err := s.login(user.Name, "wr\"o\\ng\r\npass wörd")
		var refused *imap4.ResponseError
		if !errors.As(err, &refused) || refused.Status != "NO" || refused.Code != "AUTHENTICATIONFAILED" {
			t.Fatalf("got %v, want NO [AUTHENTICATIONFAILED]", err)
		}
		if err := s.login(user.Name, user.Password); err != nil {
			t.Fatalf("the connection lives on, and so the right password: got %v", err)
		}
	})
	t.Run("not in the clear", func(t *testing.T) {
		s := connect(t, server.IMAPPort, nil, nil)
		if err := s.login(user.Name, user.Password); !errors.Is(err, imap4.ErrInsecureAuth) {
			t.Fatalf("got %v, want ErrInsecureAuth", err)
		}
	})
	t.Run("in the clear when allowed", func(t *testing.T) {
		s := connect(t, server.IMAPPort, nil, &imap4.Options{AllowInsecureAuth: true})
		if err := s.login(user.Name, user.Password); err != nil {
			t.Fatal(err)
		}
	})
}
