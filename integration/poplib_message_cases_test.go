package integration

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tconn/tconn/internal/mailservers"
)

// retrCases are answers to RETR and TOP, edge by edge.
func retrCases() []poplibCase {
	all := []string{
		"+OK\r\nHello.\r\nWorld.\r\n.\r\n", "+OK\r\n.\r\n", "+OK 301 octets\r\n\r\n.\r\n", "+OK\na\n..b\n.c\n.\n", "+OK\r\n..\r\n...\r\n....\r\n.\r\n",
		"+OK\r\n.x\r\n. \r\n.\t\r\n.\r\n", "+OK\r\n.\rx\r\n.\r\n", "+OK\r\n.\r\r\n.\r\n", "+OK\r\nxx\r\r\n.\r\n", "+OK\r\n\r\r\n\r\r\r\n.\r\n",
		"+OK\r\n\r..x\n\r..\n\r.x\n\r..x\r\n.\r\n",
		"+OK\r\n\rxx\n.\r\n", "+OK\r\n\rxx\r\n.\r\n", "+OK\r\n\r\n\n\r\n.\r\n", "+OK\r\nbare\rCR\rin\r\n.\r\n", "+OK\r\nnul \x00 in\r\n\x00\r\n.\r\n",
		"+OK\r\n\x01\x7f\x80\xff\xc3\xbc\r\n.\r\n", "+OK\r\nmixed\nends\r\nhere\n.\r\n", "+OK\r\nlast\r\n.\n", "+OK\r\n" + strings.Repeat("x", 2046) + "\r\n.\r\n",
		"+OK\r\n+OK not a status\r\n-ERR neither\r\n.\r\n", "+ Hola\r\nx\r\n.\r\n", "-ERR There's no message 1.\r\n", "-ERR [IN-USE] locked\r\n",
	}
	cases := append(answers("retr", call("retr", 1), "RETR 1", all...), answers("top", call("top", 1, 5), "TOP 1 5", all...)...)
	dot := answer("retr", call("retr", 1).but("leading-cr", `(b'+OK', [], 0)`, `(b'+OK', [b'.', b'+OK text'], 13)`), "RETR 1", "+OK\r\n\r.\n+OK text\r\n.\r\n",
		call("noop").but("leading-cr", `b'+OK text'`, `b'+OK second'`))
	dot.inOne = true
	unstuffed := answer("retr", call("retr", 1), "RETR 1", "+OK\r\na\r\n.\r\nrest\r\n.\r\n", call("noop"))
	unstuffed.calls = append(unstuffed.calls, call("noop").but("out-of-step", "raised error_proto(b'.')", isClosed))
	unstuffed.inOne, unstuffed.sent = true, "RETR 1\r\n"
	return append(cases, dot, unstuffed)
}

// mailCases are the odd mails, each as a whole session; where its lines are too long for poplib, with poplib's limit raised as well.
func mailCases() (cases []poplibCase) {
	for i, m := range mailservers.Quirks() {
		raw, number := string(m.Raw), i+1
		for _, lf := range []bool{false, true} {
			name := fmt.Sprintf("mail %d, %s", number, m.Name)
			if lf {
				name, raw = name+", LF only", strings.ReplaceAll(raw, "\r\n", "\n")
			}
			c := poplibCase{name: name, maxLine: 1 << 20, server: script{greeting: ready, steps: []step{
				{to: fmt.Sprintf("RETR %d", number), say: fmt.Sprintf("+OK %d octets\r\n", len(raw)) + stuffed(raw)},
				{to: fmt.Sprintf("TOP %d 3", number), say: "+OK\r\n" + stuffed(raw)},
			}}}
			c.calls = []popCall{call("retr", number), call("top", number, 3), call("quit")}
			cases = append(cases, c)
		}
	}
	return append(cases, longLines())
}

// longLines is poplib out of step: a mail with lines around its limit of 2,048 octets, and what the calls behind it take for their answers.
func longLines() poplibCase {
	raw := strings.Repeat("A", 2040) + "\r\n" + strings.Repeat("B", 2047) + "\r\n" + strings.Repeat("C", 2500) + "\r\n"
	all := strings.Split(strings.TrimSuffix(raw, "\r\n"), "\r\n")
	got := fmt.Sprintf("(b'+OK', %s, %d)", pythonList([][]byte{[]byte(all[0]), []byte(all[1]), []byte(all[2])}), len(raw))
	const second, tooLong = "b'+OK second'", "raised error_proto('line too long')"
	noop := func(python string) popCall { return call("noop").but("long-lines", python, second) }
	steps := []step{{to: "RETR 5", say: "+OK\r\n" + stuffed(raw)}}
	for range 3 {
		steps = append(steps, step{to: "NOOP", say: "+OK second\r\n"})
	}
	steps = append(steps, step{to: "QUIT", say: "+OK bye\r\n"})
	return poplibCase{name: "lines around 2,048 octets", server: script{greeting: ready, steps: steps}, calls: []popCall{
		call("retr", 5).but("long-lines", tooLong, got), noop(tooLong), noop(pythonError(all[2][:451])), noop("raised error_proto(b'.')"),
		call("quit").but("long-lines", second, "b'+OK bye'"),
	}}
}

// randomCases are messages made of the octets that matter, many in a session.
func randomCases() []poplibCase {
	const messages = 300
	pieces := []string{".", "..", "\r", "a", "bc", "\x00", "\xff", " ", "+OK", "\r\n", "\r\n", "\n"}
	r := rand.New(rand.NewPCG(1, 2))
	c := poplibCase{name: "random messages", server: script{greeting: ready}}
	for n := 1; n <= messages; n++ {
		var raw strings.Builder
		for range r.IntN(30) {
			raw.WriteString(pieces[r.IntN(len(pieces))])
		}
		text := withoutCRBeforeDot(raw.String())
		c.server.steps = append(c.server.steps, step{to: fmt.Sprintf("RETR %d", n), say: "+OK\r\n" + stuffed(text)})
		c.calls = append(c.calls, call("retr", n))
	}
	return []poplibCase{c}
}

// withoutCRBeforeDot takes out what the deviation leading-cr is about: a dot that a line has to itself, but for a CR before it and the LF behind it.
func withoutCRBeforeDot(text string) string {
	for strings.Contains(text, "\r.\n") {
		text = strings.ReplaceAll(text, "\r.\n", "\n")
	}
	return text
}
