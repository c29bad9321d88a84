package imap4

import (
	"errors"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/deflate"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
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

// inflate takes compressed bytes.
func (c *Client) inflate(data []byte) {
	err := c.inflater().Feed(data, func(p []byte) bool {
		c.receive(p)
		return !c.ending()
	})
	if err != nil {
		c.close(err)
	}
}
