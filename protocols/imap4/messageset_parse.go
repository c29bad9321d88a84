package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// ParseSeqSet reads a set of sequence numbers such as 1:5,7,9:*, or "$".
// Errors: *SyntaxError. Source: RFC 9051 section 9 (sequence-set); Twisted's parseIdList.
func ParseSeqSet(s string) (MessageSet, error) { return parseSet(s, false) }

// ParseUIDSet is ParseSeqSet for UIDs.
func ParseUIDSet(s string) (MessageSet, error) { return parseSet(s, true) }

// parseSet costs memory for the ranges that are written down, not for the numbers they hold.
//
//	sequence-set = (seq-number / seq-range) ["," sequence-set] / seq-last-command
func parseSet[text []byte | string](s text, uid bool) (MessageSet, error) {
	if string(s) == "$" {
		return SavedResult(uid), nil
	}
	ranges, err := parseRanges(s, true)
	if err != nil {
		return MessageSet{uid: uid}, err
	}
	for i, r := range ranges {
		if r.to() < r.from() {
			ranges[i] = Range{r.Last, r.First}
		}
	}
	return MessageSet{ranges: normalize(ranges), uid: uid}, nil
}

// parseRanges reads ranges as they stand: in any order, also descending.
//
//	uid-set = (uniqueid / uid-range) *("," uid-set)
func parseRanges[text []byte | string](s text, starAllowed bool) ([]Range, error) {
	commas := 0
	for i := 0; i < len(s); i++ {
		if s[i] == ',' {
			commas++
		}
	}
	ranges := make([]Range, 0, commas+1)
	for pos := 0; ; pos++ {
		first, next, ok := parseSetNumber(s, pos, starAllowed)
		last := first
		if pos = next; ok && pos < len(s) && s[pos] == ':' {
			last, pos, ok = parseSetNumber(s, pos+1, starAllowed)
		}
		if !ok {
			return nil, badSet(s, pos, "message number")
		}
		ranges = append(ranges, Range{first, last})
		if pos == len(s) {
			return ranges, nil
		}
		if s[pos] != ',' {
			return nil, badSet(s, pos, "comma")
		}
	}
}

// parseSetNumber reads a number that is not 0, or "*"; next is where it ends, or what is wrong.
//
//	seq-number = nz-number / "*"
func parseSetNumber[text []byte | string](s text, pos int, starAllowed bool) (n uint32, next int, ok bool) {
	if pos < len(s) && s[pos] == '*' && starAllowed {
		return Star, pos + 1, true
	}
	value, next := uint64(0), pos
	for ; next < len(s) && s[next]-'0' <= 9; next++ {
		if value = value*10 + uint64(s[next]-'0'); value >= star {
			return 0, pos, false
		}
	}
	return uint32(value), next, value > 0
}

func badSet[text []byte | string](s text, pos int, want string) error {
	d := wire.NewDecoder([]byte(s[min(pos, len(s)):]), nil, nil)
	d.Expected(want)
	err := d.Err().(*SyntaxError)
	err.Offset = pos
	return err
}
