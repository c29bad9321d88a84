package policies_test

import (
	"os"

	"github.com/tconn/tconn/protocols/policies"
)

// A transcript shows who said what, and escapes what a terminal should not see. It is what imap4.Options.Trace takes.
func ExampleTranscript() {
	t := policies.NewTranscript(os.Stdout)
	t.Server([]byte("* OK ready\r\n"))
	t.Client([]byte("A1 NOOP\r\n"))
	t.Server([]byte("A1 OK \x1b[31mdone\r\n"))
	t.Server([]byte("* BYE"))
	_ = t.Flush()
	// Output:
	// S: * OK ready
	// C: A1 NOOP
	// S= "A1 OK \x1b[31mdone\r\n"
	// S= "* BYE"
}
