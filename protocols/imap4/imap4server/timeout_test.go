package imap4server_test

import (
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4/imap4server"
)

const (
	byeLogin = "* BYE Autologout; no login in time\r\n"
	byeIdle  = "* BYE Autologout; connection idle too long\r\n"
)

func TestLoginTimeout(t *testing.T) {
	cases := []struct {
		name string
		tick string // what the client sends every second
		o    imap4server.Options
		at   time.Duration
	}{
		{"silence", "", imap4server.Options{}, time.Minute},
		{"trickled bytes do not extend it", "x", imap4server.Options{}, time.Minute},
		{"nor do commands", "x NOOP\r\n", imap4server.Options{}, time.Minute},
		{"as set", "x NOOP\r\n", imap4server.Options{LoginTimeout: 5 * time.Second}, 5 * time.Second},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, tc.o)
			for at := time.Second; at < tc.at; at += time.Second {
				s.clock.Advance(time.Second)
				s.send(tc.tick)
			}
			s.wantClosed(false)
			s.tr.Clear()
			s.clock.Advance(time.Second - 1)
			s.want("")
			s.clock.Advance(1)
			s.want(byeLogin)
			s.wantClosed(true)
			if got := s.clock.Pending(); got != 0 {
				t.Errorf("timers at the end: got %d, want 0", got)
			}
		})
	}
}

func TestLoginTimeoutWhileAuthenticateWaits(t *testing.T) {
	a := &slow{}
	s := open(t, a.authenticate, imap4server.Options{})
	s.clock.Advance(50 * time.Second)
	s.send(loginLine)
	s.tr.Clear()
	s.clock.Advance(10 * time.Second)
	s.want(byeLogin)
	a.logins[0].Callback(a)
	s.clock.Turn()
	s.want("")
}

func TestIdleTimeout(t *testing.T) {
	t.Run("silence after login", func(t *testing.T) {
		s := startSelected(t, imap4server.Options{})
		s.clock.Advance(30*time.Minute - 1)
		s.want("")
		s.clock.Advance(1)
		s.want(byeIdle)
		s.wantClosed(true)
	})
	t.Run("the last complete command counts", func(t *testing.T) {
		s := startSelected(t, imap4server.Options{})
		for range 100 {
			s.clock.Advance(29 * time.Minute)
			s.send("n NOOP\r\n")
			s.want("n OK NOOP completed\r\n")
		}
		s.clock.Advance(30*time.Minute - 1)
		s.want("")
		s.clock.Advance(1)
		s.want(byeIdle)
	})
	t.Run("bytes that are no command do not", func(t *testing.T) {
		s := startSelected(t, imap4server.Options{IdleTimeout: 10 * time.Second})
		for range 9 {
			s.clock.Advance(time.Second)
			s.send("x")
		}
		s.clock.Advance(time.Second)
		s.want(byeIdle)
	})
	t.Run("shorter than what was left for login", func(t *testing.T) {
		s := startSelected(t, imap4server.Options{IdleTimeout: time.Second})
		s.clock.Advance(time.Second)
		s.want(byeIdle)
	})
	t.Run("one timer, whatever is sent", func(t *testing.T) {
		s := startSelected(t, imap4server.Options{})
		for range 100 {
			s.send("n NOOP\r\n")
		}
		if got := s.clock.Pending(); got != 1 {
			t.Errorf("timers: got %d, want 1", got)
		}
		s.send("x LOGOUT\r\n")
		if got := s.clock.Pending(); got != 0 {
			t.Errorf("timers after LOGOUT: got %d, want 0", got)
		}
	})
}

// TestNoTimeout: negative is no limit, each timeout on its own.
func TestNoTimeout(t *testing.T) {
	const long = 1000 * time.Hour
	cases := []struct {
		name          string
		o             imap4server.Options
		before, after int // timers, before and after LOGIN
	}{
		{"neither", imap4server.Options{LoginTimeout: -1, IdleTimeout: -1}, 0, 0},
		{"for login", imap4server.Options{LoginTimeout: -1}, 0, 1},
		{"when idle", imap4server.Options{IdleTimeout: -1}, 1, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t, tc.o)
			if got := s.clock.Pending(); got != tc.before {
				t.Errorf("timers before LOGIN: got %d, want %d", got, tc.before)
			}
			if tc.before == 0 {
				s.clock.Advance(long)
				s.want("")
			}
			s.send(loginLine)
			s.want("l" + loggedIn)
			if got := s.clock.Pending(); got != tc.after {
				t.Errorf("timers after LOGIN: got %d, want %d", got, tc.after)
			}
			s.clock.Advance(long)
			if tc.after == 1 {
				s.want(byeIdle)
				return
			}
			s.want("")
			s.send("x LOGOUT\r\n")
			s.wantClosed(true)
		})
	}
}
