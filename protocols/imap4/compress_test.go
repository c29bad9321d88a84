package imap4_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/reactor/reactortest"
)

func TestCompress(t *testing.T) {
	compressed := func(t *testing.T, rest string) *session {
		t.Helper()
		u := newUser(nil)
		s := start(t, u)
		s.server("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n")
		s.take()
		track(u, "COMPRESS", u.Compress())
		s.noop()
		s.wrote("A1 COMPRESS DEFLATE\r\n")
		s.server("A1 OK go\r\n" + rest)
		return s
	}
	squeeze := func(text string) string {
		var b strings.Builder
		w, _ := flate.NewWriter(&b, flate.BestCompression)
		_, _ = w.Write([]byte(text))
		_ = w.Flush()
		return b.String()
	}
	answer := "* 3 EXISTS\r\n" + strings.Repeat("* OK "+strings.Repeat("x", 100)+"\r\n", 300) + "A2 OK done\r\n"
	t.Run("both ways, from the byte behind the answer on", func(t *testing.T) {
		for _, cut := range []reactortest.Chunking{reactortest.Whole, reactortest.Bytewise} {
			s := compressed(t, "")
			got, err := io.ReadAll(flate.NewReader(bytes.NewReader(s.tr.Take())))
			if string(got) != "A2 NOOP\r\n" || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("sent: got %q, %v, want A2 NOOP", got, err)
			}
			s.serverCut(squeeze(answer), cut)
			events := s.take()
			if len(events) != 303 || events[1] != "exists 3" || events[302] != "NOOP: ok" {
				t.Errorf("events: got %d, first %q, want 303 with exists 3 and NOOP: ok", len(events), events[:2])
			}
		}
		s := compressed(t, squeeze("* 3 EXISTS\r\n"))
		s.happened("COMPRESS: ok", "exists 3")
	})
	t.Run("bytes that are no DEFLATE end the connection", func(t *testing.T) {
		s := compressed(t, "")
		s.server("\xff\xff\xff\xff")
		s.closed(true)
	})
	t.Run("a second time", func(t *testing.T) {
		s := compressed(t, "")
		s.server(squeeze("A2 OK done\r\n"))
		_, err, _ := s.Compress().Result()
		wantUnsent(t, err, imap4.ErrCompressed, "COMPRESS")
	})
	t.Run("STARTTLS behind it is refused", func(t *testing.T) {
		u := newUser(nil)
		s := start(t, u)
		s.server("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE STARTTLS] ready\r\n")
		track(u, "COMPRESS", u.Compress())
		s.server("A1 OK go\r\n")
		_, err, _ := s.StartTLS(nil).Result()
		wantUnsent(t, err, imap4.ErrCompressed, "STARTTLS")
	})
	t.Run("refused: nothing changes", func(t *testing.T) {
		u := newUser(nil)
		s := compressible(t, u)
		track(u, "COMPRESS", u.Compress())
		s.server("A1 NO [COMPRESSIONACTIVE] TLS does\r\n")
		s.noop()
		s.wrote("A1 COMPRESS DEFLATE\r\nA2 NOOP\r\n")
	})
}

func compressible(t *testing.T, u *user) *session {
	t.Helper()
	s := start(t, u)
	s.server("* PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n")
	s.take()
	return s
}
