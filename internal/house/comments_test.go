package house

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageHasAComment(t *testing.T) {
	commented := make(map[string]bool)
	for _, f := range goFiles(t) {
		if !f.test {
			commented[f.dir] = commented[f.dir] || f.Doc != nil
		}
	}
	for dir, ok := range commented {
		if !ok {
			t.Errorf("package %s: got no package comment, want one", dir)
		}
	}
}

func TestEveryPublicPackageHasAnExample(t *testing.T) {
	has := make(map[string]bool)
	for _, f := range goFiles(t) {
		if isPublicAPI(f.dir, f.Name.Name) {
			has[f.dir] = has[f.dir] || f.test && hasExample(f)
		}
	}
	for _, dir := range []string{"deferred", "deferred/deferredtest", "reactor", "reactor/reactortest", "task", "endpoints", "clientservice",
		"protocols/basic", "protocols/policies", "protocols/imap4", "protocols/imap4/imap4server"} {
		if _, found := has[dir]; !found {
			t.Errorf("%s: got no such public package, want one", dir)
		}
	}
	for dir, ok := range has {
		if !ok {
			t.Errorf("package %s: got no Example test, want one", dir)
		}
	}
}

// library are the directories with the packages that users import, and what belongs to them.
var library = []string{"deferred", "reactor", "task", "endpoints", "clientservice", "protocols"}

// isPublicAPI tells whether users import the package.
func isPublicAPI(dir, name string) bool {
	elements := strings.Split(dir, "/")
	return slices.Contains(library, elements[0]) && name != "main" && !slices.Contains(elements, "internal")
}

// hasExample tells whether a test file holds an Example function that go test runs: one that says what it prints.
func hasExample(f *goFile) bool {
	for _, decl := range f.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !strings.HasPrefix(function.Name.Name, "Example") {
			continue
		}
		for _, group := range f.Comments {
			inside := group.Pos() > function.Pos() && group.End() < function.End()
			text := strings.ToLower(group.Text())
			if inside && (strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:")) {
				return true
			}
		}
	}
	return false
}

func TestEveryExportedSymbolHasAComment(t *testing.T) {
	for _, f := range goFiles(t) {
		if !f.test && f.Name.Name != "main" {
			for _, complaint := range uncommented(f) {
				t.Error(complaint)
			}
		}
	}
}

// selfExplaining are methods whose meaning the standard library has fixed.
var selfExplaining = []string{"Error", "Unwrap", "Is", "As", "String", "GoString", "Timeout", "Temporary"}

// uncommented answers the exported symbols of a file without a comment.
func uncommented(f *goFile) (complaints []string) {
	complain := func(n ast.Node, name string) {
		complaints = append(complaints, f.where(n)+": "+name+" has no comment")
	}
	for _, decl := range f.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Doc == nil && decl.Name.IsExported() && !isSelfExplaining(decl) {
				complain(decl, decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				for _, name := range exportedNames(spec) {
					if !commented(decl, spec) {
						complain(spec, name)
					}
				}
			}
		}
	}
	return complaints
}

// isSelfExplaining holds for methods of selfExplaining, and for all methods of unexported types.
func isSelfExplaining(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	receiver := f.Recv.List[0].Type
	for {
		switch e := receiver.(type) {
		case *ast.StarExpr:
			receiver = e.X
		case *ast.IndexExpr:
			receiver = e.X
		case *ast.IndexListExpr:
			receiver = e.X
		case *ast.Ident:
			return !e.IsExported() || slices.Contains(selfExplaining, f.Name.Name)
		default:
			return false
		}
	}
}

