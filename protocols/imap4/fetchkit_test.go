package imap4

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// fetched is one FETCH response as it was read.
type fetched struct {
	msg *Message
	err error
}

// units feeds input to a client's scanner, cut behind each of the places in cuts, and calls take for each whole response. Bytes that
// were handed in are spoilt before the next come, as a connection's buffer is.
func units(t testing.TB, input string, cuts []int, take func(u wire.Unit)) {
	t.Helper()
	s := wire.NewScanner(wire.Client, nil)
	from := 0
	for _, to := range append(cuts, len(input)) {
		piece := []byte(input[from:to])
		from = to
		for p := piece; ; {
			u, n, err := s.Next(p)
			if err != nil {
				t.Fatalf("scan: %v", err)
			}
			if u.Kind == wire.None {
				break
			}
			if u.Kind == wire.Line {
				take(u)
			}
			p = p[n:]
		}
		for i := range piece {
			piece[i] = '#'
		}
	}
}

// fetch reads the FETCH responses of input, as owned messages.
func fetch(t testing.TB, input string, cuts ...int) (all []fetched) {
	t.Helper()
	var f fetchDecoder
	units(t, input, cuts, func(u wire.Unit) {
		if r, err := wire.DecodeResponse(u, nil); err == nil && r.Name == "FETCH" {
			m, err := f.own(r.Number, &r.Args)
			all = append(all, fetched{m, err})
		}
	})
	return all
}

// fetchBorrowed reads the FETCH responses of input, as borrowed messages, and clones them.
func fetchBorrowed(t testing.TB, input string, cuts ...int) (all []fetched) {
	t.Helper()
	var f fetchDecoder
	units(t, input, cuts, func(u wire.Unit) {
		if r, err := wire.DecodeResponse(u, nil); err == nil && r.Name == "FETCH" {
			m, err := f.borrow(r.Number, &r.Args)
			now := fetched{m, err}.show()
			c := fetched{m.Clone(), err}
			if got := c.show(); got != now {
				t.Errorf("clone: got %s\nwant %s", got, now)
			}
			all = append(all, c)
		}
	})
	return all
}

// show is all of a message in one text: what it does not have does not show.
func (f fetched) show() string {
	var b strings.Builder
	m := f.msg
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	say("%d", m.SeqNum)
	showItem(&b, m, ItemUID, "uid", m.UID)
	showItem(&b, m, ItemFlags, "flags", m.Flags)
	showItem(&b, m, ItemInternalDate, "date", m.InternalDate.Format(time.RFC3339))
	showItem(&b, m, ItemSize, "size", m.Size)
	showItem(&b, m, ItemModSeq, "modseq", m.ModSeq)
	showItem(&b, m, ItemEmailID, "emailid", m.EmailID)
	showItem(&b, m, ItemThreadID, "threadid", m.ThreadID)
	showItem(&b, m, ItemSaveDate, "savedate", m.SaveDate.Format(time.RFC3339))
	showItem(&b, m, ItemPreview, "preview", fmt.Sprintf("%q", m.Preview))
	showItem(&b, m, ItemGmailMsgID, "gmid", m.GmailMsgID)
	showItem(&b, m, ItemGmailThreadID, "gmthr", m.GmailThreadID)
	showItem(&b, m, ItemGmailLabels, "labels", fmt.Sprintf("%q", m.GmailLabels))
	if m.Has(ItemEnvelope) != (m.Envelope != nil) || (m.Has(ItemBody) || m.Has(ItemBodyStructure)) != (m.BodyStructure != nil) {
		say(" has=%v", m.Items())
	}
	showEnvelope(&b, m.Envelope)
	showBody(&b, m.BodyStructure)
	for _, s := range m.Sections {
		say(" %v", s.BodySection)
		switch s.State {
		case SectionKept:
			say("=%q", s.Bytes)
		default:
			say("=state %d, size %d", s.State, s.Size)
		}
	}
	for _, x := range m.Extra {
		say(" %s=%q", x.Name, x.Raw)
	}
	if f.err != nil {
		say(" !%T", f.err)
	}
	return b.String()
}

func showItem(b *strings.Builder, m *Message, item Items, name string, value any) {
	if m.Has(item) {
		fmt.Fprintf(b, " %s=%v", name, value)
	}
}

func showEnvelope(b *strings.Builder, e *Envelope) {
	if e == nil {
		return
	}
	fmt.Fprintf(b, " env(%q %q", e.Date, e.Subject)
	for i, list := range e.lists() {
		if len(*list) == 0 {
			continue
		}
		b.WriteString(" " + []string{"from", "sender", "reply-to", "to", "cc", "bcc"}[i] + ":")
		for j, a := range *list {
			if j > 0 {
				b.WriteString(",")
			}
			switch {
			case a.IsGroupStart():
				fmt.Fprintf(b, "group %q{", a.Mailbox)
			case a.IsGroupEnd():
				b.WriteString("}")
			default:
				fmt.Fprintf(b, "%q<%s>", a.Name, a.Addr())
			}
			if a.Route != "" {
				fmt.Fprintf(b, "via %q", a.Route)
			}
		}
	}
	if e.InReplyTo != "" {
		fmt.Fprintf(b, " re %s", e.InReplyTo)
	}
	fmt.Fprintf(b, " id %q)", e.MessageID)
}

func showBody(b *strings.Builder, s *BodyStructure) {
	if s == nil {
		return
	}
	fmt.Fprintf(b, " [%s/%s", s.Type, s.Subtype)
	showParams(b, s.Params)
	var e BodyExtension
	if s.Extension != nil {
		e = *s.Extension
	}
	for _, v := range []struct{ name, value string }{{"id", s.ID}, {"desc", s.Description}, {"enc", s.Encoding}, {"md5", e.MD5}} {
		if v.value != "" {
			fmt.Fprintf(b, " %s=%q", v.name, v.value)
		}
	}
	if s.Size != 0 || s.Lines != 0 {
		fmt.Fprintf(b, " %d/%d", s.Size, s.Lines)
	}
	if e.Disposition.Value != "" {
		b.WriteString(" " + e.Disposition.Value)
	}
	showParams(b, e.Disposition.Params)
	if e.Language != nil {
		fmt.Fprintf(b, " lang=%q", e.Language)
	}
	if e.Location != "" {
		fmt.Fprintf(b, " at=%q", e.Location)
	}
	if e.Rest != "" {
		fmt.Fprintf(b, " ext=%q", e.Rest)
	}
	showEnvelope(b, s.Envelope)
	showBody(b, s.Body)
	for i := range s.Children {
		showBody(b, &s.Children[i])
	}
	b.WriteString("]")
}

func showParams(b *strings.Builder, params Params) {
	for _, p := range params {
		fmt.Fprintf(b, " %s=%q", p.Name, p.Value)
	}
}

// showAll is all messages of a conversation, one in a line.
func showAll(all []fetched) string {
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = f.show()
	}
	return strings.Join(lines, "\n")
}

// randomCuts are some places to cut n bytes, ascending.
func randomCuts(r *rand.Rand, n int) (cuts []int) {
	for at := r.IntN(9); at < n; at += 1 + r.IntN(60) {
		cuts = append(cuts, at)
	}
	return cuts
}
