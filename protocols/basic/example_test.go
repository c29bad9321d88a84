package basic_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tconn/tconn/protocols/basic"
	"github.com/tconn/tconn/reactor/reactortest"
)

// Shout answers each line in capitals.
type Shout struct{ basic.LineReceiver }

func NewShout() *Shout {
	s := &Shout{}
	s.Init(s)
	return s
}

func (s *Shout) LineReceived(line []byte) {
	_ = s.SendLine([]byte(strings.ToUpper(string(line))))
}

func ExampleLineReceiver() {
	tr := reactortest.NewTransport(nil)
	tr.Connect(NewShout())
	tr.Receive([]byte("hello\r\nis any"))
	tr.Receive([]byte("body there\r\n"))
	fmt.Printf("%q\n", tr.Take())
	// Output:
	// "HELLO\r\nIS ANYBODY THERE\r\n"
}

// Upload takes lines, and behind "DATA n" n bytes as they are.
type Upload struct {
	basic.LineReceiver
	missing int
}

func NewUpload() *Upload {
	u := &Upload{}
	u.Init(u)
	return u
}

func (u *Upload) LineReceived(line []byte) {
	fmt.Printf("line %q\n", line)
	if n, ok := strings.CutPrefix(string(line), "DATA "); ok {
		u.missing, _ = strconv.Atoi(n)
		u.SetRawMode()
	}
}

func (u *Upload) RawDataReceived(data []byte) {
	n := min(u.missing, len(data))
	fmt.Printf("data %q\n", data[:n])
	if u.missing -= n; u.missing == 0 {
		u.SetLineMode(data[n:])
	}
}

func ExampleLineReceiver_SetRawMode() {
	tr := reactortest.NewTransport(nil)
	tr.Connect(NewUpload())
	tr.Receive([]byte("DATA 13\r\nfirst\r\nse"))
	tr.Receive([]byte("condQUIT\r\n"))
	// Output:
	// line "DATA 13"
	// data "first\r\nse"
	// data "cond"
	// line "QUIT"
}

// Words gets strings with their length before them.
type Words struct{ basic.Int16StringReceiver }

func NewWords() *Words {
	w := &Words{}
	w.Init(w)
	return w
}

func (w *Words) StringReceived(s []byte) {
	fmt.Printf("got %s\n", s)
	_ = w.SendString([]byte("thanks"))
}

func ExampleInt16StringReceiver() {
	tr := reactortest.NewTransport(nil)
	tr.Connect(NewWords())
	tr.Receive([]byte("\x00\x05hello"))
	fmt.Printf("%q\n", tr.Take())
	// Output:
	// got hello
	// "\x00\x06thanks"
}

func ExampleFileSender() {
	tr := reactortest.NewTransport(nil)
	tr.Connect(NewShout())
	var sender basic.FileSender
	sender.BeginFileTransfer(strings.NewReader("a file of some length"), tr, nil).Handle(
		func(n int64) { fmt.Println(n, "bytes") },
		func(err error) { fmt.Println(err) })
	tr.Clock().Turn()
	fmt.Printf("%s\n", tr.Take())
	// Output:
	// 21 bytes
	// a file of some length
}
