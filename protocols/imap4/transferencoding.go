package imap4

import (
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
)

// Decode reads the part's octets from r, as a server sends them, and answers what they are without their transfer encoding: base64 and
// quoted-printable are undone, any other is left as it is. Charsets are not touched.
//
//	for body, err := range c.FetchBodies(ctx, imap4.UIDs(uid), imap4.BodySection{Part: path, Peek: true}) {
//		...
//		_, err = io.Copy(file, part.Decode(body))
//
// In base64 all that is none is passed over, and what stands behind its end. A BodySection with Binary has the server undo the encoding, where it can.
// Errors: those of r, and what package base64 or quotedprintable says of octets that are broken.
// Source: RFC 2045 section 6.
func (b *BodyStructure) Decode(r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(b.Encoding)) {
	case "base64":
		return base64.NewDecoder(base64.RawStdEncoding, &base64Only{r: r})
	case "quoted-printable":
		return quotedprintable.NewReader(r)
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
