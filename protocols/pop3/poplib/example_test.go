package poplib_test

import (
	"fmt"
	"net"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

const exampleSession = `
S: +OK ready
C: USER alice
S: +OK
C: PASS secret
S: +OK welcome
C: STAT
S: +OK 1 41
C: RETR 1
S: +OK 41 octets
S: Subject: Lunch
S:
S: At noon?
S: ..
S: Bob
S: .
C: QUIT
S: +OK bye`

func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	played := make(chan error)
	go func() { played <- playAll(l, []string{exampleSession}) }()

	p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{
		Port: l.Addr().(*net.TCPAddr).Port, AllowInsecureAuth: true, // the server is in this process
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p.SetDebugLevel(1)
	_, _ = p.User("alice")
	_, _ = p.Pass("secret")
	count, size, err := p.Stat()
	fmt.Println(count, size, err)
	mail, err := p.Retr(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n%q\n%d\n", mail.Response, mail.Lines, mail.Octets)
	_, _ = p.Quit()
	_, _ = <-played, l.Close()
	// Output:
	// *cmd* 'USER alice'
	// *cmd* 'PASS ***'
	// *cmd* 'STAT'
	// *stat* [b'+OK', b'1', b'41']
	// 1 41 <nil>
	// *cmd* 'RETR 1'
	// +OK 41 octets
	// ["Subject: Lunch" "" "At noon?" "." "Bob"]
	// 36
	// *cmd* 'QUIT'
}
