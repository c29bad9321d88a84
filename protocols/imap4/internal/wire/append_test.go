package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

var appends = []struct {
	name string
	put  func(dst []byte, s string) ([]byte, error)
	s    string
	want string // "!" and the reason if refused
}{
	{"AppendAtom", AppendAtom, "FLAGS", "FLAGS"},
	{"AppendAtom", AppendAtom, "a[b+=/.1", "a[b+=/.1"},
	{"AppendAtom", AppendAtom, "", "!is empty, an atom is not"},
	{"AppendAtom", AppendAtom, "a b", "!has a character that no atom has"},
	{"AppendAtom", AppendAtom, "a\r\nb", "!has a character that no atom has"},
	{"AppendAtom", AppendAtom, "a]", "!has a character that no atom has"},
	{"AppendAtom", AppendAtom, "caf\u00e9", "!has a character that no atom has"},
	{"AppendAtom", AppendAtom, "\x7f", "!has a character that no atom has"},
	{"AppendQuoted", AppendQuoted, "", `""`},
	{"AppendQuoted", AppendQuoted, `a"\b`, `"a\"\\b"`},
	{"AppendQuoted", AppendQuoted, "\t\x01\x7f", "\"\t\x01\x7f\""},
	{"AppendQuoted", AppendQuoted, "a\r", "!cannot be quoted: it has CR, LF, NUL or 8-bit characters"},
	{"AppendQuoted", AppendQuoted, "a\n", "!cannot be quoted: it has CR, LF, NUL or 8-bit characters"},
	{"AppendQuoted", AppendQuoted, "a\x00", "!cannot be quoted: it has CR, LF, NUL or 8-bit characters"},
	{"AppendQuoted", AppendQuoted, "\x80", "!cannot be quoted: it has CR, LF, NUL or 8-bit characters"},
	{"AppendAString", AppendAString, "foo]bar", "foo]bar"},
	{"AppendAString", AppendAString, "", `""`},
	{"AppendAString", AppendAString, "nil", `"nil"`},
	{"AppendAString", AppendAString, "nilly", "nilly"},
	{"AppendAString", AppendAString, "a b", `"a b"`},
	{"AppendAString", AppendAString, `a\b`, `"a\\b"`},
	{"AppendAString", AppendAString, "a%", `"a%"`},
	{"AppendAString", AppendAString, "caf\u00e9", "{5}\r\ncaf\u00e9"},
	{"AppendAString", AppendAString, "a\r\nb", "{4}\r\na\r\nb"},
	{"AppendAString", AppendAString, "a\x00", "!contains NUL"},
	{"AppendString", AppendString, "abc", `"abc"`},
	{"AppendString", AppendString, "\n", "{1}\r\n\n"},
	{"AppendString", AppendString, "\n\x00", "!contains NUL"},
	{"AppendMailbox", AppendMailbox, "inBox", "INBOX"},
	{"AppendMailbox", AppendMailbox, "INBOX/x", "INBOX/x"},
	{"AppendMailbox", AppendMailbox, "Entw\u00fcrfe & mehr", `"Entw&APw-rfe &- mehr"`},
	{"AppendMailbox", AppendMailbox, "a\r\nb", "a&AA0ACg-b"},
	{"AppendMailbox", AppendMailbox, "\xff", "!is no UTF-8"},
	{"AppendFlag", AppendFlag, `\Seen`, `\Seen`},
	{"AppendFlag", AppendFlag, `\*`, `\*`},
	{"AppendFlag", AppendFlag, "$Junk", "$Junk"},
	{"AppendFlag", AppendFlag, "", "!is no flag"},
	{"AppendFlag", AppendFlag, `\`, "!is no flag"},
	{"AppendFlag", AppendFlag, `\\x`, "!is no flag"},
	{"AppendFlag", AppendFlag, "a b", "!is no flag"},
	{"literal", func(dst []byte, s string) ([]byte, error) { return AppendLiteral(dst, s, false), nil }, "a\x00b", "{3}\r\na\x00b"},
	{"literal+", func(dst []byte, s string) ([]byte, error) { return AppendLiteral(dst, s, true), nil }, "", "{0+}\r\n"},
	{"AppendNString", func(dst []byte, s string) ([]byte, error) { return AppendNString(dst, s, true) }, "NIL", `"NIL"`},
	{"AppendNString", func(dst []byte, s string) ([]byte, error) { return AppendNString(dst, s, false) }, "x", "NIL"},
	{"AppendNumber", func(dst []byte, s string) ([]byte, error) { return AppendNumber(dst, 1<<64-1), nil }, "", "18446744073709551615"},

	{"AppendContinuation", AppendContinuation, "", "+ \r\n"},
	{"AppendContinuation", AppendContinuation, "VXNlcg==", "+ VXNlcg==\r\n"},
	{"AppendContinuation", AppendContinuation, "a\r\n* BYE", "!the text has CR, LF or NUL"},
	{"untagged", untagged("OK", ""), "ready", "* OK ready\r\n"},
	{"untagged", untagged("BYE", ""), "bye", "* BYE bye\r\n"},
	{"untagged", untagged("ok", "UIDNEXT 5"), "next", "* ok [UIDNEXT 5] next\r\n"},
	{"untagged", untagged("OK", `PERMANENTFLAGS (\* kw[1] a]b)`), "x", "* OK [PERMANENTFLAGS (\\* kw[1] a]b)] x\r\n"},
	{"untagged", untagged("EXISTS", ""), "x", "!is no status word"},
	{"untagged", untagged("", ""), "x", "!is no status word"},
	{"untagged", untagged("OK", ""), "", "!the text is empty"},
	{"untagged", untagged("OK", ""), " ", "!the text is empty"},
	{"untagged", untagged("OK", ""), "a\nb", "!the text has CR, LF or NUL"},
	{"untagged", untagged("OK", ""), "a\rb", "!the text has CR, LF or NUL"},
	{"untagged", untagged("OK", ""), "a\x00b", "!the text has CR, LF or NUL"},
	{"untagged", untagged("OK", ""), " [X] y", "!the text begins like a response code"},
	{"untagged", untagged("OK", "X"), "[Gmail]", "* OK [X] [Gmail]\r\n"},
	{"untagged", untagged("OK", "X] y"), "z", "!is no response code"},
	{"untagged", untagged("OK", "X (a"), "z", "* OK [X (a] z\r\n"},
	{"untagged", untagged("OK", `X "a`), "z", "!is no response code"},
	{"untagged", untagged("OK", " X"), "z", "!is no response code"},
	{"untagged", untagged("OK", "(X)"), "z", "!is no response code"},
	{"untagged", untagged("OK", "X\r\nY"), "z", "!is no response code"},
	{"tagged", tagged("A1", "NO", "ALERT"), "x", "A1 NO [ALERT] x\r\n"},
	{"tagged", tagged("A1", "BAD", ""), "x", "A1 BAD x\r\n"},
	{"tagged", tagged("A1", "BYE", ""), "x", "!is no status word"},
	{"tagged", tagged("", "OK", ""), "x", "!the tag is none"},
	{"tagged", tagged("A+", "OK", ""), "x", "!the tag is none"},
	{"tagged", tagged("*", "OK", ""), "x", "!the tag is none"},
	{"tagged", tagged("A1\r\n*", "OK", ""), "x", "!the tag is none"},
	{"tagged", tagged("A1", "OK", ""), "", "!the text is empty"},
}

func untagged(status, code string) func(dst []byte, s string) ([]byte, error) {
	return func(dst []byte, s string) ([]byte, error) { return AppendUntagged(dst, status, code, s) }
}

func tagged(tag, status, code string) func(dst []byte, s string) ([]byte, error) {
	return func(dst []byte, s string) ([]byte, error) { return AppendTagged(dst, tag, status, code, s) }
}

func TestAppend(t *testing.T) {
	for _, tt := range appends {
		t.Run(fmt.Sprintf("%s %q", tt.name, tt.s), func(t *testing.T) {
			got, err := tt.put([]byte("before"), tt.s)
			if reason, refused := strings.CutPrefix(tt.want, "!"); refused {
				var bad *ArgumentError
				if !errors.As(err, &bad) || bad.Reason != reason || string(got) != "before" {
					t.Fatalf("got %q, %v, want the buffer as it was and %q", got, err, reason)
				}
				if want := "imap4: bad argument: " + reason; err.Error() != want {
					t.Errorf("text: got %q, want %q", err, want)
				}
				return
			}
			if want := "before" + tt.want; string(got) != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}
