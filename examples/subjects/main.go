// Command subjects prints the subjects of what is new in an INBOX: IMAP in an ordinary goroutine, with the reactor in another one.
//
//	IMAP_PASSWORD=secret go run ./examples/subjects imap.example.org alice
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

func subjects(ctx context.Context, w io.Writer, addr string, o *imap4.DialOptions) error {
	c, err := imap4.Dial(ctx, addr, o)
	if err != nil {
		return err
	}
	defer c.Disconnect()
	found, err := imap4.Await(ctx, c, func(c *imap4.Client) *deferred.Deferred[*imap4.SearchData] {
		return deferred.Then(c.Examine("INBOX"), func(*imap4.MailboxInfo) (*imap4.SearchData, error) {
			return deferred.Chain(c.UIDSearch(imap4.Query{Unseen: true}))
		})
	})
	if err != nil || found.Count == 0 {
		return err
	}
	for m, err := range c.FetchSeq(ctx, found.Messages, imap4.FetchOptions{Items: imap4.ItemEnvelope}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(w, m.UID, m.Envelope.DecodedSubject())
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: IMAP_PASSWORD=... subjects host user")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r := reactor.New()
	go r.Run()
	err := subjects(ctx, os.Stdout, os.Args[1], &imap4.DialOptions{
		Reactor:     r,
		Credentials: &sasl.Credentials{Username: os.Args[2], Password: sasl.NewSecret(os.Getenv("IMAP_PASSWORD"))},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
