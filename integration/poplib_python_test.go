package integration

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pythonOrder is what testdata/poplib/driver.py is told.
type pythonOrder struct {
	CA    string       `json:"ca"` // in PEM
	Cases []pythonCase `json:"cases"`
}

type pythonCase struct {
	Host    string       `json:"host"`
	Port    int          `json:"port"`
	TLS     bool         `json:"tls"`     // from the first byte
	Verify  bool         `json:"verify"`  // the certificate, which poplib does not by itself
	Trust   bool         `json:"trust"`   // the authority
	Timeout float64      `json:"timeout"` // in seconds
	MaxLine int          `json:"maxline"` // in place of poplib's limit; 0 leaves that
	Calls   []pythonCall `json:"calls"`
}

type pythonCall struct {
	Do   string `json:"do"`
	Args []any  `json:"args"`
}

// pythonAnswer is what the driver tells.
type pythonAnswer struct {
	Version string                         `json:"version"`
	Methods map[string]map[string][]string `json:"methods"` // names of arguments, by class and method
	Results [][]outcome                    `json:"results"` // of the constructor, and of each call behind it
}

// knownPython is the one whose poplib has all the deviations of the table. Later ones have been made stricter in places.
const knownPython = "3.11."

func (a *pythonAnswer) known() bool { return strings.HasPrefix(a.Version, knownPython) }

// outcome is what came of a call: its result as Python's repr shows it, or what it raised, and what it printed.
type outcome struct {
	Result  string `json:"result"`
	Printed string `json:"printed"`
}

// runPython has Python's poplib perform an order, in one process. Without Python the test is skipped, or fails if that is asked for.
func runPython(t *testing.T, order pythonOrder) pythonAnswer {
	t.Helper()
	program, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(program, "-c", "import poplib, ssl").Run()
	}
	if err != nil {
		const reason = "no python3 with poplib (%v): there is nothing to compare with"
		if os.Getenv("TCONN_REQUIRE_SERVERS") == "1" {
			t.Fatalf(reason, err)
		}
		t.Skipf(reason, err)
	}
	said, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "-B", "testdata/poplib/driver.py")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(said), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("driver.py: %v\n%s", err, errs.Bytes())
	}
	var answer pythonAnswer
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatalf("driver.py: %v in %q", err, out.Bytes())
	}
	if len(answer.Results) != len(order.Cases) {
		t.Fatalf("driver.py: got results of %d cases, want %d", len(answer.Results), len(order.Cases))
	}
	return answer
}
