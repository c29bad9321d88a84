package imap4

import (
	"strings"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// onUntagged takes data and status responses that carry no tag: the commands that are out are asked first, in their order, then
// the table of dispatch.go, then the Listener gets what nobody knows.
func (c *Client) onUntagged(r wire.Response) {
	told := false
	if r.IsStatus {
		told = c.onStatus(&r)
		c.idle.onStatus(&r)
	}
	if c.claimed(r) || told {
		return
	}
	if l := c.Listener; l != nil {
		l.Untagged(Untagged{Number: r.Number, HasNumber: r.HasNumber, Name: r.Name, Text: string(r.Args.Rest())})
	}
}

// claimed tells whether a command that is out or the table has taken r. Most data is for neither: r is copied to the heap only for
// those who are asked.
func (c *Client) claimed(r wire.Response) bool {
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.untagged == nil {
			continue
		}
		if cmd.untagged(c.offer(r)) {
			return true
		}
	}
	if r.HasNumber && (r.Name == "FETCH" || r.Name == "UIDFETCH") {
		c.onFetch(r.Number, r.Name == "UIDFETCH", &r.Args)
		return true
	}
	if onNumber, ok := numbers[r.Name]; ok && r.HasNumber {
		onNumber(c, r.Number)
		return true
	}
	handle, ok := dispatch[r.Name]
	if !ok {
		return false
	}
	return handle(c, c.offer(r))
}

// offer puts r where it can be pointed at, until the next one.
func (c *Client) offer(r wire.Response) *wire.Response {
	memory := &c.offered
	if c.traffic == &noTraffic {
		memory = new(wire.Response)
	}
	*memory = r
	return memory
}

// limitUntagged tells whether cmd may keep n things of what it collects. If not, it fails when it is answered.
func (c *Client) limitUntagged(cmd *command, n int) bool {
	limit := c.options().Limits.MaxUntagged()
	if n <= limit {
		return true
	}
	if cmd.failed == nil {
		cmd.failed = &CommandError{Command: cmd.name, Sent: true, Err: &LimitError{Limit: wire.LimitUntagged, Max: int64(limit)}}
	}
	return false
}

// onStatus sees to the response code of any status response, tagged or not, and to BYE. told says that the Listener has heard all of it.
//
//	resp-text = ["[" resp-text-code "]" SP] text
func (c *Client) onStatus(r *wire.Response) (told bool) {
	if r.Code != "" {
		told = c.onCode(r)
	}
	switch {
	case r.Name == "BYE":
		c.onBye(&ByeError{Code: r.Code, Text: r.Text})
	case r.Kind == wire.Untagged && !told && (r.Name == "NO" || r.Name == "BAD"):
		if l := c.Listener; l != nil {
			l.Warning(r.Name, r.Code, r.Text)
		}
		return true
	}
	return told
}

// onCode takes the response codes that mean something wherever they stand. told says that a method of the Listener's own has heard it.
func (c *Client) onCode(r *wire.Response) (told bool) {
	l := c.Listener
	switch r.Code {
	case "CAPABILITY":
		d := r.CodeDecoder(c.options().Limits)
		c.onCapability(&d, r.Kind == wire.Tagged)
	case "CLOSED": // the mailbox that was selected, before what belongs to the next one (RFC 9051 section 7.1)
		c.onClosed()
	case "ALERT":
		if l != nil {
			l.Alert(r.Text)
		}
		return true
	case "REFERRAL":
		if l != nil {
			l.Referral(r.CodeArgs)
		}
		return true
	case "NOTIFICATIONOVERFLOW":
		if l != nil {
			l.NotificationOverflow()
		}
		return true
	case "INPROGRESS":
		if l != nil {
			l.Progress(decodeProgress(r, c.options().Limits))
		}
		return true
	default:
		return c.onMailboxCode(r)
	}
	return false
}

// decodeProgress reads how far a command is.
//
//	resp-text-code =/ "INPROGRESS" [SP "(" inprogress-tag SP inprogress-state ")"] (RFC 9585 section 6)
func decodeProgress(r *wire.Response, l *Limits) Progress {
	p := Progress{Text: r.Text}
	d := r.CodeDecoder(l)
	n := 0
	d.List(func(d *wire.Decoder) {
		switch n++; n {
		case 1:
			tag, _ := d.NString()
			p.Tag = string(tag)
		case 2:
			p.Done, _ = d.OptNumber64()
		case 3:
			p.Goal, _ = d.OptNumber64()
		default:
			d.SkipValue()
		}
	})
	return p
}

// onBye: the server is about to close. Nothing more is sent; what was sent may still be answered until the server closes or
// its time is up.
func (c *Client) onBye(bye *ByeError) {
	if c.saidBye() != nil || c.state == stateClosed {
		return
	}
	c.unusual().bye = bye
	if l := c.Listener; l != nil && !c.loggingOut() {
		l.Bye(bye.Code, bye.Text)
	}
	if c.out.first == nil && !c.idle.busy() {
		c.leave()
		return
	}
	c.startWait(byeWait, byeGrace, false)
}

// leave closes after BYE, when nothing that was sent waits for an answer.
func (c *Client) leave() {
	c.failPending(c.saidBye())
	c.idle.end(c.saidBye())
	c.lose()
}

// lose closes the connection in good order, and soon: a server that does not read what was sent cannot keep it.
func (c *Client) lose() {
	if c.state == stateClosed {
		return
	}
	c.startWait(byeWait, byeGrace, false)
	c.transport.LoseConnection()
}

func (c *Client) loggingOut() bool {
	for cmd := c.out.first; cmd != nil; cmd = cmd.behind {
		if cmd.byeWillDo {
			return true
		}
	}
	return false
}

// isLastWords knows what servers say, outside the protocol, before they go.
func isLastWords(line string) bool {
	// Exchange, when its back end is gone (seen 2021, "Server Unavailable. 15").
	return strings.HasPrefix(line, "Server Unavailable")
}
