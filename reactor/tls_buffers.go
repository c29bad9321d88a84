package reactor

import (
	"bytes"
	"crypto/tls"
	"reflect"
	"unsafe"
)

// A tls.Conn keeps the buffer it reads records into, at its largest size: about 22 KB after the first full record, for as long as the
// connection lives. Thousands of idle connections would hold nothing else. So the sessions of a reactor share one such
// buffer: it is lent to a session while that decrypts, and taken back when the session has nothing left in it.
//
// crypto/tls has no way to do that, so this file, and no other, reaches into a tls.Conn. Tested with Go 1.25 and 1.26. When the fields are
// not what they are known to be, nothing is touched and each session keeps its buffer.

// tlsFields says where the buffers of a tls.Conn are.
type tlsFields struct {
	known                 bool
	rawInput, input, hand uintptr
}

var tlsLayout = findTLSFields(reflect.TypeFor[tls.Conn]())

// findTLSFields looks for the fields by name and by type.
func findTLSFields(conn reflect.Type) (f tlsFields) {
	rawInput, ok1 := conn.FieldByName("rawInput") // ciphertext: the record that is being read
	input, ok2 := conn.FieldByName("input")       // plaintext that was not read yet, inside rawInput's array
	hand, ok3 := conn.FieldByName("hand")         // handshake messages
	buffer, reader := reflect.TypeFor[bytes.Buffer](), reflect.TypeFor[bytes.Reader]()
	if !ok1 || !ok2 || !ok3 || rawInput.Type != buffer || input.Type != reader || hand.Type != buffer {
		return tlsFields{}
	}
	return tlsFields{known: true, rawInput: rawInput.Offset, input: input.Offset, hand: hand.Offset}
}

// maxTLSBuffer is the size up to which a buffer is kept for the next session: a full record needs about 18 KB.
const maxTLSBuffer = 64 << 10

// borrow lends the reactor's buffer to the session, if it has none of its own.
func (t *tlsLayer) borrow() {
	spare := t.c.r.tlsBuf
	if !tlsLayout.known || spare == nil {
		return
	}
	rawInput := (*bytes.Buffer)(unsafe.Add(unsafe.Pointer(t.session), tlsLayout.rawInput))
	if rawInput.Cap() == 0 {
		*rawInput = *bytes.NewBuffer(spare[:0])
		t.c.r.tlsBuf = nil
	}
}

// giveBack takes the buffers of the session away, if nothing is left in them.
func (t *tlsLayer) giveBack() {
	if !tlsLayout.known {
		return
	}
	session := unsafe.Pointer(t.session)
	rawInput := (*bytes.Buffer)(unsafe.Add(session, tlsLayout.rawInput))
	input := (*bytes.Reader)(unsafe.Add(session, tlsLayout.input))
	hand := (*bytes.Buffer)(unsafe.Add(session, tlsLayout.hand))
	if hand.Len() == 0 {
		*hand = bytes.Buffer{}
	}
	if rawInput.Len() > 0 || input.Len() > 0 || rawInput.Cap() == 0 {
		return
	}
	input.Reset(nil)
	rawInput.Reset()
	if buf := rawInput.AvailableBuffer(); cap(buf) > cap(t.c.r.tlsBuf) && cap(buf) <= maxTLSBuffer {
		t.c.r.tlsBuf = buf
	}
	*rawInput = bytes.Buffer{}
}
