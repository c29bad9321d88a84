package sasl

import (
	"errors"
	"strings"
)

// What a SCRAM server's message can have wrong; the texts go into a ChallengeError. The grammar is that of RFC 5802 section 7.
var (
	errAttribute = errors.New("is not a SCRAM message")
	errExtension = errors.New("has an extension that is mandatory and not known")
	errNonce     = errors.New("has a nonce with a character that no nonce has")
	errSalt      = errors.New("has a salt that is empty or not base64")
	errCount     = errors.New("has an iteration count that is no number")
	errSignature = errors.New("has a signature that is not base64")
)

// serverFirst is a server-first-message, or an error in its place: refusal is "" for none.
type serverFirst struct {
	nonce      string
	salt       []byte
	iterations string // digits
	refusal    string
}

// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
func parseServerFirst(text string) (m serverFirst, err error) {
	if m.refusal, err = serverRefusal(text); m.refusal != "" || err != nil {
		return m, err
	}
	nonce, rest, ok := attribute(text, 'r')
	if !ok {
		return m, errAttribute
	}
	salt, rest, ok := attribute(rest, 's')
	if !ok {
		return m, errAttribute
	}
	count, rest, ok := attribute(rest, 'i')
	if !ok {
		return m, errAttribute
	}
	if strings.ContainsFunc(nonce, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return m, errNonce
	}
	if m.salt, err = DecodeChallenge([]byte(salt), len(salt)); err != nil || len(m.salt) == 0 {
		return m, errSalt
	}
	if !isNumber(count) {
		return m, errCount
	}
	m.nonce, m.iterations = nonce, count
	return m, checkExtensions(rest)
}

// serverFinal is a server-final-message.
type serverFinal struct {
	signature []byte
	refusal   string
}

// server-final-message = (server-error / verifier) ["," extensions]
func parseServerFinal(text string) (m serverFinal, err error) {
	if m.refusal, err = serverRefusal(text); m.refusal != "" || err != nil {
		return m, err
	}
	signature, rest, ok := attribute(text, 'v')
	if !ok {
		return m, errAttribute
	}
	if m.signature, err = DecodeChallenge([]byte(signature), len(signature)); err != nil {
		return m, errSignature
	}
	return m, checkExtensions(rest)
}

// serverRefusal reads what both messages can begin with.
//
//	server-error  = "e=" server-error-value
//	reserved-mext = "m=" 1*(value-char)
func serverRefusal(text string) (string, error) {
	if strings.HasPrefix(text, "m=") {
		return "", errExtension
	}
	value, _, ok := attribute(text, 'e')
	if ok && value == "" {
		return "", errAttribute
	}
	return value, nil
}

// attribute takes "name=value" from the front of text, and the comma behind it.
func attribute(text string, name byte) (value, rest string, ok bool) {
	if len(text) < 2 || text[0] != name || text[1] != '=' {
		return "", text, false
	}
	value, rest, _ = strings.Cut(text[2:], ",")
	return value, rest, true
}

// isNumber: a positive number, without a sign or a leading zero.
func isNumber(s string) bool {
	if s == "" || s[0] == '0' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// checkExtensions lets pass what is not known, but not what has to be.
func checkExtensions(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		switch {
		case strings.HasPrefix(one, "m="):
			return errExtension
		case one != "" && (len(one) < 2 || one[1] != '='):
			return errAttribute
		}
	}
	return nil
}
