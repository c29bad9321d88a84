package mailservers

import (
	"io"
	"os/exec"
	"strconv"
)

// janitor is a process that cleans up behind a server when the test binary ends without doing so: a panic, a timeout, a kill. It notices by
// the end of its standard input, which only we hold.
type janitor struct {
	command *exec.Cmd
	input   io.WriteCloser
}

// janitorScript takes a process group and a directory. A line on standard input tells it to go without touching them.
const janitorScript = `
read -r _ && exit 0
kill -KILL -"$1" 2>/dev/null
for try in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf "$2" 2>/dev/null && exit 0
	sleep 0.2
done`

func hireJanitor(group int, dir string) (*janitor, error) {
	j := &janitor{command: exec.Command("/bin/sh", "-c", janitorScript, "janitor", strconv.Itoa(group), dir)}
	j.command.SysProcAttr = ownGroup()
	var err error
	if j.input, err = j.command.StdinPipe(); err != nil {
		return nil, err
	}
	return j, j.command.Start()
}

// dismiss lets it go: there is nothing left to clean up.
func (j *janitor) dismiss() error {
	if j == nil {
		return nil
	}
	_, _ = io.WriteString(j.input, "\n")
	_ = j.input.Close()
	return j.command.Wait()
}
