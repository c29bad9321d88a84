package imap4

import "testing"

func TestMoves(t *testing.T) {
	states := []state{stateGreeting, stateNotAuthenticated, stateAuthenticated, stateSelected, stateClosed}
	legal := map[[2]state]bool{
		{stateGreeting, stateNotAuthenticated}:      true,
		{stateGreeting, stateAuthenticated}:         true,
		{stateGreeting, stateClosed}:                true,
		{stateNotAuthenticated, stateAuthenticated}: true,
		{stateNotAuthenticated, stateClosed}:        true,
		{stateAuthenticated, stateSelected}:         true,
		{stateAuthenticated, stateNotAuthenticated}: true,
		{stateAuthenticated, stateClosed}:           true,
		{stateSelected, stateAuthenticated}:         true,
		{stateSelected, stateNotAuthenticated}:      true,
		{stateSelected, stateClosed}:                true,
	}
	for _, from := range states {
		for _, to := range states {
			c := &Client{state: from}
			panicked := func() (v any) {
				defer func() { v = recover() }()
				c.setState(to)
				return nil
			}()
			switch want := legal[[2]state{from, to}] || from == to; {
			case want && (panicked != nil || c.state != to):
				t.Errorf("%v to %v: got panic %v and state %v, want %v", from, to, panicked, c.state, to)
			case !want && (panicked == nil || c.state != from):
				t.Errorf("%v to %v: got state %v and no panic, want a panic and %v", from, to, c.state, from)
			}
		}
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[state]string{
		stateGreeting: "greeting", stateNotAuthenticated: "not authenticated", stateAuthenticated: "authenticated", stateSelected: "selected", stateClosed: "closed",
	} {
		if got := s.String(); got != want {
			t.Errorf("state %d: got %q, want %q", uint8(s), got, want)
		}
	}
}

func TestCanSend(t *testing.T) {
	for s, want := range map[state]bool{stateGreeting: false, stateNotAuthenticated: true, stateAuthenticated: true, stateSelected: true, stateClosed: false} {
		if got := s.canSend(); got != want {
			t.Errorf("%v: got %v, want %v", s, got, want)
		}
	}
}
