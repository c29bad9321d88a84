package imap4

import (
	"fmt"
	"strings"
	"testing"
)

// structure reads one BODYSTRUCTURE.
func structure(t testing.TB, text string) *BodyStructure {
	t.Helper()
	f := fetch(t, "* 1 FETCH (BODYSTRUCTURE "+text+")\r\n")[0]
	if f.err != nil || f.msg.BodyStructure == nil {
		t.Fatalf("%s: %v", text, f.err)
	}
	return f.msg.BodyStructure
}

const (
	textPart  = `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 10 1)`
	imagePart = `("IMAGE" "PNG" NIL NIL NIL "BASE64" 99)`
	noNames   = `(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)`
)

func message(body string) string {
	return `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 ` + noNames + " " + body + " 3)"
}

// The numbers are those of the example in RFC 9051 section 6.4.5.
func TestWalk(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"one part", textPart, "1:text/plain"},
		{"multipart", "(" + textPart + imagePart + ` "MIXED")`, ":multipart/mixed 1:text/plain 2:image/png"},
		{"multipart in multipart", "(" + textPart + "(" + textPart + imagePart + ` "RELATED")` + imagePart + ` "MIXED")`,
			":multipart/mixed 1:text/plain 2:multipart/related 2.1:text/plain 2.2:image/png 3:image/png"},
		{"message with one part", "(" + textPart + message(textPart) + ` "MIXED")`, ":multipart/mixed 1:text/plain 2:message/rfc822 2.1:text/plain"},
		{"message with a multipart", "(" + textPart + message("("+textPart+imagePart+` "MIXED")`) + ` "MIXED")`,
			":multipart/mixed 1:text/plain 2:message/rfc822 2:multipart/mixed 2.1:text/plain 2.2:image/png"},
		{"message as the only part", message(textPart), "1:message/rfc822 1.1:text/plain"},
		{"message in message", message(message(imagePart)), "1:message/rfc822 1.1:message/rfc822 1.1.1:image/png"},
	} {
		root := structure(t, c.text)
		var got []string
		root.Walk(func(path []int, part *BodyStructure) bool {
			got = append(got, pathString(path)+":"+part.Type+"/"+part.Subtype)
			found := root.Part(path...)
			if embedded := found != nil && found.Body == part; found != part && !embedded {
				t.Errorf("%s: Part(%v) is not what Walk shows", c.name, path)
			}
			return true
		})
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, text, c.want)
		}
		for _, none := range [][]int{{9}, {0}, {-1}, {1, 9}, {2, 9}, {1, 1, 1, 1, 1}} {
			if part := root.Part(none...); part != nil {
				t.Errorf("%s: Part(%v): got %s/%s, want none", c.name, none, part.Type, part.Subtype)
			}
		}
	}
}

func pathString(path []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(path), " ", "."), "[]")
}

func TestWalkLeavesOut(t *testing.T) {
	root := structure(t, "(("+textPart+` "ALTERNATIVE")`+imagePart+` "MIXED")`)
	got := ""
	root.Walk(func(path []int, part *BodyStructure) bool {
		got += part.Subtype + " "
		return part.Subtype != "alternative"
	})
	if want := "mixed alternative png "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFilename(t *testing.T) {
	for _, c := range []struct{ params, disposition, want string }{
		{`NIL`, `NIL`, ""},
		{`("NAME" "a.pdf")`, `NIL`, "a.pdf"},
		{`("NAME" "a.pdf")`, `("attachment" ("FileName" "b.pdf"))`, "b.pdf"},
		{`NIL`, `("attachment" ("filename" "=?utf-8?q?caf=C3=A9.pdf?="))`, "caf\u00e9.pdf"},
		{`NIL`, `("attachment" ("filename*" "utf-8'en'caf%C3%A9%20.pdf"))`, "caf\u00e9 .pdf"},
		{`NIL`, `("attachment" ("filename*" "iso-8859-1''caf%E9.pdf"))`, "caf\u00e9.pdf"},
		{`NIL`, `("attachment" ("filename*" "no-quotes%41%zz%4"))`, "no-quotesA%zz%4"},
		{`NIL`, `("attachment" ("filename*0" "long " "filename*1" "name" "filename*2" ".pdf"))`, "long name.pdf"},
		{`NIL`, `("attachment" ("filename*0*" "utf-8''caf%C3%A9" "filename*1" " 100%41" "filename*2*" "%21"))`, "caf\u00e9 100%41!"},
		{`NIL`, `("attachment" ("filename*1" "never"))`, ""},
	} {
		b := structure(t, fmt.Sprintf(`("APPLICATION" "PDF" %s NIL NIL "BASE64" 1 NIL %s)`, c.params, c.disposition))
		if got := b.Filename(); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.params, c.disposition, got, c.want)
		}
	}
}

