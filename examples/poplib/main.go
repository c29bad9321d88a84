// Command poplib looks into a mailbox as the classic program for Python's poplib does: it asks for the number of messages, the header of each,
// the list of their sizes, and shows the first one. It stands here in two forms, which print the same: facade.go waits for each answer,
// deferred.go is told of it.
//
//	TCONN_PASSWORD=secret go run ./examples/poplib -host pop.example.org -user alice -tls
//	go run ./examples/poplib -host localhost -user alice -insecure -password-file - -deferred
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// mailbox says where the mail is.
type mailbox struct {
	host           string
	port           int // 0 is the usual one
	user, password string
	tls, stls      bool
	config         *tls.Config // nil verifies the server for its host
	insecure       bool        // the password may go in the clear
}

func main() {
	switch err := run(os.Stdout, os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp): // it has been printed
	case err != nil:
		fmt.Fprintln(os.Stderr, shown(err))
		os.Exit(1)
	}
}

// shown is an error as a terminal may have it: a server's line as Python shows it, with its control characters escaped.
func shown(err error) string {
	var refused *poplib.Error
	if errors.As(err, &refused) {
		return refused.Repr()
	}
	return err.Error()
}

func run(out io.Writer, args []string) error {
	var m mailbox
	flags := flag.NewFlagSet("poplib", flag.ContinueOnError)
	flags.StringVar(&m.host, "host", "localhost", "where the server is")
	flags.IntVar(&m.port, "port", 0, "its port (110, and 995 with -tls)")
	flags.StringVar(&m.user, "user", "", "whose mailbox it is")
	flags.BoolVar(&m.tls, "tls", false, "TLS from the first byte")
	flags.BoolVar(&m.stls, "stls", false, "TLS by STLS")
	flags.BoolVar(&m.insecure, "insecure", false, "let the password go in the clear")
	file := flags.String("password-file", "", "file with the password, - for standard input (otherwise TCONN_PASSWORD has it)")
	ca := flags.String("ca", "", "file with the certificates that the server's must be signed by")
	told := flags.Bool("deferred", false, "use the form with Deferreds")
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("poplib: unknown argument %q; the host is given by -host", flags.Arg(0))
	}
	if err == nil {
		m.password, err = readPassword(*file)
	}
	if err == nil && m.password == "" {
		err = errors.New("poplib: there is no password; give it by -password-file, or in TCONN_PASSWORD")
	}
	if err == nil && *ca != "" {
		m.config, err = trust(*ca)
	}
	switch {
	case err != nil:
		return err
	case *told:
		return lookDeferred(out, m)
	}
	return look(out, m)
}

// readPassword takes the password from where others do not see it; a command line is not such a place.
func readPassword(name string) (string, error) {
	var text []byte
	var err error
	switch name {
	case "":
		return os.Getenv("TCONN_PASSWORD"), nil
	case "-":
		text, err = io.ReadAll(os.Stdin)
	default:
		text, err = os.ReadFile(name)
	}
	return strings.TrimRight(string(text), "\r\n"), err
}

// trust verifies servers with the certificates in a file.
func trust(name string) (*tls.Config, error) {
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in " + name)
	}
	return &tls.Config{RootCAs: pool}, nil
}
