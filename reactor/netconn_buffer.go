package reactor

import "sync"

// The buffers of all NetConns: a connection has one only while bytes wait, small ones for the talk of requests and answers, large ones
// for a stream.
const (
	smallNetBuffer = 4 << 10
	largeNetBuffer = 64 << 10
)

var (
	smallNetBuffers = sync.Pool{New: func() any { return new([smallNetBuffer]byte) }}
	largeNetBuffers = sync.Pool{New: func() any { return new([largeNetBuffer]byte) }}
)

// takeNetBuffer is the one get: an empty buffer with room for size bytes.
func takeNetBuffer(size int) []byte {
	switch {
	case size <= smallNetBuffer:
		return smallNetBuffers.Get().(*[smallNetBuffer]byte)[:0]
	case size <= largeNetBuffer:
		return largeNetBuffers.Get().(*[largeNetBuffer]byte)[:0]
	}
	return make([]byte, 0, size)
}

// giveNetBuffer is the one put; nobody may use b from here on.
func giveNetBuffer(b []byte) {
	switch cap(b) {
	case smallNetBuffer:
		smallNetBuffers.Put((*[smallNetBuffer]byte)(b[:smallNetBuffer]))
	case largeNetBuffer:
		largeNetBuffers.Put((*[largeNetBuffer]byte)(b[:largeNetBuffer]))
	}
}

// appendNet is append for such a buffer. One that outgrows the pools at least doubles.
func appendNet(b, p []byte) []byte {
	need := len(b) + len(p)
	if need > cap(b) {
		if need > largeNetBuffer {
			need = max(need, 2*cap(b))
		}
		larger := append(takeNetBuffer(need), b...)
		giveNetBuffer(b)
		b = larger
	}
	return append(b, p...)
}
