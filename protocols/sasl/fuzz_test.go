package sasl_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// FuzzSCRAMServer gives a SCRAM client what a server may send. Whatever it is, the client ends well only if the server has sent the
// signature, and answers with a proof only if the nonce continues its own.
func FuzzSCRAMServer(f *testing.F) {
	f.Add("r=nonceSERVER,s=c2FsdA==,i=1", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=")
	f.Add("r=nonceSERVER,s=c2FsdA==,i=2,x=y", "e=invalid-proof")
	f.Add("m=x,r=nonceSERVER,s=c2FsdA==,i=3", "m=x")
	f.Add("e=other-error,x=y", "")
	f.Fuzz(func(t *testing.T, first, last string) {
		cred := pencil()
		cred.MinIterations, cred.MaxIterations = 1, 50
		m, err := sasl.NewSCRAM(sasl.SHA256, cred, false)
		made(t, m, err)
		sasl.SetNonce(m, "nonce")
		bare := strings.TrimPrefix(start(t, m), "n,,")
		response, err := m.Next(ctx, []byte(first))
		if len(response) > 0 && !strings.HasPrefix(first, "r=nonce") {
			t.Errorf("got a proof for %q", first)
		}
		if err != nil || len(response) == 0 {
			if finish(m, nil) != sasl.ErrServerNotVerified {
				t.Errorf("%q: got success without a proof", first)
			}
			return
		}
		parsed, err := sasl.ParseServerFirst(first)
		if err != nil {
			t.Fatalf("%q: got %v behind a proof", first, err)
		}
		_, err = m.Next(ctx, []byte(last))
		if finish(m, nil) == nil {
			want := signatureFor(t, bare, first, string(response), parsed.Salt(), parsed.Count())
			got, _ := sasl.ParseServerFinal(last)
			if err != nil || got.Signature() != want {
				t.Errorf("%q: got success, want it for %x only", last, want)
			}
		}
	})
}

// signatureFor is the server's signature, as the other half makes it.
func signatureFor(t *testing.T, bare, first, response string, salt []byte, count int) string {
	t.Helper()
	s := &scramServer{hash: sha256.New, password: "pencil", salt: salt, count: count, gs2: "n,,", first: bare, challenge: first}
	m, err := sasl.ParseServerFinal(s.end(response))
	if err != nil {
		t.Fatal(err)
	}
	return m.Signature()
}

// FuzzOAuthError gives an OAuth client what a server may say of a token: it always has the answer, and never shows the token.
func FuzzOAuthError(f *testing.F) {
	for _, s := range []string{`{"status":"invalid_token","scope":"s","schemes":"bearer mac"}`, `{"status":401}`, `[]`, ``, `{"status":"t0\u006ben"}`,
		`{"status":{"a":[1]},"scope":null}`, `{`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, challenge []byte) {
		e := sasl.NewOAuthError("XOAUTH2", challenge, sasl.NewSecret("t0ken"))
		for _, s := range append(e.Schemes, e.Error(), e.Status, e.Scope, e.OpenIDConfiguration, e.Raw) {
			if strings.Contains(s, "t0ken") {
				t.Errorf("%q: got the token in %q", challenge, s)
			}
		}
		if n := len(e.Error()); n > 300 {
			t.Errorf("%q: got an error of %d bytes, want at most 300", challenge, n)
		}
	})
}

// FuzzCRAMMD5 gives a CRAM-MD5 client a challenge as it stands in a line.
func FuzzCRAMMD5(f *testing.F) {
	for _, s := range []string{"PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+", "", "=", "!", "PDE+\r\n", "AA"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v := sasl.NewConversation(of(sasl.NewCRAMMD5, tim)(t), nil)
		v.MaxChallenge = 100
		v.Start(true)
		step, err := now(t, v.Next(text))
		var ce *sasl.ChallengeError
		var le *sasl.LimitError
		switch {
		case err == nil && len(step.Response) != len("tim ")+32:
			t.Errorf("%q: got %q", text, step.Response)
		case err != nil && !errors.As(err, &ce) && !errors.As(err, &le):
			t.Errorf("%q: got %v, want *ChallengeError or *LimitError", text, err)
		}
	})
}
