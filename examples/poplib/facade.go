package main

import (
	"fmt"
	"io"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// look is the program in the form in which poplib has it: each call waits for the server.
func look(out io.Writer, m mailbox) error {
	connect := poplib.NewPOP3
	if m.tls {
		connect = poplib.NewPOP3SSL
	}
	server, err := connect(m.host, &poplib.Options{Port: m.port, TLS: m.config, AllowInsecureAuth: m.insecure, DebugOutput: out})
	if err != nil {
		return err
	}
	defer server.Close()
	server.SetDebugLevel(1)
	if m.stls {
		if _, err := server.STLS(nil); err != nil {
			return err
		}
	}
	if _, err := server.User(m.user); err != nil {
		return err
	}
	if _, err := server.Pass(m.password); err != nil {
		return err
	}

	count, octets, err := server.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, count, "messages,", octets, "octets")

	for i := 1; i <= count; i++ {
		header, err := server.Top(i, 0)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "message", i, "has", len(header.Lines), "lines of header")
	}

	list, err := server.List()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, poplib.Repr(list.Response))
	for _, line := range list.Lines {
		fmt.Fprintln(out, poplib.Repr(line))
	}
	fmt.Fprintln(out, list.Octets, "octets")

	if count > 0 {
		mail, err := server.Retr(1)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, 3, "parts") // Response, Lines, Octets
		for _, line := range mail.Lines {
			fmt.Fprintln(out, poplib.Repr(line))
		}
	}
	_, err = server.Quit()
	return err
}
