package pop3

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3/internal/wire"
)

// Multiline is an answer of several lines, as poplib has it: a message, or what SendMultiline brings.
type Multiline struct {
	Response string   // the status line, with "+OK" and without its end
	Lines    [][]byte // without their ends, and without the dots that POP3 puts before dots
	Octets   int64    // of the lines, with their ends, as they came: the same as poplib's
	raw      []byte
}

// Bytes are the octets as they came: the lines with their ends, CRLF from most servers. They share their memory with Lines.
func (m *Multiline) Bytes() []byte { return m.raw }

// lines collects what retrieve brings.
func (c *Client) lines(retrieve func(sink MessageSink) *deferred.Deferred[Retrieved]) *deferred.Deferred[*Multiline] {
	k := &collector{limit: c.options().Limits.MaxLines()}
	return deferred.Then(retrieve(k), func(r Retrieved) (*Multiline, error) { return split(r.Reply, k.all, k.lines), nil })
}

// split makes lines of octets. A line ends with LF or CRLF.
func split(r Reply, raw []byte, count int) *Multiline {
	if cap(raw) > 2*len(raw)+tooLarge { // room was made for a size that the server has told, and that has not come
		raw = bytes.Clone(raw)
	}
	lines := make([][]byte, 0, count)
	for rest := raw; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		line := rest[:end]
		if end > 0 && line[end-1] == '\r' {
			line = line[:end-1]
		}
		lines = append(lines, line[:len(line):len(line)])
		rest = rest[end+1:]
	}
	return &Multiline{Response: r.Line, Lines: lines, Octets: int64(len(raw)), raw: raw}
}

// collector is a sink that keeps everything, up to a number of lines.
type collector struct {
	all   []byte
	told  int // by the server: octets of the message, and hintSlack
	lines int
	limit int // of them
}

// hint makes room for a message whose size the server has told. It is believed within limits.
func (k *collector) hint(r Reply) {
	first, _, _ := strings.Cut(r.Text, " ")
	if n, err := strconv.Atoi(first); err == nil && n > 0 {
		k.told = min(n, math.MaxInt-hintSlack) + hintSlack
		k.all = make([]byte, 0, min(k.told, maxHint))
	}
}

const (
	hintSlack  = 64      // servers count in various ways
	maxHint    = 1 << 20 // memory for a size that was told, and of which nothing has come
	hintGrowth = 4       // beyond it, how many times what has come
	tooLarge   = 1 << 10 // more than this is not kept for a message that is smaller by half
)

func (k *collector) Write(p []byte) (int, error) {
	if k.lines += bytes.Count(p, []byte{'\n'}); k.lines > k.limit {
		k.all = nil
		return 0, &LimitError{Limit: wire.LimitLines, Max: int64(k.limit)}
	}
	if need := len(k.all) + len(p); need > cap(k.all) && need <= k.told {
		k.all = slices.Grow(k.all, min(k.told, hintGrowth*need)-len(k.all))
	}
	k.all = append(k.all, p...)
	return len(p), nil
}

func (k *collector) Done(error) {}