func exportedNames(spec ast.Spec) (names []string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() {
			names = append(names, spec.Name.Name)
		}
	case *ast.ValueSpec:
		for _, n := range spec.Names {
			if n.IsExported() {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// commented: constants and variables may share the comment of their group, types may not.
func commented(decl *ast.GenDecl, spec ast.Spec) bool {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Doc != nil || decl.Doc != nil && decl.Lparen == token.NoPos
	case *ast.ValueSpec:
		return spec.Doc != nil || spec.Comment != nil || decl.Doc != nil
	}
	return true
}

// An alias of an internal type is all that go doc shows of it: its comment names the fields.
func TestAliasesTellTheirFields(t *testing.T) {
	files, found := goFiles(t), 0
	for _, f := range files {
		for name, spec := range aliases(f) {
			found++
			of := spec.Type.(*ast.SelectorExpr)
			for _, field := range fieldsOf(files, f.importOf(of.X.(*ast.Ident).Name), of.Sel.Name) {
				if !regexp.MustCompile(`\b` + field + `\b`).MatchString(spec.Doc.Text()) {
					t.Errorf("%s: the comment of %s does not name its field %s", f.where(spec), name, field)
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("got %d aliases of internal types, want 8 at least", found)
	}
}

// aliases are the exported names of a file for types of internal packages.
func aliases(f *goFile) map[string]*ast.TypeSpec {
	found := make(map[string]*ast.TypeSpec)
	if f.test || !isPublicAPI(f.dir, f.Name.Name) {
		return found
	}
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			spec := spec.(*ast.TypeSpec)
			of, ok := spec.Type.(*ast.SelectorExpr)
			if !ok || !spec.Assign.IsValid() || !strings.Contains(f.importOf(of.X.(*ast.Ident).Name), "/internal/") {
				continue
			}
			if spec.Doc == nil {
				spec.Doc = group.Doc
			}
			found[spec.Name.Name] = spec
		}
	}
	return found
}

// importOf is the path of the package that a file calls name.
func (f *goFile) importOf(name string) string {
	for _, p := range f.imports() {
		if path.Base(p) == name {
			return p
		}
	}
	return ""
}

// fieldsOf are the exported fields of a struct.
func fieldsOf(files []*goFile, importPath, name string) (fields []string) {
	for _, f := range files {
		if f.test || module+"/"+f.dir != importPath {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || spec.Name.Name != name {
				return true
			}
			structure, ok := spec.Type.(*ast.StructType)
			if ok {
				fields = append(fields, exportedFields(structure)...)
			}
			return false
		})
	}
	return fields
}

func exportedFields(structure *ast.StructType) (names []string) {
	for _, field := range structure.Fields.List {
		for _, n := range field.Names {
			if n.IsExported() {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

func TestUncommentedSymbolsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         int
	}{
		{"commented", "// F does.\nfunc F() {}\n// T is.\ntype T struct{}\n// M does.\nfunc (t *T) M() {}\n", 0},
		{"function", "func F() {}\n", 1},
		{"method", "// T is.\ntype T[A any] struct{}\nfunc (t *T[A]) M() {}\n", 1},
		{"method of the standard library's", "// T is.\ntype T struct{}\nfunc (t T) Error() string { return \"\" }\n", 0},
		{"function of that name", "func Error() {}\n", 1},
		{"method of an unexported type", "type t struct{}\nfunc (t) M() {}\n", 0},
		{"types of a group", "// Types.\ntype (\n\tA int\n\t// B is.\n\tB int\n)\n", 1},
		{"constants of a group", "// These.\nconst (\n\tA = 1\n\tB = 2\n)\n", 0},
		{"constants without", "const (\n\tA = 1\n\tB = 2 // two\n\tc = 3\n)\n", 1},
		{"variable", "var A, b, C int\n", 2},
	} {
		got := uncommented(parse(t, "made/up.go", "package up\n"+c.source))
		if len(got) != c.want {
			t.Errorf("%s: got %q, want %d complaints", c.name, got, c.want)
		}
	}
}

func TestExamplesThatRunAreFound(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         bool
	}{
		{"runs", "func Example() {\n\t// Output: x\n}\n", true},
		{"unordered", "func ExampleT_M() {\n\t// Unordered output:\n\t// x\n}\n", true},
		{"is only compiled", "func Example() {}\n", false},
		{"no example", "func Test() {\n\t// Output: x\n}\n", false},
		{"a method", "type t int\nfunc (t) Example() {\n\t// Output: x\n}\n", false},
	} {
		if got := hasExample(parse(t, "made/up_test.go", "package up\n"+c.source)); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
