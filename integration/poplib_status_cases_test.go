package integration

import "strings"

// statusCases are status lines in all their forms, as answers to NOOP.
func statusCases() []poplibCase {
	noop := call("noop")
	cases := answers("status", noop, "NOOP",
		"+OK\r\n", "+OK \r\n", "+OK text\r\n", "+ok hi\r\n", "+Ok hi\r\n", "+ Hola mundo\r\n", "+\r\n", "+OKAY\r\n", "+OK\ttab\r\n",
		"+OK [CODE] text\r\n", "+OK LF only\n", "+OK text\r\r\n", "+OK \x00 nul\r\n", "+OK \xff\xfe\x80\r\n", "+OK  two\r\n", "+OK bare\rCR\r\n",
		"-ERR\r\n", "-ERR \r\n", "-ERR text\r\n", "-err small\r\n", "-ERR[AUTH] no\r\n", "-ERR [IN-USE] locked\r\n", "-\r\n", "- no\r\n", "-ERR LF only\n",
		"-ERR it's \"so\"\r\n", "+OK "+strings.Repeat("x", 2042)+"\r\n", "-ERR "+strings.Repeat("y", 1900)+"\r\n")
	second := func(python string) popCall { return call("noop").but("out-of-step", python, isClosed) }
	alive := second(`b'+OK second'`)
	return append(cases,
		answer("status", noop.but("status-line", `b'+foo'`, `raised error_proto(b'+foo')`), "NOOP", "+foo\r\n", alive),
		answer("status", noop, "NOOP", "* OK imap\r\n", alive),
		answer("status", noop, "NOOP", "\r\n", alive),
		answer("status", noop, "NOOP", "OK\r\n", alive),
		answer("status", noop, "NOOP", "-foo\r\n", alive),
		answer("status", noop.but("leading-cr", `b'+OK x'`, `raised error_proto(b'+OK x')`), "NOOP", "\r+OK x\n", alive),
		answer("status 3,000 octets", noop.but("long-lines", `raised error_proto('line too long')`, pythonBytes([]byte("+OK "+strings.Repeat("z", 3000)))), "NOOP",
			"+OK "+strings.Repeat("z", 3000)+"\r\n", call("noop").but("long-lines", pythonError(strings.Repeat("z", 955)), `b'+OK second'`)),
		answer("status 9,000 octets", noop, "NOOP", "+OK "+strings.Repeat("z", 9000)+"\r\n", second(`raised error_proto('line too long')`)),
	)
}

// pythonError is what poplib raises for a line.
func pythonError(line string) string { return "raised error_proto(" + pythonBytes([]byte(line)) + ")" }

// statCases are answers to STAT.
func statCases() []poplibCase {
	stat := call("stat")
	cases := answers("stat", stat, "STAT",
		"+OK 13 110293\r\n", "+OK 2 320 octets and more\r\n", "+OK  2   320\r\n", "+OK\t2\t320\r\n", "+OK 0 0\r\n", "+ 2 320\r\n", "+ok 2 320\r\n",
		"+OK 2 320\n", "+OK 02 0320\r\n", "+OK +2 320\r\n", "+OK 999999999 99999999999999\r\n", "-ERR not now\r\n")
	next := call("noop").but("out-of-step", `b'+OK second'`, isClosed)
	const short, words = "raised error_proto('Invalid STAT response format')", "raised error_proto('Invalid STAT response data: non-numeric values')"
	for _, c := range []struct{ say, python, ours string }{
		{"+OK", "raised IndexError", short},
		{"+OK 2", "raised IndexError", short},
		{"+OK2 320", "raised IndexError", short},
		{"+OK two 320", "raised ValueError", words},
		{"+OK 2 320x", "raised ValueError", words},
		{"+OK [CODE] 2 320", "raised ValueError", words},
		{"+OK -1 5", "(-1, 5)", words},
		{"+OK 1_0 5", "(10, 5)", words},
		{"+OK 2 99999999999999999999", "(2, 99999999999999999999)", words},
	} {
		cases = append(cases, answer("stat", stat.but("stat-numbers", c.python, c.ours), "STAT", c.say+"\r\n", next))
	}
	return cases
}

