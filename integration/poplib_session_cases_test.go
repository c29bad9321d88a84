package integration

import (
	"slices"
	"strings"
	"time"
)

// shortly is how long a call waits that nobody answers.
const shortly = 200 * time.Millisecond

// wholeSessionCases are calls in their order, and what follows the end.
func wholeSessionCases() []poplibCase {
	steps := []step{
		{to: "CAPA", say: "+OK\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n"},
		{to: "STAT", say: "+OK 2 620\r\n"},
		{to: "LIST", say: "+OK\r\n1 301\r\n2 319\r\n.\r\n"},
		{to: "LIST 99", say: "-ERR There's no message 99.\r\n"},
		{to: "UIDL", say: "+OK\r\n1 a\r\n2 b\r\n.\r\n"},
		{to: "TOP 1 0", say: "+OK\r\nSubject: x\r\n\r\n.\r\n"},
		{to: "RETR 1", say: "+OK 301 octets\r\nSubject: x\r\n\r\nbody\r\n.\r\n"},
		{to: "RETR 99", say: "-ERR There's no message 99.\r\n"},
		{to: "NOOP", say: "+OK\r\n"},
		{to: "DELE 1", say: "+OK Marked to be deleted.\r\n"},
		{to: "DELE 1", say: "-ERR Message is deleted.\r\n"},
		{to: "RETR 1", say: "-ERR Message is deleted.\r\n"},
		{to: "STAT", say: "+OK 1 319\r\n"},
		{to: "RSET", say: "+OK\r\n"},
		{to: "BOGUS", say: "-ERR Unknown command: BOGUS\r\n"},
		{to: "XMANY of them", say: "+OK\r\none\r\n..two\r\n.\r\n"},
		{to: "QUIT", say: "+OK Logging out.\r\n", then: closes},
	}
	calls := []popCall{
		call("getwelcome"), call("capa"), call("stat"), call("list"), call("list", 99), call("uidl"), call("top", 1, 0), call("retr", 1), call("retr", 99), call("noop"), call("dele", 1),
		call("dele", 1), call("retr", 1), call("stat"), call("rset"), call("_shortcmd", "BOGUS"), call("_longcmd", "XMANY of them"), call("quit"),
		call("noop"), call("stat"), call("retr", 1), call("quit"), call("close"), call("getwelcome"),
	}
	one := func(name, command, say string, calls ...popCall) poplibCase {
		return poplibCase{name: name, server: script{greeting: ready, steps: []step{{to: command, say: say}, {to: "NOOP", say: "+OK second\r\n"}}}, calls: calls}
	}
	shaped := func(name, command, say string, of popCall) poplibCase {
		c := one(name, command, say, of, call("noop"))
		c.sent = "NOOP\r\n"
		return c
	}
	again := func(of popCall) popCall {
		return of.but("state", "raised error_proto(b'-ERR not in the script')", "raised ErrState")
	}
	unasked := one("a line that nobody asked for", "NOOP", "+OK first\r\n+OK unsolicited\r\n", call("noop"),
		call("noop").but("out-of-step", "b'+OK unsolicited'", "raised error_proto(b'+OK unsolicited')"), call("noop").but("out-of-step", "b'+OK second'", isClosed))
	unasked.inOne, unasked.sent = true, "NOOP\r\n"
	text := one("a number that is a text", "RETR foo", "-ERR Invalid message number: foo\r\n",
		call("retr", "foo").but("numbers", "raised error_proto(b'-ERR Invalid message number: foo')", notMade), call("noop"))
	text.sent = "NOOP\r\n"
	return []poplibCase{
		{name: "a whole session", server: script{greeting: ready, steps: steps}, calls: calls},
		{name: "bad password", unknown: true, server: script{greeting: ready, steps: []step{{to: "USER x", say: "+OK\r\n"},
			{to: "PASS y", say: "-ERR [AUTH] Authentication failed.\r\n"}, {to: "USER test", say: "+OK\r\n"}, {to: "PASS secret", say: "+OK\r\n"}, {to: "STAT", say: "+OK 1 2\r\n"}}},
			calls: []popCall{call("user", "x"), call("pass_", "y"), call("user", "test"), call("pass_", "secret"), call("stat")}},
		{name: "utf8 and rpop", unknown: true, server: script{greeting: ready, steps: []step{{to: "UTF8", say: "+OK UTF8 enabled\r\n"},
			{to: "RPOP test", say: "+OK\r\n"}, {to: "STAT", say: "+OK 1 2\r\n"}}}, calls: []popCall{call("utf8"), call("rpop", "test"), call("stat")}},
		{name: "signing in twice", sent: "NOOP\r\n", server: script{greeting: "+OK <a@b>\r\n", steps: []step{{to: "NOOP", say: "+OK\r\n"}}},
			calls: []popCall{again(call("utf8")), again(call("user", "x")), again(call("pass_", "x")), again(call("apop", "x", "y")), again(call("rpop", "x")), call("noop")}},
		shaped("a command that has a method", "USER x", "+OK\r\n", call("_shortcmd", "USER x").but("command-shape", "b'+OK'", "raised ArgumentError")),
		shaped("a command of one line as a long one", "NOOP now", "-ERR\r\n", call("_longcmd", "NOOP now").but("command-shape", "raised error_proto(b'-ERR')", "raised ArgumentError")),
		shaped("a command of many lines as a short one", "RETR 9", "-ERR\r\n", call("_shortcmd", "RETR 9").but("command-shape", "raised error_proto(b'-ERR')", "raised ArgumentError")),
		{name: "utf8 and rpop refused", unknown: true, server: script{greeting: ready}, calls: []popCall{call("utf8"), call("rpop", "test"), call("user", "x")}},
		one("close", "NOOP", "+OK\r\n", call("noop"), call("close"), call("noop"), call("close")),
		one("quit refused", "QUIT", "-ERR messages not removed\r\n", call("quit"), call("noop").but("quit-closes", "b'+OK second'", isClosed)),
		unasked, text,
	}
}

