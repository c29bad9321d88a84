package sasl

import (
	"crypto/tls"
	"io"
)

// Credentials are what a user has to prove who he is. The zero value proves nothing. Name the fields you set: more may come.
//
// Lifetime: they are read while a mechanism is made; one value serves any number of attempts, also at the same time, and must not
// change meanwhile.
type Credentials struct {
	// Username is the name that goes with the Password or the Token.
	Username string
	// Password is for SCRAM, CRAM-MD5, PLAIN and LOGIN. The zero Secret rules them out.
	Password Secret
	// AuthorizationID is the user to act as, if that is another one (RFC 4422 section 3.4.1). "" is the user himself. LOGIN, CRAM-MD5,
	// XOAUTH2 and ANONYMOUS cannot say it and are ruled out by it.
	AuthorizationID string
	// Token is where OAUTHBEARER and XOAUTH2 get a token, at each authentication. Nil rules them out.
	Token TokenSource
	// External allows EXTERNAL: who the user is the server knows from the connection. It is allowed, too, if there is a client
	// certificate and neither Password nor Token.
	External bool
	// Anonymous allows ANONYMOUS. Trace is what the server may log of such a user, such as a mail address; "" is nothing.
	Anonymous bool
	Trace     string

	// Mechanisms are the only ones allowed, best first; case does not matter. Nil allows all, in the order of Choose.
	Mechanisms []string
	// AllowInsecure lets secrets go over a connection without TLS, where everybody can read them. False rules those mechanisms out.
	AllowInsecure bool
	// Authenticators are mechanisms of the program's own. They come before those of this package, and replace one of the same name.
	Authenticators []Authenticator

	// ChannelBindings are the types for the -PLUS mechanisms that may be used, best first. Nil is tls-exporter, and
	// tls-server-end-point without it; before TLS 1.3 tls-unique comes first (RFC 5802 section 6.1).
	ChannelBindings []string
	// MinIterations and MaxIterations bound the iteration count with which a SCRAM server has the password hashed. Fewer make the
	// password cheap to guess for who pretends to be the server; more cost time, about 0.3 s for a million. Zero is
	// DefaultMinIterations and DefaultMaxIterations. Beyond them the authentication fails with *IterationError.
	MinIterations, MaxIterations int
	// Rand is where the nonces come from. Nil is crypto/rand.
	Rand io.Reader
}

// Bounds of SCRAM's iteration count, used where Credentials has zero. RFC 7677 section 4 asks servers for 4096 at least.
const (
	DefaultMinIterations = 4096
	DefaultMaxIterations = 1_000_000
)

// Channel is what a mechanism has to know of the connection. The zero value is a connection in the clear to nobody in particular.
type Channel struct {
	// TLS is the session that protects the connection; nil is none.
	TLS *tls.ConnectionState
	// ClientCertificate: this side has sent one to the server.
	ClientCertificate bool
	// Host and Port of the server, for OAUTHBEARER; "" and 0 are not sent.
	Host string
	Port int
}

// name is the user for the server's eyes: who to act as, else who it is.
func (c *Credentials) name() string {
	if c.AuthorizationID != "" {
		return c.AuthorizationID
	}
	return c.Username
}

func (c *Credentials) minIterations() int { return orDefault(c.MinIterations, DefaultMinIterations) }
func (c *Credentials) maxIterations() int { return orDefault(c.MaxIterations, DefaultMaxIterations) }

// orDefault is n, or def where n is zero or less.
func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}
