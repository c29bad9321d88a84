package main

import "github.com/tconn/tconn/protocols/imap4"

// tconnIdlers idles on all connections: Idle keeps it up.
func tconnIdlers(j imapJob) connectIdlers {
	idlers, all := 0, make(chan struct{})
	d := newTconnDialer(j)
	d.job.Connections = 0
	d.ready = func(c *tconnClient) {
		c.Select(j.Mailbox).Handle(func(*imap4.MailboxInfo) {
			c.Idle()
			if idlers++; idlers == d.job.Connections {
				all <- struct{}{}
			}
		}, failed)
	}
	go d.run()
	return func(n int, exists func(n uint32)) {
		check(d.r.CallFromThread(func() {
			d.listener = tconnExists{exists: exists}
			d.job.Connections += n
			d.more()
		}))
		<-all
	}
}

// tconnExists hears EXISTS for all connections.
type tconnExists struct {
	imap4.BaseListener
	exists func(n uint32)
}

func (l tconnExists) Exists(n uint32) { l.exists(n) }
