package imap4_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tconn/tconn/protocols/imap4"
)

func TestDecodeParts(t *testing.T) {
	cut := errors.New("cut off")
	for _, tt := range []struct {
		name, encoding, text, want string
		fails                      bool
	}{
		{"base64", "base64", "aGVsbG8gd29y\r\nbGQ=\r\n", "hello world", false},
		{"base64 without padding", "BASE64 ", "aGVsbG8gd29ybGQ", "hello world", false},
		{"base64 with two", "base64", "aGVsbA==", "hell", false},
		{"base64 with a list's footer", "base64", "aGVsbG8gd29ybGQ=\r\n____\r\nlist@example.org\r\n", "hello world", false},
		{"base64 with spaces and strange bytes", "base64", " aG Vs\tbG8\xa0gd29y!!bG\r\n\r\nQ=", "hello world", false},
		{"long base64", "base64", strings.Repeat("YWJj\r\n", 5000), strings.Repeat("abc", 5000), false},
		{"nothing in base64", "base64", "\r\n", "", false},
		{"base64 that is cut in a letter", "base64", "aGVsb", "hel", true},
		{"quoted-printable", "quoted-printable", "Gr=C3=BC=\r\n=C3=9Fe\r\n", "Grüße\r\n", false},
		{"quoted-printable that is broken", "quoted-printable", "a=ZZ", "a=ZZ", false},
		{"quoted-printable with a long line", "quoted-printable", strings.Repeat("x", 10_000) + "=20\r\n" + strings.Repeat(" ", 3000) + ".", strings.Repeat("x", 10_000) + " \r\n" + strings.Repeat(" ", 3000) + ".", false},
		{"quoted-printable with other octets", "quoted-printable", "a\x0cb\x1b[1mc\x00d\xe9=\re = =4=f\r\n=3d=7e", "a\x0cb\x1b[1mc\x00d\xe9=\re = =4=f\r\n=~", false},
		{"quoted-printable with space at ends of lines", "quoted-printable", "a \t\r\n \t\nb =20 \r\n c\td\r e= \t\r\n f=\n g  ", "a\r\n\nb  \r\n c\td\r e f g", false},
		{"quoted-printable that ends in a soft line end", "quoted-printable", "a=\r\n=", "a", false},
		{"quoted-printable that is cut", "quoted-printable", "a=C3=B", "a\xc3=B", false},
		{"nothing in quoted-printable", "quoted-printable", "", "", false},
		{"8bit", "8bit", "Grüße=20\r\n", "Grüße=20\r\n", false},
		{"none", "", "a=20", "a=20", false},
		{"unknown", "x-uuencode", "a=20", "a=20", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			part := &imap4.BodyStructure{Encoding: tt.encoding}
			for how, r := range map[string]io.Reader{
				"at once": strings.NewReader(tt.text), "bytewise": iotest.OneByteReader(strings.NewReader(tt.text)),
				"with the end": iotest.DataErrReader(strings.NewReader(tt.text)),
			} {
				got, err := io.ReadAll(part.Decode(r))
				if string(got) != tt.want || (err != nil) != tt.fails {
					t.Errorf("%s: got %q, %v; want %q, an error: %v", how, got, err, tt.want, tt.fails)
				}
			}
			broken := io.MultiReader(strings.NewReader("YWJj"), iotest.ErrReader(cut))
			if _, err := io.ReadAll(part.Decode(broken)); !errors.Is(err, cut) {
				t.Errorf("a reader that fails: got %v, want %v", err, cut)
			}
		})
	}
}
