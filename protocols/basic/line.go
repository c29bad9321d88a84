package basic

import (
	"bytes"
	"fmt"

	"github.com/tconn/tconn/reactor"
)

// DefaultMaxLineLength is how long a line may be, without its delimiter, unless MaxLength says otherwise.
const DefaultMaxLineLength = 16384

// LineHandler gets the lines of a LineReceiver or LineOnlyReceiver.
//
// Goroutine: reactor.
type LineHandler interface {
	// LineReceived is called with each line, without its delimiter.
	//
	// Lifetime: line is borrowed until the call returns; copy what must stay.
	LineReceived(line []byte)
}

// RawHandler is implemented by the handler of a LineReceiver that uses SetRawMode.
type RawHandler interface {
	// RawDataReceived is called with bytes as they come, in raw mode. What belongs to the lines again goes to SetLineMode.
	//
	// Lifetime: data is borrowed until the call returns; copy what must stay.
	RawDataReceived(data []byte)
}

// LineLengthHandler is implemented by a handler that wants to see lines that are too long. Without it they close the connection.
type LineLengthHandler interface {
	// LineLengthExceeded is called once for a line longer than MaxLength, as soon as that is known, with all bytes that are
	// there: the line, or its beginning, and what came behind it. Whatever comes later is taken for a new line.
	//
	// Lifetime: rest is borrowed until the call returns; copy what must stay.
	LineLengthExceeded(rest []byte)
}

// LineReceiver is a reactor.Protocol that calls its handler with each line. Embed it and call Init with your own type.
//
// In raw mode, between SetRawMode and SetLineMode, the bytes are passed on as they are. The methods may be called inside the
// handler's; what they change holds from the next byte behind the line on.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.basic.LineReceiver.
type LineReceiver struct {
	receiver

	// MaxLength is how many bytes a line may have without its delimiter; zero or less is DefaultMaxLineLength. A longer one goes
	// to LineLengthExceeded, or closes the connection with LoseConnection.
	MaxLength int
	// Delimiter ends a line; empty is CRLF. Change it inside a handler or before any bytes come: the beginning of a line that
	// is there already is not searched again.
	Delimiter []byte

	handler LineHandler
	raw     bool
}

// Init makes h the handler. Call it where the protocol is made, with the protocol itself; a later call replaces h. A nil h panics.
func (p *LineReceiver) Init(h LineHandler) {
	if h == nil {
		panic("basic: LineReceiver.Init with a nil handler")
	}
	p.handler, p.framer = h, p
}

// SetRawMode passes the bytes behind the present line to RawDataReceived, uncut. It panics when the handler has no such method.
// Bytes that wait are delivered before it returns, or after the handler that calls it.
func (p *LineReceiver) SetRawMode() {
	p.mustBeReady()
	if _, ok := p.handler.(RawHandler); !ok {
		panic(fmt.Sprintf("basic: SetRawMode: %T has no method RawDataReceived([]byte)", p.handler))
	}
	p.raw = true
	p.unhold()
	p.goOn()
}

// SetLineMode cuts what comes into lines again, beginning with extra: inside RawDataReceived the end of its data, that is
// what does not belong to the raw bytes any more. The lines in it are delivered before SetLineMode returns, or after the handler
// that calls it.
func (p *LineReceiver) SetLineMode(extra []byte) {
	p.mustBeReady()
	p.raw = false
	p.pushBack(extra)
	p.goOn()
}

// ClearLineBuffer takes away the bytes that have come and were not delivered, and answers them: in ConnectionLost the last line, if
// it had no end. Nil if there are none.
func (p *LineReceiver) ClearLineBuffer() []byte {
	p.unhold()
	p.own()
	taken := p.rest
	p.rest = nil
	if len(taken) == 0 {
		return nil
	}
	return taken
}

// SendLine writes line and the delimiter. It answers ErrDelimiterInLine, and sends nothing, when the line holds a delimiter; otherwise
// what Transport.Write answers.
func (p *LineReceiver) SendLine(line []byte) error {
	return sendLine(p.connection("SendLine"), line, p.delimiter())
}

// sendLine is SendLine of both line receivers.
func sendLine(t reactor.Transport, line, delimiter []byte) error {
	if bytes.Contains(line, delimiter) {
		return ErrDelimiterInLine
	}
	_, err := t.WriteSequence(line, delimiter)
	return err
}

func (p *LineReceiver) step() {
	if p.raw {
		p.handOver(p.takeAll(), p.handler.(RawHandler).RawDataReceived)
		return
	}
	switch line, v := nextLine(&p.receiver, p.delimiter(), maxLength(p.MaxLength, DefaultMaxLineLength)); v {
	case whole:
		p.handler.LineReceived(line)
	case tooLong:
		p.lineTooLong(p.handler, line)
	}
}

// lineTooLong is what a line beyond the limit leads to.
func (r *receiver) lineTooLong(h LineHandler, rest []byte) {
	if l, ok := h.(LineLengthHandler); ok {
		r.handOver(rest, l.LineLengthExceeded)
		return
	}
	r.connection("DataReceived").LoseConnection()
}

func (p *LineReceiver) delimiter() []byte {
	if len(p.Delimiter) == 0 {
		return crlf
	}
	return p.Delimiter
}

// maxLength fills in the default.
func maxLength(set, otherwise int) int {
	if set <= 0 {
		return otherwise
	}
	return set
}
