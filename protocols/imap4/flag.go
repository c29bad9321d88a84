package imap4

import "strings"

// Flag is a flag of a message: a system flag, which begins with a backslash, or a keyword (RFC 9051 section 2.3.2). Flags are the
// same whatever the case of their letters. What a server sends is compared without regard to it, and those that have a constant
// here come out as that constant, so that == does for them.
type Flag string

// System flags (RFC 9051 section 2.3.2) and keywords of the IANA registry that are common.
const (
	FlagSeen     Flag = `\Seen`
	FlagAnswered Flag = `\Answered`
	FlagFlagged  Flag = `\Flagged`
	FlagDeleted  Flag = `\Deleted`
	FlagDraft    Flag = `\Draft`
	FlagRecent   Flag = `\Recent` // RFC 3501 only; it cannot be stored

	// FlagAny stands in PERMANENTFLAGS only: the client may make up keywords.
	FlagAny Flag = `\*`

	FlagForwarded     Flag = "$Forwarded"
	FlagMDNSent       Flag = "$MDNSent"
	FlagJunk          Flag = "$Junk"
	FlagNotJunk       Flag = "$NotJunk"
	FlagPhishing      Flag = "$Phishing"
	FlagImportant     Flag = "$Important"
	FlagSubmitPending Flag = "$SubmitPending"
	FlagSubmitted     Flag = "$Submitted"
)

// Is reports whether f and other are the same flag.
func (f Flag) Is(other Flag) bool { return strings.EqualFold(string(f), string(other)) }

// IsSystem reports whether f is a system flag.
func (f Flag) IsSystem() bool { return strings.HasPrefix(string(f), `\`) }

// internFlag answers the constant of a flag that has one, and other flags as they are.
func internFlag(b []byte) Flag {
	switch f := Flag(textview(b)); f { // as nearly all servers write them
	case FlagSeen:
		return FlagSeen
	case FlagAnswered:
		return FlagAnswered
	case FlagFlagged:
		return FlagFlagged
	case FlagDeleted:
		return FlagDeleted
	case FlagDraft:
		return FlagDraft
	case FlagRecent:
		return FlagRecent
	default:
		if len(f) > 0 && (f[0] == '\\' || f[0] == '$') {
			return internRareFlag(f)
		}
		return f
	}
}

// ownFlag is internFlag for a flag that is kept when b is not.
func ownFlag(b []byte) Flag {
	f := internFlag(b)
	if len(b) > 0 && isView(string(f), b) {
		return Flag(strings.Clone(string(f)))
	}
	return f
}

func internRareFlag(f Flag) Flag {
	for _, known := range knownFlags {
		if len(known) == len(f) && known.Is(f) {
			return known
		}
	}
	return f
}

var knownFlags = []Flag{
	FlagSeen, FlagAnswered, FlagFlagged, FlagDeleted, FlagDraft, FlagRecent, FlagAny,
	FlagForwarded, FlagMDNSent, FlagJunk, FlagNotJunk, FlagPhishing, FlagImportant, FlagSubmitPending, FlagSubmitted,
}
