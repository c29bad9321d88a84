package sasl

import (
	"crypto"
	_ "crypto/sha256" // the hashes that certificates are signed with
	_ "crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"slices"
)

// Types of channel binding.
const (
	bindExporter = "tls-exporter"         // RFC 9266
	bindUnique   = "tls-unique"           // RFC 5929 section 3
	bindEndPoint = "tls-server-end-point" // RFC 5929 section 4
)

var bindings = []string{bindExporter, bindUnique, bindEndPoint}

// binding is what ties an authentication to the TLS session it goes over, so that nobody in the middle can pass it on.
type binding struct {
	kind string
	data []byte
}

// bind answers the best binding there is, false for none.
func bind(c *Credentials, ch Channel) (binding, bool) {
	if ch.TLS == nil {
		return binding{}, false
	}
	kinds := c.ChannelBindings
	if kinds == nil {
		kinds = []string{bindExporter, bindEndPoint}
		if ch.TLS.Version < tls.VersionTLS13 {
			kinds = []string{bindUnique, bindExporter, bindEndPoint}
		}
	}
	for _, kind := range kinds {
		if data := bindingData(ch.TLS, kind); len(data) > 0 {
			return binding{kind, data}, true
		}
	}
	return binding{}, false
}

func bindingData(state *tls.ConnectionState, kind string) []byte {
	switch kind {
	case bindExporter:
		return exported(state)
	case bindUnique: // crypto/tls has none where it would be unsafe (RFC 7627)
		return state.TLSUnique
	case bindEndPoint:
		return endPoint(state.PeerCertificates)
	}
	return nil
}

// exported is nil without TLS 1.3 and extended master secret (RFC 9266 section 3), or if the state is of no session of crypto/tls, which then
// panics.
func exported(state *tls.ConnectionState) (data []byte) {
	defer func() {
		if recover() != nil {
			data = nil
		}
	}()
	data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32)
	if err != nil {
		return nil
	}
	return data
}

// endPoint is the hash of the server's certificate, with the hash it is signed with, and SHA-256 instead of weaker ones. It is nil for
// signatures without a hash of their own, as the RFC leaves them open.
func endPoint(certificates []*x509.Certificate) []byte {
	if len(certificates) == 0 {
		return nil
	}
	var hash crypto.Hash
	switch certificates[0].SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.DSAWithSHA256, x509.ECDSAWithSHA256:
		hash = crypto.SHA256
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		hash = crypto.SHA512
	default:
		return nil
	}
	h := hash.New()
	h.Write(certificates[0].Raw)
	return h.Sum(nil)
}

// verified tells whether the server's certificate leads to an authority that is trusted.
func verified(ch Channel) bool { return ch.TLS != nil && len(ch.TLS.VerifiedChains) > 0 }

// checkBindings refuses names that are none.
func checkBindings(c *Credentials) error {
	for _, kind := range c.ChannelBindings {
		if !slices.Contains(bindings, kind) {
			return &ArgumentError{Field: "ChannelBindings", Reason: "names a type that is not known: " + printable(kind)}
		}
	}
	return nil
}
