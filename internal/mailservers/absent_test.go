package mailservers

import "testing"

// verdict is a testing.TB that notes how a test was ended.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper()               {}
func (v *verdict) Skip(args ...any)      { v.skipped = args[0].(string) }
func (v *verdict) Fatalf(string, ...any) { v.failed = "failed"; panic(v) }

// absentUntilFatal calls absent and stands the end that the real Fatalf makes of it.
func absentUntilFatal(v *verdict, reason string) {
	defer func() { _ = recover() }()
	absent(v, reason)
}

func TestWithoutServer(t *testing.T) {
	const reason = "Example is not installed"
	announced.Store(absentLine(reason), true) // nothing to tell the user of this run
	t.Run("skipped with one line", func(t *testing.T) {
		t.Setenv(requireEnv, "")
		v := &verdict{TB: t}
		absent(v, reason)
		want := "tests against a real mail server are skipped: Example is not installed"
		if v.skipped != want || v.failed != "" {
			t.Errorf("got skip %q and failure %q, want skip %q", v.skipped, v.failed, want)
		}
	})
	t.Run("required", func(t *testing.T) {
		t.Setenv(requireEnv, "1")
		v := &verdict{TB: t}
		absentUntilFatal(v, reason)
		if v.failed == "" {
			t.Errorf("got skip %q, want a failure", v.skipped)
		}
	})
	t.Run("required where nothing helps", func(t *testing.T) {
		t.Setenv(requireEnv, "1")
		v := &verdict{TB: t}
		impossible(v, reason)
		if v.skipped != absentLine(reason) {
			t.Errorf("got skip %q, want %q", v.skipped, absentLine(reason))
		}
	})
}
