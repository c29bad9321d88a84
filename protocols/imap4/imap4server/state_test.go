package imap4server

import "testing"

func TestSetState(t *testing.T) {
	legal := map[[2]state]bool{
		{stateNotAuth, stateAuth}: true, {stateNotAuth, stateLogout}: true,
		{stateAuth, stateSelected}: true, {stateAuth, stateLogout}: true,
		{stateSelected, stateAuth}: true, {stateSelected, stateLogout}: true,
	}
	all := []state{stateNotAuth, stateAuth, stateSelected, stateLogout}
	for _, from := range all {
		for _, to := range all {
			t.Run(from.String()+" to "+to.String(), func(t *testing.T) {
				s := &Server{state: from}
				want := legal[[2]state{from, to}]
				defer func() {
					if got := recover() == nil; got != want {
						t.Errorf("allowed: got %v, want %v", got, want)
					}
					if moved := s.state == to && from != to; moved != want {
						t.Errorf("moved: got %v, want %v", moved, want)
					}
				}()
				s.setState(to)
			})
		}
	}
}

// TestCommandsAreCapabilities: what is advertised beyond IMAP4rev1 is there.
func TestCommandsAreCapabilities(t *testing.T) {
	if _, ok := commands["UNSELECT"]; !ok {
		t.Error("UNSELECT is advertised; it is not in the table of commands")
	}
	for name, c := range commands {
		if c.run == nil || len(c.states) == 0 {
			t.Errorf("%s: cannot be run in any state", name)
		}
	}
}
