package imap4_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor"
)

func TestErrorTexts(t *testing.T) {
	bye := &imap4.ByeError{Code: "UNAVAILABLE", Text: "so\x1b[2J long", Err: reactor.ErrConnectionDone}
	for _, test := range []struct {
		err  error
		want string
		is   []error
		not  []error
	}{
		{
			&imap4.ResponseError{Command: "LOGIN", Status: "NO", Text: "bad\r\nluck"},
			`imap4: LOGIN: the server said NO "bad\r\nluck"`, nil, []error{imap4.ErrState, context.Canceled},
		},
		{
			&imap4.ResponseError{Command: "LOGIN", Status: "BAD", Code: "X\x1b", CodeArgs: "y", Text: ""},
			`imap4: LOGIN: the server said BAD [X\x1b] ""`, nil, nil,
		},
		{bye, `imap4: the server said BYE "so\x1b[2J long"`, []error{reactor.ErrConnectionDone}, []error{reactor.ErrConnectionLost}},
		{&imap4.ByeError{Text: "x"}, `imap4: the server said BYE "x"`, nil, []error{reactor.ErrConnectionDone}},
		{
			&imap4.GreetingError{Line: "220 ESMTP"},
			`imap4: the server does not greet as an IMAP server: "220 ESMTP"`, nil, nil,
		},
		{
			&imap4.GreetingError{Line: strings.Repeat("\x00", 1000)},
			`imap4: the server does not greet as an IMAP server: "` + strings.Repeat(`\x00`, 80) + `"`, nil, nil,
		},
		{
			&imap4.TimeoutError{Waiting: "NOOP", After: time.Minute},
			"imap4: timed out after 1m0s waiting for the server's answer (NOOP)", []error{context.DeadlineExceeded}, []error{context.Canceled},
		},
		{
			&imap4.CommandError{Command: "NOOP", Sent: true, Err: bye},
			`imap4: NOOP: the server said BYE "so\x1b[2J long"`, []error{bye, reactor.ErrConnectionDone}, []error{imap4.ErrState},
		},
		{
			&imap4.CommandError{Command: "LOGIN", Err: imap4.ErrInsecureAuth},
			"imap4: LOGIN: the password was not sent because the connection is not encrypted", []error{imap4.ErrInsecureAuth}, []error{imap4.ErrLoginDisabled},
		},
		{
			&imap4.CommandError{Command: "LOGIN", Err: imap4.ErrLoginDisabled},
			"imap4: LOGIN: the server has disabled LOGIN on this connection", []error{imap4.ErrLoginDisabled}, []error{imap4.ErrInsecureAuth},
		},
		{
			&imap4.CommandError{Command: "LOGIN", Err: imap4.ErrState},
			"imap4: LOGIN: the command is not allowed in this state of the session", []error{imap4.ErrState}, nil,
		},
		{
			&imap4.CommandError{Command: "NOOP", Err: imap4.ErrNotConnected},
			"imap4: NOOP: there is no connection", []error{imap4.ErrNotConnected}, nil,
		},
		{
			&imap4.CommandError{Command: "NOOP", Err: &imap4.TimeoutError{Waiting: "greeting", After: time.Second}},
			"imap4: NOOP: timed out after 1s waiting for the server's answer (greeting)", []error{context.DeadlineExceeded}, nil,
		},
		{
			&imap4.LimitError{Limit: "Line", Max: 10},
			"imap4: limit Line of 10 exceeded", []error{imap4.ErrLineTooLong}, []error{imap4.ErrResponseTooLarge, imap4.ErrLiteralTooLarge, imap4.ErrTooDeep},
		},
		{&imap4.LimitError{Limit: "Response", Max: 10}, "imap4: limit Response of 10 exceeded", []error{imap4.ErrResponseTooLarge}, nil},
		{&imap4.LimitError{Limit: "LiteralSize", Max: 10}, "imap4: limit LiteralSize of 10 exceeded", []error{imap4.ErrLiteralTooLarge}, nil},
		{
			&imap4.ArgumentError{Command: "LOGIN", Arg: 2, Reason: "contains NUL"},
			"imap4: bad argument 2 of LOGIN: contains NUL", nil, nil,
		},
		{
			&imap4.SyntaxError{Offset: 3, Want: "number", Got: `"x"`},
			`imap4: syntax error at byte 3: want number, got "x"`, nil, nil,
		},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("text of %T:\n got %s\nwant %s", test.err, got, test.want)
		}
		for _, target := range test.is {
			if !errors.Is(test.err, target) {
				t.Errorf("%v is %v: got false, want true", test.err, target)
			}
		}
		for _, target := range test.not {
			if errors.Is(test.err, target) {
				t.Errorf("%v is %v: got true, want false", test.err, target)
			}
		}
	}
}

func TestTimeoutErrorIsATimeout(t *testing.T) {
	err := &imap4.TimeoutError{Waiting: "NOOP", After: time.Minute}
	if !os.IsTimeout(err) {
		t.Errorf("os.IsTimeout(%v): got false, want true", err)
	}
}

