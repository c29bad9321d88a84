package mailservers

import (
	"os/exec"
	"strings"
	"sync"
)

var twisted = &product{
	name:      "Twisted",
	greeting:  "Twisted IMAP4rev1 Ready",
	separator: "/",
	find:      sync.OnceValue(findTwisted),
	configure: configureTwisted,
}

const twistedProbe = "import twisted, OpenSSL, service_identity, twisted.mail.imap4; print(twisted.__version__)"

// findTwisted prefers the Python of the system, for which distributions package Twisted.
func findTwisted() finding {
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, err := run("", program, "-c", twistedProbe)
		if err == nil {
			return finding{program: program, version: strings.TrimSpace(version), pop3: true}
		}
	}
	return finding{reason: "Twisted is not installed (Debian: python3-twisted, python3-openssl and python3-service-identity)"}
}

func configureTwisted(i *instance) (*exec.Cmd, error) {
	if err := i.writeConf("server.py", i.settings()); err != nil {
		return nil, err
	}
	return exec.Command(i.found.program, "-B", i.path("server.py")), nil
}
