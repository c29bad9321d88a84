package imap4

import (
	"strings"
	"testing"

	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// A decoder that knows how a part begins takes a message for what one does that has read nothing before it, within the same limits.
func TestKnownPartsKeepToTheLimits(t *testing.T) {
	nested := `("text" "plain" ("charset" (("x"))) NIL NIL "7bit" 5 1 NIL NIL NIL NIL)`
	many := `("text" "plain" ("format" "x" "format" "x" "format" "x" "format" "x") NIL NIL "7bit" 5 1 NIL NIL NIL NIL)`
	for _, c := range []struct {
		name, part string
		limits     *wire.Limits
		siblings   int // parts before it
	}{
		{"depth", nested, &wire.Limits{Depth: 5}, 0},
		{"budget", many, nil, 141},
	} {
		read := func(f *fetchDecoder, items string) string {
			m, err := f.own(1, wire.NewDecoder([]byte(items), nil, c.limits))
			return fetched{m, err}.show()
		}
		var f fetchDecoder
		for _, items := range []string{"(UID 1)", "(BODYSTRUCTURE " + c.part + ")"} {
			if got := read(&f, items); strings.Contains(got, "!") {
				t.Fatalf("%s: %s: got %s, want no error", c.name, items, got)
			}
		}
		items := "(BODYSTRUCTURE (" + strings.Repeat("(text)", c.siblings) + c.part + ` "mixed" NIL NIL NIL NIL))`
		const want = "1 !*wire.LimitError"
		if fresh, got := read(new(fetchDecoder), items), read(&f, items); fresh != want || got != want {
			t.Errorf("%s: got %.200s\nwant %s; a fresh decoder has %.200s", c.name, got, want, fresh)
		}
	}
}