// The errors that a session gives can be told apart by type.
func TestErrorTypesOfASession(t *testing.T) {
	t.Run("NO", func(t *testing.T) {
		s := greeted(t)
		d := s.Noop()
		s.server("A1 no [OverQuota some [args] \"x\"] too \"much\"\r\n")
		_, err, _ := d.Result()
		want := imap4.ResponseError{Command: "NOOP", Status: "NO", Code: "OVERQUOTA", CodeArgs: `some [args] "x"`, Text: `too "much"`}
		var got *imap4.ResponseError
		if !errors.As(err, &got) || *got != want {
			t.Errorf("got %#v, want %#v", err, want)
		}
		s.closed(false)
	})
	t.Run("greeting", func(t *testing.T) {
		s := start(t, newUser(nil))
		d := s.Noop()
		s.server("+OK POP3\r\n")
		_, err, _ := d.Result()
		var got *imap4.GreetingError
		if !errors.As(err, &got) || got.Line != "+OK POP3" {
			t.Errorf("got %#v, want a *GreetingError with the line", err)
		}
		if reason := s.tr.Reason(); !errors.As(reason, &got) || !errors.Is(reason, reactor.ErrConnectionAborted) {
			t.Errorf("reason of the loss: got %v, want the *GreetingError, aborted", reason)
		}
	})
	t.Run("timeout", func(t *testing.T) {
		u := newUser(nil)
		u.Options.CommandTimeout = time.Second
		s := start(t, u)
		s.server("* OK ready\r\n")
		d := s.Noop()
		s.clock.Advance(time.Second)
		_, err, _ := d.Result()
		var got *imap4.TimeoutError
		if !errors.As(err, &got) || *got != (imap4.TimeoutError{Waiting: "NOOP", After: time.Second}) {
			t.Errorf("got %#v, want a *TimeoutError for NOOP after 1s", err)
		}
		if !asCommandError(t, err, "NOOP").Sent {
			t.Error("Sent: got false, want true")
		}
		if reason := s.tr.Reason(); !errors.Is(reason, context.DeadlineExceeded) || !errors.Is(reason, reactor.ErrConnectionAborted) {
			t.Errorf("reason of the loss: got %v, want a deadline, aborted", reason)
		}
	})
	t.Run("BYE, then silence", func(t *testing.T) {
		s := greeted(t)
		d := s.Noop()
		s.server("* BYE [UNAVAILABLE] out\r\n")
		s.clock.Advance(5 * time.Second)
		_, err, _ := d.Result()
		var bye *imap4.ByeError
		var late *imap4.TimeoutError
		if !errors.As(err, &bye) || bye.Code != "UNAVAILABLE" || !errors.As(bye.Err, &late) {
			t.Errorf("got %#v, want a *ByeError because of a *TimeoutError", err)
		}
	})
}

func TestTimeoutOptions(t *testing.T) {
	for _, test := range []struct {
		name              string
		greeting, command time.Duration
		greetAt, answerAt time.Duration
		want              []string
	}{
		{"defaults, in time", 0, 0, 30*time.Second - 1, time.Minute - 1, []string{"NOOP: ok"}},
		{"own, in time", time.Hour, time.Hour, time.Hour - 1, time.Hour - 1, []string{"NOOP: ok"}},
		{"none", -1, -1, 1000 * time.Hour, 1000 * time.Hour, []string{"NOOP: ok"}},
		{"own, too late", time.Hour, 5 * time.Millisecond, 0, 5 * time.Millisecond, []string{
			"NOOP failed: " + timedOut("NOOP", "5ms", "NOOP") + " (sent true)", aborted("imap4: " + timeout("5ms", "NOOP")),
		}},
		{"greeting too late", time.Millisecond, -1, time.Millisecond, 0, []string{
			"NOOP failed: " + timedOut("NOOP", "1ms", "greeting") + " (sent false)", aborted("imap4: " + timeout("1ms", "greeting")),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := newUser(noop)
			u.Listener = nil
			u.Options.GreetingTimeout, u.Options.CommandTimeout = test.greeting, test.command
			s := start(t, u)
			s.clock.Advance(test.greetAt)
			s.server("* OK ready\r\n")
			s.clock.Advance(test.answerAt)
			s.server("A1 OK done\r\n")
			s.happened(test.want...)
			if got := s.clock.Pending(); got != 0 {
				t.Errorf("planned calls at the end: got %d, want 0", got)
			}
		})
	}
}

