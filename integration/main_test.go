package integration

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tconn/tconn/internal/mailservers"
)

func TestMain(m *testing.M) {
	code := mailservers.Main(m)
	if dir := command.dir; dir != "" {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// command is the built binary, made when the first test needs it.
var command struct {
	once sync.Once
	dir  string
	err  error
}

// tconnBinary answers the path of the command, built as the README says.
func tconnBinary(t *testing.T) string {
	t.Helper()
	command.once.Do(func() {
		if command.dir, command.err = os.MkdirTemp("", "tconn"); command.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(command.dir, "tconn"), "../cmd/demo").CombinedOutput()
		if err != nil {
			command.err = errors.New(string(out))
		}
	})
	if command.err != nil {
		t.Fatal(command.err)
	}
	return filepath.Join(command.dir, "tconn")
}

// runTconn runs the command to its end.
func runTconn(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(tconnBinary(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
