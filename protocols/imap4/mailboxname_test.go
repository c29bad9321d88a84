package imap4_test

import (
	"fmt"
	"testing"

	"github.com/tconn/tconn/protocols/imap4"
)

func TestMailboxNames(t *testing.T) {
	t.Run("L04 what the server told and nobody can decode goes back as it came", func(t *testing.T) {
		s := authenticated(t, "LITERAL+")
		d := s.List("", "*")
		s.server("* LIST () \"/\" {10}\r\nT\xc3\xa9st & co\r\n* LIST () \"/\" \"A&-B&AOk\"\r\n* LIST () \"/\" {2}\r\n\xff\xfe\r\n* LIST () \"/\" &AOk-\r\nA1 OK done\r\n")
		s.tr.Take()
		sent := []string{"{10+}\r\nT\xc3\xa9st & co", "A&-B&AOk", "{2+}\r\n\xff\xfe", "&AOk-"}
		for i, e := range got(t, d) {
			s.Select(e.Name).Handle(nil, nil)
			s.wrote(fmt.Sprintf("A%d SELECT %s\r\n", i+2, sent[i]))
			s.server(fmt.Sprintf("A%d OK done\r\n", i+2))
		}
	})
	t.Run("COPY and MOVE go there, too", func(t *testing.T) {
		s := opened(t, "LITERAL+ MOVE")
		s.server("* LIST () \"/\" {2}\r\n\xff\xfe\r\n* LIST () \"/\" {5}\r\nT\xc3\xa9st\r\n")
		s.Copy(imap4.UIDs(1), "\xff\xfe").Handle(nil, func(err error) { t.Errorf("COPY: %v", err) })
		s.wrote("A1 UID COPY 1 {2+}\r\n\xff\xfe\r\n")
		s.server("A1 OK done\r\n")
		s.Move(imap4.UIDs(1), "Tést").Handle(nil, func(err error) { t.Errorf("MOVE: %v", err) })
		s.wrote("A2 UID MOVE 1 {5+}\r\nT\xc3\xa9st\r\n")
		s.server("A2 OK done\r\n")
	})
	t.Run("other names are encoded", func(t *testing.T) {
		s := authenticated(t, "")
		s.Delete("A&-B&AOk").Handle(nil, func(error) {})
		s.wrote("A1 DELETE A&--B&-AOk\r\n")
	})
	t.Run("once UTF-8 is enabled names are UTF-8", func(t *testing.T) {
		s := authenticated(t, "ENABLE UTF8=ACCEPT LITERAL+")
		s.Enable("UTF8=ACCEPT").Handle(nil, nil)
		s.server("* ENABLED UTF8=ACCEPT\r\nA1 OK done\r\n")
		s.tr.Take()
		d := s.List("", "é*")
		s.wrote("A2 LIST \"\" \"é*\"\r\n")
		s.server("* LIST () \"/\" \"\xc3\xa9 &AOk-\"\r\n* LIST () \"/\" {1}\r\n\xe9\r\nA2 OK done\r\n")
		names := got(t, d)
		wantEqual(t, "names", []string{names[0].Name, names[1].Name}, []string{"é &AOk-", "\xe9"})
		s.Delete(names[0].Name).Handle(nil, func(error) {})
		s.wrote("A3 DELETE \"é &AOk-\"\r\n")
		s.server("A3 OK done\r\n")
		s.Delete(names[1].Name).Handle(nil, func(error) {})
		s.wrote("A4 DELETE {1+}\r\n\xe9\r\n")
	})
	t.Run("of those that cannot be decoded 1,000 are remembered", func(t *testing.T) {
		s := authenticated(t, "")
		d := s.List("", "*")
		for i := range 1001 {
			s.server(fmt.Sprintf("* LIST () \"/\" &%d\r\n", i))
		}
		s.server("A1 OK done\r\n")
		s.tr.Take()
		names := got(t, d)
		wantEqual(t, "names", len(names), 1001)
		s.Delete(names[999].Name).Handle(nil, func(error) {})
		s.wrote("A2 DELETE &999\r\n")
		s.server("A2 OK done\r\n")
		s.Delete(names[1000].Name).Handle(nil, func(error) {})
		s.wrote("A3 DELETE &-1000\r\n")
	})
	t.Run("no name ends the command", func(t *testing.T) {
		s := authenticated(t, "")
		s.Rename("a\r\nA9 DELETE b", "\x00\n").Handle(nil, func(error) {})
		s.wrote("A1 RENAME \"a&AA0ACg-A9 DELETE b\" &AAAACg-\r\n")
	})
}
