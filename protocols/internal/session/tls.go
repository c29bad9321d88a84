package session

import (
	"crypto/tls"
	"net"
	"strconv"

	"github.com/tconn/tconn/protocols/sasl"
	"github.com/tconn/tconn/reactor"
)

// Encrypted tells whether a connection is under TLS now.
func Encrypted(t reactor.Transport) bool {
	_, ok := state(t)
	return ok
}

func state(t reactor.Transport) (s tls.ConnectionState, ok bool) {
	if t, ok := t.(reactor.TLSTransport); ok {
		return t.TLSState()
	}
	return s, false
}

// Channel is what SASL mechanisms have to know of a connection. Its host is the one that the certificate was verified for. certificate says
// that this side has one for the server.
func Channel(t reactor.Transport, certificate bool) (ch sasl.Channel) {
	s, ok := state(t)
	if !ok {
		return ch
	}
	ch.TLS, ch.ClientCertificate = &s, certificate
	if s.ServerName == "" {
		return ch
	}
	ch.Host = s.ServerName
	if _, port, err := net.SplitHostPort(t.RemoteAddr().String()); err == nil {
		ch.Port, _ = strconv.Atoi(port)
	}
	return ch
}

// HasCertificate tells whether a configuration has a certificate of this side's.
func HasCertificate(config *tls.Config) bool {
	return config != nil && (len(config.Certificates) > 0 || config.GetClientCertificate != nil)
}
