package imap4_test

import (
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestNamespace(t *testing.T) {
	one := func(prefix, delimiter string) imap4.Namespace {
		return imap4.Namespace{Prefix: prefix, Delimiter: delimiter}
	}
	for _, test := range []struct {
		name, server string
		want         imap4.Namespaces
	}{
		{"N01 no space between", `(("INBOX." ".")) NIL (("#shared." ".")("shared." "."))`, imap4.Namespaces{
			Personal: []imap4.Namespace{one("INBOX.", ".")}, Shared: []imap4.Namespace{one("#shared.", "."), one("shared.", ".")},
		}},
		{"N02 no delimiter, and an extension", `(("" NIL)) NIL (("#mh/" "/" "X-PARAM" ("F1" "F2")))`, imap4.Namespaces{
			Personal: []imap4.Namespace{one("", "")},
			Shared:   []imap4.Namespace{{Prefix: "#mh/", Delimiter: "/", Extensions: []imap4.NamespaceExtension{{Name: "X-PARAM", Values: []string{"F1", "F2"}}}}},
		}},
		{"others' in UTF-7", `NIL (("~&AOk-/" "/")) NIL`, imap4.Namespaces{Other: []imap4.Namespace{one("~é/", "/")}}},
		{"empty lists", `() (()) NIL`, imap4.Namespaces{}},
		{"two kinds only", `(("" "/")) NIL`, imap4.Namespaces{}},
		{"broken", `(("" "/") NIL NIL`, imap4.Namespaces{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
				s := authenticated(t, "NAMESPACE")
				d := s.Namespace()
				s.wrote("A1 NAMESPACE\r\n")
				s.serverCut("* NAMESPACE "+test.server+"\r\nA1 OK done\r\n", cut)
				wantEqual(t, "Namespaces", got(t, d), test.want)
			}
		})
	}
	t.Run("not offered", func(t *testing.T) {
		s := authenticated(t, "")
		refusedUnsent(t, s, s.Namespace(), new(*imap4.UnsupportedError))
	})
	t.Run("refused, and lost", func(t *testing.T) {
		e := boxExchange{
			caps: "NAMESPACE", issue: func(u *user) { noted(u, "it", u.Namespace()) }, sent: "A2 NAMESPACE\r\n",
			server: "A2 NO never\r\n", want: []string{`it failed: imap4: NAMESPACE: the server said NO "never"`},
		}
		e.run(t)
		e.everyEnd(t)
	})
}
