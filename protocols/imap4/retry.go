package imap4

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tconn/tconn/protocols/internal/session"
)

// What a *ResponseError matches with errors.Is, by its response code (RFC 5530, RFC 9051 section 7.1) or, where servers say it
// in words only, by its text.
var (
	ErrAuthenticationFailed = errors.New("imap4: wrong user or password")
	ErrUnavailable          = errors.New("imap4: something behind the server is not there for now; try again later")
	ErrTooManyConnections   = errors.New("imap4: too many connections of this user")
	ErrThrottled            = errors.New("imap4: the server wants fewer requests; wait before the next one")
	ErrNoPermission         = errors.New("imap4: the user may not do that")
	ErrInUse                = errors.New("imap4: somebody else is at it; try again later")
	ErrNonexistent          = errors.New("imap4: there is no such mailbox")
	ErrAlreadyExists        = errors.New("imap4: the mailbox exists already")
	ErrTryCreate            = errors.New("imap4: the mailbox does not exist, and can be created")
	ErrOverQuota            = errors.New("imap4: over quota")
	ErrLimit                = errors.New("imap4: above a limit of the server")
	ErrExpungeIssued        = errors.New("imap4: some of the messages are gone")
	ErrTooLarge             = errors.New("imap4: the message is larger than the server takes")
	ErrBadURL               = errors.New("imap4: the server finds nothing under one of the URLs")
)

// codeErrors says what each code means.
var codeErrors = map[string]error{
	"AUTHENTICATIONFAILED": ErrAuthenticationFailed,
	"UNAVAILABLE":          ErrUnavailable,
	"THROTTLED":            ErrThrottled,
	"NOPERM":               ErrNoPermission,
	"INUSE":                ErrInUse,
	"NONEXISTENT":          ErrNonexistent,
	"ALREADYEXISTS":        ErrAlreadyExists,
	"TRYCREATE":            ErrTryCreate,
	"OVERQUOTA":            ErrOverQuota,
	"LIMIT":                ErrLimit,
	"EXPUNGEISSUED":        ErrExpungeIssued,
	"TOOBIG":               ErrTooLarge,
	"BADURL":               ErrBadURL,
}

// textErrors says what words in the text mean.
var textErrors = []struct {
	err   error
	words []string // in small letters; one of them will do
}{
	{ErrTooManyConnections, []string{"too many simultaneous connections", "too many connections", "maximum number of connections", "connection limit"}},
	{ErrThrottled, []string{"[throttled]", "request is throttled", "too many requests"}},
	{ErrNonexistent, []string{"mailbox does not exist", "mailbox doesn't exist", "no such mailbox", "unknown mailbox"}},
	{ErrOverQuota, []string{"over quota", "overquota", "quota exceeded", "exceeds quota"}},
	{ErrAlreadyExists, []string{"mailbox already exists", "folder already exists"}},
}

// Is matches what the code, or the text, means.
func (e *ResponseError) Is(target error) bool {
	return says(e.Code, e.Text, target) || target == ErrAuthenticationFailed && e.refusesUser()
}

// refusesUser tells whether a server that gave no code of that meaning says in words that it does not believe who the user is.
func (e *ResponseError) refusesUser() bool {
	switch {
	case e.Status != "NO" || e.Command != "LOGIN" && e.Command != "AUTHENTICATE" || codeErrors[e.Code] != nil:
		return false
	case e.Code == "PRIVACYREQUIRED" || e.Code == "SERVERBUG" || e.Code == "CORRUPTION": // it has not looked at the password
		return false
	case says("", e.Text, ErrTooManyConnections) || says("", e.Text, ErrThrottled):
		return false
	}
	return session.RefusesUser(e.Text)
}

// Is matches what the code, or the text, means.
func (e *ByeError) Is(target error) bool {
	return says(e.Code, e.Text, target)
}

func says(code, text string, target error) bool {
	if err, ok := codeErrors[code]; ok && err == target {
		return true
	}
	text = strings.ToLower(text)
	for _, t := range textErrors {
		if t.err == target {
			return slices.ContainsFunc(t.words, func(w string) bool { return strings.Contains(text, w) })
		}
	}
	return false
}

// maxRetryAfter bounds what a server can ask for.
const maxRetryAfter = time.Hour

var waitWords = regexp.MustCompile(`(?i)(?:back-?off(?: time)?|retry[- ]?after|try again in|wait)[:= ]+(\d{1,9}) ?(ms|millisec|sec|s\b|min|hour|day)?`)

// retryAfter finds how long a server asks to wait, in words as they have been seen: "Suggested Backoff Time: 299961 milliseconds",
// "try again in 30 seconds", "Retry-After=60".
func retryAfter(text string) time.Duration {
	found := waitWords.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1])
	unit := time.Second
	switch strings.ToLower(found[2]) {
	case "ms", "millisec":
		unit = time.Millisecond
	case "min":
		unit = time.Minute
	case "hour", "day": // no longer than the limit in any case
		unit = maxRetryAfter
	}
	return time.Duration(min(n, int(maxRetryAfter/unit))) * unit
}
