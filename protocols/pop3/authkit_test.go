package pop3_test

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/sasl"
)

// saying is a mechanism that says text, again and again.
type saying struct{ name, text string }

func (m saying) Name() string                                 { return m.name }
func (m saying) Start(context.Context) ([]byte, bool, error)  { return []byte(m.text), true, nil }
func (m saying) Next(context.Context, []byte) ([]byte, error) { return []byte(m.text), nil }

// prompt is a mechanism that answers at once, although it could block: a clock in memory has nobody to work beside it.
type prompt struct{ sasl.Mechanism }

func (p prompt) Finish(verdict error) error {
	if f, ok := p.Mechanism.(sasl.Finisher); ok {
		return f.Finish(verdict)
	}
	return verdict
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func fixedToken(value string) sasl.TokenSource {
	return sasl.TokenFunc(func(context.Context) (sasl.Token, error) { return sasl.Token{Value: sasl.NewSecret(value)}, nil })
}

func tim() *sasl.Credentials {
	return &sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaf")}
}

// plain is the mechanism PLAIN for tim.
func plain(t testing.TB) sasl.Mechanism {
	t.Helper()
	m, err := sasl.NewPlain(tim())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// newPlain is PLAIN for tim.
func (u *user) newPlain() (sasl.Mechanism, error) { return sasl.NewPlain(tim()) }

// nonce is a source of chance that makes this nonce, which is base64.
func nonce(text string) io.Reader { return &base64Reader{text} }

type base64Reader struct{ text string }

func (r *base64Reader) Read(p []byte) (int, error) {
	return base64.NewDecoder(base64.StdEncoding, strings.NewReader(r.text)).Read(p)
}

func pencil(nonceText string) *sasl.Credentials {
	return &sasl.Credentials{Username: "user", Password: sasl.NewSecret("pencil"), Rand: nonce(nonceText)}
}

// made is the mechanism without the error that there is none of.
func made(m sasl.Mechanism, err error) sasl.Mechanism {
	if err != nil {
		panic(err)
	}
	return prompt{m}
}

// The example of RFC 5802, and a nonce for SCRAM-SHA-256.
const (
	scram1Nonce = "fyko+d2lbbFgONRv9qkxdawL"
	scram1First = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"
	scram1Proof = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
	scram1Final = "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
	scram2Nonce = "AAECAwQFBgcICQoLDA0ODxAR"
)

// saslTalk is a mechanism's part in an AUTH: the initial response, and challenges with their answers, in the clear.
type saslTalk struct {
	name    string
	make    func() sasl.Mechanism
	initial string // "-" for none
	rounds  [][2]string
}

var saslTalks = []saslTalk{
	{"PLAIN", func() sasl.Mechanism { return made(sasl.NewPlain(tim())) }, "\x00tim\x00tanstaaf", nil},
	{"LOGIN", func() sasl.Mechanism { return made(sasl.NewLogin(tim())) }, "-", [][2]string{{"Username:", "tim"}, {"Password:", "tanstaaf"}}},
	{"CRAM-MD5", func() sasl.Mechanism {
		return made(sasl.NewCRAMMD5(&sasl.Credentials{Username: "tim", Password: sasl.NewSecret("tanstaaftanstaaf")}))
	}, "-", [][2]string{{"<1896.697170952@postoffice.reston.mci.net>", "tim b913a602c7eda7a495b4e6e7334d3890"}}},
	{"SCRAM-SHA-1", func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA1, pencil(scram1Nonce), false)) }, "n,,n=user,r=" + scram1Nonce,
		[][2]string{{scram1First, scram1Proof}, {scram1Final, ""}}},
	{"SCRAM-SHA-256", func() sasl.Mechanism { return made(sasl.NewSCRAM(sasl.SHA256, pencil(scram2Nonce), false)) }, "n,,n=user,r=" + scram2Nonce,
		scramRounds("pencil", "user", scram2Nonce)},
	{"OAUTHBEARER", func() sasl.Mechanism {
		return made(sasl.NewOAuthBearer(&sasl.Credentials{Username: "user@example.com", Token: fixedToken("vF9dft4qmTc2")}, sasl.Channel{Host: "server.example.com", Port: 995}))
	}, "n,a=user@example.com,\x01host=server.example.com\x01port=995\x01auth=Bearer vF9dft4qmTc2\x01\x01", nil},
	{"XOAUTH2", func() sasl.Mechanism {
		return made(sasl.NewXOAuth2(&sasl.Credentials{Username: "user@example.com", Token: fixedToken("vF9d")}))
	}, "user=user@example.com\x01auth=Bearer vF9d\x01\x01", nil},
	{"EXTERNAL", func() sasl.Mechanism { return made(sasl.NewExternal(&sasl.Credentials{})) }, "", nil},
	{"ANONYMOUS", func() sasl.Mechanism { return made(sasl.NewAnonymous(&sasl.Credentials{Trace: "sirhc"})) }, "sirhc", nil},
}

// script is what goes over the wire, in two steps if the initial response does not go with the command.
func (c saslTalk) script(twoSteps bool) (script []exchange) {
	lines := []string{"AUTH " + c.name}
	var challenges []string
	switch {
	case c.initial == "-":
	case twoSteps || c.name == "XOAUTH2":
		lines, challenges = append(lines, b64(c.initial)), append(challenges, "+ \r\n")
	case c.initial == "":
		lines[0] += " ="
	default:
		lines[0] += " " + b64(c.initial)
	}
	for _, r := range c.rounds {
		lines, challenges = append(lines, b64(r[1])), append(challenges, "+ "+b64(r[0])+"\r\n")
	}
	for i, line := range lines {
		answer := "+OK in\r\n"
		if i < len(challenges) {
			answer = challenges[i]
		}
		script = append(script, exchange{line, answer})
	}
	return script
}

// scramRounds is the server's half of SCRAM-SHA-256 (RFC 5802 section 3), with what it wants to hear.
func scramRounds(password, user, nonce string) [][2]string {
	mac := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	all := nonce + "server's"
	first := "r=" + all + ",s=" + b64("salty") + ",i=4096"
	bare := "c=biws,r=" + all
	signed := "n=" + user + ",r=" + nonce + "," + first + "," + bare
	salted, err := pbkdf2.Key(sha256.New, password, []byte("salty"), 4096, sha256.Size)
	if err != nil {
		panic(err)
	}
	key := mac(salted, "Client Key")
	stored := sha256.Sum256(key)
	proof := mac(stored[:], signed)
	for i := range proof {
		proof[i] ^= key[i]
	}
	return [][2]string{{first, bare + ",p=" + b64(string(proof))}, {"v=" + b64(string(mac(mac(salted, "Server Key"), signed))), ""}}
}