func TestWhatServersSay(t *testing.T) {
	all := []error{
		imap4.ErrAuthenticationFailed, imap4.ErrUnavailable, imap4.ErrTooManyConnections, imap4.ErrThrottled, imap4.ErrNonexistent,
		imap4.ErrAlreadyExists, imap4.ErrTryCreate, imap4.ErrOverQuota,
	}
	for _, tt := range []struct {
		code, text string
		want       []error
	}{
		{"", "Mailbox doesn't exist: None (0.001 + 0.000 secs).", []error{imap4.ErrNonexistent}}, // Dovecot with ACL
		{"", "Mailbox does not exist", []error{imap4.ErrNonexistent}},                            // Cyrus
		{"", "No such mailbox", []error{imap4.ErrNonexistent}},                                   // Twisted
		{"TRYCREATE", "Mailbox does not exist", []error{imap4.ErrNonexistent, imap4.ErrTryCreate}},
		{"", "Mailbox already exists", []error{imap4.ErrAlreadyExists}},
		{"", "Over quota", []error{imap4.ErrOverQuota}}, // Cyrus
		{"OVERQUOTA", "full", []error{imap4.ErrOverQuota}},
		{"", "Too many connections", []error{imap4.ErrTooManyConnections}},
		{"UNAVAILABLE", "Temporary authentication failure.", []error{imap4.ErrUnavailable}},
		{"", "Message is gone", nil},
		{"", "authentication failure", nil}, // of a command that does not sign in
	} {
		err := &imap4.ResponseError{Command: "X", Status: "NO", Code: tt.code, Text: tt.text}
		for _, target := range all {
			if got, want := errors.Is(err, target), slices.Contains(tt.want, target); got != want {
				t.Errorf("[%s] %s is %v: got %v, want %v", tt.code, tt.text, target, got, want)
			}
		}
	}
}

// Many servers refuse a password without a code. Their words count where somebody signs in, unless the code or other words say more.
func TestRefusedPasswords(t *testing.T) {
	refused, crowded, throttled := imap4.ErrAuthenticationFailed, imap4.ErrTooManyConnections, imap4.ErrThrottled
	for _, tt := range []struct {
		command, status, code, text string
		want                        error // nil is none of them
	}{
		{"AUTHENTICATE", "NO", "", "authentication failure", refused},                     // Cyrus
		{"LOGIN", "NO", "", "Login failed: authentication failure", refused},              // Cyrus
		{"LOGIN", "NO", "", "Login failed.", refused},                                     // Courier
		{"LOGIN", "NO", "", "LOGIN failed", refused},                                      // Twisted
		{"AUTHENTICATE", "NO", "", "AUTHENTICATE failed.", refused},                       // Exchange
		{"LOGIN", "NO", "", "LOGIN Login error or password error", refused},               // 163.com
		{"LOGIN", "NO", "ALERT", "Invalid credentials (Failure)", refused},                // Gmail
		{"LOGIN", "NO", "AUTHORIZATIONFAILED", "Incorrect username or password", refused}, // Yahoo
		{"LOGIN", "NO", "AUTHENTICATIONFAILED", "no", refused},
		{"LOGIN", "BAD", "", "Login failed.", nil},
		{"LOGIN", "NO", "UNAVAILABLE", "Authentication failed: the database is away", nil},
		{"LOGIN", "NO", "", "Temporary authentication failure.", nil},
		{"LOGIN", "NO", "", "Login failed, try again later", nil},
		{"LOGIN", "NO", "", "Incorrect user name or password", refused},
		{"LOGIN", "NO", "", "Password incorrect", refused},
		{"LOGIN", "NO", "", "Login failed: generic failure", nil}, // Cyrus, when it cannot ask who the user is
		{"LOGIN", "NO", "", "Login failed: internal error", nil},
		{"AUTHENTICATE", "NO", "", "Authentication failed: LDAP timed out", nil},
		{"LOGIN", "NO", "", "Login failed: the server is down for maintenance", nil},
		{"LOGIN", "NO", "SERVERBUG", "Login failed", nil},
		{"LOGIN", "NO", "PRIVACYREQUIRED", "Authentication failed: use TLS", nil},
		{"LOGIN", "NO", "", "Login failed: too many connections", crowded},
		{"LOGIN", "NO", "", "Login failed. Request is throttled.", throttled},
		{"AUTHENTICATE", "NO", "", "bad protocol / cancel", nil}, // Cyrus, of a channel binding that it cannot do
	} {
		err := &imap4.ResponseError{Command: tt.command, Status: tt.status, Code: tt.code, Text: tt.text}
		for _, target := range []error{refused, crowded, throttled} {
			if got, want := errors.Is(err, target), target == tt.want; got != want {
				t.Errorf("%s: %s [%s] %s is %v: got %v, want %v", tt.command, tt.status, tt.code, tt.text, target, got, want)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"Suggested Backoff Time: 299961 milliseconds": 299961 * time.Millisecond,
		"try again in 30 seconds":                     30 * time.Second,
		"Retry-After=60":                              time.Minute,
		"please wait 5 minutes":                       5 * time.Minute,
		"wait 999999999 minutes":                      time.Hour,
		"try again in 1 hour":                         time.Hour,
		"Try again in 24 hours":                       time.Hour,
		"try again in 0 hours":                        0,
		"wait 2 days":                                 time.Hour,
		"wait 999999999":                              time.Hour,
		"later":                                       0,
	} {
		s := greeted(t)
		d := s.Noop()
		s.server("A1 NO " + text + "\r\n")
		_, err, _ := d.Result()
		refused := new(imap4.ResponseError)
		if !errors.As(err, &refused) || refused.RetryAfter != want {
			t.Errorf("%q: got %v, want %v", text, refused.RetryAfter, want)
		}
		d.Handle(nil, func(error) {})
	}
}
