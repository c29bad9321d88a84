package mailservers

import (
	"embed"
	"os"
	"strings"
	"text/template"
)

// confFiles are the configuration files and scripts of the servers.
//
//go:embed conf
var confFiles embed.FS

// settings are what the files of conf can refer to.
type settings struct {
	Dir, Root                                string // of the server; of the packages it comes from
	IMAPPort, IMAPSPort, POP3Port, POP3SPort int
	POP3                                     bool
	Account                                  string // that it runs as
	Mechanisms                               string // of SASL, in Dovecot's words
	Password                                 string // of user1 and all the others
}

func (i *instance) settings() settings {
	s := &i.server
	return settings{
		Dir: i.dir, Root: i.found.program, IMAPPort: s.IMAPPort, IMAPSPort: s.IMAPSPort, POP3Port: s.POP3Port, POP3SPort: s.POP3SPort,
		POP3: i.found.pop3, Account: mailAccount, Password: numbered(1).Password,
	}
}

// writeConf fills in the file of conf and puts it into the server's directory, under the same name.
func (i *instance) writeConf(name string, values settings) error {
	text, err := template.ParseFS(confFiles, "conf/"+name)
	if err != nil {
		return err
	}
	var filled strings.Builder
	if err := text.Execute(&filled, values); err != nil {
		return err
	}
	return os.WriteFile(i.path(name), []byte(filled.String()), 0o644)
}
