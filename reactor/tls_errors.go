package reactor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
)

// sslError is what Twisted says, with the cause behind it.
const sslError = "An SSL error occurred"

// What went wrong with TLS. All of them match ErrTLS; the cause behind them is that of crypto/tls (*tls.CertificateVerificationError,
// x509.HostnameError, tls.RecordHeaderError, tls.AlertError, ...).
var (
	// ErrTLSWrongName: the certificate is for other names.
	ErrTLSWrongName error = &kind{text: "An SSL error occurred: the certificate is not for this host", lead: sslError, also: []error{ErrTLS}}
	// ErrTLSUnknownAuthority: nobody trusted here has signed the certificate.
	ErrTLSUnknownAuthority error = &kind{text: "An SSL error occurred: the certificate's authority is not trusted", lead: sslError, also: []error{ErrTLS}}
	// ErrTLSExpired: the certificate is not valid now.
	ErrTLSExpired error = &kind{text: "An SSL error occurred: the certificate has expired or is not valid yet", lead: sslError, also: []error{ErrTLS}}
	// ErrTLSCertificate: the certificate is not acceptable for another cause.
	ErrTLSCertificate error = &kind{text: "An SSL error occurred: the certificate is not acceptable", lead: sslError, also: []error{ErrTLS}}
	// ErrNotTLS: the peer does not speak TLS; it may be a port for plain text.
	ErrNotTLS error = &kind{text: "An SSL error occurred: the peer does not speak TLS", lead: sslError, also: []error{ErrTLS}}
	// ErrTLSRefused: the peer has ended the session with an alert.
	ErrTLSRefused error = &kind{text: "An SSL error occurred: the peer refused", lead: sslError, also: []error{ErrTLS}}
	// ErrTLSTruncated: a TLS peer closed the connection without close_notify, so the stream may have been cut off.
	ErrTLSTruncated error = &kind{text: "reactor: TLS stream ended without close_notify", also: []error{ErrTLS}}
	// ErrTLSTimeout: the handshake of an accepted connection or of StartTLS took too long. It matches context.DeadlineExceeded and
	// os.ErrDeadlineExceeded too.
	ErrTLSTimeout error = &kind{text: "reactor: TLS handshake timed out", also: []error{ErrTLS, context.DeadlineExceeded, os.ErrDeadlineExceeded}}
	// ErrTLSStarted: StartTLS on a connection that is under TLS already.
	ErrTLSStarted error = &kind{text: "reactor: the connection is under TLS already", also: []error{ErrTLS}}
	// ErrPlaintextAfterStartTLS: the peer sent bytes in the clear behind the answer that switches to TLS. An attacker may have put
	// them there, so a protocol that finds them in its buffer ends the connection with AbortWith and this error (RFC 2595 section 2.1).
	ErrPlaintextAfterStartTLS error = &kind{text: "reactor: plain text behind the switch to TLS", also: []error{ErrTLS}}
)

// TLSError is a fault of a TLS session. It is what the Deferred of a failed StartTLS fails with, and the cause in a *LossError.
//
// errors.Is matches the Kind, ErrTLS and the cause.
type TLSError struct {
	Kind error // ErrTLSWrongName, ErrNotTLS, ..., or ErrTLS when there is no better name
	Err  error // the cause, of crypto/tls
}

// Error is the text of the kind, with the cause behind it.
func (e *TLSError) Error() string { return explain(e.Kind, e.Err) }

// Unwrap gives errors.Is both the kind and the cause.
func (e *TLSError) Unwrap() []error { return pair(e.Kind, e.Err) }

// tlsError gives a fault its name; one that has a name of ours already is left as it is.
func tlsError(err error) error {
	if errors.Is(err, ErrTLS) {
		return err
	}
	return &TLSError{Kind: tlsKind(err), Err: err}
}

// tlsKind names the cause of a failed handshake or session.
func tlsKind(err error) error {
	var (
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		refused   *tls.CertificateVerificationError
		header    tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(err, &name):
		return ErrTLSWrongName
	case errors.As(err, &authority):
		return ErrTLSUnknownAuthority
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return ErrTLSExpired
	case errors.As(err, &refused):
		return ErrTLSCertificate
	case errors.As(err, &header):
		return ErrNotTLS
	case errors.As(err, &op) && op.Op == "remote error":
		return ErrTLSRefused
	}
	return ErrTLS
}
