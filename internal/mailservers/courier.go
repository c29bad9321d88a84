package mailservers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

var courier = &product{
	name:      "Courier",
	greeting:  "Courier-IMAP",
	prefix:    "INBOX.",
	separator: ".",
	find:      sync.OnceValue(findCourier),
	configure: configureCourier,
	addUser:   addCourierUser,
	maildir:   func(i *instance, user string) string { return i.path("mail", user) },
}

var courierBundle = bundle{
	name: "Courier",
	packages: []string{
		"courier-imap", "courier-pop", "courier-base", "courier-authlib", "courier-authdaemon", "courier-authlib-userdb", "libcourier-unicode4",
		"libgamin0", "gamin",
	},
	libraries: []string{"libcrypt1", "libgdbm6", "libglib2.0-0", "libgnutls30", "libidn12", "libltdl7", "libpam0g", "libpcre2-8-0", "libpcre3"},
}

// findCourier knows a second reason why it cannot run: its paths are compiled in, so it needs namespaces in which its files lie over ours.
func findCourier() finding {
	found := courierBundle.find()
	if found.reason != "" {
		return found
	}
	probe := exec.Command("/bin/sh", "-ec", "mount --make-rprivate /; mount -t overlay overlay -o lowerdir="+found.program+"/usr:/usr /usr")
	probe.SysProcAttr = secluded()
	if out, err := probe.CombinedOutput(); err != nil {
		said := strings.TrimSpace(err.Error() + " " + string(out))
		return finding{impossible: true, reason: "Courier needs mount namespaces and overlayfs, which this system does not allow: " + said}
	}
	return found
}

// configureCourier fills the directory; etc lies over the system's in the server's namespace, where courier is another name of daemon.
func configureCourier(i *instance) (*exec.Cmd, error) {
	if err := i.makeDirs("mail", "etc"); err != nil {
		return nil, err
	}
	if _, err := run("", "cp", "-a", filepath.Join(i.found.program, "etc/courier"), i.path("etc/courier")); err != nil {
		return nil, err
	}
	if err := i.writeConf("courier.sh", i.settings()); err != nil {
		return nil, err
	}
	if err := i.writeCourierAccounts(); err != nil {
		return nil, err
	}
	pair, err := concatenated(i.path(keyFile), i.path(certFile))
	if err != nil {
		return nil, err
	}
	for _, file := range []struct {
		name, text string
		mode       os.FileMode
	}{
		{"etc/courier/authdaemonrc", courierAuthentication, 0o644},
		{"etc/passwd", withLine("/etc/passwd", "courier:x:1:1:courier:/nonexistent:/usr/sbin/nologin"), 0o644},
		{"etc/group", withLine("/etc/group", "courier:x:1:"), 0o644},
		{"both.pem", pair, 0o600},
	} {
		if err := os.WriteFile(i.path(file.name), []byte(file.text), file.mode); err != nil {
			return nil, err
		}
	}
	command := exec.Command("/bin/sh", "-e", i.path("courier.sh"))
	command.SysProcAttr = secluded()
	return command, nil
}

const courierAuthentication = `authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=5
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
`

// courierPasswords are those of users as crypt(3) makes them with MD5 and the salt "tconn".
var courierPasswords = map[string]string{
	"test": "$1$tconn$.mZBVs1KIG62L1YHNcX9N.",
	"pass": "$1$tconn$r79jOwHpS3ftcMIGfjnD4.",
}

// writeCourierAccounts makes the list of all users, and the Maildirs of those that are shared.
func (i *instance) writeCourierAccounts() error {
	uid, gid, err := accountIDs(mailAccount)
	if err != nil {
		return err
	}
	var accounts strings.Builder
	for _, u := range users(lastUser) {
		home := i.path("mail", u.Name)
		fmt.Fprintf(&accounts, "%s\tuid=%d|gid=%d|home=%s|mail=%s|systempw=%s\n", u.Name, uid, gid, home, home, courierPasswords[u.Password])
	}
	for _, u := range users(sharedUsers) {
		if err := addCourierUser(i, u); err != nil {
			return err
		}
	}
	return os.WriteFile(i.path("etc/courier/userdb"), []byte(accounts.String()), 0o600)
}

// addCourierUser makes the Maildir, which Courier does not do itself.
func addCourierUser(i *instance, u User) error {
	home := i.path("mail", u.Name)
	if err := makeMaildir(home); err != nil {
		return err
	}
	return giveToMail(home)
}

// withLine is the text of a file and one line more.
func withLine(name, line string) string {
	text, _ := os.ReadFile(name)
	return line + "\n" + string(text)
}

func concatenated(names ...string) (string, error) {
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		all.Write(text)
	}
	return all.String(), nil
}
