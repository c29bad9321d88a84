package basic

// LineOnlyReceiver is a LineReceiver without raw mode, for protocols that are lines and nothing else. Embed it and call Init with your
// own type.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.basic.LineOnlyReceiver.
type LineOnlyReceiver struct {
	receiver

	// MaxLength is how many bytes a line may have without its delimiter; zero or less is DefaultMaxLineLength. A longer one goes
	// to LineLengthExceeded, or closes the connection with LoseConnection.
	MaxLength int
	// Delimiter ends a line; empty is CRLF. Set it before any bytes come.
	Delimiter []byte

	handler LineHandler
}

// Init makes h the handler. Call it where the protocol is made, with the protocol itself; a later call replaces h. A nil h panics.
func (p *LineOnlyReceiver) Init(h LineHandler) {
	if h == nil {
		panic("basic: LineOnlyReceiver.Init with a nil handler")
	}
	p.handler, p.framer = h, p
}

// SendLine writes line and the delimiter. It answers ErrDelimiterInLine, and sends nothing, when the line holds a delimiter; otherwise
// what Transport.Write answers.
func (p *LineOnlyReceiver) SendLine(line []byte) error {
	return sendLine(p.connection("SendLine"), line, p.delimiter())
}

func (p *LineOnlyReceiver) step() {
	switch line, v := nextLine(&p.receiver, p.delimiter(), maxLength(p.MaxLength, DefaultMaxLineLength)); v {
	case whole:
		p.handler.LineReceived(line)
	case tooLong:
		p.lineTooLong(p.handler, line)
	}
}

func (p *LineOnlyReceiver) delimiter() []byte {
	if len(p.Delimiter) == 0 {
		return crlf
	}
	return p.Delimiter
}
