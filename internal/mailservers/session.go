package mailservers

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sessionTimeout bounds a whole session; it only guards against a hang.
const sessionTimeout = 60 * time.Second

// session is an IMAP client of its own, so that the tests of the library's client do not rest on that client.
type session struct {
	conn net.Conn
	in   *bufio.Reader
	tag  int
}

// security says how a session comes to TLS.
type security int

const (
	plain security = iota
	startTLS
	implicitTLS
)

// open connects and reads the greeting.
func (s *Server) open(how security) (*session, error) {
	addr := s.IMAPAddr()
	if how == implicitTLS {
		addr = s.IMAPSAddr()
	}
	conn, err := net.DialTimeout("tcp", addr, sessionTimeout)
	if err != nil {
		return nil, err
	}
	c := &session{conn: conn, in: bufio.NewReader(conn)}
	_ = conn.SetDeadline(time.Now().Add(sessionTimeout))
	if err = c.begin(s, how); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *session) begin(s *Server, how security) error {
	if how == implicitTLS {
		if err := c.secure(s); err != nil {
			return err
		}
	}
	if greeting, err := c.line(); err != nil || !strings.HasPrefix(greeting, "* OK") {
		return fmt.Errorf("greeting: %q, %w", greeting, err)
	}
	if how != startTLS {
		return nil
	}
	if _, err := c.command("STARTTLS"); err != nil {
		return err
	}
	return c.secure(s)
}

func (c *session) secure(s *Server) error {
	roots, err := s.rootCAs()
	if err != nil {
		return err
	}
	conn := tls.Client(c.conn, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	c.conn, c.in = conn, bufio.NewReader(conn)
	return conn.Handshake()
}

// logIn uses LOGIN, or AUTHENTICATE PLAIN where LOGIN is disabled.
func (c *session) logIn(u User) error {
	words, err := c.capabilities()
	if err != nil {
		return err
	}
	if !slices.Contains(words, "LOGINDISABLED") {
		_, err = c.command("LOGIN " + u.Name + " " + u.Password)
		return err
	}
	_, err = c.command("AUTHENTICATE PLAIN", base64.StdEncoding.EncodeToString([]byte("\x00"+u.Name+"\x00"+u.Password)))
	return err
}

// capabilities asks for the words of CAPABILITY.
func (c *session) capabilities() ([]string, error) {
	lines, err := c.command("CAPABILITY")
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "* CAPABILITY "); ok {
			return strings.Fields(rest), nil
		}
	}
	return nil, fmt.Errorf("CAPABILITY: %q, %w", lines, err)
}

// command sends a command, each of continued after a "+", and answers the lines before the tagged one, which must be OK.
func (c *session) command(text string, continued ...string) ([]string, error) {
	tag, err := c.send(text)
	if err != nil {
		return nil, err
	}
	return c.answer(tag, text, continued...)
}

func (c *session) send(text string) (tag string, err error) {
	c.tag++
	tag = "m" + strconv.Itoa(c.tag)
	_, err = io.WriteString(c.conn, tag+" "+text+"\r\n")
	return tag, err
}

func (c *session) answer(tag, text string, continued ...string) (lines []string, err error) {
	for {
		line, err := c.line()
		if err != nil {
			return lines, fmt.Errorf("%s: %w", text, err)
		}
		if rest, tagged := strings.CutPrefix(line, tag+" "); tagged {
			if !strings.HasPrefix(rest, "OK") {
				err = fmt.Errorf("%s: %s", text, rest)
			}
			return lines, err
		}
		if !strings.HasPrefix(line, "+") || len(continued) == 0 {
			lines = append(lines, line)
			continue
		}
		if _, err := io.WriteString(c.conn, continued[0]+"\r\n"); err != nil {
			return lines, err
		}
		continued = continued[1:]
	}
}

// line reads a line with the literals in it, without its CRLF.
func (c *session) line() (string, error) {
	var all strings.Builder
	for {
		text, err := c.in.ReadString('\n')
		if err != nil {
			return all.String() + text, err
		}
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		all.WriteString(text)
		size, announced := literalSize(text)
		if !announced {
			return all.String(), nil
		}
		all.WriteString("\r\n")
		if _, err := io.CopyN(&all, c.in, size); err != nil {
			return all.String(), err
		}
	}
}

// literalSize reads the {n} at the end of a line.
func literalSize(line string) (int64, bool) {
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return 0, false
	}
	size, err := strconv.ParseInt(line[open+1:len(line)-1], 10, 64)
	return size, err == nil && size >= 0
}

// close says goodbye.
func (c *session) close() error {
	_, err := c.command("LOGOUT")
	_ = c.conn.Close()
	return err
}