// endCases are connections that end, or fall silent, at some place.
func endCases() []poplibCase {
	ends := func(name string, of popCall, command, say string) poplibCase {
		return poplibCase{name: name, server: script{greeting: ready, steps: []step{{to: command, say: say, then: closes}}}, calls: []popCall{of}}
	}
	silent := func(name string, of popCall, command, say string) poplibCase {
		return poplibCase{name: name, server: script{greeting: ready, steps: []step{{to: command, say: say}}}, timeout: shortly, calls: []popCall{of, call("noop").but("timeouts", "raised OSError", isClosed)}}
	}
	const part = "+OK\r\nfirst\r\nsecond, which is not wh"
	refused := poplibCase{name: "nobody listens", refused: true, unknown: true}
	name := poplibCase{name: "no such host", host: "no host", unknown: true}
	return []poplibCase{
		refused, name,
		ends("end before an answer", call("noop"), "NOOP", ""),
		ends("end in a refusal", call("noop").but("cut-line", `raised error_proto(b'-ERR n')`, `raised error_proto('-ERR EOF')`), "NOOP", "-ERR no"),
		ends("end in a status line", call("noop").but("cut-line", `b'+OK partl'`, `raised error_proto('-ERR EOF')`), "NOOP", "+OK partly"),
		ends("end behind CR", call("noop").but("cut-line", `b'+OK'`, `raised error_proto('-ERR EOF')`), "NOOP", "+OK\r"),
		ends("end in a message", call("retr", 1), "RETR 1", part),
		ends("end behind a line of a message", call("retr", 1), "RETR 1", "+OK\r\nfirst\r\n"),
		ends("end behind the dot", call("retr", 1), "RETR 1", "+OK\r\nfirst\r\n."),
		ends("end in a listing", call("list"), "LIST", "+OK\r\n1 3"),
		ends("end in capa", call("capa"), "CAPA", "+OK\r\nTOP\r\nUI"),
		ends("end before an answer to QUIT", call("quit"), "QUIT", ""),
		silent("silence", call("noop"), "NOOP", ""),
		silent("silence in a status line", call("noop"), "NOOP", "+OK par"),
		silent("silence in a message", call("retr", 1), "RETR 1", part),
		silent("silence to QUIT", call("quit"), "QUIT", ""),
		{name: "a timeout of zero", server: script{greeting: ready}, unknown: true, timeout: noTimeout,
			connect: call("").but("timeouts", "raised ValueError", "raised ErrTimeout")},
	}
}

