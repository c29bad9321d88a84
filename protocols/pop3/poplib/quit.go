package poplib

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// Quit has the server delete what was marked, and ends the session. Answers the server's line.
//
// Command: QUIT (RFC 1939 sections 4 and 6). The connection is closed in any case, while poplib leaves it open if the server has not
// answered. Errors: *Error and others; they match pop3.ErrDeletionsUnknown if messages were to be deleted: some may be, all, or none.
// Source: poplib.POP3.quit.
func (p *POP3) Quit() ([]byte, error) {
	line, err := p.status("QUIT", (*pop3.Client).Quit)
	if err != deferred.ErrAwaitOnLoop {
		p.end()
	}
	return line, err
}

// Close ends the session without a QUIT: the server deletes nothing. A command that waits fails with ErrClosed. It always answers nil.
//
// Goroutine: any. On that of a reactor it does not wait until the connection is gone. Source: poplib.POP3.close.
func (p *POP3) Close() error {
	p.end()
	return nil
}

// end closes the connection, if it is open still, and waits until it is gone.
func (p *POP3) end() {
	p.over.Store(true)
	p.ending.Do(func() {
		p.client.Disconnect()
		if !deferred.OnAnyLoop() {
			<-p.lost
		}
		_ = p.giveBack()
	})
}
