package house

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// rule says what packages may import. The first rule that names a package counts; patterns are those of matches.
type rule struct {
	packages string   // which packages, from the root
	ours     []string // packages of this module
	others   []string // modules of others, with all their packages
	never    []string // packages of the standard library that are not allowed
	tests    bool     // holds for test files, too
}

// outside is what a layer that knows only bytes must not know: the network, time, files, processes.
var outside = []string{"net/**", "crypto/tls", "time", "os/**", "context", "log/**", "math/rand/**"}

var (
	core    = []string{"deferred", "reactor"}
	helpers = []string{"deferred", "reactor", "protocols/basic", "protocols/policies", "protocols/sasl"}
	public  = []string{"deferred", "deferred/deferredtest", "reactor", "reactor/reactortest", "endpoints", "clientservice", "task",
		"protocols/*", "protocols/*/*"}
)

// rules are the import directions: arrows point down only.
var rules = []rule{
	{packages: "deferred"},
	{packages: "deferred/deferredtest", ours: []string{"deferred"}},
	{packages: "reactor", ours: []string{"deferred", "reactor/internal/*"}, others: []string{"go.uber.org/zap"}},
	{packages: "reactor/internal/engine", others: []string{"github.com/panjf2000/gnet/v2", "go.uber.org/zap", "golang.org/x/sys"}},
	{packages: "reactor/reactortest", ours: append(slices.Clone(core), "reactor/internal/*", "deferred/deferredtest")},
	{packages: "reactor/internal/*"},
	{packages: "endpoints", ours: core},
	{packages: "clientservice", ours: append(slices.Clone(core), "endpoints")},
	{packages: "task", ours: core},
	{packages: "protocols/*/internal/wire", never: outside},
	{packages: "protocols/*/internal/deflate", never: outside},
	{packages: "protocols/basic", ours: core},
	{packages: "protocols/policies", ours: core},
	// How users prove who they are is the same in all protocols; it does no input or output.
	{packages: "protocols/sasl", ours: []string{"deferred", "protocols/sasl/internal/*"}, never: []string{"net/**", "os/**", "log/**", "math/rand/**"}},
	{packages: "protocols/sasl/internal/*", never: outside},
	// What the protocols share that is nobody else's.
	{packages: "protocols/internal/*", ours: append(slices.Clone(core), "endpoints", "protocols/sasl")},
	// {} is what the * stands for: a protocol knows its own wire layer and no other protocol.
	{packages: "protocols/*", ours: append(slices.Clone(helpers), "endpoints", "clientservice", "protocols/sasl", "protocols/internal/*",
		"protocols/{}/internal/*")},
	{packages: "protocols/*/*", ours: append(slices.Clone(helpers), "endpoints", "protocols/{}", "protocols/{}/internal/*")},
	{packages: "internal/transcript", ours: append(slices.Clone(helpers), "reactor/reactortest")},
	{packages: "internal/mailservers"},
	{packages: "internal/house", tests: true},
	{packages: "integration", ours: append(slices.Clone(public), "internal/mailservers", "internal/transcript"), tests: true},
	{packages: "cmd/*", ours: public, others: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"}},
	{packages: "examples/*", ours: public},
	{packages: "bench/**", ours: public, others: []string{"*"}},
}

// gnetFiles are the only files that may import gnet.
var gnetFiles = []string{
	"reactor/internal/engine/gnet*.go", "reactor/internal/engine/interest_*.go", "reactor/internal/engine/timer_*.go",
}

func TestImportDirections(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, complaint := range wrongImports(f.name, f.dir, f.test, f.imports()) {
			t.Error(complaint)
		}
	}
}

// wrongImports answers what is wrong with the imports of a file.
func wrongImports(file, dir string, test bool, imports []string) (complaints []string) {
	for _, imported := range imports {
		if strings.HasPrefix(imported, "github.com/panjf2000/gnet/") && !strings.HasPrefix(dir, "bench") && !matchesAny(gnetFiles, file) {
			complaints = append(complaints, file+" imports "+imported+": only the engine knows gnet")
		}
	}
	r, star := ruleFor(dir)
	if r == nil {
		return append(complaints, file+": no rule names this package")
	}
	if test && !r.tests {
		return complaints
	}
	for _, imported := range imports {
		if !r.allows(imported, star) {
			complaints = append(complaints, file+" imports "+imported+": not allowed in "+r.packages)
		}
	}
	return complaints
}

// ruleFor answers the rule of a package and what the first * of its pattern stands for.
func ruleFor(dir string) (r *rule, star string) {
	for i := range rules {
		if pattern := rules[i].packages; matches(pattern, dir) {
			if before, _, ok := strings.Cut(pattern, "*"); ok {
				star, _, _ = strings.Cut(strings.TrimPrefix(dir, before), "/")
			}
			return &rules[i], star
		}
	}
	return nil, ""
}