// noTimeout stands for poplib's timeout=0, which is an error.
const noTimeout = -1

// apopCases are challenges.
func apopCases() (cases []poplibCase) {
	apop := call("apop", "mrose", "tanstaaf")
	c := func(greeting, digest string, of popCall) poplibCase {
		return poplibCase{name: "apop " + shortened(greeting), unknown: true, calls: []popCall{of, call("noop")}, server: script{greeting: greeting,
			steps: []step{{to: "APOP mrose " + digest, say: "+OK maildrop has 1 message\r\n"}, {to: "NOOP", say: "+OK\r\n"}}}}
	}
	const rfc = "c4c9334bac560ecc979e58001b3e22fb"
	none := "raised error_proto('-ERR APOP not supported by server')"
	accepted := "b'+OK maildrop has 1 message'"
	wrong := c("+OK hello <not a challenge>\r\n", "eea1adb06e63c8199b0e0031cfb92409", apop.but("challenge", accepted, none))
	wrong.sent = "NOOP\r\n"
	two := c("+OK <1896.697170952@dbc.mtview.ca.us> and <b@c>\r\n", rfc, apop.but("challenge", "raised error_proto(b'-ERR not in the script')", accepted))
	near := c("+OK<1896.697170952@dbc.mtview.ca.us>\r\n", rfc, apop.but("challenge", none, accepted))
	two.sent = "APOP mrose " + rfc + "\r\nNOOP\r\n"
	near.sent = two.sent
	return []poplibCase{
		c("+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n", rfc, apop),
		c("+OK <1896.697170952@dbc.mtview.ca.us> ready\r\n", rfc, apop),
		c("+OK no challenge\r\n", "", apop),
		wrong, two, near,
	}
}

// tlsCases are those of STLS and of TLS from the first byte.
func tlsCases() []poplibCase {
	capa := step{to: "CAPA", say: "+OK\r\nTOP\r\nSTLS\r\n.\r\n"}
	stls := step{to: "STLS", say: "+OK Begin TLS negotiation now.\r\n", then: startsTLS}
	noop := step{to: "NOOP", say: "+OK\r\n"}
	after := []step{capa, stls, {to: "CAPA", say: "+OK\r\nTOP\r\n.\r\n"}, {to: "USER test", say: "+OK\r\n"}, {to: "PASS secret", say: "+OK\r\n"}, noop, {to: "QUIT", say: "+OK\r\n"}}
	session := []popCall{call("set_debuglevel", 2), call("stls"), call("capa"), call("stls"), call("set_debuglevel", 0), call("user", "test"), call("pass_", "secret"), call("noop"), call("quit")}
	plain := func(steps ...step) script { return script{greeting: ready, steps: steps} }
	secure := script{greeting: ready, tls: true, steps: []step{noop}}
	injected := step{to: "STLS", say: stls.say + "+OK injected\r\n", then: startsTLS}
	return []poplibCase{
		{name: "stls", unknown: true, verify: true, trust: true, limited: true, server: plain(after...), calls: session},
		{name: "stls with nobody's certificate", unknown: true, verify: true, server: plain(capa, stls, noop), calls: []popCall{call("stls")}},
		{name: "stls with a certificate that is not verified", unknown: true, server: plain(capa, stls, noop),
			calls: []popCall{call("stls").but("verify", "b'+OK Begin TLS negotiation now.'", "raised SSLCertVerificationError"), call("noop").but("verify", "b'+OK'", isClosed)}},
		{name: "stls refused", unknown: true, trust: true, server: plain(capa, step{to: "STLS", say: "-ERR no\r\n"}, noop), calls: []popCall{call("stls"), call("noop")}},
		{name: "stls not offered", unknown: true, trust: true, server: plain(step{to: "CAPA", say: "+OK\r\nTOP\r\n.\r\n"}, noop), calls: []popCall{call("stls"), call("noop")}},
		{name: "stls without capa", unknown: true, trust: true, server: plain(noop), calls: []popCall{call("stls"), call("noop")}},
		{name: "stls in small letters", unknown: true, trust: true, server: plain(step{to: "CAPA", say: "+OK\r\nstls\r\n.\r\n"}, noop), calls: []popCall{call("stls"), call("noop")}},
		{name: "stls with an injected answer", unknown: true, verify: true, trust: true, inOne: true, server: plain(capa, injected, noop),
			calls: []popCall{call("stls").but("injection", "b'+OK Begin TLS negotiation now.'", "raised ErrPlaintextAfterStartTLS"), call("noop").but("injection", "b'+OK'", isClosed)},
			sent:  "CAPA\r\nSTLS\r\n"},
		{name: "TLS", unknown: true, verify: true, trust: true, limited: true, server: secure, calls: []popCall{call("noop"), call("stls"), call("close")}},
		{name: "TLS with a certificate that is not verified", unknown: true, server: secure, connect: call("").but("verify", "b'+OK ready'", "raised SSLCertVerificationError")},
		{name: "TLS to a plain port", unknown: true, verify: true, trust: true, server: script{greeting: ready + strings.Repeat("x", 100) + "\r\n"}, crossed: true},
		{name: "a plain connection to a TLS port", unknown: true, server: secure, timeout: shortly, crossed: true},
	}
}

