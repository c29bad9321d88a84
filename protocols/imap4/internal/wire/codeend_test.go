package wire

import "testing"

func TestCodeEnd(t *testing.T) {
	for _, text := range []string{
		"[ALERT] a ] b",
		`[A "x] y" z] t`,
		`[A "x\"] y" z] t`,
		"[PERMANENTFLAGS (kw[1] a]b)] c",
		"[BADCHARSET (UTF-8 [x)] ] y",
		"[A ) b] c",
		"[A [b] c] d",
		"[]",
		"[never closed",
	} {
		eachMutation(text, func(b []byte) {
			want := 0
			if len(b) > 0 && b[0] == '[' {
				want = codeEndWithin(b)
			}
			if got := codeEnd(b); got != want {
				t.Errorf("%q: got %d, the usual way %d", b, got, want)
			}
		})
	}
}
