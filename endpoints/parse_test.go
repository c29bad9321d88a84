package endpoints_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tconn/tconn/endpoints"
	"github.com/tconn/tconn/reactor"
)

// TestLongStringForm: the time grows with the length and not with its square, whose time would be minutes.
func TestLongStringForm(t *testing.T) {
	for _, part := range []string{"a", "["} {
		text := "tcp:" + strings.Repeat(part, 4<<20/len(part))
		if _, err := endpoints.ParseClient(reactor.New(), text); err == nil {
			t.Errorf("%d times %q: got no error, want one", 4<<20/len(part), part)
		}
	}
}

func TestParseClient(t *testing.T) {
	pem := certFile(t)
	for _, c := range []struct{ text, want string }{
		{"tcp:example.com:143", "tcp:example.com:143"},
		{"tcp:host=example.com:port=143:timeout=10", "tcp:example.com:143:timeout=10"},
		{"tcp:port=143:example.com", "tcp:example.com:143"},
		{"tcp:port=143:host=example.com", "tcp:example.com:143"},
		{"tcp:example.com:143:timeout=30", "tcp:example.com:143"},
		{"tcp:example.com:143:timeout=0", "tcp:example.com:143:timeout=0"},
		{"tcp:example.com:143:timeout=0.5", "tcp:example.com:143:timeout=500ms"},
		{"tcp:example.com:143:timeout=1m30s", "tcp:example.com:143:timeout=90"},
		{"tcp:example.com:143:bindAddress=127.0.0.2", "tcp:example.com:143:bindAddress=127.0.0.2"},
		{"tcp:[::1]:143", "tcp:[::1]:143"},
		{`tcp:\:\:1:143`, "tcp:[::1]:143"},
		{`tcp:host=[2001:db8::1]:port=143`, "tcp:[2001:db8::1]:143"},
		{"tcp:example.com:143:sendproxy=1", "tcp:example.com:143:sendproxy=1"},
		{"tls:example.com:993", "tls:example.com:993"},
		{"tls:example.com:993:servername=example.com", "tls:example.com:993"},
		{"tls:example.com:993:timeout=10:insecure=yes:servername=mail.example.com:alpn=imap,x",
			"tls:example.com:993:timeout=10:servername=mail.example.com:alpn=imap,x:insecure=yes"},
		{"tls:example.com:993:sendproxy=2:insecure=yes", "tls:example.com:993:sendproxy=2:insecure=yes"},
		{"tls:example.com:993:ca=" + pem + ":cert=" + pem, "tls:example.com:993:ca=" + pem + ":cert=" + pem},
		{"unix:/run/imap.sock", "unix:/run/imap.sock"},
		{`unix:path=/run/a\:b\\c=d:timeout=5`, `unix:/run/a\:b\\c\=d:timeout=5`},
		{`unix:/run/a\=b`, `unix:/run/a\=b`},
		{`unix:/a\ via b`, `unix:/a\ via b`},
		{`unix:\[x`, `unix:\[x`},
		{"unix:@name", "unix:@name"},
		{"tcp:example.com:143 via socks5:proxy:1080", "tcp:example.com:143 via socks5:proxy:1080"},
		{"tcp:example.com:143 via socks5:proxy:1080:timeout=5:bindAddress=127.0.0.1",
			"tcp:example.com:143 via socks5:proxy:1080:bindAddress=127.0.0.1:timeout=5"},
		{"tls:example.com:993 via socks5:proxy.example.com:1080:user=joe:password=sec\\:ret",
			"tls:example.com:993 via socks5:proxy.example.com:1080:user=joe:password=***"},
		{"tls:example.com:993:servername=a.example via http:[::1]:3128 via socks5:127.0.0.1:9050",
			"tls:example.com:993:servername=a.example via http:[::1]:3128 via socks5:127.0.0.1:9050"},
		{"tcp:example.com:143 via https:proxy:443:servername=p.example:user=joe:password=secret",
			"tcp:example.com:143 via https:proxy:443:servername=p.example:user=joe:password=***"},
		{"tcp:a:1 via socks5:b:2 via https:c:3:insecure=yes via http:d:4:sendproxy=1",
			"tcp:a:1 via socks5:b:2 via https:c:3:insecure=yes via http:d:4:sendproxy=1"},
		{"tls:a:1:sendproxy=2 via socks5s:b:2", ""},
		{"tcp:a:1 via socks5s:b:2", "tcp:a:1 via socks5s:b:2"},
		{"tls:a:1:sendproxy=2 via socks5:b:2", "tls:a:1:sendproxy=2 via socks5:b:2"},
	} {
		t.Run(c.text, func(t *testing.T) {
			ep, err := endpoints.ParseClient(reactor.New(), c.text)
			if c.want == "" {
				wantArgumentError(t, err)
				return
			}
			if err != nil {
				t.Fatalf("got %v, want no error", err)
			}
			got := fmt.Sprint(ep)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			again, err := endpoints.ParseClient(reactor.New(), got)
			if err != nil || fmt.Sprint(again) != got {
				t.Errorf("parsed again: got %v and %v, want %s", again, err, got)
			}
			host := ep.(interface{ Host() string }).Host()
			if host == "" || !strings.Contains(c.text, strings.TrimLeft(host[:1], ":")) {
				t.Errorf("got host %q", host)
			}
		})
	}
}

