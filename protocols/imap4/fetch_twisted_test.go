package imap4_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

func TestTwistedsFetches(t *testing.T) {
	type answer = *deferred.Deferred[map[uint32]*imap4.Message]
	for _, test := range []struct {
		name  string
		fetch func(s *session) answer
		want  string
	}{
		{"fetchUID", func(s *session) answer { return s.FetchUID(imap4.AllMessages()) }, "FETCH 1:* (UID)"},
		{"fetchFlags", func(s *session) answer { return s.FetchFlags(imap4.UIDs(1)) }, "UID FETCH 1 (UID FLAGS)"},
		{"fetchInternalDate", func(s *session) answer { return s.FetchInternalDate(imap4.SeqNums(1)) }, "FETCH 1 (UID INTERNALDATE)"},
		{"fetchEnvelope", func(s *session) answer { return s.FetchEnvelope(imap4.SeqNums(1)) }, "FETCH 1 (UID ENVELOPE)"},
		{"fetchBodyStructure", func(s *session) answer { return s.FetchBodyStructure(imap4.SeqNums(1)) }, "FETCH 1 (UID BODYSTRUCTURE)"},
		{"fetchSimplifiedBody", func(s *session) answer { return s.FetchSimplifiedBody(imap4.SeqNums(1)) }, "FETCH 1 (UID BODY)"},
		{"fetchMessage", func(s *session) answer { return s.FetchMessage(imap4.SeqNums(1)) }, "FETCH 1 (UID BODY[])"},
		{"fetchHeaders", func(s *session) answer { return s.FetchHeaders(imap4.SeqNums(1)) }, "FETCH 1 (UID BODY.PEEK[HEADER])"},
		{"fetchBody", func(s *session) answer { return s.FetchBody(imap4.SeqNums(1)) }, "FETCH 1 (UID BODY[TEXT])"},
		{"fetchSize", func(s *session) answer { return s.FetchSize(imap4.SeqNums(1)) }, "FETCH 1 (UID RFC822.SIZE)"},
		{"fetchFull", func(s *session) answer { return s.FetchFull(imap4.SeqNums(1)) }, "FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)"},
		{"fetchAll", func(s *session) answer { return s.FetchAll(imap4.SeqNums(1)) }, "FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"},
		{"fetchFast", func(s *session) answer { return s.FetchFast(imap4.SeqNums(1)) }, "FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE)"},
		{"fetchSpecific", func(s *session) answer {
			return s.FetchSpecific(imap4.SeqNums(1), imap4.BodySection{Part: []int{1}, Specifier: imap4.SpecifierHeaderFields, Fields: []string{"Subject"}, Peek: true, Count: 9})
		}, "FETCH 1 (UID BODY.PEEK[1.HEADER.FIELDS (Subject)]<0.9>)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := opened(t, "")
			d := test.fetch(s)
			s.wrote("A1 " + test.want + "\r\n")
			s.server("A1 NO no\r\n")
			if _, err, _ := d.Result(); err == nil {
				t.Error("NO: got nil, want an error")
			}
		})
	}
	t.Run("by sequence number, the parts of one message put together (F14)", func(t *testing.T) {
		s := opened(t, "")
		d := s.FetchMessage(imap4.AllMessages())
		s.server("* 1 FETCH (BODY[] {3}\r\nabc)\r\n* 2 FETCH (UID 9 BODY[] \"\")\r\n* 1 FETCH (UID 7 BODY[TEXT] x)\r\nA1 OK done\r\n")
		got, err, _ := d.Result()
		want := []string{`1: 1/7 UID BODY[]=0:"abc" BODY[TEXT]=0:"x"`, `2: 2/9 UID BODY[]=0:""`}
		if err != nil || !slices.Equal(byNumber(got), want) || string(got[1].Body()) != "abc" {
			t.Errorf("got %q, %v, want %q", byNumber(got), err, want)
		}
	})
	t.Run("by UID", func(t *testing.T) {
		s := opened(t, "")
		d := s.FetchFlags(imap4.AllUIDs())
		s.server("* 1 FETCH (UID 7 FLAGS (a))\r\n* 1 FETCH (UID 7 FLAGS (b))\r\n* 2 FETCH (FLAGS (c))\r\nA1 OK done\r\n")
		got, err, _ := d.Result()
		if want := []string{"7: 1/7 UID FLAGS [b]"}; err != nil || !slices.Equal(byNumber(got), want) {
			t.Errorf("got %q, %v, want %q", byNumber(got), err, want)
		}
	})
	t.Run("above the limit", func(t *testing.T) {
		s := opened(t, "")
		s.Options.Limits = &imap4.Limits{Untagged: 2}
		d := s.FetchFlags(imap4.AllUIDs())
		s.server("* 1 FETCH (UID 7 FLAGS ())\r\n* 2 FETCH (UID 8 FLAGS ())\r\n* 3 FETCH (UID 9 FLAGS ())\r\nA1 OK done\r\n")
		_, err, _ := d.Result()
		if limit := new(imap4.LimitError); !errors.As(err, &limit) || limit.Limit != "Untagged" {
			t.Errorf("got %v, want the limit Untagged", err)
		}
		s.closed(false)
	})
}
