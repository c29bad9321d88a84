package mailservers

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// cacheEnv names the directory that keeps unpacked packages between runs; everybody must be able to enter it.
const (
	cacheEnv     = "TCONN_SERVER_CACHE"
	defaultCache = "/var/cache/tconn-test-servers"
)

// bundle is a set of Debian packages that are unpacked into a directory instead of installed.
type bundle struct {
	name      string
	packages  []string // unpacked always; the first has the version
	libraries []string // unpacked where they are not installed
}

// find answers the directory below which the bundle is unpacked. It is downloaded only if tests have to run.
func (b bundle) find() finding {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		return finding{reason: b.name + " needs root on Debian 12"}
	}
	cache := cmp.Or(os.Getenv(cacheEnv), defaultCache)
	root := filepath.Join(cache, b.directory())
	if found, err := unpacked(root); err == nil {
		return found
	}
	if !required() {
		return finding{reason: fmt.Sprintf("%s is not in %s; with %s=1 it is downloaded", b.name, cache, requireEnv)}
	}
	if err := b.unpack(cache, root); err != nil {
		return finding{reason: fmt.Sprintf("%s cannot be had from Debian 12: %v", b.name, err)}
	}
	found, err := unpacked(root)
	if err != nil {
		return finding{reason: err.Error()}
	}
	return found
}

// directory is another one for another list of packages.
func (b bundle) directory() string {
	sum := sha256.Sum256([]byte(strings.Join(append(slices.Clone(b.packages), b.libraries...), " ")))
	return fmt.Sprintf("%s-%x", strings.ToLower(b.name), sum[:4])
}

// versionFile lies in an unpacked bundle.
const versionFile = ".version"

func unpacked(root string) (finding, error) {
	version, err := os.ReadFile(filepath.Join(root, versionFile))
	if err != nil {
		return finding{}, err
	}
	if !passable(root) {
		return finding{}, fmt.Errorf("%s cannot be entered by everybody", root)
	}
	return finding{program: root, version: string(version), pop3: true}, nil
}

// unpack fills root, or leaves nothing there. Several test binaries can do it at the same time.
func (b bundle) unpack(cache, root string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := lock(file); err != nil {
		return err
	}
	if _, err := unpacked(root); err == nil {
		return nil
	}
	scratch, err := os.MkdirTemp(cache, "unpacking-")
	if err != nil {
		return err
	}
	err = os.Chmod(scratch, 0o755)
	if err == nil {
		err = b.fill(scratch)
	}
	if err == nil {
		err = errors.Join(os.RemoveAll(root), os.Rename(scratch, root))
	}
	return errors.Join(err, os.RemoveAll(scratch))
}

// fill downloads and unpacks into an empty directory.
func (b bundle) fill(root string) error {
	names := slices.Clone(b.packages)
	for _, library := range b.libraries {
		if !installed(library) {
			names = append(names, library)
		}
	}
	archives := filepath.Join(root, ".archives")
	if err := os.Mkdir(archives, 0o755); err != nil {
		return err
	}
	if _, err := run(archives, "apt-get", append([]string{"-qq", "-o", "APT::Sandbox::User=root", "download"}, names...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(archives, "*.deb"))
	if err != nil {
		return err
	}
	version := ""
	for _, file := range files {
		if _, err := run(root, "dpkg", "-x", file, root); err != nil {
			return err
		}
		if strings.HasPrefix(filepath.Base(file), b.packages[0]+"_") {
			if version, err = run(root, "dpkg-deb", "-f", file, "Version"); err != nil {
				return err
			}
		}
	}
	if err := mergeLib(root); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(archives), os.WriteFile(filepath.Join(root, versionFile), []byte(upstream(version)), 0o644))
}

// upstream is the version of the server in that of the package: 3.6.1 of "3.6.1-4+deb12u5", 5.0.13 of "5.0.13+1.0.16-3+b6".
func upstream(version string) string {
	version, _, _ = strings.Cut(strings.TrimSpace(version), "-")
	version, _, _ = strings.Cut(version, "+")
	return version
}

func installed(name string) bool {
	out, err := run("", "dpkg-query", "-W", "-f=${db:Status-Status}", name)
	return err == nil && out == "installed"
}

// mergeLib moves what older packages have in /lib to where Debian 12 looks for it.
func mergeLib(root string) error {
	lib := filepath.Join(root, "lib")
	if _, err := os.Stat(lib); err != nil {
		return nil
	}
	_, err := run(root, "cp", "-a", lib+"/.", filepath.Join(root, "usr/lib"))
	return errors.Join(err, os.RemoveAll(lib))
}

// run answers what a command prints; its error holds what it says.
func run(dir, name string, args ...string) (string, error) {
	command := exec.Command(name, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	var errs bytes.Buffer
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(errs.Bytes()))
	}
	return string(out), nil
}
