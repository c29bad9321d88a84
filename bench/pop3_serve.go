package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
)

// popCapabilities are what Dovecot has.
const popCapabilities = "CAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nUSER\r\nSASL PLAIN LOGIN\r\n"

// servePOP3 is the role: a server that lets everybody in and answers each RETR with the same message of trafficBytes.
func servePOP3([]string) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	check(err)
	announce(l.Addr())
	message := popMessage()
	for {
		c, err := l.Accept()
		check(err)
		go popAnswer(c, message)
	}
}

func popMessage() []byte { return []byte(filling(trafficBytes-2) + "\r\n") }

// popAnswer is one session.
func popAnswer(c net.Conn, message []byte) {
	defer c.Close()
	in := bufio.NewReaderSize(c, 256)
	answer := []byte("+OK ready\r\n")
	for {
		if _, err := c.Write(answer); err != nil {
			return
		}
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		name, _, _ := strings.Cut(string(bytes.TrimSpace(line)), " ")
		switch name {
		case "CAPA":
			answer = []byte("+OK\r\n" + popCapabilities + ".\r\n")
		case "RETR":
			answer = fmt.Appendf(nil, "+OK %d octets\r\n%s.\r\n", len(message), message)
		default:
			answer = []byte("+OK\r\n")
		}
	}
}
