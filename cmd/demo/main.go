// Command tconn asks an IMAP server what it can do.
//
// Build it with "go build -o tconn ./cmd/demo". It is the classic first Twisted program, tconn.py, grown up: the same lines on
// standard output, and besides TLS, a transcript, an exit code for each kind of failure, and never a hang.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole command: arguments in, exit code out.
func run(args []string, stdout, stderr io.Writer) int {
	var f flags
	code := exitOK
	out := &output{w: stdout}
	cmd := &cobra.Command{
		Use:   "tconn HOST [PORT]",
		Short: "Ask an IMAP server what it can do",
		Long: `tconn connects to an IMAP server, prints its capabilities, one a line, and logs out.

The port is 143, or 993 with --tls. Results go to standard output, everything else to standard error.
Exit codes are curl's: 2 usage, 6 name not found, 7 no connection, 8 strange answer, 23 output not written,
28 timeout, 35 TLS, 60 certificate, 67 login; 130 when interrupted.`,
		Example: `  tconn imap.example.org
  tconn --tls imap.example.org
  tconn -v --timeout 5s imap.example.org 1143
  tconn --embedded`,
		Version:       version(),
		Args:          cobra.MaximumNArgs(2),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(_ *cobra.Command, args []string) error {
			t, err := f.target(args)
			if err != nil {
				return err
			}
			code = newApp(t, out, stderr).run()
			return nil
		},
	}
	f.register(cmd)
	cmd.CompletionOptions.DisableDefaultCmd = true // "completion" may be a host
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	err := cmd.Execute()
	switch {
	case out.err != nil:
		fmt.Fprintf(stderr, "tconn: %s\n", safe(out.err.Error()))
		if code == exitOK {
			code = exitWrite
		}
	case err != nil:
		fmt.Fprintf(stderr, "tconn: %s\nTry 'tconn --help'.\n", safe(err.Error()))
		code = exitUsage // what cobra itself refuses is a question of usage, too
	}
	return code
}

// output is standard output; it remembers that something was lost.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}
