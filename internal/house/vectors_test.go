package house

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of behaviours into docs/from-twisted.md")

// mapFile holds the table of behaviours and their tests, between the two marks, and behind it the table of those that are left out.
const (
	mapFile    = "docs/from-twisted.md"
	tableBegin = "<!-- behaviours: begin -->\n"
	tableEnd   = "<!-- behaviours: end -->\n"
)

// behaviours are all rows of Twisted's behaviour that this project has written down, by the id that their tests bear in their
// names: D Deferred, C chaining, X cancellation, U unhandled errors, L lists and locks, R reactor, T transports, P protocol helpers.
var behaviours = spread("D01-D21", "C01-C15", "X01-X19", "U01-U06", "L01-L17", "R01-R18", "T01-T41", "P01-P21")

// spread writes ranges out: "D01-D03" is D01, D02, D03.
func spread(lists ...string) (ids []string) {
	for _, item := range strings.Fields(strings.Join(lists, " ")) {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		from, _ := strconv.Atoi(first[1:])
		to, _ := strconv.Atoi(last[1:])
		for n := from; n <= to; n++ {
			ids = append(ids, fmt.Sprintf("%c%02d", first[0], n))
		}
	}
	return ids
}

// namedTest is a test with an id in its name.
type namedTest struct {
	id, file, name string
}

func TestBehavioursHaveTests(t *testing.T) {
	var all []namedTest
	for _, f := range goFiles(t) {
		if f.test && !hasOwnIDs(f.dir) {
			all = append(all, namedTests(f)...)
		}
	}
	tests := mostTelling(all)
	doc := readFile(t, mapFile)
	head, rest, ok := strings.Cut(doc, tableBegin)
	table, tail, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s: got no marks %q and %q, want both", mapFile, tableBegin, tableEnd)
	}
	for _, complaint := range gaps(behaviours, tests, leftOutIDs(tail)) {
		t.Error(complaint)
	}
	want := tableOf(behaviours, tests)
	if *update {
		text := head + tableBegin + want + tableEnd + tail
		if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(mapFile)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("%s: the table of behaviours is out of date; run: go test ./internal/house -update", mapFile)
	}
}

// hasOwnIDs tells whether ids like these mean something else in the tests of a package: here they are made up, and a protocol has
// behaviours of its own. P, protocol helpers, stands for what all protocols share.
func hasOwnIDs(dir string) bool {
	protocol, inside := strings.CutPrefix(dir, "protocols/")
	shared := matchesAny([]string{"basic/**", "policies/**"}, protocol)
	return dir == "internal/house" || inside && !shared
}

func TestOwnIDsAreKnown(t *testing.T) {
	for _, c := range []struct {
		dir  string
		want bool
	}{
		{"deferred", false},
		{"reactor/internal/engine", false},
		{"protocols/basic", false},
		{"protocols/policies", false},
		{"protocols/imap4", true},
		{"protocols/imap4/internal/wire", true},
		{"internal/house", true},
	} {
		if got := hasOwnIDs(c.dir); got != c.want {
			t.Errorf("%s: got %v, want %v", c.dir, got, c.want)
		}
	}
}

// homes are the packages whose tests tell most about the behaviours of a letter; P has none of its own.
var homes = map[byte]string{'D': "deferred", 'C': "deferred", 'X': "deferred", 'U': "deferred", 'L': "deferred", 'R': "reactor", 'T': "reactor"}

// mostTelling answers one test for each id: in the package the id belongs to, in the file that has most to say of it, and with a
// name that says more than the id.
func mostTelling(all []namedTest) map[string]namedTest {
	inFile := make(map[namedTest]int)
	for _, n := range all {
		inFile[namedTest{id: n.id, file: n.file}]++
	}
	rank := func(n namedTest) (r int) {
		if path.Dir(n.file) == homes[n.id[0]] {
			r += 1000
		}
		if strings.HasPrefix(n.name, n.id+" ") {
			r++
		}
		return r + 2*inFile[namedTest{id: n.id, file: n.file}]
	}
	slices.SortStableFunc(all, func(a, b namedTest) int { return cmp.Compare(rank(b), rank(a)) })
	best := make(map[string]namedTest)
	for _, n := range all {
		if _, before := best[n.id]; !before {
			best[n.id] = n
		}
	}
	return best
}

