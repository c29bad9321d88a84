package sasl_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// scramServer is the other half of SCRAM, written from RFC 5802 section 3 without a look at the client's.
type scramServer struct {
	hash     func() hash.Hash
	password string
	salt     []byte
	count    int
	binding  []byte

	gs2, first, challenge string
}

func (s *scramServer) hmac(key []byte, text string) []byte {
	h := hmac.New(s.hash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// begin takes the client-first-message and answers the server's.
func (s *scramServer) begin(message string) string {
	parts := strings.SplitN(message, ",", 3)
	s.gs2, s.first = parts[0]+","+parts[1]+",", parts[2]
	_, nonce, _ := strings.Cut(s.first, ",r=")
	s.challenge = fmt.Sprintf("r=%sSERVER,s=%s,i=%d", nonce, base64.StdEncoding.EncodeToString(s.salt), s.count)
	return s.challenge
}

// end takes the client-final-message and answers the signature, or an error.
func (s *scramServer) end(message string) string {
	withoutProof, proofText, _ := strings.Cut(message, ",p=")
	c, _, _ := strings.Cut(strings.TrimPrefix(withoutProof, "c="), ",r=")
	if c != base64.StdEncoding.EncodeToString(append([]byte(s.gs2), s.binding...)) {
		return "e=channel-bindings-dont-match"
	}
	salted, err := pbkdf2.Key(s.hash, s.password, s.salt, s.count, s.hash().Size())
	if err != nil {
		return "e=other-error"
	}
	stored := s.hash()
	stored.Write(s.hmac(salted, "Client Key"))
	all := s.first + "," + s.challenge + "," + withoutProof
	proof, _ := base64.StdEncoding.DecodeString(proofText)
	signature := s.hmac(stored.Sum(nil), all)
	if len(proof) != len(signature) {
		return "e=invalid-encoding"
	}
	for i := range proof {
		proof[i] ^= signature[i] // the client key
	}
	again := s.hash()
	again.Write(proof)
	if !bytes.Equal(again.Sum(nil), stored.Sum(nil)) {
		return "e=invalid-proof"
	}
	return "v=" + base64.StdEncoding.EncodeToString(s.hmac(s.hmac(salted, "Server Key"), all))
}

func TestSCRAMBothHalves(t *testing.T) {
	random := rand.New(rand.NewPCG(5802, 7677))
	text := func() string {
		out := make([]byte, 1+random.IntN(40))
		for i := range out {
			out[i] = byte(' ' + random.IntN('~'-' '+1))
		}
		return string(out)
	}
	for i := range 40 {
		password, salt := text(), []byte(text())
		h, newHash := sasl.SHA256, sha256.New
		if i%2 == 0 {
			h, newHash = sasl.SHA1, sha1.New
		}
		c := &sasl.Credentials{Username: text(), Password: sasl.NewSecret(password), AuthorizationID: text(), MinIterations: 1}
		m, err := sasl.NewSCRAM(h, c, i%3 == 0)
		made(t, m, err)
		var binding []byte
		if i%4 == 0 {
			binding = []byte(text())
			sasl.SetBinding(m, "p=tls-unique,,", binding)
		}
		s := &scramServer{hash: newHash, password: password, salt: salt, count: 1 + random.IntN(20), binding: binding}
		answer := s.end(next(t, m, s.begin(start(t, m))))
		if !strings.HasPrefix(answer, "v=") {
			t.Fatalf("attempt %d: the server got %q, want a proof that is right", i, answer)
		}
		check(t, "last response", next(t, m, answer), "")
		if err := finish(m, nil); err != nil {
			t.Errorf("attempt %d: got %v, want success", i, err)
		}
	}
}

func TestSCRAMWrongPassword(t *testing.T) {
	m := scramOf(sasl.SHA256, pencil(), false, "nonce")(t)
	s := &scramServer{hash: sha256.New, password: "pen", salt: []byte("salt"), count: 4096}
	answer := s.end(next(t, m, s.begin(start(t, m))))
	check(t, "the server's last", answer, "e=invalid-proof")
	check(t, "response", next(t, m, answer), "")
	err := finish(m, errRefused)
	var server *sasl.ServerError
	if !errors.As(err, &server) || server.Value != "invalid-proof" || !errors.Is(err, errRefused) {
		t.Errorf("got %v, want *ServerError invalid-proof around the refusal", err)
	}
	check(t, "text", err.Error(), "sasl: SCRAM-SHA-256: the server refused with invalid-proof: pop3: the server said no")
}

func TestSCRAMNoncesDiffer(t *testing.T) {
	seen := make(map[string]bool)
	for range 20 {
		m, err := sasl.NewSCRAM(sasl.SHA256, pencil(), false)
		first := start(t, made(t, m, err))
		if _, nonce, _ := strings.Cut(first, ",r="); len(nonce) != 24 || seen[nonce] {
			t.Errorf("got nonce %q, want 24 characters that were not there before", nonce)
		}
		seen[first] = true
	}
	c := pencil()
	c.Rand = strings.NewReader("123456789012345678")
	m, err := sasl.NewSCRAM(sasl.SHA256, c, false)
	check(t, "from Rand", start(t, made(t, m, err)), "n,,n=user,r=MTIzNDU2Nzg5MDEyMzQ1Njc4")
	m, err = sasl.NewSCRAM(sasl.SHA256, c, false)
	if _, _, err = made(t, m, err).Start(ctx); !asArgument(err, "Rand") {
		t.Errorf("Rand at its end: got %v, want an *ArgumentError about Rand", err)
	}
}

func asArgument(err error, field string) bool {
	var a *sasl.ArgumentError
	return errors.As(err, &a) && a.Field == field
}

// What a server can send first that is not right. Nothing that depends on the password may go out.
func TestSCRAMServerFirst(t *testing.T) {
	const good = "r=nonceSERVER,s=c2FsdA==,i=4096"
	for _, c := range []struct{ name, challenge, want string }{
		{"empty", "", "is not a SCRAM message"},
		{"nonsense", "hello", "is not a SCRAM message"},
		{"without a salt", "r=nonceSERVER,i=4096", "is not a SCRAM message"},
		{"without a count", "r=nonceSERVER,s=c2FsdA==", "is not a SCRAM message"},
		{"in another order", "s=c2FsdA==,r=nonceSERVER,i=4096", "is not a SCRAM message"},
		{"attributes in capitals", "R=nonceSERVER,S=c2FsdA==,I=4096", "is not a SCRAM message"},
		{"an extension that is none", good + ",boo", "is not a SCRAM message"},
		{"an extension of one byte", good + ",b", "is not a SCRAM message"},
		{"the last message too early", "v=c2FsdA==", "is not a SCRAM message"},
		{"an empty error", "e=", "is not a SCRAM message"},
		{"mandatory extension", "m=x," + good, "has an extension that is mandatory and not known"},
		{"mandatory extension at the end", good + ",m=x", "has an extension that is mandatory and not known"},
		{"the client's nonce alone", "r=nonce,s=c2FsdA==,i=4096", "has a nonce that does not continue the client's"},
		{"another nonce", "r=noncfSERVER,s=c2FsdA==,i=4096", "has a nonce that does not continue the client's"},
		{"a shorter nonce", "r=non,s=c2FsdA==,i=4096", "has a nonce that does not continue the client's"},
		{"an empty nonce", "r=,s=c2FsdA==,i=4096", "has a nonce that does not continue the client's"},
		{"a nonce with a space", "r=nonce SERVER,s=c2FsdA==,i=4096", "has a nonce with a character that no nonce has"},
		{"a nonce with NUL", "r=nonce\x00,s=c2FsdA==,i=4096", "has a nonce with a character that no nonce has"},
		{"a nonce beyond ASCII", "r=nonceé,s=c2FsdA==,i=4096", "has a nonce with a character that no nonce has"},
		{"an empty salt", "r=nonceSERVER,s=,i=4096", "has a salt that is empty or not base64"},
		{"a salt of nothing but padding", "r=nonceSERVER,s===,i=4096", "has a salt that is empty or not base64"},
		{"a salt that is not base64", "r=nonceSERVER,s=a!b,i=4096", "has a salt that is empty or not base64"},
		{"an empty count", "r=nonceSERVER,s=c2FsdA==,i=", "has an iteration count that is no number"},
		{"a count of zero", "r=nonceSERVER,s=c2FsdA==,i=0", "has an iteration count that is no number"},
		{"a negative count", "r=nonceSERVER,s=c2FsdA==,i=-4096", "has an iteration count that is no number"},
		{"a signed count", "r=nonceSERVER,s=c2FsdA==,i=+4096", "has an iteration count that is no number"},
		{"a hexadecimal count", "r=nonceSERVER,s=c2FsdA==,i=4096x", "has an iteration count that is no number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := scramOf(sasl.SHA256, pencil(), false, "nonce")(t)
			start(t, m)
			got, err := m.Next(ctx, []byte(c.challenge))
			var ce *sasl.ChallengeError
			if !errors.As(err, &ce) || ce.Reason != c.want || got != nil {
				t.Errorf("got %q, %v; want *ChallengeError %s", got, err, c.want)
			}
			if err := finish(m, nil); err != sasl.ErrServerNotVerified {
				t.Errorf("the server accepts all the same: got %v, want ErrServerNotVerified", err)
			}
		})
	}
}

func TestSCRAMIterations(t *testing.T) {
	for _, c := range []struct {
		name, count string
		min, max    int
		good        bool
	}{
		{"least", "4096", 0, 0, true},
		{"one less", "4095", 0, 0, false},
		{"one more than the most", "1000001", 0, 0, false},
		{"beyond an int", "99999999999999999999999999", 0, 0, false},
		{"less, allowed", "1", 1, 0, true},
		{"most of one's own", "5000", 0, 5000, true},
		{"more than one's own", "5001", 0, 5000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cred := pencil()
			cred.MinIterations, cred.MaxIterations = c.min, c.max
			m := scramOf(sasl.SHA256, cred, false, "nonce")(t)
			start(t, m)
			got, err := m.Next(ctx, []byte("r=nonceSERVER,s=c2FsdA==,i="+c.count))
			if c.good {
				if err != nil || !strings.HasPrefix(string(got), "c=biws,r=nonceSERVER,p=") {
					t.Errorf("got %q, %v; want a proof", got, err)
				}
				return
			}
			var ie *sasl.IterationError
			if !errors.As(err, &ie) || ie.Iterations != c.count || got != nil {
				t.Errorf("got %q, %v; want *IterationError of %s", got, err, c.count)
			}
		})
	}
}

