package imap4

import "unsafe"

// textview answers b as a string without a copy. It is the only place of this package that needs unsafe: a FETCH response has some
// fifty texts, and a copy of each would cost more than all the rest of reading it.
//
// The bytes must not change while the string is in use. They belong to the message alone (fetchDecoder copies the response first),
// or the message was asked for with FetchOptions.Borrow, whose lifetime ends before they change.
func textview(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// isView tells whether s is a textview of b.
func isView(s string, b []byte) bool { return unsafe.StringData(s) == unsafe.SliceData(b) }

// offsetIn answers where s lies within b; false if it is no textview of a part of it.
func offsetIn(s string, b []byte) (int, bool) {
	at := uintptr(unsafe.Pointer(unsafe.StringData(s))) - uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return int(at), s != "" && at < uintptr(len(b))
}
