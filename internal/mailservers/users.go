package mailservers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
)

// Users have numbers: the first are those of Server.Users, the others are handed out by NewUser, each once.
const (
	sharedUsers = 20
	lastUser    = 1000
)

// users are the accounts user1 to user<last>, and before them test.
func users(last int) []User {
	list := make([]User, 1, last+1)
	list[0] = User{"test", "test"}
	for i := 1; i <= last; i++ {
		list = append(list, numbered(i))
	}
	return list
}

func numbered(i int) User { return User{fmt.Sprintf("user%d", i), "pass"} }

// NewUser answers an account that no other test has had from it: its INBOX is there and empty.
//
// There are 980 of them for a test binary; t fails when they are used up.
func (s *Server) NewUser(t testing.TB) User {
	t.Helper()
	i := sharedUsers + int(s.instance.handedOut.Add(1))
	if i > lastUser {
		t.Fatal(wrongf("all users of %s are taken", s.Name))
	}
	account := numbered(i)
	if add := s.instance.product.addUser; add != nil {
		if err := add(s.instance, account); err != nil {
			t.Fatal(wrong(err))
		}
	}
	return account
}

// mailAccount is the system's account under which servers run: every Debian has it.
const mailAccount = "mail"

// accountIDs answers the numbers of a system account.
func accountIDs(name string) (uid, gid int, err error) {
	account, err := user.Lookup(name)
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(account.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(account.Gid)
	return uid, gid, err
}

// giveToMail makes the account of the servers own files and directories with all they hold.
func giveToMail(paths ...string) error {
	uid, gid, err := accountIDs(mailAccount)
	if err != nil {
		return err
	}
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(name, uid, gid)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
