package basic

import "fmt"

// DefaultMaxStringLength is how long a string may be unless MaxLength says otherwise.
const DefaultMaxStringLength = 99999

// StringHandler gets the strings of an IntNStringReceiver or NetstringReceiver.
//
// Goroutine: reactor.
type StringHandler interface {
	// StringReceived is called with each string, without its length.
	//
	// Lifetime: s is borrowed until the call returns; copy what must stay.
	StringReceived(s []byte)
}

// LengthLimitHandler is implemented by a handler that wants to know that a string was too long, before the connection is closed
// for it: to say so to the peer, and to close with LoseConnection, which lets that go out.
type LengthLimitHandler interface {
	// LengthLimitExceeded is called once, with the length that the peer has announced. When it returns, a connection that is not
	// closing is aborted: what follows cannot be told apart any more.
	LengthLimitExceeded(length uint64)
}

// IntNStringReceiver is a reactor.Protocol that calls its handler with each string of bytes that comes with its length before
// it, an unsigned number of PrefixBytes bytes, most significant first. Embed it, or one of the types made of it, and call Init with your
// own type.
//
// A string longer than MaxLength aborts the connection; the reason matches *StringTooLongError. Memory for a string is taken as its
// bytes come, whatever length was announced.
//
// Goroutine: reactor, for every method. Source: twisted.protocols.basic.IntNStringReceiver.
type IntNStringReceiver struct {
	receiver

	// MaxLength is how many bytes a received string may have; zero or less is DefaultMaxStringLength.
	MaxLength int
	// PrefixBytes is the size of the length, 1 to 8, set before Init.
	PrefixBytes int

	handler StringHandler
	size    int  // of the string that comes
	sized   bool // its length has come
}

// Init makes h the handler. Call it where the protocol is made, with the protocol itself; a later call replaces h. A nil h panics, and so
// does a PrefixBytes that is not 1 to 8.
func (p *IntNStringReceiver) Init(h StringHandler) {
	if h == nil {
		panic("basic: Init of a string receiver with a nil handler")
	}
	if p.PrefixBytes < 1 || p.PrefixBytes > 8 {
		panic(fmt.Sprintf("basic: IntNStringReceiver.Init: PrefixBytes is %d, not 1 to 8", p.PrefixBytes))
	}
	p.handler, p.framer = h, p
}

// SendString writes s with its length. It answers *StringTooLongError, and sends nothing, when PrefixBytes bytes cannot
// hold the length; otherwise what Transport.Write answers.
func (p *IntNStringReceiver) SendString(s []byte) error {
	t := p.connection("SendString")
	p.mustBeReady()
	length := uint64(len(s))
	if limit := p.longest(); length > limit {
		return &StringTooLongError{Length: length, Limit: limit}
	}
	prefix := make([]byte, p.PrefixBytes)
	for i := range prefix {
		prefix[i] = byte(length >> (8 * (len(prefix) - 1 - i)))
	}
	_, err := t.WriteSequence(prefix, s)
	return err
}

// longest is the greatest length that the prefix can tell.
func (p *IntNStringReceiver) longest() uint64 { return ^uint64(0) >> (64 - 8*p.PrefixBytes) }

func (p *IntNStringReceiver) step() {
	if !p.sized && !p.readSize() {
		return
	}
	if s, ok := p.take(p.size); ok {
		p.sized = false
		p.handler.StringReceived(s)
	}
}

// readSize reads the length, if it has come and is not too great.
func (p *IntNStringReceiver) readSize() bool {
	prefix, ok := p.take(p.PrefixBytes)
	if !ok {
		return false
	}
	var length uint64
	for _, b := range prefix {
		length = length<<8 | uint64(b)
	}
	if limit := uint64(maxLength(p.MaxLength, DefaultMaxStringLength)); length > limit {
		p.stringTooLong(p.handler, &StringTooLongError{Length: length, Limit: limit}, nil)
		return false
	}
	p.size, p.sized = int(length), true
	return true
}

// stringTooLong ends a connection whose peer has announced too much, with the reason err, or too if that is nil.
func (r *receiver) stringTooLong(h StringHandler, too *StringTooLongError, err error) {
	if l, ok := h.(LengthLimitHandler); ok {
		l.LengthLimitExceeded(too.Length)
	}
	if err == nil {
		err = too
	}
	r.breakOff(err)
}

// breakOff aborts because the stream cannot be understood, and forgets what is left of it.
func (r *receiver) breakOff(err error) {
	r.held, r.rest = nil, nil
	if !r.gone() {
		r.connection("DataReceived").AbortWith(err)
	}
}

// Int8StringReceiver is an IntNStringReceiver with a length of one byte: strings of up to 255 bytes.
//
// Source: twisted.protocols.basic.Int8StringReceiver.
type Int8StringReceiver struct{ IntNStringReceiver }

// Init is that of IntNStringReceiver.
func (p *Int8StringReceiver) Init(h StringHandler) {
	p.PrefixBytes = 1
	p.IntNStringReceiver.Init(h)
}

// Int16StringReceiver is an IntNStringReceiver with a length of two bytes: strings of up to 65,535 bytes.
//
// Source: twisted.protocols.basic.Int16StringReceiver.
type Int16StringReceiver struct{ IntNStringReceiver }

// Init is that of IntNStringReceiver.
func (p *Int16StringReceiver) Init(h StringHandler) {
	p.PrefixBytes = 2
	p.IntNStringReceiver.Init(h)
}

// Int32StringReceiver is an IntNStringReceiver with a length of four bytes.
//
// Source: twisted.protocols.basic.Int32StringReceiver.
type Int32StringReceiver struct{ IntNStringReceiver }

// Init is that of IntNStringReceiver.
func (p *Int32StringReceiver) Init(h StringHandler) {
	p.PrefixBytes = 4
	p.IntNStringReceiver.Init(h)
}
