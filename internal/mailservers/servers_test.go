package mailservers

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const deadline = time.Minute

// promises are what tests elsewhere take for granted of each server.
var promises = []struct {
	product *product
	before  string // capabilities before login, on the plain port
	after   string // capabilities after login, under TLS
	pop3    string // capabilities of POP3, on the plain port
	does    []exchange
}{
	{
		dovecot,
		"IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 " +
			"AUTH=XOAUTH2 AUTH=OAUTHBEARER",
		"IMAP4rev1 SORT SORT=DISPLAY THREAD=REFERENCES THREAD=ORDEREDSUBJECT MULTIAPPEND CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS LIST-EXTENDED CONDSTORE " +
			"QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY METADATA SPECIAL-USE " +
			"COMPRESS=DEFLATE QUOTA ACL",
		"TOP UIDL RESP-CODES PIPELINING AUTH-RESP-CODE STLS USER SASL",
		dovecotExchanges,
	},
	{
		cyrus,
		"IMAP4rev1 LITERAL+ ID ENABLE IDLE STARTTLS SASL-IR AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256",
		"IMAP4rev1 ACL BINARY CATENATE CHILDREN CONDSTORE CREATE-SPECIAL-USE ESEARCH ESORT LIST-EXTENDED LIST-MYRIGHTS LIST-STATUS MAILBOX-REFERRALS METADATA MOVE " +
			"MULTIAPPEND NAMESPACE OBJECTID PREVIEW QRESYNC QUOTA SAVEDATE SORT SORT=DISPLAY SPECIAL-USE STATUS=SIZE THREAD=ORDEREDSUBJECT THREAD=REFERENCES UIDPLUS " +
			"UNSELECT WITHIN LIST-METADATA XLIST COMPRESS=DEFLATE APPENDLIMIT=4294967295 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256-PLUS",
		"TOP UIDL RESP-CODES PIPELINING AUTH-RESP-CODE STLS USER SASL",
		cyrusExchanges,
	},
	{
		courier,
		"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE ACL ENABLE UTF8=ACCEPT STARTTLS",
		"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE ACL ENABLE UTF8=ACCEPT AUTH=PLAIN",
		"TOP UIDL PIPELINING STLS USER",
		courierExchanges,
	},
	{
		twisted,
		"IMAP4rev1 NAMESPACE IDLE STARTTLS LOGINDISABLED AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5",
		"IMAP4rev1 NAMESPACE IDLE",
		"TOP UIDL USER IMPLEMENTATION EXPIRE LOGIN-DELAY SASL CRAM-MD5",
		twistedExchanges,
	},
}

func TestServers(t *testing.T) {
	for _, promise := range promises {
		t.Run(promise.product.name, func(t *testing.T) {
			t.Parallel()
			var server *Server
			t.Run("running", func(t *testing.T) {
				server = promise.product.share(t)
				if again := promise.product.share(t); again.IMAPPort != server.IMAPPort {
					t.Errorf("second call: got port %d, want that of the same server, %d", again.IMAPPort, server.IMAPPort)
				}
				t.Run("logs in", func(t *testing.T) { testLogins(t, server) })
				t.Run("logs in while users are made", func(t *testing.T) { testNewUsers(t, server) })
				t.Run("capabilities", func(t *testing.T) { testCapabilities(t, server, promise.before, promise.after) })
				t.Run("extensions", func(t *testing.T) { testExtensions(t, server, promise.does) })
				switch promise.product {
				case dovecot:
					t.Run("tokens", func(t *testing.T) { testTokens(t, server) })
				case cyrus:
					t.Run("administrator", func(t *testing.T) { testAdministrator(t, server) })
				}
				t.Run("is filled", func(t *testing.T) { testFill(t, server) })
				t.Run("is filled with quirks", func(t *testing.T) { testQuirks(t, server) })
				t.Run("is filled by files", func(t *testing.T) { testFillMaildir(t, server) })
				t.Run("POP3", func(t *testing.T) { testPOP3(t, server, promise.pop3) })
			})
			if server == nil {
				t.Skip("no server")
			}
			wantGone(t, server)
		})
	}
}

