package pop3

import "github.com/tconn/tconn/protocols/pop3/internal/wire"

// Reply is the server's status line.
type Reply struct {
	Line     string // as sent, with "+OK" or "-ERR" and without the line's end: what poplib's methods give
	Text     string // what follows "+OK " or "-ERR ": what Twisted's methods give
	OK       bool   // +OK
	Code     string // the response code in capitals, such as "SYS/TEMP" (RFC 2449 section 8); "" for none
	CodeArgs string // what follows it in the brackets, as sent
}

// String is the line.
func (r Reply) String() string { return r.Line }

func newReply(line []byte, s wire.Status) Reply {
	return Reply{Line: string(line), Text: s.Text, OK: s.OK, Code: s.Code, CodeArgs: s.CodeArgs}
}
