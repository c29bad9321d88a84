package pop3

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/protocols/internal/session"
)

// What a *ResponseError matches with errors.Is, by its response code (RFC 2449 section 8, RFC 3206, RFC 6856) or, where servers say it in words
// only, by its text.
var (
	ErrInUse      = errors.New("pop3: another session has the mailbox open; try again later")
	ErrLoginDelay = errors.New("pop3: the user has logged in too short a time ago; wait before the next time")
	ErrSysTemp    = errors.New("pop3: something on the server's side is out of order for now; try again later")
	ErrSysPerm    = errors.New("pop3: something on the server's side is out of order until somebody mends it")
	ErrAuth       = errors.New("pop3: wrong user or password")
	ErrUTF8       = errors.New("pop3: the server wants the command UTF8 first")
)

// codeErrors says what each code means.
var codeErrors = map[string]error{
	"IN-USE":      ErrInUse,
	"LOGIN-DELAY": ErrLoginDelay,
	"SYS/TEMP":    ErrSysTemp,
	"SYS/PERM":    ErrSysPerm,
	"AUTH":        ErrAuth,
	"UTF8":        ErrUTF8,
}

// textErrors says what words mean in the text of a reply without a code. The first that fit count: a server that says why a login is not
// possible now may speak of the password as well.
var textErrors = []struct {
	err   error
	words []string // in small letters; one of them will do
}{
	{ErrInUse, []string{"lock", "in use", "already open", "another session", "other session"}},
	{ErrLoginDelay, []string{"too frequent", "too soon", "minimum time between", "wait before", "please wait"}},
	{ErrSysTemp, session.ForNow},
	{ErrAuth, session.WrongUser},
}

// Is matches what the code, or the text, means.
func (e *ResponseError) Is(target error) bool {
	return meaning(e.Reply, e.Command) == target && target != nil
}

// meaning is what the server means by a -ERR; nil if it cannot be told. Words count only where somebody signs in.
func meaning(r Reply, command string) error {
	if r.Code != "" {
		for code := r.Code; ; {
			if err, ok := codeErrors[code]; ok {
				return err
			}
			// "SYS/TEMP/DISK" is a kind of "SYS/TEMP" (RFC 2449 section 8).
			i := strings.LastIndexByte(code, '/')
			if i < 0 {
				return nil
			}
			code = code[:i]
		}
	}
	if !slices.Contains([]string{"greeting", "USER", "PASS", "APOP", "AUTH", "RPOP"}, command) {
		return nil
	}
	text := strings.ToLower(r.Text)
	for _, t := range textErrors {
		if slices.ContainsFunc(t.words, func(w string) bool { return strings.Contains(text, w) }) {
			return t.err
		}
	}
	return nil
}

// maxRetryAfter bounds what a server can ask for.
const maxRetryAfter = 24 * time.Hour

var waitWords = regexp.MustCompile(`(?i)(?:retry[- ]?after|try again in|wait|minimum of|every)[:= ]+(\d{1,9}) ?(sec|s\b|min|hour|day)?`)

// retryAfter finds how long a server asks to wait, in words as they have been seen: "[LOGIN-DELAY] minimum time between logins: wait 300 seconds".
func retryAfter(r Reply) time.Duration {
	if r.OK {
		return 0
	}
	if r.Code == "LOGIN-DELAY" {
		if n, err := strconv.Atoi(strings.TrimSpace(r.CodeArgs)); err == nil {
			return seconds(n, time.Second)
		}
	}
	found := waitWords.FindStringSubmatch(r.Text)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1])
	unit := time.Second
	switch strings.ToLower(found[2]) {
	case "min":
		unit = time.Minute
	case "hour":
		unit = time.Hour
	case "day":
		unit = maxRetryAfter
	}
	return seconds(n, unit)
}

func seconds(n int, unit time.Duration) time.Duration {
	return time.Duration(min(max(n, 0), int(maxRetryAfter/unit))) * unit
}
