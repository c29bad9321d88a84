package poplib_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tconn/tconn/protocols/pop3/poplib"
)

// Many goroutines with a client each, which share the package's reactor; some end it with Close, and some connect while others leave.
func TestManyClients(t *testing.T) {
	const clients, rounds = 100, 3
	var all sync.WaitGroup
	for i := range clients {
		script := fmt.Sprintf("S: +OK %d\nC: STAT\nS: +OK %d 7\nC: RETR 1\nS: +OK\nS: %d\nS: .\nC: QUIT\nS: +OK", i, i, i)
		port := serve(t, script, script, script)
		all.Go(func() {
			for range rounds {
				if err := visit(port, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func visit(port, number int) error {
	p, err := poplib.NewPOP3("127.0.0.1", &poplib.Options{Port: port})
	if err != nil {
		return err
	}
	defer p.Close()
	count, _, err := p.Stat()
	if err != nil || count != number {
		return fmt.Errorf("stat: got %d, %v, want %d", count, err, number)
	}
	mail, err := p.Retr(1)
	if err != nil {
		return err
	}
	if got, want := string(mail.Lines[0]), fmt.Sprint(number); got != want {
		return fmt.Errorf("retr: got %s, want %s", got, want)
	}
	_, err = p.Quit()
	return err
}

// One client serves many goroutines: their commands go one at a time.
func TestCommandsTakeTurns(t *testing.T) {
	const goroutines = 20
	script := "S: +OK"
	for range goroutines {
		script += "\nC: RETR 1\nS: +OK\nS: mail\nS: ."
	}
	p := open(t, poplib.Options{}, script)
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			if got, want := result(p.Retr(1)), `"+OK" ["mail"] 6`; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	all.Wait()
}
