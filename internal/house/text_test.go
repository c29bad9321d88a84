package house

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// forbidden is what no text of the repository holds: paths of somebody's machine, and thoughts that were not finished. The words are
// put together here so that this file passes, too.
var forbidden = regexp.MustCompile(`(?:^|[^\w./-])/(?:home|root|work|Users)/[\w.-]+` + `|\b(?:TO` + `DO|FIX` + `ME|XX` + `X)\b`)

// built are the names of what .gitignore keeps out of the repository.
var built = []string{".test", ".out", ".prof"}

func TestNoForbiddenText(t *testing.T) {
	for _, name := range fileNames(t) {
		if name == "tconn" || slices.Contains(built, path.Ext(name)) {
			continue
		}
		for _, complaint := range forbiddenText(name, readFile(t, name)) {
			t.Error(complaint)
		}
	}
}

// forbiddenText answers each place of forbidden in a text; what is no UTF-8 is no text.
func forbiddenText(name, text string) (complaints []string) {
	if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return nil
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if found := forbidden.FindString(line); found != "" {
			complaints = append(complaints, fmt.Sprintf("%s:%d holds %q", name, number, found))
		}
	}
	return complaints
}

func TestForbiddenTextIsFound(t *testing.T) {
	for _, c := range []struct {
		line string
		good bool
	}{
		{"plain words", true},
		{"see /ho" + "me/alice/src", false},
		{"/ro" + "ot/go", false},
		{"cd \"/wo" + "rk/tree\"", false},
		{"mail/ho" + "me/box and a/ro" + "ot/b", true},
		{"https://example.org/home/page", true},
		{"// TO" + "DO: later", false},
		{"XX" + "XX is not it", true},
		{"a FIX" + "ME", false},
	} {
		if got := forbiddenText("file", "first\n"+c.line+"\n"); (len(got) == 0) != c.good {
			t.Errorf("%q: got %q, want good = %v", c.line, got, c.good)
		}
	}
}
