package basic

import (
	"math"
	"strconv"
)

// NetstringReceiver is a reactor.Protocol that calls its handler with each netstring. Embed it and call Init with your own type.
//
//	netstring = length ":" string ","      ; length is decimal, without leading zeros
//
// What is no netstring aborts the connection at the first wrong byte, and so does a length above MaxLength at the digit that
// makes it so; the reason matches *NetstringError.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.basic.NetstringReceiver.
type NetstringReceiver struct {
	receiver

	// MaxLength is how many bytes a received string may have; zero or less is DefaultMaxStringLength. It limits the digits of
	// the length, too.
	MaxLength int

	handler StringHandler
	size    int
	state   netstringState
}

// netstringState is what was read last.
type netstringState uint8

const (
	netstringStart  netstringState = iota // a whole netstring, or nothing yet
	netstringZero                         // the length 0
	netstringDigits                       // a digit of a length
	netstringColon                        // the colon, or a part of the string
)

// Init makes h the handler. Call it where the protocol is made, with the protocol itself; a later call replaces h. A nil h panics.
func (p *NetstringReceiver) Init(h StringHandler) {
	if h == nil {
		panic("basic: NetstringReceiver.Init with a nil handler")
	}
	p.handler, p.framer = h, p
}

// SendString writes s as a netstring, of whatever length. It answers what Transport.Write answers.
func (p *NetstringReceiver) SendString(s []byte) error {
	t := p.connection("SendString")
	_, err := t.WriteSequence(strconv.AppendInt(nil, int64(len(s)), 10), []byte(":"), s, []byte(","))
	return err
}

func (p *NetstringReceiver) step() {
	if p.state != netstringColon {
		b := p.rest[0]
		p.rest = p.rest[1:]
		p.onLength(b)
		return
	}
	unit, ok := p.take(p.size + 1)
	if !ok {
		return
	}
	if comma := unit[p.size]; comma != ',' {
		p.breakOff(&NetstringError{Got: comma, Want: "a comma behind the string"})
		return
	}
	s := unit[:p.size:p.size]
	p.state, p.size = netstringStart, 0
	p.handler.StringReceived(s)
}

// onLength takes a byte of the length, or the colon behind it.
func (p *NetstringReceiver) onLength(b byte) {
	digit := b >= '0' && b <= '9'
	switch {
	case b == ':' && p.state != netstringStart:
		p.state = netstringColon
	case digit && p.state == netstringZero:
		p.breakOff(&NetstringError{Got: b, Want: "a colon: a length has no leading zeros"})
	case b == '0' && p.state == netstringStart:
		p.state = netstringZero
	case digit:
		p.state = netstringDigits
		p.onDigit(int(b - '0'))
	case p.state == netstringStart:
		p.breakOff(&NetstringError{Got: b, Want: "a digit"})
	default:
		p.breakOff(&NetstringError{Got: b, Want: "a digit or a colon"})
	}
}

// onDigit lengthens the length. An overflow is too long as well.
func (p *NetstringReceiver) onDigit(digit int) {
	limit := uint64(min(maxLength(p.MaxLength, DefaultMaxStringLength), math.MaxInt-1)) // the comma wants room
	length := uint64(p.size)*10 + uint64(digit)
	if length > limit || length/10 != uint64(p.size) {
		too := &StringTooLongError{Length: length, Limit: limit}
		p.stringTooLong(p.handler, too, &NetstringError{Got: '0' + byte(digit), Want: "a length within the limit", Err: too})
		return
	}
	p.size = int(length)
}