// Structures beside the vectors that servers get wrong, or may make of an odd message.
func TestOddStructures(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"NIL", "NIL", "1 uid=7"},
		{"empty", "()", "1 uid=7 [multipart/mixed]"},
		{"multipart without a subtype", "(" + imagePart + ")", `1 uid=7 [multipart/mixed [image/png enc="base64" 99/0]]`},
		{"lines of an image", `("IMAGE" "PNG" NIL NIL NIL "BASE64" 99 4 "md5" NIL NIL NIL)`, `1 uid=7 [image/png enc="base64" md5="md5" 99/4]`},
		{"text without lines", `("TEXT" "PLAIN" NIL NIL NIL "7BIT" 99 NIL NIL ("inline" NIL) NIL NIL)`, `1 uid=7 [text/plain enc="7bit" 99/0 inline]`},
		{"no MD5", `("IMAGE" "PNG" NIL NIL NIL "BASE64" 99 ("inline" NIL) NIL NIL)`, `1 uid=7 [image/png enc="base64" 99/0 inline]`},
		{"no size", `("IMAGE" "PNG" NIL NIL NIL "BASE64" NIL)`, `1 uid=7 [image/png enc="base64"]`},
		{"ends with the type", `("IMAGE" "PNG")`, "1 uid=7 [image/png]"},
		{"a string for parameters", `("IMAGE" "PNG" "charset" NIL NIL "BASE64" 99)`, `1 uid=7 [image/png enc="base64" 99/0]`},
		{"a parameter without a value", `("IMAGE" "PNG" ("name") NIL NIL "BASE64" 99)`, `1 uid=7 [image/png name="" enc="base64" 99/0]`},
		{"a size like 9.9e+01", `("IMAGE" "PNG" NIL NIL NIL "BASE64" 9.9e+01)`, `1 uid=7 [image/png enc="base64" 99/0]`},
		{"a huge size", `("IMAGE" "PNG" NIL NIL NIL "BASE64" 18446744073709551615)`, `1 uid=7 [image/png enc="base64" 9223372036854775807/0]`},
		{"message without a body", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 ` + noNames + ` NIL 3)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/3 env("" "" id "")]`},
		{"message without an envelope", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ` + textPart + ` 3 "md5" ("inline" NIL) NIL NIL)`,
			`1 uid=7 [message/rfc822 enc="7bit" md5="md5" 50/3 inline [text/plain enc="7bit" 10/1]]`},
		{"message without an envelope, with a multipart", `("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 50 nil(` + imagePart + ` "MIXED") 3)`,
			`1 uid=7 [message/global enc="7bit" 50/3 [multipart/mixed [image/png enc="base64" 99/0]]]`},
		{"message without an envelope and lines", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ` + imagePart + ` NIL ("inline" NIL) NIL NIL)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/0 inline [image/png enc="base64" 99/0]]`},
		{"message without an envelope, with a multipart without parts", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ("ALTERNATIVE" ("BOUNDARY" "x")) 3)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/3 [multipart/alternative boundary="x"]]`},
		{"messages without envelopes in one another", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 40 NIL ` + textPart + ` 2) 3)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/3 [message/rfc822 enc="7bit" 40/2 [text/plain enc="7bit" 10/1]]]`},
		{"message without an envelope and a body", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL NIL 3 NIL ("inline" NIL) NIL NIL)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/3 inline]`},
		{"message with nothing but a disposition", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ("attachment" ("filename" "x")) NIL NIL)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/0 attachment filename="x"]`},
		{"message with nothing but a disposition without parameters", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ("attachment" NIL) ("en" "de") NIL)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/0 attachment lang=["en" "de"]]`},
		{"message with nothing but a language", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL NIL "en" NIL)`,
			`1 uid=7 [message/rfc822 enc="7bit" 50/0 lang=["en"]]`},
		{"message without an envelope that is broken", `("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 50 NIL ("TEXT" "PLAIN" NIL NIL NIL "7BIT" many) 3)`,
			"1 uid=7 !*wire.SyntaxError"},
		{"a word for a size", `("IMAGE" "PNG" NIL NIL NIL "BASE64" many)`, "1 uid=7 !*wire.SyntaxError"},
		{"no list", `"IMAGE"`, "1 uid=7 !*wire.SyntaxError"},
		{"too deep", strings.Repeat("(", 200) + strings.Repeat(")", 200), "1 !*wire.LimitError"},
		{"not closed", `("IMAGE" "PNG" NIL`, "1 !*wire.SyntaxError"},
	} {
		got := fetch(t, "* 1 FETCH (BODYSTRUCTURE "+c.body+" UID 7)\r\n")
		if len(got) != 1 && c.name == "not closed" { // the scanner waits for the rest
			continue
		}
		if text := got[0].show(); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, text, c.want)
		}
	}
}

func TestBodyStructureIsPreferredToBody(t *testing.T) {
	for _, input := range []string{
		"* 1 FETCH (BODY " + textPart + " BODYSTRUCTURE " + imagePart + ")\r\n",
		"* 1 FETCH (BODYSTRUCTURE " + imagePart + " BODY " + textPart + ")\r\n",
	} {
		m := fetch(t, input)[0].msg
		if !m.Has(ItemBody|ItemBodyStructure) || m.BodyStructure.Type != "image" {
			t.Errorf("%s: got %v, %s", input, m.Items(), m.BodyStructure.Type)
		}
	}
}
