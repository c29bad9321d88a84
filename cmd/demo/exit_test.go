package main

import (
	"strings"
	"testing"
)

// What comes from a server or a certificate reaches the terminal through safe.
func TestSafe(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "no such host: exämple", "no such host: exämple"},
		{"escape sequence", "\x1b[31mred", `\u001b[31mred`},
		{"line end", "a\r\nb", `a\u000d\u000ab`},
		{"C1 control", "\u009b31m", `\u009b31m`},
		{"right to left", "\u202eabc", `\u202eabc`},
		{"no UTF-8", "a\x9b\xff", `a\x9b\xff`},
		{"replacement character", "\ufffd", "\ufffd"},
		{"very long", strings.Repeat("x", maxShown+1), strings.Repeat("x", maxShown) + "..."},
		{"just not too long", strings.Repeat("x", maxShown), strings.Repeat("x", maxShown)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := safe(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
