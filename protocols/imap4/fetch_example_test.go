package imap4_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4"
)

// Subjects of the last hundred messages, as callbacks.
func ExampleClient_Fetch() {
	var c *imap4.Client // with a mailbox selected
	show := func() *deferred.Deferred[int] {
		return c.Fetch(imap4.AllUIDs(), imap4.FetchOptions{
			Items: imap4.ItemEnvelope | imap4.ItemFlags, Partial: imap4.PartialRange{First: -1, Last: -100},
		}, func(m *imap4.Message) {
			fmt.Println(m.UID, m.HasFlag(imap4.FlagSeen), m.Envelope.DecodedSubject())
		})
	}
	_ = show
}

// The same in a goroutine of its own: the loop waits for the messages, and the server for the loop.
func ExampleClient_FetchSeq() {
	show := func(ctx context.Context, c *imap4.Client) error {
		for m, err := range c.FetchSeq(ctx, imap4.AllUIDs(), imap4.FetchOptions{Items: imap4.ItemEnvelope}) {
			if err != nil {
				return err
			}
			fmt.Println(m.UID, m.Envelope.DecodedSubject())
		}
		return nil
	}
	_ = show
}

// Messages of any size go to files as they come.
func ExampleClient_FetchBodies() {
	save := func(ctx context.Context, c *imap4.Client, set imap4.MessageSet) error {
		for body, err := range c.FetchBodies(ctx, set, imap4.BodySection{Peek: true}) {
			if err != nil {
				return err
			}
			file, err := os.Create(fmt.Sprintf("%d.eml", body.SeqNum))
			if err != nil {
				return err
			}
			if _, err := io.Copy(file, body); err != nil {
				return err
			}
			if err := file.Close(); err != nil {
				return err
			}
		}
		return nil
	}
	_ = save
}
