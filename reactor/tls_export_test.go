package reactor

// Undecrypted is how many bytes of TLS wait on a connection for the rest of their record, and the memory they take.
func Undecrypted(t Transport) (bytes, memory int) {
	in := t.(*conn).tls().wire.in
	return len(in), cap(in)
}
