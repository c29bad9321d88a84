package integration

import (
	"strings"
	"testing"
)

// expectedLines is what the program prints for a CAPABILITY line, written down a second time and in another way than the
// program does it: the names in the order of their first appearance; None for a name that occurs once and without "=", else the
// list of what stands behind the first "=" of each, with None for those that have none.
func expectedLines(capability string) string {
	words := strings.Fields(strings.TrimPrefix(capability, "* CAPABILITY "))
	values := map[string][]string{}
	var names []string
	for _, word := range words {
		name, value := word, "None"
		if i := strings.Index(word, "="); i >= 0 {
			name, value = word[:i], "'"+word[i+1:]+"'"
		}
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], value)
	}
	lines := ""
	for _, name := range names {
		value := "[" + strings.Join(values[name], ", ") + "]"
		if value == "[None]" {
			value = "None"
		}
		lines += name + ": " + value + "\n"
	}
	return lines
}

func TestExpectedLines(t *testing.T) {
	tests := []struct{ capability, want string }{
		{"* CAPABILITY IMAP4rev1 IDLE", "IMAP4rev1: None\nIDLE: None\n"},
		{"* CAPABILITY AUTH=PLAIN IDLE AUTH=LOGIN", "AUTH: ['PLAIN', 'LOGIN']\nIDLE: None\n"},
		{"* CAPABILITY SORT SORT=DISPLAY", "SORT: [None, 'DISPLAY']\n"},
		{"* CAPABILITY X X", "X: [None, None]\n"},
		{"* CAPABILITY X=Y=Z THREAD=REFS", "X: ['Y=Z']\nTHREAD: ['REFS']\n"},
	}
	for _, tt := range tests {
		if got := expectedLines(tt.capability); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.capability, got, tt.want)
		}
	}
}