func (r *rule) allows(imported, star string) bool {
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		return slices.ContainsFunc(r.ours, func(pattern string) bool {
			return matches(strings.ReplaceAll(pattern, "{}", star), ours)
		})
	}
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return slices.ContainsFunc(r.others, func(m string) bool {
			return m == "*" || m == imported || strings.HasPrefix(imported, m+"/")
		})
	}
	return !matchesAny(r.never, imported)
}

// matches is path.Match with one more word: a pattern that ends in /** matches the directory and all below it.
func matches(pattern, name string) bool {
	if below, ok := strings.CutSuffix(pattern, "/**"); ok {
		return name == below || strings.HasPrefix(name, below+"/")
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func TestWrongImportsAreFound(t *testing.T) {
	const (
		gnet = "github.com/panjf2000/gnet/v2/pkg/netpoll"
		zap  = "go.uber.org/zap"
		ours = module + "/"
	)
	for _, c := range []struct {
		file, imported string
		good           bool
	}{
		{"deferred/a.go", "sync", true},
		{"deferred/a.go", ours + "reactor", false},
		{"deferred/a.go", zap, false},
		{"deferred/a_test.go", "go.uber.org/goleak", true},
		{"reactor/conn.go", ours + "deferred", true},
		{"reactor/conn.go", ours + "reactor/internal/engine", true},
		{"reactor/conn.go", zap, true},
		{"reactor/conn.go", zap + "/zapcore", true},
		{"reactor/conn.go", gnet, false},
		{"reactor/conn_test.go", gnet, false},
		{"reactor/conn.go", ours + "protocols/imap4", false},
		{"reactor/conn.go", ours + "reactor/reactortest", false},
		{"reactor/conn.go", "golang.org/x/sys/unix", false},
		{"reactor/internal/engine/gnet.go", gnet, true},
		{"reactor/internal/engine/interest_bsd.go", gnet, true},
		{"reactor/internal/engine/socket.go", gnet, false},
		{"reactor/internal/engine/gnet.go", ours + "reactor", false},
		{"reactor/internal/engine/gnet.go", ours + "deferred", false},
		{"protocols/imap4/internal/wire/scanner.go", "bytes", true},
		{"protocols/imap4/internal/wire/scanner.go", "net", false},
		{"protocols/imap4/internal/wire/scanner.go", "net/netip", false},
		{"protocols/imap4/internal/wire/scanner.go", "time", false},
		{"protocols/imap4/internal/wire/scanner.go", ours + "deferred", false},
		{"protocols/imap4/client.go", ours + "protocols/imap4/internal/wire", true},
		{"protocols/imap4/client.go", ours + "protocols/policies", true},
		{"protocols/imap4/client.go", ours + "protocols/pop3", false},
		{"protocols/imap4/client.go", ours + "protocols/pop3/internal/wire", false},
		{"protocols/imap4/client.go", ours + "internal/transcript", false},
		{"protocols/imap4/client_test.go", ours + "internal/transcript", true},
		{"protocols/imap4/client.go", zap, false},
		{"protocols/imap4/authenticate.go", ours + "protocols/sasl", true},
		{"protocols/imap4/authenticate.go", ours + "protocols/sasl/internal/prep", false},
		{"protocols/sasl/conversation.go", ours + "deferred", true},
		{"protocols/sasl/scram.go", ours + "protocols/sasl/internal/prep", true},
		{"protocols/sasl/scram.go", "crypto/tls", true},
		{"protocols/sasl/scram.go", ours + "reactor", false},
		{"protocols/sasl/scram.go", "net", false},
		{"protocols/sasl/internal/prep/prep.go", ours + "deferred", false},
		{"protocols/sasl/internal/prep/prep.go", "net", false},
		{"protocols/imap4/imap4server/server.go", ours + "protocols/imap4/internal/wire", true},
		{"protocols/imap4/imap4server/server.go", ours + "protocols/pop3", false},
		{"protocols/policies/transcript.go", ours + "protocols/imap4", false},
		{"reactor/reactortest/clock.go", ours + "internal/transcript", false},
		{"integration/raw_test.go", ours + "internal/mailservers", true},
		{"integration/raw_test.go", ours + "reactor/internal/engine", false},
		{"cmd/demo/main.go", "github.com/spf13/cobra", true},
		{"cmd/demo/main.go", ours + "internal/transcript", false},
		{"cmd/demo/main.go", zap, false},
		{"examples/tconn/main.go", ours + "protocols/imap4", true},
		{"examples/tconn/main.go", ours + "protocols/imap4/internal/wire", false},
		{"examples/tconn/main.go", "github.com/spf13/cobra", false},
		{"bench/main.go", gnet, true},
		{"bench/main.go", ours + "reactor/internal/engine", false},
		{"surprise/main.go", "fmt", false},
	} {
		test := strings.HasSuffix(c.file, "_test.go")
		got := wrongImports(c.file, path.Dir(c.file), test, []string{c.imported})
		if (len(got) == 0) != c.good {
			t.Errorf("%s importing %s: got %q, want good = %v", c.file, c.imported, got, c.good)
		}
	}
}
