package reactor

import (
	"crypto/tls"
	"errors"
)

// clientKey names a prepared configuration: the user's, and the host it was prepared for.
type clientKey struct {
	config *tls.Config
	host   string
}

const (
	// maxTLSClients is how many prepared configurations a reactor keeps for sharing; those in use live on with their connections.
	maxTLSClients = 1024
	// maxTLSSessions is how many sessions are kept for resumption, for each configuration of the user's.
	maxTLSSessions = 1024
)

// defaultTLS stands for a nil configuration.
var defaultTLS = &tls.Config{}

// clientConfig is config as a reactor can use it: with the name to verify, with sessions to resume, and without renegotiation,
// which would shake hands inside a read. Connections to one host share it.
func (r *Reactor) clientConfig(config *tls.Config, host string) *tls.Config {
	if config == nil {
		config = defaultTLS
	}
	key := clientKey{config: config, host: host}
	if config.ServerName != "" {
		key.host = config.ServerName
	}
	if prepared := r.tlsClients[key]; prepared != nil {
		return prepared
	}
	if len(r.tlsClients) >= maxTLSClients {
		clear(r.tlsClients)
		clear(r.tlsSessions)
	}
	prepared := config.Clone()
	prepared.Renegotiation = tls.RenegotiateNever
	prepared.ServerName = key.host
	if prepared.ClientSessionCache == nil && !prepared.SessionTicketsDisabled {
		prepared.ClientSessionCache = r.sessionsOf(config)
	}
	r.tlsClients[key] = prepared
	return prepared
}

// sessionsOf are the sessions of all connections with the same configuration of the user's, and so of his factory.
func (r *Reactor) sessionsOf(config *tls.Config) tls.ClientSessionCache {
	sessions := r.tlsSessions[config]
	if sessions == nil {
		sessions = tls.NewLRUClientSessionCache(maxTLSSessions)
		r.tlsSessions[config] = sessions
	}
	return sessions
}

// checkServerConfig tells before anything starts that a configuration cannot serve.
func checkServerConfig(config *tls.Config) error {
	if config == nil || len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return errNoCertificate
	}
	return nil
}

var errNoCertificate = errors.New("reactor: a TLS server needs a tls.Config with Certificates, GetCertificate or GetConfigForClient")
