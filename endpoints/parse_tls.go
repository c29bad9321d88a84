package endpoints

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// maxPEMBytes is the size of a file of certificates or keys that is read.
const maxPEMBytes = 1 << 20

// clientTLS makes a configuration of the arguments of a place, nil if there are none. files are those that it does not show.
func (v *values) clientTLS() (config *tls.Config, files []argument) {
	any := false
	for _, name := range tlsNames {
		any = any || v.has(name)
	}
	if !any {
		return nil, nil
	}
	config = &tls.Config{
		ServerName:         v.text("servername"),
		InsecureSkipVerify: v.yes("insecure"), //nolint:gosec // it was asked for
		NextProtos:         v.list("alpn"),
		RootCAs:            v.pool("ca"),
	}
	if cert, ok := v.keyPair(); ok {
		config.Certificates = []tls.Certificate{cert}
	}
	return config, v.files("ca", "cert", "key")
}

// serverTLS makes a configuration of the arguments of a port.
func (v *values) serverTLS() (config *tls.Config, files []argument) {
	config = &tls.Config{NextProtos: v.list("alpn"), ClientCAs: v.pool("clientca")}
	if v.has("clientca") {
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	cert, ok := v.keyPair()
	if !ok {
		v.fail("cert", "is missing: a TLS server needs a PEM file with its certificate, and key unless that holds the key as well")
	}
	config.Certificates = []tls.Certificate{cert}
	return config, v.files("cert", "key", "clientca")
}

// files are the arguments that name files.
func (v *values) files(names ...string) (files []argument) {
	for _, name := range names {
		if v.has(name) {
			files = append(files, argument{name, v.text(name)})
		}
	}
	return files
}

// pool reads certificates to trust; nil if the argument is absent.
func (v *values) pool(name string) *x509.CertPool {
	pem := v.file(name)
	if pem == nil {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		v.fail(name, "the file holds no certificate in PEM form")
	}
	return pool
}

// keyPair reads a certificate and its key, which may stand in the same file.
func (v *values) keyPair() (cert tls.Certificate, ok bool) {
	pem := v.file("cert")
	key := pem
	if v.has("key") {
		if !v.has("cert") {
			v.fail("key", "needs cert")
		}
		key = v.file("key")
	}
	if pem == nil || key == nil {
		return cert, false
	}
	cert, err := tls.X509KeyPair(pem, key)
	if err != nil {
		v.failFile("cert", "certificate and key are of no use", err)
	}
	return cert, err == nil
}

// file reads a file; nil if the argument is absent or the file cannot be read.
func (v *values) file(name string) []byte {
	if !v.has(name) {
		return nil
	}
	content, err := readSmall(v.text(name))
	if err != nil {
		v.failFile(name, "cannot be read", err)
		return nil
	}
	return content
}

func (v *values) failFile(name, problem string, err error) {
	if v.err == nil {
		v.err = &ArgumentError{Endpoint: v.scheme, Argument: name, Problem: problem, Err: err}
	}
}

// readSmall reads a regular file of bounded size; anything else might never end.
func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Size() > maxPEMBytes:
		return nil, fmt.Errorf("it is longer than %d bytes", maxPEMBytes)
	}
	return os.ReadFile(name)
}