func wantGone(t *testing.T, server *Server) {
	t.Helper()
	i := server.instance
	if groupLives(i.pid) {
		t.Errorf("processes of group %d: got some, want none after the last test", i.pid)
	}
	if left := processesWith(i.dir); len(left) > 0 {
		t.Errorf("processes that name the directory: got %q, want none after the last test", left)
	}
	if _, err := os.Stat(i.dir); !os.IsNotExist(err) {
		t.Errorf("stat of the directory afterwards: got %v, want it gone", err)
	}
	for _, addr := range []string{server.IMAPAddr(), server.IMAPSAddr(), server.POP3Addr(), server.POP3SAddr()} {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			t.Errorf("dial %s afterwards: got a connection, want it refused", addr)
		}
	}
}

// processesWith answers the command lines that hold a text.
func processesWith(text string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if line, err := os.ReadFile(file); err == nil && strings.Contains(string(line), text) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func testLogins(t *testing.T, server *Server) {
	for name, how := range map[string]security{"plain": plain, "STARTTLS": startTLS, "TLS": implicitTLS} {
		t.Run(name, func(t *testing.T) {
			for _, u := range []User{server.Users[0], server.Users[sharedUsers], server.NewUser(t)} {
				c := mustOpen(t, server, how)
				if err := c.logIn(u); err != nil {
					t.Fatalf("login of %s: got %v, want none", u.Name, err)
				}
				if lines := mustCommand(t, c, "SELECT INBOX"); !slices.Contains(lines, "* 0 EXISTS") {
					t.Errorf("SELECT INBOX of %s: got %q, want * 0 EXISTS among it", u.Name, lines)
				}
				if err := c.close(); err != nil {
					t.Errorf("LOGOUT: got %v, want none", err)
				}
			}
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		if server.Product == courier.name {
			t.Skip("Courier answers it after 5 s")
		}
		c := mustOpen(t, server, implicitTLS)
		if err := c.logIn(User{"test", "wrong"}); err == nil {
			t.Error("got no error, want one")
		}
	})
}

// testNewUsers makes users side by side: each can log in as soon as it is made, and so can those before it all the time.
func testNewUsers(t *testing.T, server *Server) {
	for maker := range 4 {
		t.Run(fmt.Sprint(maker), func(t *testing.T) {
			t.Parallel()
			for range 10 {
				made := server.NewUser(t)
				for _, u := range []User{made, server.Users[sharedUsers]} {
					if err := logsIn(server, u); err != nil {
						t.Errorf("login of %s behind the making of %s: got %v, want none", u.Name, made.Name, err)
					}
				}
			}
		})
	}
}

func logsIn(server *Server, u User) error {
	c, err := server.open(implicitTLS)
	if err != nil {
		return err
	}
	defer c.conn.Close()
	return c.logIn(u)
}

func mustOpen(t *testing.T, server *Server, how security) *session {
	t.Helper()
	c, err := server.open(how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.conn.Close() })
	return c
}

func mustCommand(t *testing.T, c *session, text string) []string {
	t.Helper()
	lines, err := c.command(text)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func testCapabilities(t *testing.T, server *Server, before, after string) {
	c := mustOpen(t, server, plain)
	wantCapabilities(t, c, "before login", before)
	c = mustOpen(t, server, implicitTLS)
	if err := c.logIn(server.Users[1]); err != nil {
		t.Fatal(err)
	}
	wantCapabilities(t, c, "after login", after)
}

func wantCapabilities(t *testing.T, c *session, when, wanted string) {
	t.Helper()
	got, err := c.capabilities()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range strings.Fields(wanted) {
		if !slices.Contains(got, want) {
			t.Errorf("%s: got %q, want %s among them", when, got, want)
		}
	}
}

// testFill compares what comes back of a mailbox that was filled.
func testFill(t *testing.T, server *Server) {
	user, mails := server.NewUser(t), Mails(appendWindow+2)
	box := server.Mailbox("Filled")
	server.Fill(t, user, box, mails...)
	server.Fill(t, user, "INBOX", Mail(0))
	wantMessages(t, server, user, box, mails)
	wantMessages(t, server, user, "INBOX", Mails(1))
}

// testQuirks wants only that all are there: servers change such messages, each in its own way.
func testQuirks(t *testing.T, server *Server) {
	user, quirks := server.NewUser(t), server.Quirks()
	server.Fill(t, user, "INBOX", quirks...)
	c := mustOpen(t, server, implicitTLS)
	if err := c.logIn(user); err != nil {
		t.Fatal(err)
	}
	lines := mustCommand(t, c, "SELECT INBOX")
	if want := fmt.Sprintf("* %d EXISTS", len(quirks)); !slices.Contains(lines, want) {
		t.Errorf("got %q, want %s", lines, want)
	}
}

func testFillMaildir(t *testing.T, server *Server) {
	if server.instance.product.maildir == nil {
		t.Skip(server.Product + " keeps mail in another way")
	}
	user, mails := server.NewUser(t), Mails(12)
	box := server.Mailbox("Work", "2024")
	server.FillMaildir(t, user, box, mails...)
	server.FillMaildir(t, user, "INBOX", mails[:3]...)
	wantMessages(t, server, user, box, mails)
	wantMessages(t, server, user, "INBOX", mails[:3])
}

func wantMessages(t *testing.T, server *Server, user User, box string, want []Message) {
	t.Helper()
	c := mustOpen(t, server, implicitTLS)
	if err := c.logIn(user); err != nil {
		t.Fatal(err)
	}
	lines := mustCommand(t, c, "SELECT "+quoted(box))
	if exists := fmt.Sprintf("* %d EXISTS", len(want)); !slices.Contains(lines, exists) {
		t.Fatalf("%s: got %q, want %s", box, lines, exists)
	}
	for n, m := range want {
		got := strings.Join(mustCommand(t, c, fmt.Sprintf("FETCH %d (FLAGS BODY.PEEK[])", n+1)), "\r\n")
		if !strings.Contains(got, string(m.Raw)) {
			t.Errorf("message %d of %s, %s: got %q, want %q in it", n, box, m.Name, got, m.Raw)
		}
		if seen := strings.Contains(got, `\Seen`); seen != slices.Contains(m.Flags, `\Seen`) {
			t.Errorf("message %d of %s: got \\Seen %v, want flags %q", n, box, seen, m.Flags)
		}
	}
}

func testPOP3(t *testing.T, server *Server, wanted string) {
	if server.POP3Port == 0 {
		absent(t, server.Name+" is installed without its POP3 part")
	}
	user := server.NewUser(t)
	server.Fill(t, user, "INBOX", Mails(2)...)
	c, err := net.Dial("tcp", server.POP3Addr())
	if err != nil {
		t.Fatal(err)
	}
	in := wantPOP3(t, c)
	words := strings.Fields(strings.Join(pop3Lines(t, c, in, "CAPA"), " "))
	for _, want := range strings.Fields(wanted) {
		if !slices.Contains(words, want) {
			t.Errorf("CAPA: got %q, want %s among it", words, want)
		}
	}
	secure, err := tls.Dial("tcp", server.POP3SAddr(), &tls.Config{RootCAs: server.RootCAs(t), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	in = wantPOP3(t, secure)
	pop3Line(t, secure, in, "USER "+user.Name)
	pop3Line(t, secure, in, "PASS "+user.Password)
	if got := pop3Line(t, secure, in, "STAT"); !strings.HasPrefix(got, "+OK 2 ") {
		t.Errorf("STAT: got %q, want +OK 2 ...", got)
	}
	pop3Line(t, secure, in, "QUIT")
}

// wantPOP3 reads the greeting.
func wantPOP3(t *testing.T, c net.Conn) *bufio.Reader {
	t.Helper()
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(deadline))
	in := bufio.NewReader(c)
	if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+OK") {
		t.Fatalf("greeting: got %q, %v, want +OK", line, err)
	}
	return in
}

func pop3Line(t *testing.T, c net.Conn, in *bufio.Reader, command string) string {
	t.Helper()
	if _, err := fmt.Fprintf(c, "%s\r\n", command); err != nil {
		t.Fatal(err)
	}
	line, err := in.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "+OK") {
		t.Fatalf("%s: got %q, %v, want +OK", command, line, err)
	}
	return line
}

func pop3Lines(t *testing.T, c net.Conn, in *bufio.Reader, command string) (lines []string) {
	t.Helper()
	pop3Line(t, c, in, command)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ".\r\n" {
			return lines
		}
		lines = append(lines, strings.TrimSpace(line))
	}
}