func wantArgumentError(t testing.TB, err error) *endpoints.ArgumentError {
	t.Helper()
	var e *endpoints.ArgumentError
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *ArgumentError", err, err)
	}
	return e
}

func TestParseClientErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ text, argument, want string }{
		{"", "", "endpoints: the string form begins with a word such as tcp, and a colon"},
		{":", "", "endpoints: the string form begins with a word such as tcp, and a colon"},
		{"TCP:a:1", "", "endpoints: the string form begins with a word such as tcp, and a colon"},
		{"ftp:a:1", "", `endpoints: "ftp" is none of tcp, tls, unix`},
		{"socks5:a:1", "", "endpoints: socks5: leads somewhere: write tcp:host:port via socks5:..."},
		{"tcp", "host", "endpoints: tcp: host: is missing; allowed are host, port, timeout, bindAddress, sendproxy"},
		{"tcp:", "host", "endpoints: tcp: host: is missing; allowed are host, port, timeout, bindAddress, sendproxy"},
		{"tcp:a", "port", "endpoints: tcp: port: is missing; allowed are host, port, timeout, bindAddress, sendproxy"},
		{"tcp:a:1:2", "", "endpoints: tcp: too many arguments without a name; allowed are host, port, timeout, bindAddress, sendproxy"},
		{"tcp:a:1:tiemout=3", "", `endpoints: tcp: unknown argument "tiemout"; allowed are host, port, timeout, bindAddress, sendproxy`},
		{"tcp:a:1:host=b", "host", "endpoints: tcp: host: is given twice"},
		{"tcp:a:1:timeout=1:timeout=1", "timeout", "endpoints: tcp: timeout: is given twice"},
		{"tcp:[]:1", "host", "endpoints: tcp: host: is no name and no address"},
		{"tcp:a\nb:1", "host", "endpoints: tcp: host: is no name and no address"},
		{"tcp:a:0", "port", "endpoints: tcp: port: must be a number from 1 to 65535"},
		{"tcp:a:65536", "port", "endpoints: tcp: port: must be a number from 1 to 65535"},
		{"tcp:a:+1", "port", "endpoints: tcp: port: must be a number from 1 to 65535"},
		{"tcp:a:imap", "port", "endpoints: tcp: port: must be a number from 1 to 65535"},
		{"tcp:a:1:timeout=-1", "timeout", "endpoints: tcp: timeout: must be a time in seconds, or with a unit such as 500ms"},
		{"tcp:a:1:timeout=inf", "timeout", "endpoints: tcp: timeout: must be a time in seconds, or with a unit such as 500ms"},
		{"tcp:a:1:timeout=99999999999", "timeout", "endpoints: tcp: timeout: must be a time in seconds, or with a unit such as 500ms"},
		{"tcp:a:1:timeout=", "timeout", "endpoints: tcp: timeout: must be a time in seconds, or with a unit such as 500ms"},
		{`tcp:a:1:timeout=1\`, "timeout", "endpoints: tcp: timeout: a backslash stands at the end"},
		{"tcp:=a:1", "", "endpoints: tcp: an equals sign has no name before it"},
		{"tcp:a:1:sendproxy=3", "sendproxy", "endpoints: tcp: sendproxy: must be a number from 1 to 2"},
		{"tls:a:1:insecure=maybe", "insecure", "endpoints: tls: insecure: must be yes or no"},
		{"tls:a:1:alpn=", "alpn", "endpoints: tls: alpn: is empty"},
		{"tls:a:1:alpn=x,,y", "alpn", "endpoints: tls: alpn: has an empty word between commas"},
		{"tls:a:1:ca=" + dir, "ca", "endpoints: tls: ca: cannot be read: it is no regular file"},
		{"tls:a:1:key=" + certFile(t), "key", "endpoints: tls: key: needs cert"},
		{"tls:a:1:ca=parse_test.go", "ca", "endpoints: tls: ca: the file holds no certificate in PEM form"},
		{"unix:", "path", "endpoints: unix: path: is missing; allowed are path, timeout"},
		{"tcp:a:1 via tcp:b:2", "", `endpoints: "tcp" is none of http, https, socks5, socks5s, which are what can stand behind via`},
		{"tcp:a:1 via ", "", "endpoints: the string form begins with a word such as tcp, and a colon"},
		{"unix:/a via socks5:b:2", "", "endpoints: unix: is not reached by way of a proxy"},
		{"tcp:a:1:timeout=3 via socks5:b:2", "", `endpoints: tcp: unknown argument "timeout"; allowed are host, port, sendproxy`},
		{"tls:a:1 via https:b:2", "", "endpoints: TLS inside TLS is not possible: only one place of a way can have it"},
		{"tcp:a:1 via socks5:b:2:password=hunter2", "password", "endpoints: socks5: password: needs a user"},
		{"tcp:a:1 via socks5:b:2:user=joe:hunter2", "", "endpoints: socks5: too many arguments without a name; allowed are host, port, timeout, bindAddress, sendproxy, user, password"},
		{"tcp:a:1 via socks5:b:2:user=joe:pasword=hunter2", "", `endpoints: socks5: unknown argument "pasword"; allowed are host, port, timeout, bindAddress, sendproxy, user, password`},
		{"tcp:a:1 via socks5:b:2:user=joe:password=a:hunter2=b", "password", "endpoints: socks5: password: an unknown argument stands behind it; a colon in a value needs a backslash"},
		{"tcp:a:1 via http:b:2:user=a\\:b:password=hunter2", "user", "endpoints: http: user: must have no colon and no control characters"},
		{"tcp:a\r\nX:1 via http:b:2", "host", `endpoints: http: host: byte '\r' cannot stand in a name; names in other scripts need their xn-- form`},
	} {
		t.Run(c.text, func(t *testing.T) {
			ep, err := endpoints.ParseClient(reactor.New(), c.text)
			if ep != nil {
				t.Errorf("got an endpoint (%v), want none", ep)
			}
			e := wantArgumentError(t, err)
			wantText(t, err, c.want)
			wantNoSecret(t, fmt.Sprintf("%v %+v %#v", err, err, err), "hunter2")
			if e.Argument != c.argument {
				t.Errorf("got argument %q, want %q", e.Argument, c.argument)
			}
		})
	}
	t.Run("a file that is not there", func(t *testing.T) {
		_, err := endpoints.ParseClient(reactor.New(), "tls:a:1:ca="+filepath.Join(dir, "none"))
		wantIs(t, err, os.ErrNotExist)
	})
}

func TestParseServer(t *testing.T) {
	pem := certFile(t)
	for _, c := range []struct{ text, want string }{
		{"tcp:143", "tcp:143"},
		{"tcp:port=0", "tcp:0"},
		{"tcp:143:interface=127.0.0.1:backlog=50", "tcp:143:interface=127.0.0.1:backlog=50"},
		{`tcp:143:interface=\:\:1`, "tcp:143:interface=[::1]"},
		{"tcp:143:interface=[::1]", "tcp:143:interface=[::1]"},
		{"tls:993:cert=" + pem + ":alpn=imap", "tls:993:cert=" + pem + ":alpn=imap"},
		{"tls:993:key=" + pem + ":cert=" + pem + ":clientca=" + pem, "tls:993:cert=" + pem + ":key=" + pem + ":clientca=" + pem},
		{"unix:/run/imap.sock:mode=660", "unix:/run/imap.sock:mode=660"},
		{"unix:/run/imap.sock:mode=0600:backlog=5", "unix:/run/imap.sock:mode=600:backlog=5"},
		{"tcp:143:acceptproxy=10.1.2.3/8,127.0.0.1", "tcp:143:acceptproxy=10.0.0.0/8,127.0.0.1/32"},
		{`tcp:143:acceptproxy=\:\:1:refuseothers=yes`, `tcp:143:acceptproxy=\:\:1/128:refuseothers=yes`},
		{"tls:993:acceptproxy=127.0.0.1:cert=" + pem, "tls:993:cert=" + pem + ":acceptproxy=127.0.0.1/32"},
	} {
		t.Run(c.text, func(t *testing.T) {
			ep, err := endpoints.ParseServer(reactor.New(), c.text)
			if err != nil {
				t.Fatalf("got %v, want no error", err)
			}
			if got := fmt.Sprint(ep); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if again, err := endpoints.ParseServer(reactor.New(), c.want); err != nil || fmt.Sprint(again) != c.want {
				t.Errorf("parsed again: got %v and %v, want %s", again, err, c.want)
			}
		})
	}
	for _, c := range []struct{ text, want string }{
		{"tcp:", "endpoints: tcp: port: is missing; allowed are port, interface, backlog, acceptproxy, refuseothers"},
		{"tcp:70000", "endpoints: tcp: port: must be a number from 0 to 65535"},
		{"tcp:1:interface=localhost", "endpoints: tcp: interface: must be an IP address"},
		{"tcp:1:backlog=0", "endpoints: tcp: backlog: must be a number from 1 to 65536"},
		{"tcp:1:acceptproxy=", "endpoints: tcp: acceptproxy: is empty"},
		{"tcp:1:acceptproxy=proxy", `endpoints: tcp: acceptproxy: "proxy" is no network, such as 10.0.0.0/8, and no IP address`},
		{"tcp:1:refuseothers=yes", "endpoints: tcp: refuseothers: needs acceptproxy"},
		{"tls:1", "endpoints: tls: cert: is missing: a TLS server needs a PEM file with its certificate, and key unless that holds the key as well"},
		{"unix:/a:mode=8", "endpoints: unix: mode: must be octal permissions such as 660"},
		{"unix:/a:mode=1777", "endpoints: unix: mode: must be octal permissions such as 660"},
		{"ssl:1", `endpoints: "ssl" is none of systemd, tcp, tls, unix`},
		{"tcp:1 via socks5:a:1", "endpoints: a server is not reached by way of proxies: acceptproxy names those in front of it"},
	} {
		t.Run(c.text, func(t *testing.T) {
			ep, err := endpoints.ParseServer(reactor.New(), c.text)
			if ep != nil {
				t.Errorf("got an endpoint (%v), want none", ep)
			}
			wantArgumentError(t, err)
			wantText(t, err, c.want)
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"tcp:example.com:143:timeout=10", `unix:/a\:b:timeout=1m`, "tls:[::1]:993:insecure=yes:alpn=a,b", "tcp:a:1:sendproxy=2",
		"tls:a:1 via socks5:b:2:user=u:password=p via http:c:3:timeout=3", `unix:/a\ via b`, "tcp:143:interface=[::1]:backlog=5",
		"unix:/a:mode=660:acceptproxy=10.0.0.0/8", `tcp:\[:1`, "tcp:a:1 via https:b:2:servername=c",
	} {
		f.Add(text)
	}
	r := reactor.New()
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "ca=") || strings.Contains(text, "cert=") {
			t.Skip("files are for the tables")
		}
		if ep, err := endpoints.ParseClient(r, text); err == nil {
			form := fmt.Sprint(ep)
			again, err := endpoints.ParseClient(r, form)
			if err != nil || fmt.Sprint(again) != form {
				t.Errorf("%q gives %q, which gives %v and %v", text, form, again, err)
			}
		}
		if ep, err := endpoints.ParseServer(r, text); err == nil {
			form := fmt.Sprint(ep)
			again, err := endpoints.ParseServer(r, form)
			if err != nil || fmt.Sprint(again) != form {
				t.Errorf("%q gives %q, which gives %v and %v", text, form, again, err)
			}
		}
	})
}
