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
	code := exitUsage // what cobra itself refuses is a question of usage
	cmd := &cobra.Command{
		Use:   "tconn HOST [PORT]",
		Short: "Ask an IMAP server what it can do",
		Long: `tconn connects to an IMAP server, prints its capabilities, one a line, and logs out.

The port is 143, or 993 with --tls. Results go to standard output, everything else to standard error.
Exit codes are curl's: 2 usage, 6 name not found, 7 no connection, 8 strange answer, 28 timeout, 35 TLS,
60 certificate, 67 login; 130 when interrupted.`,
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
			code = newApp(t, stdout, stderr).run()
			return nil
		},
	}
	f.register(cmd)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(stderr, "tconn: %s\nTry 'tconn --help'.\n", safe(err.Error()))
		return exitUsage
	}
	if cmd.Flags().Changed("help") || cmd.Flags().Changed("version") {
		return exitOK
	}
	return code
}
