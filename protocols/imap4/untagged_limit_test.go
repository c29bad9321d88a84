package imap4_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// flooded is a command and what a server can answer to it without an end. line is the ith line.
type flooded struct {
	name  string
	issue func(c *imap4.Client) *deferred.Deferred[any]
	line  func(i int) string
}

func lines(format string) func(i int) string {
	return func(i int) string { return strings.ReplaceAll(format, "{i}", fmt.Sprint(2*i+1)) + "\r\n" }
}

var floods = []flooded{
	{"List", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.List("", "*")) }, lines(`* LIST () "/" m{i}`)},
	{"LSub", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.LSub("", "*")) }, lines(`* LSUB () "/" m{i}`)},
	{"XList", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.XList("", "*")) }, lines(`* XLIST () "/" m{i}`)},
	{"Search", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Search(imap4.Query{})) }, lines(`* SEARCH {i}`)},
	{"UIDSearch, ESEARCH", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.UIDSearch(imap4.Query{})) }, lines(`* ESEARCH (TAG "A2") UID ALL {i}`)},
	{"Sort", func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.Sort([]imap4.SortKey{imap4.SortDate}, imap4.Query{}))
	}, lines(`* SORT {i}`)},
	{"Thread", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Thread("x", imap4.Query{})) }, lines(`* THREAD ({i})`)},
	{"FetchUID", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.FetchUID(imap4.AllMessages())) }, lines(`* {i} FETCH (UID {i})`)},
	{"FetchBody, one message again and again", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.FetchBody(imap4.AllMessages())) }, lines(`* 1 FETCH (UID 1 BODY[TEXT] "{i}")`)},
	{"SetFlags", func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.SetFlags(imap4.AllMessages(), nil, imap4.StoreOptions{Tell: true}))
	}, lines(`* {i} FETCH (FLAGS ())`)},
	{"Copy", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Copy(imap4.AllUIDs(), "x")) }, lines(`* OK [COPYUID 1 {i} {i}] x`)},
	{"Move", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Move(imap4.AllUIDs(), "x")) }, lines(`* OK [COPYUID 1 {i} {i}] x`)},
	{"Expunge", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Expunge()) }, lines(`* {i} EXPUNGE`)},
	{"Expunge, VANISHED", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Expunge()) }, lines(`* VANISHED {i}`)},
	{"Select, changed", func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.Select("x", imap4.SelectOptions{QResync: &imap4.QResync{UIDValidity: 1, ModSeq: 1}}))
	}, lines(`* {i} FETCH (UID {i} FLAGS ())`)},
	{"Select, vanished", func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.Select("x", imap4.SelectOptions{QResync: &imap4.QResync{UIDValidity: 1, ModSeq: 1}}))
	}, lines(`* VANISHED (EARLIER) {i}`)},
	{"GetACL", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetACL("x")) }, lines(`* ACL x u{i} lrs`)},
	{"GetQuotaRoot, roots", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuotaRoot("x")) }, lines(`* QUOTAROOT x r{i}`)},
	{"GetQuotaRoot, quotas", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.GetQuotaRoot("x")) }, lines(`* QUOTA r{i} (STORAGE 1 2)`)},
	{"GetMetadata", func(c *imap4.Client) *deferred.Deferred[any] {
		return of(c.GetMetadata("x", imap4.MetadataOptions{}, "/shared"))
	}, lines(`* METADATA x (/shared/{i} "v")`)},
	{"Enable", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.Enable("X")) }, lines(`* ENABLED X{i}`)},
	{"SendCommand", func(c *imap4.Client) *deferred.Deferred[any] { return of(c.SendCommand("X")) }, lines(`* X {i}`)},
}

// flood answers a command with n lines, and answers how it ended. A NOOP behind it must work.
func (f flooded) flood(t *testing.T, limits *imap4.Limits, n int) error {
	t.Helper()
	s := opened(t, everything)
	s.Listener = nil
	s.Options.NoID, s.Options.NoRev2, s.Options.Limits, s.Options.MinRate = true, true, limits, 1<<40
	s.SetEnabled("QRESYNC")
	if f.name == "UIDSearch, ESEARCH" {
		s.Noop().Handle(nil, nil)
		s.server("A1 OK done\r\n")
	} else {
		s.server("* CAPABILITY IMAP4rev1 " + strings.ReplaceAll(everything, " ESEARCH", "") + "\r\n")
	}
	s.tr.Take()
	d := f.issue(&s.Client)
	tag, _, _ := strings.Cut(string(s.tr.Take()), " ")
	var text strings.Builder
	for i := range n {
		text.WriteString(f.line(i))
	}
	s.server("* OK [CLOSED] of no matter for others than SELECT\r\n" + text.String() + tag + " OK done\r\n")
	_, err, fired := d.Result()
	if !fired {
		t.Errorf("%s is not answered", f.name)
	}
	d.Handle(nil, func(error) {})
	noop := s.Noop()
	sent, _, _ := strings.Cut(string(s.tr.Take()), " ")
	s.server(sent + " OK done\r\n")
	got(t, noop)
	return err
}

func TestUntaggedLimit(t *testing.T) {
	for _, f := range floods {
		t.Run(f.name, func(t *testing.T) {
			if err := f.flood(t, &imap4.Limits{Untagged: 100}, 10); err != nil {
				t.Errorf("within the limit: got %v, want no error", err)
			}
			err := f.flood(t, &imap4.Limits{Untagged: 100}, 101)
			var limit *imap4.LimitError
			if !errors.As(err, &limit) || limit.Limit != wire.LimitUntagged || limit.Max != 100 {
				t.Errorf("above it: got %v, want the limit Untagged of 100", err)
			}
		})
	}
}
