package house

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Names of ours in docs/from-twisted.md: what stands in code quotes in its text and in the columns of its tables behind the first
// one, which is Twisted's.
func TestNamesInTheMapExist(t *testing.T) {
	doc := readFile(t, mapFile)
	head, rest, _ := strings.Cut(doc, tableBegin)
	_, tail, _ := strings.Cut(rest, tableEnd)
	api, names := apiOf(goFiles(t)), namesOf(head+tail)
	if len(names) < 300 {
		t.Fatalf("%s: got %d names, want the hundreds that are there", mapFile, len(names))
	}
	for _, n := range names {
		if !api.has(n) {
			t.Errorf("%s: got %s, want a name that is exported here", mapFile, n)
		}
	}
}

// The same of the guides, and there in all columns.
func TestNamesInTheGuidesExist(t *testing.T) {
	api := apiOf(goFiles(t))
	for file, least := range map[string]int{guideFile: 200, "docs/pop3.md": 60} {
		names := namesOf(strings.ReplaceAll(goBlock.ReplaceAllString(readFile(t, file), ""), "|", " "))
		if len(names) < least {
			t.Fatalf("%s: got %d names, want more than %d", file, len(names), least)
		}
		for _, n := range names {
			if !api.has(n) {
				t.Errorf("%s: got %s, want a name that is exported here", file, n)
			}
		}
	}
}

// The same of the document for who comes from poplib. The first columns of its tables are poplib's and Twisted's.
func TestNamesInThePoplibMapExist(t *testing.T) {
	text := pythonBlock.ReplaceAllString(goBlock.ReplaceAllString(readFile(t, poplibFile), ""), "")
	api, names := apiOf(goFiles(t)), namesOf(text)
	if len(names) < 150 {
		t.Fatalf("%s: got %d names, want the many that are there", poplibFile, len(names))
	}
	for _, n := range names {
		if !api.has(n) {
			t.Errorf("%s: got %s, want a name that is exported here", poplibFile, n)
		}
	}
}

// api is what the public packages export: "reactor.Port" and "reactor.Port.Addr", each also from every dot on.
type api struct {
	packages []string
	names    map[string]bool
}

func (a *api) add(name string) {
	a.names[name] = true
	for _, rest, ok := strings.Cut(name, "."); ok; _, rest, ok = strings.Cut(rest, ".") {
		a.names[rest] = true
	}
}

// has tells whether a name is there: as it is if it begins with a package of ours; without its beginning if that is a variable.
func (a *api) has(name string) bool {
	first, rest, qualified := strings.Cut(name, ".")
	if qualified && !ast.IsExported(first) && !slices.Contains(a.packages, first) {
		return slices.Contains(others, first) || a.names[rest]
	}
	return a.names[name]
}

// others are packages of others that the map names.
var others = []string{
	"atomic", "bufio", "cmp", "context", "errors", "exec", "expvar", "fs", "goleak", "http", "io", "iter", "list", "net", "netip", "os",
	"rand", "runtime", "signal", "slog", "slogtest", "strings", "sync", "syscall", "testing", "time", "tls", "unix", "x509", "zap",
}

func apiOf(files []*goFile) *api {
	a, types := &api{names: make(map[string]bool)}, make(map[string]map[string]ast.Expr)
	for _, f := range files {
		if f.test || !isPublicAPI(f.dir, f.Name.Name) {
			continue
		}
		if pkg := f.Name.Name; !slices.Contains(a.packages, pkg) {
			a.packages = append(a.packages, pkg)
		}
		if types[f.dir] == nil {
			types[f.dir] = typesBelow(files, f.dir)
		}
		for _, decl := range f.Decls {
			for _, name := range declared(decl, types[f.dir]) {
				a.add(f.Name.Name + "." + name)
			}
		}
	}
	return a
}

// typesBelow are the types of the packages below a directory, by their package and name: "wire.Limits".
func typesBelow(files []*goFile, dir string) map[string]ast.Expr {
	types := make(map[string]ast.Expr)
	for _, f := range files {
		if !strings.HasPrefix(f.dir, dir+"/") {
			continue
		}
		for _, decl := range f.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.TYPE && !f.test {
				for _, spec := range decl.Specs {
					spec := spec.(*ast.TypeSpec)
					types[f.Name.Name+"."+spec.Name.Name] = spec.Type
				}
			}
		}
	}
	return types
}

