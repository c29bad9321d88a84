package imap4

import (
	"bytes"
	"errors"
	"runtime/debug"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/deflate"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
	"github.com/tconn/tconn/reactor"
)

// ErrCompressed: COMPRESS on a connection that is compressed already.
var ErrCompressed = errors.New("imap4: the connection is compressed already")

// Compress lets both sides compress what they send from now on. What the server sends takes 32 KiB of memory for each such
// connection, and more while it comes; what this side sends takes none: short commands are sent as they are, within the format.
//
// Use it under TLS only if nobody else can put data into the same connection: lengths tell something about what is compressed
// together (RFC 4978 section 5).
// Command: COMPRESS DEFLATE (RFC 4978). Legal in: any state, best after the login.
// Fails with: *ResponseError (COMPRESSIONACTIVE and others), ErrCompressed, *UnsupportedError, *CommandError.
func (c *Client) Compress() *deferred.Deferred[struct{}] {
	cmd := &command{name: "COMPRESS", class: classStream, requires: []string{"COMPRESS=DEFLATE"}}
	cmd.arguments = func(b *wire.CommandBuilder) { b.SP().Atom("DEFLATE") }
	cmd.ready = func() error {
		if c.inflater() != nil {
			return ErrCompressed
		}
		return nil
	}
	return issue(c, cmd, func(*wire.Response) (struct{}, error) {
		c.unusual().inflater = new(deflate.Inflater)
		return struct{}{}, nil
	})
}

// inflater decompresses what the server sends; nil when it does not compress.
func (c *Client) inflater() *deflate.Inflater {
	if c.rare == nil {
		return nil
	}
	return c.rare.inflater
}

// inflateBytes is how much is decompressed at a time: it may become a thousand times as much, and who says meanwhile that he cannot take
// more still gets all of it.
const inflateBytes = 1 << 10

// inflate takes compressed bytes. What is left when this side stops the reading is kept: see inflateRest.
func (c *Client) inflate(data []byte) {
	r := c.rare
	if len(r.deflated) > 0 {
		r.deflated = append(r.deflated, data...)
		return
	}
	r.deflated = bytes.Clone(c.inflateSome(data))
}

// inflateSome answers what is left of data when the reading is stopped.
func (c *Client) inflateSome(data []byte) []byte {
	for len(data) > 0 && !c.ending() {
		n := min(len(data), inflateBytes)
		err := c.inflater().Feed(data[:n], func(p []byte) bool {
			c.receive(p)
			return !c.ending()
		})
		data = data[n:]
		if err != nil {
			c.close(err)
		} else if c.held() && len(data) > 0 {
			return data
		}
	}
	return nil
}

// resumeReading reads on, behind what was read already and is not decompressed yet.
func (c *Client) resumeReading() {
	if len(c.rare.deflated) == 0 {
		c.transport.ResumeProducing()
		return
	}
	c.transport.Reactor().CallLater(0, c.inflateRest) // not within the call that resumes
}

// inflateRest goes on where the reading was stopped. A panic ends the connection, as one in DataReceived does.
func (c *Client) inflateRest() {
	r := c.rare
	if len(r.deflated) == 0 || c.held() || c.ending() {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			c.close(&reactor.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	data := r.deflated
	r.deflated = nil
	c.reading = true
	defer c.endRead()
	if r.deflated = c.inflateSome(data); r.deflated == nil && !c.held() && !c.ending() {
		c.transport.ResumeProducing()
	}
}
