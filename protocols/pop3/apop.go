package pop3

import (
	"crypto/md5"
	"encoding/hex"
	"strings"

	"github.com/tconn/tconn/deferred"
)

// APOP signs in with a digest of the password and the challenge in the server's greeting. It is sent only when it is asked for: it proves
// nothing about the server, and MD5 lets who listens try passwords. Prefer SignIn.
//
// Command: APOP (RFC 1939 section 7). Legal in: authorization. A trace shows the digest as ***.
// Fires with: the server's line, when it has accepted.
// Fails with: as Pass does; ErrNoChallenge in a *CommandError, before anything is sent, if the greeting has no challenge of the form
// <text@host>.
// Source: poplib.POP3.apop; Twisted's apop.
func (c *Client) APOP(user, password string) *deferred.Deferred[Reply] {
	if _, err := newCommand("APOP", user); err != nil {
		return deferred.Fail[Reply](err)
	}
	cmd := &command{name: "APOP", shown: "APOP " + user + " ***", needs: beforeLogin, alone: true, answered: c.noteLogin}
	cmd.ready = func() (err error) {
		challenge, ok := Challenge(c.greeting.Line)
		if !ok {
			return ErrNoChallenge
		}
		digest := md5.Sum([]byte(challenge + password))
		made, err := newCommand("APOP", user, hex.EncodeToString(digest[:]))
		if err == nil {
			cmd.line = made.line
		}
		return err
	}
	return issue(c, cmd, asIs)
}

// Challenge finds the challenge for APOP in a greeting: what looks like a Message-ID, with an @ between its angle brackets, and neither spaces
// nor what is no printable ASCII.
//
//	timestamp = "<" *VCHAR "@" *VCHAR ">" (RFC 5034 section 6, RFC 5322's msg-id)
func Challenge(greeting string) (challenge string, ok bool) {
	for {
		start := strings.IndexByte(greeting, '<')
		if start < 0 {
			return "", false
		}
		greeting = greeting[start:]
		end := strings.IndexByte(greeting, '>')
		if end < 0 {
			return "", false
		}
		if isMessageID(greeting[1:end]) {
			return greeting[:end+1], true
		}
		greeting = greeting[1:]
	}
}

func isMessageID(s string) bool {
	at := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f || c == '<':
			return false
		case c == '@':
			at++
		}
	}
	return at > 0 && s[0] != '@' && s[len(s)-1] != '@'
}
