package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// flags are the flags as they were given.
type flags struct {
	embedded bool
	tls      bool
	insecure bool
	ca       string
	timeout  time.Duration
	verbose  bool
}

func (f *flags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	f.timeout = 30 * time.Second
	set.BoolVar(&f.embedded, "embedded", false, "ask a server started in this process, for a first look without an account")
	set.BoolVar(&f.tls, "tls", false, "TLS from the first byte, on port 993 unless given; the certificate is verified")
	set.StringVar(&f.ca, "ca", "", "with --tls: trust the certificates in this PEM `FILE` instead of the system's")
	set.BoolVar(&f.insecure, "insecure", false, "with --tls: do not verify the certificate")
	set.Var((*seconds)(&f.timeout), "timeout", "give up after this long, as 10s, 1m or a number of seconds")
	set.BoolVarP(&f.verbose, "verbose", "v", false, "show the session on standard error: C: sent, S: received")
}

// target is what to do: flags and arguments, checked.
type target struct {
	host     string
	port     int
	config   *tls.Config // nil without TLS
	embedded bool
	timeout  time.Duration
	verbose  bool
}

func (f *flags) target(args []string) (*target, error) {
	t := &target{port: 143, embedded: f.embedded, timeout: f.timeout, verbose: f.verbose}
	if f.tls {
		t.port = 993
	}
	if err := f.check(args); err != nil {
		return nil, err
	}
	if f.embedded {
		return t, nil
	}
	if err := t.address(args); err != nil {
		return nil, err
	}
	return t, f.addTLS(t)
}

func (f *flags) check(args []string) error {
	switch {
	case f.embedded && len(args) > 0:
		return errors.New("--embedded brings its own server: no HOST with it")
	case f.embedded && f.tls:
		return errors.New("the embedded server does not speak TLS")
	case !f.embedded && len(args) == 0:
		return errors.New("HOST is missing")
	case !f.tls && (f.ca != "" || f.insecure):
		return errors.New("--ca and --insecure go with --tls")
	case f.ca != "" && f.insecure:
		return errors.New("--ca and --insecure contradict each other")
	}
	return nil
}

// address takes HOST and PORT, or HOST:PORT.
func (t *target) address(args []string) error {
	t.host = args[0]
	if strings.Contains(t.host, "://") {
		return errors.New("HOST is a name or an address, not a URL")
	}
	host, port, err := net.SplitHostPort(t.host)
	switch {
	case err == nil && len(args) == 2:
		return errors.New("PORT is given twice")
	case err == nil:
		t.host = host
	case len(args) == 2:
		port = args[1]
	}
	if t.host == "" {
		return errors.New("HOST is empty")
	}
	if port == "" {
		return nil
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("PORT must be a number from 1 to 65535, not %q", port)
	}
	t.port = n
	return nil
}

func (f *flags) addTLS(t *target) error {
	if !f.tls {
		return nil
	}
	t.config = &tls.Config{InsecureSkipVerify: f.insecure}
	if f.ca == "" {
		return nil
	}
	pem, err := readCA(f.ca)
	if err != nil {
		return err
	}
	t.config.RootCAs = x509.NewCertPool()
	if !t.config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("no certificate in %s", f.ca)
	}
	return nil
}

// maxCAFile is larger than any list of authorities, and smaller than what a device could send.
const maxCAFile = 16 << 20

func readCA(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	pem, err := io.ReadAll(io.LimitReader(file, maxCAFile+1))
	if err == nil && len(pem) > maxCAFile {
		err = fmt.Errorf("%s is larger than %d MiB", name, maxCAFile>>20)
	}
	return pem, err
}

// seconds is a flag: a duration, or a plain number of seconds.
type seconds time.Duration

func (s *seconds) String() string { return time.Duration(*s).String() }

// Type is what the help calls the value.
func (s *seconds) Type() string { return "duration" }

// Set parses the value.
func (s *seconds) Set(v string) error {
	d, err := time.ParseDuration(v)
	if n, e := strconv.ParseFloat(v, 64); e == nil {
		d, err = time.Duration(n*float64(time.Second)), nil
	}
	if err != nil || d <= 0 {
		return errors.New("must be a time above zero, such as 10s or 10")
	}
	*s = seconds(d)
	return nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
