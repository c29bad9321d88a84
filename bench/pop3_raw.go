package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"time"
)

// popEnd is the end of an answer of several lines (RFC 1939 section 3).
var popEnd = []byte("\r\n.\r\n")

// popReader is the limit: it sends the same commands, counts the bytes of the answers and looks for their ends. Nothing is parsed. It reads
// into the same 64 KiB that a reactor has, behind the last bytes of what was read before.
type popReader struct {
	conn  io.ReadWriter
	buf   []byte
	tail  int // bytes of what was read before, at the beginning of buf
	total int // bytes read
}

// popRaw has up to window commands out.
func popRaw(j popJob, window int) {
	c := dialPOP3Raw(j)
	commands := [][]byte{[]byte("LIST\r\n")}
	for i := range j.Messages {
		commands = append(commands, fmt.Appendf(nil, "RETR %d\r\n", i+1))
	}
	m, passes := startMeter(), 0
	for ; !m.over.Load(); passes++ {
		c.all(commands, window)
	}
	if c.total < passes*j.Bytes {
		mustBe("bytes read", c.total, passes*j.Bytes)
	}
	m.report(float64(passes*j.Messages) * j.Units)
}

func dialPOP3Raw(j popJob) *popReader {
	conn, err := net.Dial("tcp", j.Addr)
	check(err)
	check(conn.SetDeadline(time.Now().Add(patience)))
	c := &popReader{conn: conn, buf: make([]byte, len(popEnd)-1+64<<10)}
	if j.TLS {
		c.conn = tls.Client(conn, trusting())
	}
	c.line()
	for _, command := range []string{"USER " + j.User, "PASS " + imapPassword} {
		_, err := io.WriteString(c.conn, command+"\r\n")
		check(err)
		c.line()
	}
	return c
}

// line reads an answer of one line.
func (c *popReader) line() {
	n := 0
	for n == 0 || c.buf[n-1] != '\n' {
		more, err := c.conn.Read(c.buf[n:])
		check(err)
		n += more
	}
	if !bytes.HasPrefix(c.buf, []byte("+OK")) {
		fail("the server says " + string(c.buf[:n]))
	}
}

// all sends the commands, each as soon as fewer than window are out, and reads to the end of the last answer.
func (c *popReader) all(commands [][]byte, window int) {
	var out []byte
	for sent, ended := 0, 0; ended < len(commands); ended += c.read() {
		out = out[:0]
		for ; sent < len(commands) && sent-ended < window; sent++ {
			out = append(out, commands[sent]...)
		}
		if len(out) > 0 {
			_, err := c.conn.Write(out)
			check(err)
		}
	}
}

// read answers how many answers have ended in what came.
func (c *popReader) read() (ended int) {
	n, err := c.conn.Read(c.buf[c.tail:])
	check(err)
	c.total += n
	got := c.buf[:c.tail+n]
	ended = bytes.Count(got, popEnd)
	c.tail = copy(c.buf, got[max(0, len(got)-len(popEnd)+1):])
	return ended
}
