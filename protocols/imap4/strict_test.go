package imap4_test

import (
	"errors"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

func TestStrict(t *testing.T) {
	for _, c := range []struct {
		name, line string
		ends       bool
	}{
		{"no response at all", "CAPABILITY completed.\r\n", true},
		{"two spaces in a list", "* LIST (\\HasNoChildren  \\X) \"/\" a\r\n", true},
		{"a space before the end of a list", "* LIST (\\HasNoChildren ) \"/\" a\r\n", true},
		{"FETCH with a value left out", "* 1 FETCH (UID 3 BODY[1] )\r\n", true},
		{"what is right", "* LIST (\\HasNoChildren) \"/\" a\r\n* 1 FETCH (UID 3 FLAGS (\\Seen))\r\n* 3 EXISTS\r\n* OK [UIDNEXT 5] ok\r\n", false},
		{"what is not known", "* XNEW (a \"b\" 3)\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				s := preauth(t, imap4.Options{Strict: strict})
				s.List("", "*").Handle(nil, func(error) {})
				s.server(c.line)
				s.closed(strict && c.ends)
				var syntax *imap4.SyntaxError
				if strict && c.ends && !errors.As(s.tr.Reason(), &syntax) {
					t.Errorf("reason: got %v, want *SyntaxError", s.tr.Reason())
				}
			}
		})
	}
}
