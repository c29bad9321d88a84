package deflate_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"io"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/deflate"
)

// A peer has to get all of a part at once: it answers before more comes.
func TestAppendIsFlushed(t *testing.T) {
	for _, size := range []int{1, 10, 511, 512, 5000, 1 << 16, 1 << 18} {
		part := bytes.Repeat([]byte("A1 NOOP\r\n"), size/9+1)[:size]
		var wire end
		wire.Write(deflate.Append(nil, part))
		got := make([]byte, size)
		n, err := io.ReadFull(flate.NewReader(bufio.NewReader(&wire)), got)
		if err != nil || !bytes.Equal(got, part) || wire.passed {
			t.Errorf("%d bytes: got %d and %v, more asked for first: %v; want all at once", size, n, err, wire.passed)
		}
	}
}

// end notes when it is read beyond its end, where a connection would wait.
type end struct {
	bytes.Buffer
	passed bool
}

func (e *end) Read(p []byte) (int, error) {
	e.passed = e.passed || e.Len() == 0
	return e.Buffer.Read(p)
}
