package pop3_test

import "testing"

func TestRetr(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "RETR", s.Retr(2))
	s.wrote("RETR 2\r\n")
	s.server("+OK 20 octets\r\nA: b\r\n\r\n..x\r\n.y\r\n...\r\nend\r\n.\r\n")
	s.happened(`RETR: "+OK 20 octets" ["A: b" "" ".x" ".y" ".." "end"] 25`)
	track(s.user, "RETR", s.Retr(0))
	s.happened("RETR failed: pop3: bad argument 1 of RETR: messages are numbered from 1")
	s.wrote("")
}

func TestDeleWaitsForTheStore(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "RETR", s.Retr(1))
	track(s.user, "DELE", s.Dele(1))
	s.wrote("RETR 1\r\n")
	s.server("+OK\r\nx\r\n")
	s.wrote("")
	s.server(".\r\n")
	s.wrote("DELE 1\r\n")
	s.server("+OK\r\n")
	s.happened(`RETR: "+OK" ["x"] 3`, `DELE: "+OK"`)
	track(s.user, "RETR", s.Retr(2))
	track(s.user, "DELE", s.Dele(2))
	s.wrote("RETR 2\r\n")
	s.server("-ERR no\r\n")
	s.wrote("")
	s.happened(`RETR failed: pop3: RETR: the server said "-ERR no"`,
		"DELE failed: pop3: DELE: the message was not deleted because it was not stored (sent false)")
}

func TestWhatIsNoAnswerEndsTheConnection(t *testing.T) {
	s := loggedIn(t, nil)
	track(s.user, "NOOP", s.Noop())
	drop(s.Noop())
	s.server("+OK\r\n+OK\r\n")
	s.happened(`NOOP: "+OK"`, `lost: Connection was aborted locally using ITCPTransport.abortConnection: pop3: the server said "+OK" although nothing was asked.`)
}
