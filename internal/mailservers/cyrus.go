package mailservers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

var cyrus = &product{
	name:      "Cyrus",
	greeting:  "Cyrus IMAP",
	separator: "/",
	find:      sync.OnceValue(cyrusBundle.find),
	configure: configureCyrus,
	addUser:   addCyrusUser,
}

var cyrusBundle = bundle{
	name:     "Cyrus",
	packages: []string{"cyrus-common", "cyrus-imapd", "cyrus-pop3d", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db"},
	libraries: []string{
		"libcom-err2", "libdb5.3", "libgssapi-krb5-2", "libical3", "libicu72", "libjansson4", "libk5crypto3", "libkeyutils1", "libkrb5-3",
		"libkrb5support0", "libldap-2.5-0", "liblzma5", "libnsl2", "libpcre3", "libpq5", "libsasl2-2", "libsqlite3-0", "libssl3", "libtirpc3",
		"libuuid1", "libwrap0", "libxapian30", "libxml2", "zlib1g",
	},
}

// CyrusAdmin is the account that may do everything on a Cyrus server, such as setting quotas.
var CyrusAdmin = User{"cyradmin", "pass"}

func configureCyrus(i *instance) (*exec.Cmd, error) {
	err := i.makeDirs("conf/socket", "conf/proc", "conf/lock", "conf/db", "conf/log", "partition", "sieve")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"imapd.conf", "cyrus.conf"} {
		if err := i.writeConf(name, i.settings()); err != nil {
			return nil, err
		}
	}
	for _, u := range append(users(sharedUsers), CyrusAdmin) {
		if err := i.addPassword(i.path("sasldb2"), u); err != nil {
			return nil, err
		}
	}
	err = giveToMail(i.path("conf"), i.path("partition"), i.path("sieve"), i.path("sasldb2"), i.path(keyFile))
	if err != nil {
		return nil, err
	}
	master := i.cyrusCommand("usr/sbin/cyrmaster", "-D", "-C", i.path("imapd.conf"), "-M", i.path("cyrus.conf"), "-p", i.path("master.pid"))
	return master, nil
}

// addCyrusUser makes an account; its mailboxes come into being with the first login.
//
// The server reads the database at each login and saslpasswd2 changes it in place, page by page, neither with a lock. So the account goes
// into a copy, which takes the place of the database at once.
func addCyrusUser(i *instance, u User) error {
	i.accounts.Lock()
	defer i.accounts.Unlock()
	database, next := i.path("sasldb2"), i.path("sasldb2.next")
	if err := copyFile(next, database); err != nil {
		return err
	}
	if err := i.addPassword(next, u); err != nil {
		return err
	}
	if err := giveToMail(next); err != nil {
		return err
	}
	return os.Rename(next, database)
}

func (i *instance) addPassword(database string, u User) error {
	command := i.cyrusCommand("usr/sbin/saslpasswd2", "-p", "-c", "-f", database, "-u", "localhost", u.Name)
	command.Stdin = strings.NewReader(u.Password)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("saslpasswd2: %w: %s", err, out)
	}
	return nil
}

func copyFile(to, from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// cyrusCommand is a program of the bundle with its libraries.
func (i *instance) cyrusCommand(name string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(i.found.program, name), args...)
	libraries, plugins := filepath.Join(i.found.program, "usr/lib"), ""
	if found, _ := filepath.Glob(filepath.Join(libraries, "*/sasl2")); len(found) > 0 {
		plugins = found[0]
		libraries = filepath.Dir(plugins)
	}
	command.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries, "SASL_PATH="+plugins)
	return command
}
