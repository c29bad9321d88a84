package reactor

import (
	"bytes"
	"reflect"
	"unsafe"
)

// Undecrypted is how many bytes of TLS wait on a connection for the rest of their record, and the memory they take.
func Undecrypted(t Transport) (bytes, memory int) {
	in := t.(*conn).tls().wire.in
	return len(in), cap(in)
}

// TLSLayoutKnown tells whether the buffers of a tls.Conn have been found.
func TLSLayoutKnown() bool { return tlsLayout.known }

// ForgetTLSLayout is as if they had not.
func ForgetTLSLayout() (restore func()) {
	known := tlsLayout
	tlsLayout = findTLSFields(reflect.TypeFor[struct{ rawInput, input, hand int }]())
	return func() { tlsLayout = known }
}

// TLSBuffers is how many bytes of buffers a session holds; -1 if they have not been found.
func TLSBuffers(t Transport) int {
	if !tlsLayout.known {
		return -1
	}
	session := unsafe.Pointer(t.(*conn).tls().session)
	rawInput := (*bytes.Buffer)(unsafe.Add(session, tlsLayout.rawInput))
	hand := (*bytes.Buffer)(unsafe.Add(session, tlsLayout.hand))
	return rawInput.Cap() + hand.Cap()
}