// argumentCases are arguments that poplib sends as they are.
func argumentCases() []poplibCase {
	users := func(name, user, pass string) poplibCase {
		return poplibCase{name: name, unknown: true, calls: []popCall{call("user", user), call("pass_", pass), call("noop")},
			server: script{greeting: ready, steps: []step{{to: "USER " + user, say: "+OK\r\n"}, {to: "PASS " + pass, say: "+OK in\r\n"}, {to: "NOOP", say: "+OK\r\n"}}}}
	}
	refused := func(name, id string, of popCall, python string, steps ...step) poplibCase {
		return poplibCase{name: name, server: script{greeting: ready, steps: append(steps, step{to: "NOOP", say: "+OK\r\n"})},
			calls: []popCall{of.but(id, python, "raised ArgumentError"), call("noop")}, sent: "NOOP\r\n"}
	}
	numbers := func(name string, of popCall, at step) poplibCase {
		return poplibCase{name: name, server: script{greeting: ready, steps: []step{at, {to: "NOOP", say: "+OK\r\n"}}}, calls: []popCall{of, call("noop")}}
	}
	twice := poplibCase{name: "a command in a name", unknown: true, sent: "NOOP\r\n", server: script{greeting: ready, steps: []step{
		{to: "USER x", say: "+OK a\r\n"}, {to: "DELE 1", say: "+OK b\r\n"}, {to: "NOOP", say: "+OK c\r\n"}}},
		calls: []popCall{call("user", "x\r\nDELE 1").but("control-characters", "b'+OK a'", "raised ArgumentError"),
			call("noop").but("control-characters", "b'+OK b'", "b'+OK c'")}}
	return []poplibCase{
		users("a password with spaces", "test", " pass word "), users("not ASCII", "ü", "pässwörd – 世界"), users("quotes", `o'neil`, `"\`),
		twice,
		refused("an empty argument", "empty-arguments", call("_shortcmd", ""), "raised error_proto(b'-ERR not in the script')"),
		numbers("message 0", call("retr", 0), step{to: "RETR 0", say: "-ERR no such message\r\n"}),
		numbers("message -1", call("dele", -1), step{to: "DELE -1", say: "-ERR no such message\r\n"}),
		numbers("-1 lines", call("top", 1, -1), step{to: "TOP 1 -1", say: "-ERR bad\r\n"}),
		refused("a tab in a command", "control-characters", call("_shortcmd", "XTAB\tx"), "b'+OK tab'", step{to: "XTAB\tx", say: "+OK tab\r\n"}),
		{name: "a password in the clear", unknown: true, limited: true, sent: "USER test\r\n", server: script{greeting: ready, steps: []step{{to: "USER test", say: "+OK\r\n"}, {to: "PASS secret", say: "+OK\r\n"}}},
			calls: []popCall{call("user", "test"), call("pass_", "secret").but("insecure-auth", "b'+OK'", "raised ErrInsecureAuth")}},
		{name: "an empty password", unknown: true, sent: "USER test\r\n", server: script{greeting: ready, steps: []step{{to: "USER test", say: "+OK\r\n"}, {to: "PASS ", say: "-ERR\r\n"}}},
			calls: []popCall{call("user", "test"), call("pass_", "").but("empty-arguments", "raised error_proto(b'-ERR')", "raised ArgumentError")}},
	}
}

// debugCases print what they do.
func debugCases() []poplibCase {
	steps := []step{
		{to: "USER test", say: "+OK\r\n"}, {to: "PASS secret", say: "+OK Logged in.\r\n"}, {to: "STAT", say: "+OK 13 110293\r\n"}, {to: "LIST 2", say: "+OK 2 306\r\n"},
		{to: "LIST", say: "+OK it's\r\n1 2\r\n.\r\n"}, {to: "RETR 1", say: "+OK\r\n..dot\r\n'\"\\\t\x00\xff\r\nLF\n\rCR\n.\r\n"}, {to: "RETR 99", say: "-ERR There's no message 99.\r\n"},
		{to: "XSAY o'neil", say: "+OK\r\n"}, {to: `XSAY "so"`, say: "+OK\r\n"}, {to: `XSAY 'it' is "so" \`, say: "+OK\r\n"}, {to: "XSAY ü\u00a0\u200b世界\U0001f600\u00ad\U000e0001", say: "+OK\r\n"},
		{to: "CAPA", say: "-ERR no\r\n"}, {to: "QUIT", say: "+OK Logging out.\r\n"},
	}
	calls := []popCall{
		call("user", "test"), call("pass_", "secret"), call("stat"), call("list", 2), call("list"), call("retr", 1), call("retr", 99), call("_shortcmd", "XSAY o'neil"),
		call("_shortcmd", `XSAY "so"`), call("_shortcmd", `XSAY 'it' is "so" \`), call("_shortcmd", "XSAY ü\u00a0\u200b世界\U0001f600\u00ad\U000e0001"), call("capa"), call("quit"),
	}
	var cases []poplibCase
	for level, name := range []string{"debug level 0", "debug level 1", "debug level 2", "debug level 3"} {
		closed := call("noop")
		if level > 1 {
			closed = closed.but("put-closed", isClosed, isClosed)
		}
		all := slices.Concat([]popCall{call("set_debuglevel", level)}, calls, []popCall{closed})
		cases = append(cases, poplibCase{name: name, unknown: true, server: script{greeting: ready, steps: steps}, calls: all})
	}
	bad := func(name string, level int, steps ...step) poplibCase {
		return poplibCase{name: name, unknown: true, server: script{greeting: ready, steps: steps}, calls: []popCall{call("set_debuglevel", level), call("stat"), call("noop"), call("set_debuglevel", 0), call("noop")}}
	}
	return append(cases,
		bad("debug level 2, refusals", 2, step{to: "STAT", say: "-ERR [SYS/TEMP] it's not so\r\n"}, step{to: "NOOP", say: "+OK\n"}, step{to: "NOOP", say: "+OK\r\n"}),
		poplibCase{name: "debug level 2, APOP", unknown: true, server: script{greeting: "+OK <1896.697170952@dbc.mtview.ca.us>\r\n",
			steps: []step{{to: "APOP mrose c4c9334bac560ecc979e58001b3e22fb", say: "+OK\r\n"}}}, calls: []popCall{call("set_debuglevel", 2), call("apop", "mrose", "tanstaaf")}},
		poplibCase{name: "debug level 2, end", unknown: true, server: script{greeting: ready, steps: []step{{to: "NOOP", then: closes}}}, calls: []popCall{call("set_debuglevel", 2), call("noop")}},
	)
}
