package wire_test

import (
	"fmt"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// What a client does with the bytes of its connection: pieces in, responses out.
func Example() {
	s := wire.NewScanner(wire.Client, nil)
	received := []string{
		"* OK [CAPABILITY IMAP4rev1 IDLE] see {3}\r\n* 3 EX",
		"ISTS\r\n* LIST (\\Noselect) \"/\" {7}\r\nArch",
		"ive\r\nA1 OK done\r\n",
	}
	for _, piece := range received {
		for p := []byte(piece); ; {
			u, n, err := s.Next(p)
			if err != nil {
				fmt.Println(err)
				return
			}
			if u.Kind == wire.None {
				break
			}
			if u.Kind == wire.Line {
				show(u)
			}
			p = p[n:]
		}
	}
	fmt.Println("between units:", s.Idle())
	// Output:
	// OK "see {3}" [IMAP4rev1 IDLE]
	// 3 messages
	// box "Archive", delimiter "/"
	// A1 OK "done"
	// between units: true
}

func show(u wire.Unit) {
	r, err := wire.DecodeResponse(u, nil)
	switch {
	case err != nil:
		fmt.Println(err)
	case r.Code == "CAPABILITY":
		words, _ := wire.Capabilities(r.CodeDecoder(nil))
		fmt.Printf("%s %q %s\n", r.Name, r.Text, words)
	case r.Kind == wire.Tagged:
		fmt.Printf("%s %s %q\n", r.Tag, r.Name, r.Text)
	case r.Name == "EXISTS":
		fmt.Println(r.Number, "messages")
	case r.Name == "LIST":
		d := &r.Args
		d.List(func(d *wire.Decoder) { d.Flag() })
		d.SP()
		delimiter, _ := d.NString()
		d.SP()
		fmt.Printf("box %q, delimiter %q\n", d.AString(), delimiter)
	}
}

// What a client sends: segments, and what a trace shows of them.
func ExampleCommandBuilder() {
	b := &wire.CommandBuilder{Mode: wire.Sync}
	e, err := b.Begin("A1", "LOGIN").SP().AString("bob").SP().SecretAString("pass\u00e9").Done()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, segment := range e.Segments {
		fmt.Printf("%q\n", segment)
	}
	fmt.Printf("%s", e)
	// Output:
	// "A1 LOGIN bob {6}\r\n"
	// "passé\r\n"
	// A1 LOGIN bob ***
}
