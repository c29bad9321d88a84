package mailservers

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// FillMaildir puts messages into a mailbox of a user as files, which is the fastest way: for the servers that read
// Maildir, Dovecot and Courier. t fails for the others.
//
// mailbox is INBOX or a name that Mailbox has made; it comes into being. Flags become the letters of the file's name. The user must not have the
// mailbox open.
func (s *Server) FillMaildir(t testing.TB, user User, mailbox string, messages ...Message) {
	t.Helper()
	maildir := s.instance.product.maildir
	if maildir == nil {
		t.Fatal(wrongf("%s does not read Maildir", s.Name))
	}
	dir := maildir(s.instance, user.Name)
	if err := makeMaildir(dir); err != nil {
		t.Fatal(wrong(err))
	}
	if mailbox != "INBOX" {
		dir = filepath.Join(dir, "."+mailbox[len(s.Prefix):])
		if err := makeMaildir(dir); err != nil {
			t.Fatal(wrong(err))
		}
	}
	for i, m := range messages {
		if err := writeMaildir(dir, i, m); err != nil {
			t.Fatal(wrong(err))
		}
	}
	if err := giveToMail(maildir(s.instance, user.Name)); err != nil {
		t.Fatal(wrong(err))
	}
}

// makeMaildir makes a Maildir that a server takes for a folder, too.
func makeMaildir(dir string) error {
	for _, name := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(filepath.Join(dir, "maildirfolder"), os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// writeMaildir writes a message with the line ends of files. Its name has the size with these and the size with CRLF, so that a
// server need not open it to tell.
func writeMaildir(dir string, number int, m Message) error {
	text := bytes.ReplaceAll(m.Raw, []byte("\r\n"), []byte("\n"))
	size := len(text) + bytes.Count(text, []byte("\n"))
	file, err := os.CreateTemp(filepath.Join(dir, "tmp"), "")
	if err != nil {
		return err
	}
	if _, err = file.Write(text); err == nil {
		err = file.Chmod(0o600)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := os.Chtimes(file.Name(), m.Date, m.Date); err != nil {
		return err
	}
	name := fmt.Sprintf("%d.M%06dN%s.tconn,S=%d,W=%d:2,%s", m.Date.Unix(), number, filepath.Base(file.Name()), len(text), size, m.letters())
	return os.Rename(file.Name(), filepath.Join(dir, "cur", name))
}

// letters are the flags in a file's name, in alphabetical order.
func (m Message) letters() string {
	text := ""
	for _, flag := range []struct{ name, letter string }{
		{`\Draft`, "D"}, {`\Flagged`, "F"}, {`\Answered`, "R"}, {`\Seen`, "S"}, {`\Deleted`, "T"},
	} {
		for _, set := range m.Flags {
			if set == flag.name {
				text += flag.letter
			}
		}
	}
	return text
}
