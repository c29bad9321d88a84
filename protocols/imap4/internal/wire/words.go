package wire

import "strings"

// knownWords are the names and codes that come often: their strings are shared, not made anew for each unit.
var knownWords = makeWords(
	// responses
	"OK NO BAD BYE PREAUTH CAPABILITY EXISTS RECENT EXPUNGE FLAGS SEARCH ESEARCH FETCH LIST LSUB XLIST STATUS",
	"NAMESPACE ENABLED ID QUOTA QUOTAROOT ACL MYRIGHTS LISTRIGHTS METADATA VANISHED SORT THREAD LANGUAGE",
	// response codes
	"ALERT BADCHARSET PARSE PERMANENTFLAGS READ-ONLY READ-WRITE TRYCREATE UIDNEXT UIDVALIDITY UNSEEN APPENDUID",
	"COPYUID UIDNOTSTICKY CLOSED HIGHESTMODSEQ NOMODSEQ MODIFIED UNAVAILABLE AUTHENTICATIONFAILED",
	"AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED CONTACTADMIN NOPERM INUSE EXPUNGEISSUED CORRUPTION SERVERBUG",
	"CLIENTBUG CANNOT LIMIT OVERQUOTA ALREADYEXISTS NONEXISTENT THROTTLED INPROGRESS REFERRAL",
	// commands
	"NOOP LOGOUT STARTTLS AUTHENTICATE LOGIN ENABLE SELECT EXAMINE CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE",
	"APPEND IDLE CHECK CLOSE UNSELECT STORE COPY MOVE UID COMPRESS NOTIFY",
)

func makeWords(lists ...string) map[string]string {
	words := make(map[string]string)
	for _, list := range lists {
		for _, word := range strings.Fields(list) {
			words[word] = word
		}
	}
	return words
}

// upperWord returns word in ASCII capitals.
func upperWord(word []byte) string {
	var short [24]byte
	upper := short[:0]
	for _, c := range word {
		upper = append(upper, upperByte(c))
	}
	if known, ok := knownWords[string(upper)]; ok {
		return known
	}
	return string(upper)
}
