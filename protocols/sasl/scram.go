package sasl

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/tconn/tconn/protocols/sasl/internal/prep"
)

// Hash is the hash function of a SCRAM mechanism, by the name it has there.
type Hash string

// The hash functions with a registered SCRAM mechanism that servers have.
const (
	SHA1   Hash = "SHA-1"
	SHA256 Hash = "SHA-256"
)

// plus is how the name ends of a mechanism with channel binding.
const plus = "-PLUS"

func scramName(h Hash) string { return "SCRAM-" + string(h) }

func (h Hash) new() func() hash.Hash {
	switch h {
	case SHA1:
		return sha1.New
	case SHA256:
		return sha256.New
	}
	return nil
}

// nonceBytes is how much chance is in a nonce; it is sent in base64.
const nonceBytes = 18

// scramState says what was said last.
type scramState uint8

const (
	scramNew      scramState = iota // nothing
	scramFirst                      // client-first
	scramFinal                      // client-final
	scramVerified                   // the server's signature, and it is right
	scramRefused                    // the server's error
	scramBroken                     // something that is against the rules
)

// NewSCRAM proves by SCRAM (RFC 5802, RFC 7677) without channel binding: neither side shows the password to the other, and the server has to
// prove that it knows it. It wants Username and Password and says AuthorizationID.
//
// User and password are prepared by SASLprep (RFC 4013). Downgraded says that the connection could have been bound, and the server has
// not offered it: a server that has will know then that somebody has changed its list, and refuse.
// It is a Blocker: deriving the keys takes a millisecond for 4096 iterations.
// Fails with: *ArgumentError. The authentication ends with ErrServerNotVerified, *ServerError, *IterationError, *ChallengeError.
func NewSCRAM(h Hash, c *Credentials, downgraded bool) (Mechanism, error) {
	flag := "n"
	if downgraded {
		flag = "y"
	}
	s, err := newSCRAM(h, c, "", flag, nil)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// NewSCRAMPlus is NewSCRAM with channel binding: it binds the authentication to the TLS session of ch, by the first of
// Credentials.ChannelBindings that the session has.
//
// Fails with: *ArgumentError, also if the connection cannot be bound.
func NewSCRAMPlus(h Hash, c *Credentials, ch Channel) (Mechanism, error) {
	if err := checkBindings(c); err != nil {
		return nil, err
	}
	b, ok := bind(c, ch)
	if !ok {
		return nil, &ArgumentError{Mechanism: scramName(h) + plus, Field: "TLS", Reason: "has no channel binding that may be used"}
	}
	s, err := newSCRAM(h, c, plus, "p="+b.kind, b.data)
	if err != nil {
		return nil, err
	}
	if verified(ch) && allowed(c, scramName(h)) {
		kept := *c
		s.fallback = &kept
	}
	return s, nil
}

func newSCRAM(h Hash, c *Credentials, suffix, flag string, data []byte) (*scram, error) {
	s := &scram{h: h, name: scramName(h) + suffix, hash: h.new(), binding: data, rand: c.Rand,
		min: c.minIterations(), max: c.maxIterations()}
	if s.hash == nil {
		return nil, &ArgumentError{Mechanism: s.name, Field: "Hash", Reason: "is not known"}
	}
	user, err := s.prepare("Username", c.Username)
	if err != nil {
		return nil, err
	}
	password, err := s.prepare("Password", c.Password.Reveal())
	if err != nil {
		return nil, err
	}
	if !utf8.ValidString(c.AuthorizationID) {
		return nil, &ArgumentError{Mechanism: s.name, Field: "AuthorizationID", Reason: prep.ErrEncoding.Error(), Err: prep.ErrEncoding}
	}
	if err := checkText(s.name, "AuthorizationID", c.AuthorizationID); err != nil {
		return nil, err
	}
	s.user, s.password, s.gs2 = user, NewSecret(password), gs2Header(flag, c.AuthorizationID)
	return s, nil
}

type scram struct {
	h         Hash
	name      string
	hash      func() hash.Hash
	user      string
	password  Secret // prepared
	gs2       string
	binding   []byte
	min, max  int
	rand      io.Reader
	fallback  *Credentials // for an attempt without binding, nil for none
	state     scramState
	nonce     string // the client's
	bare      string // client-first-message-bare
	signature []byte // the server's, as it has to be
	refusal   string // the server's error
}

func (s *scram) prepare(field, text string) (string, error) {
	out, err := prep.SASLprep(text)
	if err != nil {
		return "", &ArgumentError{Mechanism: s.name, Field: field, Reason: err.Error(), Err: err}
	}
	if out == "" {
		return "", &ArgumentError{Mechanism: s.name, Field: field, Reason: "is missing"}
	}
	return out, nil
}

func (s *scram) Name() string { return s.name }

// Blocks: the answer to the first challenge takes as many iterations as the server asks for.
func (s *scram) Blocks() bool { return s.state == scramFirst }

// Start:
//
//	client-first-message = gs2-header "n=" saslname "," "r=" c-nonce
func (s *scram) Start(context.Context) ([]byte, bool, error) {
	if s.nonce == "" {
		chance := make([]byte, nonceBytes)
		source := s.rand
		if source == nil {
			source = rand.Reader
		}
		if _, err := io.ReadFull(source, chance); err != nil {
			return nil, false, &ArgumentError{Mechanism: s.name, Field: "Rand", Reason: "gives no nonce", Err: err}
		}
		s.nonce = base64.StdEncoding.EncodeToString(chance)
	}
	s.state = scramFirst
	s.bare = "n=" + saslName(s.user) + ",r=" + s.nonce
	return []byte(s.gs2 + s.bare), true, nil
}

func (s *scram) Next(_ context.Context, challenge []byte) (response []byte, err error) {
	switch s.state {
	case scramFirst:
		response, err = s.final(string(challenge))
	case scramFinal:
		err = s.verify(string(challenge))
	default:
		err = tooMany(s.name)
	}
	if err != nil {
		s.state = scramBroken
	}
	return response, err
}

// final answers the server-first-message:
//
//	client-final-message-without-proof = "c=" base64 "," "r=" nonce
//	client-final-message               = client-final-message-without-proof "," "p=" base64
func (s *scram) final(challenge string) ([]byte, error) {
	first, err := parseServerFirst(challenge)
	if err != nil {
		return nil, &ChallengeError{Mechanism: s.name, Reason: err.Error()}
	}
	if first.refusal != "" {
		s.state, s.refusal = scramRefused, first.refusal
		return nil, nil
	}
	if len(first.nonce) <= len(s.nonce) || first.nonce[:len(s.nonce)] != s.nonce {
		return nil, &ChallengeError{Mechanism: s.name, Reason: "has a nonce that does not continue the client's"}
	}
	count, err := strconv.Atoi(first.iterations)
	if err != nil || count < s.min || count > s.max {
		return nil, &IterationError{Iterations: first.iterations, Min: s.min, Max: s.max}
	}
	withoutProof := "c=" + base64.StdEncoding.EncodeToString(append([]byte(s.gs2), s.binding...)) + ",r=" + first.nonce
	proof, err := s.prove(first.salt, count, s.bare+","+challenge+","+withoutProof)
	if err != nil {
		return nil, err
	}
	s.state = scramFinal
	return base64.StdEncoding.AppendEncode([]byte(withoutProof+",p="), proof), nil
}

// prove derives the keys (RFC 5802 section 3), answers the client's proof, and keeps what the server's signature has to be.
func (s *scram) prove(salt []byte, count int, message string) ([]byte, error) {
	salted, err := pbkdf2.Key(s.hash, s.password.Reveal(), salt, count, s.hash().Size())
	if err != nil {
		return nil, err
	}
	clientKey := s.hmac(salted, "Client Key")
	storedKey := s.hash()
	storedKey.Write(clientKey)
	proof := s.hmac(storedKey.Sum(nil), message)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	s.signature = s.hmac(s.hmac(salted, "Server Key"), message)
	return proof, nil
}

func (s *scram) hmac(key []byte, text string) []byte {
	h := hmac.New(s.hash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// verify takes the server-final-message. The answer to it is empty.
func (s *scram) verify(challenge string) error {
	last, err := parseServerFinal(challenge)
	switch {
	case err != nil:
		return &ChallengeError{Mechanism: s.name, Reason: err.Error()}
	case last.refusal != "":
		s.state, s.refusal = scramRefused, last.refusal
		return nil
	case !hmac.Equal(last.signature, s.signature):
		return ErrServerNotVerified
	}
	s.state = scramVerified
	return nil
}

// Finish: success is one only if the server has proved itself.
func (s *scram) Finish(verdict error) error {
	switch {
	case verdict == nil && s.state != scramVerified:
		return ErrServerNotVerified
	case verdict != nil && s.state == scramRefused:
		return &ServerError{Mechanism: s.name, Value: s.refusal, Err: verdict}
	}
	return verdict
}

// withoutBinding is the mechanism to fall back to, nil for none. The server gets the flag n: to y one that can bind has to refuse.
func (s *scram) withoutBinding() Mechanism {
	switch {
	case s.fallback == nil || s.state == scramVerified:
		return nil
	case s.state == scramRefused && !aboutBinding[s.refusal]:
		return nil
	}
	weaker, err := newSCRAM(s.h, s.fallback, "", "n", nil)
	if err != nil {
		return nil
	}
	return weaker
}

// aboutBinding are the errors of a server that may have to do with channel binding.
var aboutBinding = map[string]bool{
	"channel-bindings-dont-match":      true,
	"channel-binding-not-supported":    true,
	"unsupported-channel-binding-type": true,
	"other-error":                      true,
}
