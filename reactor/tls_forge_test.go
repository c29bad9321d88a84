package reactor_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"net"
	"slices"
	"strings"
	"testing"
)

// Types of records (RFC 8446 section 5.1), and a KeyUpdate that asks for one in return (section 4.6.3).
const (
	recordOfHandshake = 22
	recordOfData      = 23
)

var keyUpdateRequested = []byte{24, 0, 0, 1, 1}

// forger is the server of a TLS 1.3 session that makes its records by hand once the hands are shaken.
type forger struct {
	*tls.Conn // for reading
	raw       net.Conn
	secret    []byte
	aead      cipher.AEAD
	iv        []byte
	sent      uint64
}

// forge shakes hands; nil when that fails. It knows one suite, which Go prefers wherever AES is fast.
func forge(t testing.TB, raw net.Conn) *forger {
	var log bytes.Buffer
	config := serverConfig()
	config.KeyLogWriter, config.SessionTicketsDisabled, config.MinVersion = &log, true, tls.VersionTLS13
	f := &forger{Conn: tls.Server(raw, config), raw: raw}
	if err := f.Handshake(); err != nil {
		t.Errorf("the forger's handshake failed: %v", err)
		return nil
	}
	if got := f.ConnectionState().CipherSuite; got != tls.TLS_AES_128_GCM_SHA256 {
		t.Errorf("got the suite %s, want %s", tls.CipherSuiteName(got), tls.CipherSuiteName(tls.TLS_AES_128_GCM_SHA256))
		return nil
	}
	_, line, _ := strings.Cut(log.String(), "SERVER_TRAFFIC_SECRET_0 ")
	secret, err := hex.DecodeString(strings.Fields(line)[1])
	if err != nil {
		t.Errorf("the key log is unreadable: %v", err)
		return nil
	}
	f.use(secret)
	return f
}

// use makes the keys of a traffic secret (RFC 8446 section 7.3).
func (f *forger) use(secret []byte) {
	f.secret, f.sent = secret, 0
	block, err := aes.NewCipher(expand(secret, "key", 16))
	if err == nil {
		f.aead, err = cipher.NewGCM(block)
	}
	if err != nil {
		panic(err)
	}
	f.iv = expand(secret, "iv", f.aead.NonceSize())
}

// rekey is what follows a KeyUpdate (RFC 8446 section 7.2).
func (f *forger) rekey() { f.use(expand(f.secret, "traffic upd", len(f.secret))) }

// expand is HKDF-Expand-Label (RFC 8446 section 7.1).
func expand(secret []byte, label string, n int) []byte {
	label = "tls13 " + label
	info := slices.Concat([]byte{0, byte(n), byte(len(label))}, []byte(label), []byte{0})
	key, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		panic(err)
	}
	return key
}

// record is the next record of the session (RFC 8446 sections 5.2 and 5.3).
func (f *forger) record(kind byte, content []byte) []byte {
	inner := append(slices.Clone(content), kind)
	header := binary.BigEndian.AppendUint16([]byte{recordOfData, 3, 3}, uint16(len(inner)+f.aead.Overhead()))
	nonce := slices.Clone(f.iv)
	tail := nonce[len(nonce)-8:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^f.sent)
	f.sent++
	return f.aead.Seal(header, nonce, inner, header)
}
