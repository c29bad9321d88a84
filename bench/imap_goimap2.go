package main

import (
	"crypto/tls"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// imapGo2Works is go-imap v2, as its examples use it.
var imapGo2Works = map[string]func(imapJob){
	"metadata":       go2Metadata,
	"bodies":         func(j imapJob) { go2Bodies(j, 1) },
	"bodies-large":   func(j imapJob) { go2Bodies(j, megabytes(j.Bytes)/float64(j.Messages)) },
	"idle":           func(j imapJob) { holdIdlers(j, inGoroutines(j, go2Idle)) },
	"push":           func(j imapJob) { pushIdlers(j, inGoroutines(j, go2Idle)) },
	"noop":           go2Noop,
	"noop-pipelined": go2Pipelined,
	"login":          go2Login,
}

func go2Dial(addr string, overTLS bool, options *imapclient.Options) *imapclient.Client {
	dial := imapclient.DialInsecure
	if overTLS {
		dial = imapclient.DialTLS
	}
	c, err := dial(addr, options)
	check(err)
	check(c.Login(imapUser, imapPassword).Wait())
	return c
}

func go2Selected(j imapJob) *imapclient.Client {
	c := go2Dial(j.Addr, false, nil)
	_, err := c.Select(j.Mailbox, nil).Wait()
	check(err)
	check(c.Noop().Wait())
	return c
}

func go2Set(j imapJob) imap.SeqSet {
	var set imap.SeqSet
	set.AddRange(1, uint32(j.Messages))
	return set
}

// go2Metadata lets each message be collected, which is how go-imap decodes it.
func go2Metadata(j imapJob) {
	c := go2Selected(j)
	options := &imap.FetchOptions{UID: true, Flags: true, InternalDate: true, RFC822Size: true, Envelope: true,
		BodyStructure: &imap.FetchItemBodyStructure{Extended: true}}
	m := startMeter()
	done := 0
	for !m.over.Load() {
		got := 0
		fetch := c.Fetch(go2Set(j), options)
		for data := fetch.Next(); data != nil; data = fetch.Next() {
			message, err := data.Collect()
			check(err)
			if message.UID != 0 && message.Envelope.MessageID != "" && message.BodyStructure != nil {
				got++
			}
		}
		check(fetch.Close())
		mustBe("messages", got, j.Messages)
		done += got
	}
	m.report(float64(done))
}

// go2Bodies reads each body as a stream.
func go2Bodies(j imapJob, units float64) {
	c := go2Selected(j)
	options := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}}
	m := startMeter()
	done := 0
	for !m.over.Load() {
		var size int64
		fetch := c.Fetch(go2Set(j), options)
		for data := fetch.Next(); data != nil; data = fetch.Next() {
			for item := data.Next(); item != nil; item = data.Next() {
				if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
					n, err := io.Copy(io.Discard, body.Literal)
					check(err)
					size += n
				}
			}
		}
		check(fetch.Close())
		mustBe("bytes of bodies", int(size), j.Bytes)
		done += j.Messages
	}
	m.report(float64(done) * units)
}

// go2Idle is a connection that idles and tells of each EXISTS.
func go2Idle(j imapJob, i int, exists func(n uint32)) {
	options := &imapclient.Options{
		TLSConfig: &tls.Config{InsecureSkipVerify: true},
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				exists(*data.NumMessages)
			}
		}},
	}
	c := go2Dial(j.at(i), j.TLS, options)
	_, err := c.Select(j.Mailbox, nil).Wait()
	check(err)
	_, err = c.Idle()
	check(err)
}

func go2Noop(j imapJob) {
	clients := make([]*imapclient.Client, j.Connections)
	for i := range clients {
		clients[i] = go2Dial(j.Addr, false, nil)
	}
	m := startMeter()
	m.report(float64(inParallel(j.Connections, func(i int) (done int) {
		for ; !m.over.Load(); done++ {
			check(clients[i].Noop().Wait())
		}
		return done
	})))
}

// go2Pipelined keeps a window of commands under way on one connection.
func go2Pipelined(j imapJob) {
	c := go2Dial(j.Addr, false, nil)
	underWay := make(chan *imapclient.Command, j.Window-1)
	m := startMeter()
	go func() {
		for !m.over.Load() {
			underWay <- c.Noop()
		}
		close(underWay)
	}()
	done := 0
	for command := range underWay {
		check(command.Wait())
		done++
	}
	m.report(float64(done))
}

func go2Login(j imapJob) {
	m := startMeter()
	m.report(float64(inParallel(j.Connections, func(i int) (done int) {
		for ; !m.over.Load(); done++ {
			c := go2Dial(j.at(i+done), false, nil)
			check(c.Logout().Wait())
			_ = c.Close()
		}
		return done
	})))
}
