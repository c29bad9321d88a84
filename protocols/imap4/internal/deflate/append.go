package deflate

import (
	"compress/flate"
	"encoding/binary"
	"sync"
)

// worthIt is from how many bytes on compressing pays: a command is hardly shorter for it.
const worthIt = 512

// maxStored is the longest stored block.
const maxStored = 1<<16 - 1

// emptyStored is an empty stored block, with which a flush ends: there are readers, such as Go's compress/flate, that keep back what
// they have got until they see one.
const emptyStored = "\x00\x00\x00\xff\xff"

// writers are shared by all streams: one takes about a megabyte, and no two calls need the same.
var writers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	return w
}}

// Append appends p to dst as the next part of a DEFLATE stream, which ends at a byte and can be read at once. Short parts are stored as
// they are, long ones are compressed, each by itself.
func Append(dst, p []byte) []byte {
	if len(p) < worthIt {
		return appendStored(dst, p)
	}
	w := writers.Get().(*flate.Writer)
	out := sliceWriter{dst}
	w.Reset(&out)
	_, _ = w.Write(p) // to memory: it cannot fail
	_ = w.Flush()
	writers.Put(w)
	return out.b
}

func appendStored(dst, p []byte) []byte {
	for len(p) > 0 {
		n := min(len(p), maxStored)
		dst = append(dst, 0)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(n))
		dst = binary.LittleEndian.AppendUint16(dst, ^uint16(n))
		dst = append(dst, p[:n]...)
		p = p[n:]
	}
	return append(dst, emptyStored...)
}

// sliceWriter is a slice that grows.
type sliceWriter struct{ b []byte }

func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}
