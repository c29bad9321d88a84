package main

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"time"
)

// imapRawWorks are the limit: the same commands, and of the answers only the bytes counted and the tagged line looked for at the end of
// what a read gives. Nothing is parsed.
var imapRawWorks = map[string]func(imapJob){
	"metadata":       func(j imapJob) { rawFetch(j, metadataItems, 1) },
	"bodies":         func(j imapJob) { rawFetch(j, bodyItems, 1) },
	"bodies-large":   func(j imapJob) { rawFetch(j, bodyItems, megabytes(j.Bytes)/float64(j.Messages)) },
	"noop":           rawNoop,
	"noop-pipelined": rawPipelined,
	"login":          rawLogin,
}

// rawTail is as much of what was read before as a tagged line may need: the longest has the capabilities.
const rawTail = 1 << 10

// rawClient reads into the same 64 KiB that a reactor has, behind the tail of what was read before.
type rawClient struct {
	conn  net.Conn
	buf   []byte
	tail  int // bytes of it, directly before rawTail
	total int // bytes read
	tag   int
}

// dialRaw answers a client that has read the greeting and logged in.
func dialRaw(addr string) *rawClient {
	c := &rawClient{buf: make([]byte, rawTail+64<<10)}
	c.login(addr)
	return c
}

func (c *rawClient) login(addr string) {
	conn, err := net.Dial("tcp", addr)
	check(err)
	check(conn.SetDeadline(time.Now().Add(patience)))
	c.conn, c.tail, c.tag = conn, 0, 0
	c.until("*")
	c.do("LOGIN " + imapUser + " " + imapPassword)
}

// do sends a command and reads to its end.
func (c *rawClient) do(command string) {
	c.tag++
	tag := "A" + strconv.Itoa(c.tag)
	_, err := c.conn.Write([]byte(tag + " " + command + "\r\n"))
	check(err)
	c.until(tag)
}

// until reads until a read ends with the line that begins with the tag.
func (c *rawClient) until(tag string) {
	for !c.read(tag) {
	}
}

func (c *rawClient) read(tag string) (ended bool) {
	n, err := c.conn.Read(c.buf[rawTail:])
	check(err)
	c.total += n
	end := c.buf[max(rawTail-c.tail, rawTail+n-rawTail) : rawTail+n]
	ended = endsWith(end, tag)
	c.tail = copy(c.buf[rawTail-len(end):], end)
	if ended {
		c.tail = 0
	}
	return ended
}

func endsWith(p []byte, tag string) bool {
	line, found := bytes.CutSuffix(p, []byte("\r\n"))
	if !found {
		return false
	}
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	status, found := bytes.CutPrefix(line, []byte(tag+" "))
	return found && bytes.HasPrefix(status, []byte("OK"))
}

// rawFetch counts each message as so many units.
func rawFetch(j imapJob, items string, units float64) {
	c := dialRaw(j.Addr)
	c.do("SELECT " + j.Mailbox)
	c.do("NOOP")
	c.total = 0
	m := startMeter()
	done := 0
	for !m.over.Load() {
		c.do("FETCH " + j.set() + " " + items)
		done += j.Messages
	}
	if c.total < j.Bytes {
		mustBe("bytes read", c.total, j.Bytes)
	}
	m.report(float64(done) * units)
}

func rawNoop(j imapJob) {
	clients := make([]*rawClient, j.Connections)
	for i := range clients {
		clients[i] = dialRaw(j.Addr)
	}
	line, tag := []byte("A1 NOOP\r\n"), "A1"
	m := startMeter()
	m.report(float64(inParallel(j.Connections, func(i int) (done int) {
		c := clients[i]
		for ; !m.over.Load(); done++ {
			_, err := c.conn.Write(line)
			check(err)
			c.until(tag)
		}
		return done
	})))
}

// rawPipelined sends a window of commands at once and waits for the last.
func rawPipelined(j imapJob) {
	c := dialRaw(j.Addr)
	var window strings.Builder
	for i := range j.Window {
		window.WriteString("A" + strconv.Itoa(i) + " NOOP\r\n")
	}
	lines, last := []byte(window.String()), "A"+strconv.Itoa(j.Window-1)
	m := startMeter()
	done := 0
	for ; !m.over.Load(); done += j.Window {
		_, err := c.conn.Write(lines)
		check(err)
		c.until(last)
	}
	m.report(float64(done))
}

func rawLogin(j imapJob) {
	m := startMeter()
	m.report(float64(inParallel(j.Connections, func(i int) (done int) {
		c := &rawClient{buf: make([]byte, rawTail+4<<10)}
		for ; !m.over.Load(); done++ {
			c.login(j.at(i + done))
			c.do("LOGOUT")
			check(c.conn.Close())
		}
		return done
	})))
}