// behind is the type that an alias of one of another package stands for, such as Limits = wire.Limits; any other type is itself.
func behind(e ast.Expr, types map[string]ast.Expr) ast.Expr {
	if other, ok := e.(*ast.SelectorExpr); ok {
		if pkg, ok := other.X.(*ast.Ident); ok && types[pkg.Name+"."+other.Sel.Name] != nil {
			return types[pkg.Name+"."+other.Sel.Name]
		}
	}
	return e
}

// declared are the exported names of a declaration: "F", "T", "T.Method", "T.Field".
func declared(decl ast.Decl, types map[string]ast.Expr) (names []string) {
	add := func(name string) {
		if of, member, _ := strings.Cut(name, "."); ast.IsExported(of) && (member == "" || ast.IsExported(member)) {
			names = append(names, name)
		}
	}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		add(receiver(decl) + decl.Name.Name)
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			for _, name := range exportedNames(spec) {
				add(name)
			}
			if spec, ok := spec.(*ast.TypeSpec); ok && decl.Tok == token.TYPE {
				for _, member := range members(behind(spec.Type, types)) {
					add(spec.Name.Name + "." + member)
				}
			}
		}
	}
	return names
}

// receiver is "T." for a method of T, and nothing for a function.
func receiver(f *ast.FuncDecl) string {
	name := ""
	if f.Recv != nil {
		ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && name == "" {
				name = id.Name + "."
			}
			return true
		})
	}
	return name
}

// members are the fields of a struct or the methods of an interface that it declares itself.
func members(e ast.Expr) (names []string) {
	var list *ast.FieldList
	switch e := e.(type) {
	case *ast.StructType:
		list = e.Fields
	case *ast.InterfaceType:
		list = e.Methods
	default:
		return nil
	}
	for _, field := range list.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

var (
	codeSpan = regexp.MustCompile("`[^`]+`")
	quoted   = regexp.MustCompile(`"[^"]*"`)
	// exportedName is Name, x.Name, or Type.Member behind either; upper-case words such as SIGINT are none.
	exportedName = regexp.MustCompile(`\b(?:[a-z]\w*\.)?[A-Z]\w*(?:\.[A-Z]\w*)?`)
	shouted      = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// namesOf are the exported Go names in the code quotes of a text, but for the first columns of tables.
func namesOf(text string) (names []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			_, line, _ = strings.Cut(line[1:], "|")
		}
		for _, code := range codeSpan.FindAllString(line, -1) {
			for _, name := range exportedName.FindAllString(quoted.ReplaceAllString(code, `""`), -1) {
				if !shouted.MatchString(name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

func TestNamesAreRead(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"text with `reactor.Run()` and Words", "reactor.Run"},
		{"| `defer.Deferred` | `deferred.New[T]`, or `*FirstError` |", "deferred.New FirstError"},
		{"`reactor.Port.Addr` and `Options.Host`", "reactor.Port.Addr Options.Host"},
		{"`d.Await(ctx)` and `func(y *Yield) { ... }`", "d.Await Yield"},
		{"`CallLater(d, func() { f(\"Some text\") })`", "CallLater"},
		{"`SIGINT`, `make`, `example.com:143`", ""},
		{"`reactor.ConnectTCP(host, port, f, reactor.Timeout(d))`", "reactor.ConnectTCP reactor.Timeout"},
	} {
		if got := strings.Join(namesOf(c.text), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestExportedNamesAreKnown(t *testing.T) {
	const source = `package task
type T[A any] struct { Field int; hidden int }
type I interface { Method(); inner() }
type low struct { Field2 int }
func (t *T[A]) Do() {}
func (low) Hide() {}
func F() {}
type A = b.Far
var V, w int
const C = 1
`
	a := apiOf([]*goFile{parse(t, "task/a.go", source), parse(t, "task/a_test.go", "package task\nfunc G() {}\n"),
		parse(t, "task/internal/b/b.go", "package b\nfunc H() {}\ntype Far struct { Near int }\n")})
	for name, want := range map[string]bool{
		"task.T": true, "task.T.Field": true, "T.Do": true, "task.I.Method": true, "x.Do": true, "F": true, "task.F": true, "V": true, "C": true, "A.Near": true, "b.Far": false,
		"errors.Is": true, "task.T.hidden": false, "task.Do": false, "task.Field2": false, "Hide": false, "w": false, "G": false, "task.H": false,
		"H": false, "x.Nothing": false, "I.inner": false, "T.Method": false, "reactor.F": true,
	} {
		if got := a.has(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
