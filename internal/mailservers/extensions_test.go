package mailservers

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// testExtensions lets a server do what it offers only with the right configuration.
func testExtensions(t *testing.T, server *Server, exchanges []exchange) {
	user := server.NewUser(t)
	c := mustOpen(t, server, implicitTLS)
	if err := c.logIn(user); err != nil {
		t.Fatal(err)
	}
	for _, e := range exchanges {
		if got := strings.Join(mustCommand(t, c, e.command), "\n"); !strings.Contains(got, e.want) {
			t.Errorf("%s: got %q, want %q in it", e.command, got, e.want)
		}
	}
}

// exchange is a command that must succeed, and a part of the answer.
type exchange struct{ command, want string }

var dovecotExchanges = []exchange{
	{`NAMESPACE`, `("Shared." ".")`},
	{`LIST "" "*"`, `Public.Board`},
	{`LIST "" "*" RETURN (SPECIAL-USE)`, `\Junk`},
	{`GETACL INBOX`, "* ACL"},
	{`SETACL Sent user1 lr`, ""},
	{`GETACL Sent`, "user1"},
	{`GETQUOTAROOT INBOX`, "STORAGE 0 1048576"},
	{`SETMETADATA INBOX (/private/comment "mine")`, ""},
	{`GETMETADATA INBOX /private/comment`, "mine"},
	{`SETMETADATA "" (/private/vendor/tconn "all")`, ""},
	{`SELECT Public.Board`, `\*)] Flags permitted`},
	{`NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))`, "* STATUS"},
	{`COMPRESS DEFLATE`, ""},
}

var cyrusExchanges = []exchange{
	{`NAMESPACE`, `(("" "/"))`},
	{`LIST "" "*" RETURN (SPECIAL-USE)`, "unk"},
	{`GETACL INBOX`, "* ACL"},
	{`SETACL Sent user1 lr`, ""},
	{`GETQUOTAROOT INBOX`, "STORAGE 0 1048576"},
	{`SETMETADATA INBOX (/private/comment "mine")`, ""},
	{`GETMETADATA INBOX /private/comment`, "mine"},
	{`STATUS INBOX (MAILBOXID)`, "MAILBOXID ("},
	{`COMPRESS DEFLATE`, ""},
}

var courierExchanges = []exchange{
	{`NAMESPACE`, `(("INBOX." "."))`},
	{`GETACL INBOX`, "* ACL"},
	{`GETQUOTAROOT INBOX`, "* QUOTAROOT"},
	{`ENABLE UTF8=ACCEPT`, ""},
}

var twistedExchanges = []exchange{
	{`NAMESPACE`, `(("" "/"))`},
	{`LIST "" "*"`, `"ARCHIVE"`},
}

func testTokens(t *testing.T, server *Server) {
	user := server.NewUser(t)
	for _, c := range []struct {
		name  string
		token string
		good  bool
	}{
		{"good", server.Token(t, user.Name, time.Now().Add(time.Hour)), true},
		{"expired", server.Token(t, user.Name, time.Now().Add(-time.Hour)), false},
		{"of somebody else", server.Token(t, "user1", time.Now().Add(time.Hour)), false},
	} {
		response := base64.StdEncoding.EncodeToString([]byte("user=" + user.Name + "\x01auth=Bearer " + c.token + "\x01\x01"))
		s := mustOpen(t, server, implicitTLS)
		_, err := s.command("AUTHENTICATE XOAUTH2 "+response, "")
		if (err == nil) != c.good {
			t.Errorf("token %s: got %v, want good = %v", c.name, err, c.good)
		}
	}
}

func testAdministrator(t *testing.T, server *Server) {
	user := server.NewUser(t)
	server.Fill(t, user, "INBOX", Mail(0))
	c := mustOpen(t, server, implicitTLS)
	if err := c.logIn(CyrusAdmin); err != nil {
		t.Fatal(err)
	}
	mustCommand(t, c, "SETQUOTA user/"+user.Name+" (STORAGE 7)")
	if got := strings.Join(mustCommand(t, c, "GETQUOTA user/"+user.Name), "\n"); !strings.Contains(got, " 7)") {
		t.Errorf("GETQUOTA: got %q, want the limit 7 in it", got)
	}
}