// How it may end, after a proof that the server has got. Signature is that of the right password.
func TestSCRAMServerFinal(t *testing.T) {
	const (
		first     = "r=clientnonceSERVER,s=c2FsdHk=,i=4096"
		signature = "v=uRga52g4Z1hA7ff8GsPl0+7q31k1NQ8wvXiixwelnWg="
	)
	for _, c := range []struct {
		name, challenge string
		fails           string // the error of Next, "" for none
		accepted        error  // how it ends if the server accepts
		refused         string // and if it refuses
	}{
		{"right", signature, "", nil, errRefused.Error()},
		{"right, without padding", strings.TrimSuffix(signature, "="), "", nil, errRefused.Error()},
		{"wrong", "v=vRga52g4Z1hA7ff8GsPl0+7q31k1NQ8wvXiixwelnWg=", sasl.ErrServerNotVerified.Error(), sasl.ErrServerNotVerified, errRefused.Error()},
		{"short", "v=uRga52g4Z1g=", sasl.ErrServerNotVerified.Error(), sasl.ErrServerNotVerified, errRefused.Error()},
		{"empty signature", "v=", sasl.ErrServerNotVerified.Error(), sasl.ErrServerNotVerified, errRefused.Error()},
		{"nothing", "", "sasl: SCRAM-SHA-256: the server's challenge is not a SCRAM message", sasl.ErrServerNotVerified, errRefused.Error()},
		{"not base64", "v=!", "sasl: SCRAM-SHA-256: the server's challenge has a signature that is not base64", sasl.ErrServerNotVerified, errRefused.Error()},
		{"mandatory extension", signature + ",m=1", "sasl: SCRAM-SHA-256: the server's challenge has an extension that is mandatory and not known",
			sasl.ErrServerNotVerified, errRefused.Error()},
		{"the first message again", first, "sasl: SCRAM-SHA-256: the server's challenge is not a SCRAM message", sasl.ErrServerNotVerified, errRefused.Error()},
		{"an error", "e=unknown-user,x=y", "", sasl.ErrServerNotVerified,
			"sasl: SCRAM-SHA-256: the server refused with unknown-user: " + errRefused.Error()},
		{"an error for terminals", "e=\x1b[2J", "", sasl.ErrServerNotVerified, "sasl: SCRAM-SHA-256: the server refused with ?[2J: " + errRefused.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, verdict := range []error{nil, errRefused} {
				m := bound(sasl.SHA256, "p=tls-unique,,", "clientnonce")(t)
				start(t, m)
				next(t, m, first)
				_, err := m.Next(ctx, []byte(c.challenge))
				if got := text(err); got != c.fails {
					t.Errorf("Next: got %q, want %q", got, c.fails)
				}
				err = finish(m, verdict)
				if verdict == nil && err != c.accepted {
					t.Errorf("accepted: got %v, want %v", err, c.accepted)
				}
				if verdict != nil && text(err) != c.refused {
					t.Errorf("refused: got %v, want %s", err, c.refused)
				}
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A server that accepts before it has proved itself is not believed, wherever it does so.
func TestSCRAMAcceptedEarly(t *testing.T) {
	m := scramOf(sasl.SHA1, pencil(), false, "nonce")(t)
	check(t, "before the start", finish(m, nil), sasl.ErrServerNotVerified)
	start(t, m)
	check(t, "after the start", finish(m, nil), sasl.ErrServerNotVerified)
	next(t, m, "r=nonceSERVER,s=c2FsdA==,i=4096")
	check(t, "after the proof", finish(m, nil), sasl.ErrServerNotVerified)
}

func TestSCRAMArguments(t *testing.T) {
	for _, c := range []struct {
		name  string
		hash  sasl.Hash
		cred  sasl.Credentials
		field string
	}{
		{"no user", sasl.SHA1, sasl.Credentials{Password: sasl.NewSecret("p")}, "Username"},
		{"no password", sasl.SHA1, sasl.Credentials{Username: "u"}, "Password"},
		{"a user of nothing", sasl.SHA1, sasl.Credentials{Username: "\u00ad", Password: sasl.NewSecret("p")}, "Username"},
		{"a control character", sasl.SHA256, sasl.Credentials{Username: "u", Password: sasl.NewSecret("p\x07")}, "Password"},
		{"no UTF-8", sasl.SHA256, sasl.Credentials{Username: "u\xff", Password: sasl.NewSecret("p")}, "Username"},
		{"two directions", sasl.SHA256, sasl.Credentials{Username: "u", Password: sasl.NewSecret("\u0627a")}, "Password"},
		{"NUL in who to act as", sasl.SHA256, sasl.Credentials{Username: "u", Password: sasl.NewSecret("p"), AuthorizationID: "\x00"}, "AuthorizationID"},
		{"no UTF-8 in who to act as", sasl.SHA256, sasl.Credentials{Username: "u", Password: sasl.NewSecret("p"), AuthorizationID: "\xff"}, "AuthorizationID"},
		{"hash", "MD5", sasl.Credentials{Username: "u", Password: sasl.NewSecret("p")}, "Hash"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if m, err := sasl.NewSCRAM(c.hash, &c.cred, false); !asArgument(err, c.field) || m != nil {
				t.Errorf("got %v, %v; want an *ArgumentError about %s", m, err, c.field)
			}
		})
	}
}
