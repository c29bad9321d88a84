// Package poplib is Python's poplib for ordinary goroutines: a POP3 client whose methods wait for the server.
//
//	p, err := poplib.NewPOP3SSL("pop.example.org", nil)
//	if err != nil {
//		return err
//	}
//	defer p.Close()
//	p.SetDebugLevel(1)
//	p.User("alice")
//	p.Pass(password)
//	count, size, err := p.Stat()
//	mail, err := p.Retr(1) // mail.Response, mail.Lines, mail.Octets
//	p.Quit()
//
// Methods, their arguments, what they answer, what they send and what the debug levels print are poplib's: status lines come as sent, "+OK"
// included, lines of messages without their ends and their stuffed dots, and octets are counted as poplib counts them. Below it is package
// pop3, on a reactor that the package runs in a goroutine of its own while there are clients.
//
// # Where it is stricter
//
// TLS verifies the server, and a password or token goes in the clear only with Options.AllowInsecureAuth. Debug output shows secrets as ***,
// but for Options.ShowSecrets. Each answer has its deadline. Control characters in arguments are refused. Commands that sign in, and UTF8,
// are refused locally (pop3.ErrState) when somebody is signed in already. Lines of messages may have any length, status lines have
// Limits.Line. Whatever breaks the protocol, and any line that nobody has asked for, ends the session: poplib goes on, and takes one
// command's answer for that of another.
//
// # Where is what
//
//	pop3.go     POP3, connecting, the way of a command     ssl.go       NewPOP3SSL, STLS
//	login.go    USER, PASS, APOP, RPOP, UTF8               auth.go      AUTH
//	mailbox.go  STAT, LIST, UIDL, RETR, TOP, DELE, ...     capa.go      CAPA
//	quit.go     QUIT, and the end without it               shortcmd.go  commands without a method
//	result.go   answers of several lines                   options.go   settings
//	debug.go    debug levels; recorder.go what they show, repr.go as Python writes it
//	error.go    poplib.error_proto                         engine.go    the package's own reactor
package poplib