func TestTheMostTellingTestIsNamed(t *testing.T) {
	const here, elsewhere = "deferred/b_test.go", "reactor/a_test.go"
	for _, c := range []struct {
		name string
		all  []namedTest
		want string
	}{
		{"at home", []namedTest{{"D01", elsewhere, "D01 a"}, {"D01", elsewhere, "D01 b"}, {"D01", here, "D01 c"}}, "D01 c"},
		{"where there are more", []namedTest{{"P01", here, "P01 a"}, {"P01", elsewhere, "P01 b"}, {"P01", elsewhere, "P01 c"}}, "P01 b"},
		{"with words", []namedTest{{"D01", here, "D01"}, {"D01", here, "D02 D01 a"}, {"D01", here, "D01 b"}}, "D01 b"},
		{"the first one", []namedTest{{"D01", here, "D01 a"}, {"D01", here, "D01 b"}}, "D01 a"},
	} {
		if got := mostTelling(c.all)[c.all[0].id].name; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// gaps answers what is wrong between the behaviours there are, their tests, and those said to be left out.
func gaps(behaviours []string, tests map[string]namedTest, leftOut []string) (complaints []string) {
	for _, id := range behaviours {
		_, tested := tests[id]
		switch out := slices.Contains(leftOut, id); {
		case tested && out:
			complaints = append(complaints, id+" has a test; take it out of the table of those left out")
		case !tested && !out:
			complaints = append(complaints, id+": got no test with this id in its name, want one")
		}
	}
	for _, id := range leftOut {
		if !slices.Contains(behaviours, id) {
			complaints = append(complaints, id+" is said to be left out, but there is no such behaviour")
		}
	}
	return complaints
}

func tableOf(ids []string, tests map[string]namedTest) string {
	var b strings.Builder
	b.WriteString("| id | test | in |\n|---|---|---|\n")
	for _, id := range ids {
		if n, ok := tests[id]; ok {
			fmt.Fprintf(&b, "| %s | %s | `%s` |\n", id, strings.ReplaceAll(n.name, "|", `\|`), path.Clean(n.file))
		}
	}
	return b.String()
}

var (
	leadingIDs = regexp.MustCompile(`^(?:[DCXULRTP]\d\d[ ,:/+&-]*)+`)
	anID       = regexp.MustCompile(`[DCXULRTP]\d\d`)
	idsInFunc  = regexp.MustCompile(`^Test(?:[A-Za-z]*_)?((?:[DCXULRTP]\d\d_?)+)`)
)

// leftOutIDs are those in the first column of the table rows of a text.
func leftOutIDs(text string) (ids []string) {
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, item := range strings.FieldsFunc(cells[1], func(r rune) bool { return r == ' ' || r == ',' }) {
				if anID.MatchString(item) {
					ids = append(ids, spread(item)...)
				}
			}
		}
	}
	return ids
}

// namedTests finds ids in the names of Test functions, in the first argument of Run, and in the tables of test cases.
func namedTests(f *goFile) (tests []namedTest) {
	add := func(ids, name string) {
		for _, id := range anID.FindAllString(ids, -1) {
			tests = append(tests, namedTest{id: id, file: f.name, name: name})
		}
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		var names []ast.Expr
		switch n := n.(type) {
		case *ast.FuncDecl:
			if m := idsInFunc.FindStringSubmatch(n.Name.Name); m != nil {
				add(m[1], n.Name.Name)
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Run" && len(n.Args) > 0 {
				names = n.Args[:1]
			}
		case *ast.CompositeLit:
			names = n.Elts
		case *ast.KeyValueExpr:
			names = []ast.Expr{n.Key, n.Value}
		}
		for _, e := range names {
			if name := leadingString(e); name != "" {
				add(leadingIDs.FindString(name), strings.TrimSpace(name))
			}
		}
		return true
	})
	return tests
}

// leadingString is the string that an expression begins with: "a" of "a" + b.
func leadingString(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.BinaryExpr:
			e = x.X
		case *ast.BasicLit:
			s, _ := strconv.Unquote(x.Value)
			return s
		default:
			return ""
		}
	}
}

func TestNamedTestsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, source, want string
	}{
		{"function", "func TestT16LosesNothing(t *testing.T) {}", "T16"},
		{"function with a prefix", "func TestClient_T16(t *testing.T) {}", "T16"},
		{"function without", "func TestRFC3501(t *testing.T) {}", ""},
		{"subtest", `func F(t *testing.T) { t.Run("D13 added while running", nil) }`, "D13"},
		{"subtest of several", `func F(t *testing.T) { t.Run("D13 D14, X01: order", nil) }`, "D13 D14 X01"},
		{"subtest with a variable part", `func F(t *testing.T) { t.Run("D13 " + kind, nil) }`, "D13"},
		{"table", `var cases = []struct{ name string }{{"C01 at once"}, {name: "C02 later"}}`, "C01 C02"},
		{"table by name", `var cases = map[string]int{"C01 at once": 1}`, "C01"},
		{"message", `func F(t *testing.T) { t.Errorf("D13 is wrong") }`, ""},
		{"comment", "// D13 is about order.\nvar x int", ""},
		{"in the middle", `func F(t *testing.T) { t.Run("see D13", nil) }`, ""},
	} {
		var got []string
		for _, n := range namedTests(parse(t, "made/up_test.go", "package up\n"+c.source+"\n")) {
			got = append(got, n.id)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestGapsAreFound(t *testing.T) {
	tests := map[string]namedTest{"D01": {}, "D02": {}}
	for _, c := range []struct {
		name                string
		behaviours, leftOut string
		want                int
	}{
		{"all tested", "D01-D02", "", 0},
		{"one missing", "D01-D03", "", 1},
		{"one left out", "D01-D03", "| D03 | because |", 0},
		{"a range left out", "D01 D03-D05", "| D03-D05 | because |", 0},
		{"tested and left out", "D01 D02", "| D02 | because |", 1},
		{"unknown", "D01", "| D09 | because |", 1},
		{"no table row", "D01 D03", "D03 is left out", 1},
	} {
		if got := gaps(spread(c.behaviours), tests, leftOutIDs(c.leftOut+"\n")); len(got) != c.want {
			t.Errorf("%s: got %q, want %d complaints", c.name, got, c.want)
		}
	}
}