// listingCases are answers to LIST and UIDL.
func listingCases() []poplibCase {
	listings := []string{
		"+OK 2 messages:\r\n1 301\r\n2 306\r\n.\r\n", "+OK\r\n.\r\n", "+OK\n1 301\n2 306\n.\n", "+OK\r\n\r\n1 301\r\n.\r\n",
		"+OK\r\n1 301 more words\r\n  2   306\r\njunk\r\n.\r\n", "+OK\r\n..1 5\r\n.x\r\n...\r\n.\r\n", "+OK\r\n1 \xff\x00 x\r\r\n.\r\n", "+OK\r\n1 301\r\n.\n",
		"+OK\r\n1 " + strings.Repeat("u", 2044) + "\r\n.\r\n", "-ERR not now\r\n", "+ Hola\r\n1 2\r\n.\r\n",
	}
	ones := []string{
		"+OK 2 306\r\n", "+OK 2 306 octets\r\n", "+OK 2 1700000002.M000002P1.rig,S=291,W=306\r\n", "+OK 2 306\n", "-ERR There's no message 2.\r\n",
		"+OK\r\n", "+OK 3 306\r\n", "+OK no numbers\r\n",
	}
	return append(append(append(answers("list", call("list"), "LIST", listings...), answers("uidl", call("uidl"), "UIDL", listings...)...),
		answers("list(2)", call("list", 2), "LIST 2", ones...)...), answers("uidl(2)", call("uidl", 2), "UIDL 2", ones...)...)
}

// capaCases are answers to CAPA.
func capaCases() []poplibCase {
	capa := call("capa")
	cases := answers("capa", capa, "CAPA",
		"+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nSASL PLAIN LOGIN CRAM-MD5\r\n.\r\n", "+OK\r\n.\r\n", "+OK\r\nsasl plain\r\nEXPIRE NEVER\r\n.\r\n",
		"+OK\r\nSASL PLAIN\r\nTOP\r\nSASL LOGIN\r\n.\r\n", "+OK\r\nTOP x\r\ntop y\r\n.\r\n", "+OK\nTOP\n.\n", "+OK\r\n  EXPIRE   30\t USER \r\n.\r\n",
		"+OK list\r\n..DOT\r\n.\r\n", "-ERR what?\r\n", "+OK\r\nIMPLEMENTATION it's \"so\"\r\n.\r\n")
	return append(cases,
		answer("capa", capa.but("capa-lines", "raised IndexError", "{'TOP': [], 'UIDL': []}"), "CAPA", "+OK\r\nTOP\r\n\r\nUIDL\r\n.\r\n", call("noop")),
		answer("capa", capa.but("capa-lines", "raised UnicodeDecodeError", `{'X-\xff': []}`), "CAPA", "+OK\r\nX-\xff\r\n.\r\n", call("noop")),
		answer("capa", capa, "CAPA", "what?\r\n", call("noop").but("out-of-step", `b'+OK second'`, isClosed)))
}

// greetingCases are first lines.
func greetingCases() (cases []poplibCase) {
	for _, line := range []string{
		"+OK\r\n", "+OK Dovecot ready. <5478.2@vm>\r\n", "+ Hola mundo\r\n", "+OK LF\n", "+ok small\r\n", "-ERR [SYS/TEMP] busy\r\n", "-ERR\r\n",
		"* OK imap\r\n", "220 smtp\r\n", "\r\n", "HTTP/1.0 400 Bad Request\r\n", "+OK " + strings.Repeat("g", 2000) + "\r\n",
	} {
		c := answer("greeting", call("noop"), "NOOP", "+OK first\r\n", call("quit"))
		c.name, c.server.greeting, c.unknown = "greeting "+shortened(line), line, true
		cases = append(cases, c)
	}
	return append(cases,
		poplibCase{name: "greeting 9,000 octets", server: script{greeting: "+OK " + strings.Repeat("g", 9000) + "\r\n"}, unknown: true},
		poplibCase{name: "greeting 3,000 octets", server: script{greeting: "+OK " + strings.Repeat("g", 3000) + "\r\n"}, unknown: true,
			connect: call("").but("long-lines", `raised error_proto('line too long')`, pythonBytes([]byte("+OK "+strings.Repeat("g", 3000))))},
		poplibCase{name: "greeting +foo", server: script{greeting: "+foo\r\n"}, unknown: true,
			connect: call("").but("status-line", `b'+foo'`, `raised error_proto(b'+foo')`)},
		poplibCase{name: "greeting none", server: script{gone: true}, unknown: true},
		poplibCase{name: "greeting silent", unknown: true, timeout: shortly},
		poplibCase{name: "greeting of an evil server", server: script{greeting: "+OK" + strings.Repeat("<", 2000) + "\n"}, unknown: true, calls: []popCall{call("apop", "a", "kb")}},
	)
}
