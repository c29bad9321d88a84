package imap4

import (
	"bufio"
	"encoding/base64"
	"io"
	"strings"
)

// Decode reads the part's octets from r, as a server sends them, and answers what they are without their transfer encoding: base64 and
// quoted-printable are undone, any other is left as it is. Charsets are not touched.
//
//	for body, err := range c.FetchBodies(ctx, imap4.UIDs(uid), imap4.BodySection{Part: path, Peek: true}) {
//		...
//		_, err = io.Copy(file, part.Decode(body))
//
// In base64 all that is none is passed over, and what stands behind its end; what is no quoted-printable is left as it is, and its lines may be
// of any length. A BodySection with Binary has the server undo the encoding, where it can.
// Errors: those of r, and what package base64 says of octets that are broken.
// Source: RFC 2045 section 6.
func (b *BodyStructure) Decode(r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(b.Encoding)) {
	case "base64":
		return base64.NewDecoder(base64.RawStdEncoding, &base64Only{r: r})
	case "quoted-printable":
		return &quotedPrintable{r: bufio.NewReader(r)}
	}
	return r
}

// base64Only leaves out what is no base64, and ends at the padding.
type base64Only struct {
	r   io.Reader
	err error // what comes behind the octets that were read
}

// Read reads on as long as it finds nothing: a decoder takes it amiss.
func (f *base64Only) Read(p []byte) (n int, err error) {
	for n == 0 && f.err == nil && len(p) > 0 {
		var got int
		got, f.err = f.r.Read(p)
		for _, c := range p[:got] {
			if c == '=' {
				f.err = io.EOF
				break
			}
			if isBase64(c) {
				p[n] = c
				n++
			}
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, f.err
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

// quotedPrintable undoes quoted-printable as robustly as RFC 2045 section 6.7 suggests: package quotedprintable gives a part up that has a
// line above 4 KiB or a control character.
type quotedPrintable struct {
	r     *bufio.Reader
	out   []byte // decoded
	next  int    // in out: what was not read yet
	space []byte // white space that is no part of the text if it ends its line
	err   error  // what comes behind the octets that were decoded
}

// maxSpace is how much white space is kept back at most.
const maxSpace = 1 << 10

// Read decodes what has come, and waits for more only if there is nothing to hand out.
func (q *quotedPrintable) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if q.next == len(q.out) {
		q.out, q.next = q.out[:0], 0
		for q.err == nil && len(q.out) < maxSpace && (len(q.out) == 0 || q.r.Buffered() > 0) {
			q.err = q.decode()
		}
	}
	if q.next == len(q.out) {
		return 0, q.err
	}
	n = copy(p, q.out[q.next:])
	q.next += n
	return n, nil
}

// decode takes the next octet, and those that belong to it.
func (q *quotedPrintable) decode() error {
	c, err := q.r.ReadByte()
	if err != nil {
		return err
	}
	switch {
	case (c == ' ' || c == '\t') && len(q.space) < maxSpace:
		q.space = append(q.space, c)
		return nil
	case c == '\n':
		q.space = q.space[:0]
	case c == '\r':
		next, err := q.r.Peek(1)
		if err != nil && err != io.EOF {
			return err
		}
		if string(next) == "\n" {
			q.space = q.space[:0]
		}
	}
	q.out = append(q.out, q.space...)
	q.space = q.space[:0]
	if c == '=' {
		return q.escaped()
	}
	q.out = append(q.out, c)
	return nil
}

// escaped decodes what stands behind "=": two digits, or a line end that is none of the text's.
func (q *quotedPrintable) escaped() error {
	next, err := q.r.Peek(2)
	if len(next) == 2 {
		if high, low := hexDigit(next[0]), hexDigit(next[1]); high >= 0 && low >= 0 {
			q.out = append(q.out, byte(high<<4|low))
			_, err = q.r.Discard(2)
			return err
		}
	}
	for n := 0; n < maxSpace; n++ {
		next, err = q.r.Peek(n + 1)
		switch {
		case err == io.EOF: // the last line may end so
			_, err = q.r.Discard(n)
			return err
		case err != nil:
			return err
		case next[n] == '\n':
			_, err = q.r.Discard(n + 1)
			return err
		case next[n] != ' ' && next[n] != '\t' && next[n] != '\r':
			q.out = append(q.out, '=')
			return nil
		}
	}
	q.out = append(q.out, '=')
	return nil
}

// hexDigit is the value of a digit, of small letters, too; negative if it is none.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
