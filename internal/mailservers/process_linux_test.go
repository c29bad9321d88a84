package mailservers

import "testing"

func TestInGroup(t *testing.T) {
	for _, c := range []struct {
		stat string
		want bool
	}{
		{"7 (imap-login) S 6 42 42 0", true},
		{"7 (a ) 1 42) S 6 42 42 0", true},
		{"7 (imap-login) Z 6 42 42 0", false},
		{"7 (imap-login) S 42 6 6 0", false},
		{"", false},
	} {
		if got := inGroup(c.stat, 42); got != c.want {
			t.Errorf("inGroup(%q): got %v, want %v", c.stat, got, c.want)
		}
	}
}
