package mailservers

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestUpstreamVersion(t *testing.T) {
	for _, c := range []struct{ version, want string }{
		{"3.6.1-4+deb12u5\n", "3.6.1"}, {"5.0.13+1.0.16-3+b6", "5.0.13"}, {"7", "7"}, {"", ""},
	} {
		if got := upstream(c.version); got != c.want {
			t.Errorf("%q: got %q, want %q", c.version, got, c.want)
		}
	}
}

func TestBundleIsKept(t *testing.T) {
	b := bundle{name: "Example", packages: []string{"example"}, libraries: []string{"libexample"}}
	other := b
	other.libraries = nil
	if b.directory() == other.directory() || !strings.HasPrefix(b.directory(), "example-") {
		t.Errorf("directories: got %s and %s, want two, example-...", b.directory(), other.directory())
	}
	if os.Getuid() != 0 {
		if got := b.find().reason; !strings.Contains(got, "needs root") {
			t.Errorf("reason: got %q, want that it needs root", got)
		}
		return
	}
	cache, err := serverDir("cache")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(cache) }()
	t.Setenv(cacheEnv, cache)
	t.Run("absent and not required", func(t *testing.T) {
		t.Setenv(requireEnv, "")
		got := b.find()
		if want := "Example is not in " + cache + "; with TCONN_REQUIRE_SERVERS=1 it is downloaded"; got.reason != want {
			t.Errorf("reason: got %q, want %q", got.reason, want)
		}
		if left, _ := os.ReadDir(cache); len(left) != 0 {
			t.Errorf("cache: got %v, want nothing made", left)
		}
	})
	t.Run("there", func(t *testing.T) {
		root := filepath.Join(cache, b.directory())
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, versionFile), []byte("1.2"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, want := b.find(), (finding{program: root, version: "1.2", pop3: true}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestLibraryDirectoryIsMerged(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"lib/x86", "usr/lib"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "lib/x86/a.so"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := mergeLib(root); err != nil {
		t.Fatal(err)
	}
	found, _ := filepath.Glob(filepath.Join(root, "*", "*", "*", "a.so"))
	if want := []string{filepath.Join(root, "usr/lib/x86/a.so")}; !slices.Equal(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
}
