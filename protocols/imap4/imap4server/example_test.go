package imap4server_test

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/imap4server"
	"github.com/tconn/tconn/reactor"
)

// A server on a reactor, and a plain client that prints its answers.
func Example() {
	r := reactor.New()
	factory := &imap4server.Factory{
		Authenticate: imap4server.OneUser("alice", "secret", imap4server.NewDemoAccount(3)),
		Options:      imap4server.Options{AllowInsecureAuth: true}, // nobody else hears what goes over the loopback interface
	}
	port, err := r.ListenTCP(0, factory, reactor.Interface("127.0.0.1"))
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		defer r.Stop()
		c, err := net.Dial("tcp", port.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		defer c.Close()
		fmt.Fprint(c, "a LOGIN alice secret\r\nb EXAMINE INBOX\r\nc LOGOUT\r\n")
		answers, _ := io.ReadAll(c)
		fmt.Print(strings.ReplaceAll(string(answers), "\r\n", "\n"))
	}()
	if err := r.Run(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// * OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] tconn IMAP4rev1 server ready
	// a OK [CAPABILITY IMAP4rev1 LITERAL+ UNSELECT] LOGIN completed
	// * FLAGS (\Seen \Answered \Flagged \Deleted \Draft)
	// * 3 EXISTS
	// * 3 RECENT
	// * OK [UNSEEN 3] First unseen message
	// * OK [PERMANENTFLAGS ()] Flags that can be changed
	// * OK [UIDVALIDITY 1] UIDs valid
	// * OK [UIDNEXT 4] Predicted next UID
	// b OK [READ-ONLY] EXAMINE completed
	// * BYE tconn IMAP4rev1 server logging out
	// c OK LOGOUT completed
}

// Every user has an account of his own.
func ExampleAuthenticate() {
	accounts := map[string]*imap4server.MemoryAccount{"alice": imap4server.NewDemoAccount(3), "bob": {}}
	login := imap4server.Authenticate(func(l imap4server.Login) *deferred.Deferred[imap4server.Account] {
		account, known := accounts[l.User]
		if !known || l.Password != "secret" {
			return deferred.Fail[imap4server.Account](imap4server.ErrAuthenticationFailed)
		}
		return deferred.Succeed[imap4server.Account](account)
	})
	login(imap4server.Login{User: "mallory", Password: "guess"}).AddErrback(func(err error) (imap4server.Account, error) {
		fmt.Println(err)
		return nil, nil
	})
	// Output: imap4server: refused: [AUTHENTICATIONFAILED] Authentication failed
}
