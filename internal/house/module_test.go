package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is this module's path.
const module = "github.com/tconn/tconn"

// root is the repository, seen from this package.
var root = filepath.Join("..", "..")

// goFile is a parsed Go file of the repository.
type goFile struct {
	name string // from the root, with slashes
	dir  string // of name; "." for the root
	test bool
	*ast.File
	set *token.FileSet
}

// imports are the paths it imports.
func (f *goFile) imports() []string {
	var paths []string
	for _, spec := range f.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

func (f *goFile) where(n ast.Node) string {
	return f.name + ":" + strconv.Itoa(f.set.Position(n.Pos()).Line)
}

// parse reads Go source; name is what the file would be called.
func parse(t *testing.T, name, source string) *goFile {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return &goFile{name: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), File: file, set: set}
}

// goFiles are all Go files of the repository, whatever system or build tag they are for, those of nested modules included. They are
// read once.
func goFiles(t *testing.T) []*goFile {
	t.Helper()
	parsed.Do(func() {
		for _, name := range fileNames(t) {
			if path.Ext(name) == ".go" {
				parsed.files = append(parsed.files, parse(t, name, readFile(t, name)))
			}
		}
	})
	if len(parsed.files) == 0 {
		t.Fatal("no Go files found")
	}
	return parsed.files
}

var parsed struct {
	sync.Once
	files []*goFile
}

// fileNames are all files of the repository, from its root and with slashes.
func fileNames(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return filepath.SkipDir
		}
		if entry.Type().IsRegular() {
			name, err = filepath.Rel(root, name)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
