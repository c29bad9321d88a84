package sasl_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/sasl"
)

// A protocol leads the conversation and sends its lines; here the server's are those of RFC 5802 section 5.
func Example() {
	c := &sasl.Credentials{Username: "user", Password: sasl.NewSecret("pencil"),
		Rand: base64.NewDecoder(base64.StdEncoding, strings.NewReader("fyko+d2lbbFgONRv9qkxdawL"))} // for the nonce of the RFC
	m, err := sasl.Choose([]string{"PLAIN", "SCRAM-SHA-1"}, c, sasl.Channel{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// With a reactor the worker is reactor.Go; without one the mechanism works here.
	v := sasl.NewConversation(m, nil)
	fail := func(err error) { fmt.Println("C: *", err) }
	v.Start(true).Handle(func(s sasl.Step) {
		fmt.Printf("C: AUTHENTICATE %s %s\n", m.Name(), sasl.AppendInitial(nil, s.Response))
	}, fail)
	for _, challenge := range []string{
		"cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==",
		"dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9",
	} {
		fmt.Println("S: +", challenge)
		v.Next([]byte(challenge)).Handle(func(s sasl.Step) {
			fmt.Printf("C: %q\n", sasl.AppendResponse(nil, s.Response))
		}, fail)
	}
	fmt.Println("S: OK")
	fmt.Println("the end:", v.Finish(nil))

	// Output:
	// C: AUTHENTICATE SCRAM-SHA-1 biwsbj11c2VyLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdM
	// S: + cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==
	// C: "Yz1iaXdzLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdMM3JmY05IWUpZMVpWdldWczdqLHA9djBYOHYzQnoyVDBDSkdiSlF5RjBYK0hJNFRzPQ=="
	// S: + dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9
	// C: ""
	// S: OK
	// the end: <nil>
}

// Where nothing can be used the error says what to do.
func ExampleChoose_insecure() {
	c := &sasl.Credentials{Username: "alice", Password: sasl.NewSecret("wonderland")}
	_, err := sasl.Choose([]string{"PLAIN"}, c, sasl.Channel{})
	fmt.Println(err)
	fmt.Printf("%v %+v\n", c.Password, c.Password)
	// Output:
	// sasl: no mechanism to authenticate with: the server offers PLAIN; usable here: SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5; PLAIN would show the secret to all who listen: use TLS, or allow it with AllowInsecure
	// *** ***
}

// A token is asked for when it is needed, and again when the server has refused the one at hand.
func ExampleNewCachedToken() {
	asked := 0
	source := sasl.TokenFunc(func(context.Context) (sasl.Token, error) {
		asked++
		return sasl.Token{Value: sasl.NewSecret(fmt.Sprint("token", asked)), Expiry: time.Now().Add(time.Hour)}, nil
	})
	c := &sasl.Credentials{Username: "alice", Token: sasl.NewCachedToken(source, time.Now, time.Minute)}
	for _, verdict := range []error{nil, errors.New("NO"), nil} {
		m, err := sasl.NewXOAuth2(c)
		if err != nil {
			fmt.Println(err)
			return
		}
		v := sasl.NewConversation(m, nil)
		v.Start(true).Handle(func(s sasl.Step) { fmt.Printf("%q\n", s.Response) }, nil)
		fmt.Println("the end:", v.Finish(verdict))
	}
	// Output:
	// "user=alice\x01auth=Bearer token1\x01\x01"
	// the end: <nil>
	// "user=alice\x01auth=Bearer token1\x01\x01"
	// the end: NO
	// "user=alice\x01auth=Bearer token2\x01\x01"
	// the end: <nil>
}

// shout is a mechanism of the program's own: it says the user's name in capitals.
type shout struct{ user string }

func (*shout) Name() string { return "X-SHOUT" }

func (s *shout) Start(context.Context) (initial []byte, ok bool, err error) {
	return []byte(s.user + "!"), true, nil
}

func (*shout) Next(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("shout: nothing more to say")
}

func ExampleAuthenticator() {
	c := &sasl.Credentials{Username: "ALICE", Authenticators: []sasl.Authenticator{{
		Name: "X-SHOUT",
		New:  func(c *sasl.Credentials, _ sasl.Channel) (sasl.Mechanism, error) { return &shout{c.Username}, nil },
	}}}
	m, err := sasl.Choose([]string{"X-SHOUT", "PLAIN"}, c, sasl.Channel{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var d *deferred.Deferred[sasl.Step] = sasl.NewConversation(m, nil).Start(true)
	d.Handle(func(s sasl.Step) { fmt.Printf("%s %s\n", m.Name(), s.Response) }, nil)
	// Output: X-SHOUT ALICE!
}
