package sasl

import (
	"crypto/tls"
	"strconv"
)

// SetNonce makes a SCRAM mechanism use this nonce.
func SetNonce(m Mechanism, nonce string) { m.(*scram).nonce = nonce }

// SetBinding makes a SCRAM mechanism bind with this, in the place of what a TLS session has.
func SetBinding(m Mechanism, gs2 string, data []byte) {
	s := m.(*scram)
	s.gs2, s.binding = gs2, data
}

// GS2 is the header that a SCRAM mechanism begins with.
func GS2(m Mechanism) string { return m.(*scram).gs2 }

// BindingData is what there is to bind to in a TLS session.
func BindingData(state *tls.ConnectionState, kind string) []byte { return bindingData(state, kind) }

// Challenges are the readers of what a server sends, for fuzzing.
var (
	ParseServerFirst = parseServerFirst
	ParseServerFinal = parseServerFinal
	NewOAuthError    = newOAuthError
)

// Salt is the salt of the message.
func (m serverFirst) Salt() []byte { return m.salt }

// Count is its iteration count.
func (m serverFirst) Count() int { n, _ := strconv.Atoi(m.iterations); return n }

// Signature is the signature of the message.
func (m serverFinal) Signature() string { return string(m.signature) }
