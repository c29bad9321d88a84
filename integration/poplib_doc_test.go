package integration

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPoplibIsDocumented asks Python for the methods of poplib: each has to be in the first column of a table of docs/from-poplib.md, with all its
// arguments.
func TestPoplibIsDocumented(t *testing.T) {
	python, doc := runPython(t, pythonOrder{Cases: []pythonCase{}}), readPoplibDoc(t)
	spans := pythonSpans(doc)
	for _, class := range []string{"POP3", "POP3_SSL"} {
		methods := python.Methods[class]
		if len(methods) < 20 {
			t.Fatalf("%s: got %d methods, want the twenty that poplib has", class, len(methods))
		}
		for _, name := range slices.Sorted(maps.Keys(methods)) {
			called := name
			if name == "__init__" {
				called = class
			}
			if missing := missingArguments(spans, called, methods[name]); missing != "" {
				t.Errorf("%s: %s.%s: got no %s, want the method with all its arguments", poplibDoc, class, name, missing)
			}
		}
	}
}

// TestDeviationsAreTested holds the table of deviations to those that a case shows.
func TestDeviationsAreTested(t *testing.T) {
	shown := make(map[string]bool)
	for _, c := range poplibCases() {
		for _, one := range append([]popCall{c.connect}, c.calls...) {
			shown[one.id] = true
		}
	}
	_, table, _ := strings.Cut(readPoplibDoc(t), "\n## Deviations\n")
	table, _, _ = strings.Cut(table, "\n## ")
	ids := regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(table, -1)
	if len(ids) < 10 {
		t.Fatalf("%s: got %d deviations, want a table of them", poplibDoc, len(ids))
	}
	for _, id := range ids {
		if !shown[id[1]] && !slices.Contains(testedElsewhere, id[1]) {
			t.Errorf("%s: got the deviation %q, want a case that shows it", poplibDoc, id[1])
		}
	}
}

// testedElsewhere are deviations that no result of a call shows: secrets are in compareHidden.
var testedElsewhere = []string{"secrets"}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// pythonSpans is the code in the first columns of the tables.
func pythonSpans(doc string) (spans []string) {
	for line := range strings.Lines(doc) {
		if column, isRow := strings.CutPrefix(line, "|"); isRow {
			column, _, _ = strings.Cut(column, "|")
			for _, m := range codeSpan.FindAllStringSubmatch(column, -1) {
				spans = append(spans, m[1])
			}
		}
	}
	return spans
}

// missingArguments is what the code of the table leaves out of a method, "" if nothing.
func missingArguments(spans []string, name string, args []string) string {
	found := false
	missing := slices.Clone(args)
	for _, span := range spans {
		before, inside, ok := strings.Cut(span, "(")
		if !ok || before != name {
			continue
		}
		found = true
		given := regexp.MustCompile(`\w+`).FindAllString(inside, -1)
		missing = slices.DeleteFunc(missing, func(arg string) bool { return slices.Contains(given, arg) })
	}
	if !found {
		return name + "(...)"
	}
	return strings.Join(missing, ", ")
}

func TestMissingArgumentsAreFound(t *testing.T) {
	spans := pythonSpans("| `top(which, howmuch)`, `list()` | `Top` |\n| `list(which=None)` | `List` |\ntext `quit()`\n")
	for _, c := range []struct{ name, args, want string }{
		{"top", "which howmuch", ""}, {"top", "which howmuch more", "more"}, {"list", "which", ""}, {"quit", "", "quit(...)"}, {"Top", "", "Top(...)"},
	} {
		if got := missingArguments(spans, c.name, strings.Fields(c.args)); got != c.want {
			t.Errorf("%s(%s): got %q, want %q", c.name, c.args, got, c.want)
		}
	}
}
