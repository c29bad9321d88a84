package house

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestDocumentsNameFilesThatExist(t *testing.T) {
	for _, name := range fileNames(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		for _, reference := range references(readFile(t, name)) {
			inRoot, beside := filepath.Join(root, reference), filepath.Join(root, path.Dir(name), reference)
			if !exists(inRoot) && !exists(beside) {
				t.Errorf("%s: got a reference to %s, want one to a file or directory that exists", name, reference)
			}
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(filepath.FromSlash(name))
	return err == nil
}

// reference is a path in code quotes, one that ends in a slash or a known ending, or the target of a link within the repository.
var reference = regexp.MustCompile("`([\\w.-]+(?:/[\\w.-]+)*(?:/|\\.go|\\.md|\\.yml))`|\\]\\(([\\w./-]+)\\)")

func references(text string) (names []string) {
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if name := m[1] + m[2]; name != "internal/" { // of any package
			names = append(names, name)
		}
	}
	return names
}

func TestReferencesAreFound(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"see `reactor/conn.go`, and `deferred/`", "reactor/conn.go deferred/"},
		{"its own `internal/`", ""},
		{"[map](docs/from-twisted.md) and [site](https://example.org/a.md)", "docs/from-twisted.md"},
		{"`go test ./...` and `d.Await(ctx)` and `protocols/*/internal/wire`", ""},
	} {
		if got := strings.Join(references(c.text), " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// The README shows the core of examples that are built: what it shows has to be there, in the same order.
func TestREADMEShowsTheExamples(t *testing.T) {
	examples := []string{"examples/tconn/main.go", "examples/subjects/main.go"}
	shown := goBlock.FindAllStringSubmatch(readFile(t, "README.md"), -1)
	if len(shown) != len(examples) {
		t.Fatalf("README.md: got %d pieces of Go code, want one of each of %v", len(shown), examples)
	}
	for i, example := range examples {
		if missing := missingLine(shown[i][1], readFile(t, example)); missing != "" {
			t.Errorf("README.md shows %q, which is not in its place in %s", missing, example)
		}
	}
}

// guideFile is the guide to IMAP, and goBlock the Go code in a document.
const guideFile = "docs/imap4.md"

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```\n")

// The guides show code of tests: so it compiles, and does what they say.
func TestTheGuidesShowExamples(t *testing.T) {
	for _, guide := range []struct {
		file, dir string
		least     int // pieces of code
	}{
		{guideFile, "protocols/imap4", 5},
		{"docs/pop3.md", "protocols/pop3", 2},
	} {
		var examples []string
		for _, name := range fileNames(t) {
			if path.Dir(name) == guide.dir && strings.HasSuffix(name, "_example_test.go") {
				examples = append(examples, readFile(t, name))
			}
		}
		blocks := goBlock.FindAllStringSubmatch(readFile(t, guide.file), -1)
		if len(blocks) < guide.least || len(examples) == 0 {
			t.Fatalf("%s: got %d blocks of Go code and %d files of examples, want more", guide.file, len(blocks), len(examples))
		}
		for _, block := range blocks {
			shown := func(example string) bool { return strings.Contains(example, block[1]) }
			if !slices.ContainsFunc(examples, shown) {
				t.Errorf("%s: got this code, want code of an example of %s, to the letter:\n%s", guide.file, guide.dir, block[1])
			}
		}
	}
}

// poplibFile is for who comes from poplib.
const poplibFile = "docs/from-poplib.md"

var pythonBlock = regexp.MustCompile("(?s)```python\n(.*?)```\n")

// So does that document, of tests which run the programs in both languages.
func TestThePoplibMapShowsTestedCode(t *testing.T) {
	tested := readFile(t, "integration/poplib_port_test.go")
	blocks := goBlock.FindAllStringSubmatch(readFile(t, poplibFile), -1)
	if len(blocks) < 2 {
		t.Fatalf("%s: got %d blocks of Go code, want one for the facade and one for the client", poplibFile, len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(tested, block[1]) {
			t.Errorf("%s: got this code, want code of integration/poplib_port_test.go, to the letter:\n%s", poplibFile, block[1])
		}
	}
}

// missingLine answers the first line of shown that text does not hold behind the line before.
func missingLine(shown, text string) string {
	lines := strings.Split(text, "\n")
	for line := range strings.Lines(shown) {
		line = strings.TrimSuffix(line, "\n")
		found := false
		for len(lines) > 0 && !found {
			found = lines[0] == line
			lines = lines[1:]
		}
		if !found {
			return line
		}
	}
	return ""
}

func TestMissingLinesAreFound(t *testing.T) {
	const text = "a\nb\nc\nd\n"
	for _, c := range []struct{ shown, want string }{
		{"a\nc\n", ""}, {"a\nx\n", "x"}, {"c\na\n", "a"}, {"a\na\n", "a"},
	} {
		if got := missingLine(c.shown, text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.shown, got, c.want)
		}
	}
}
