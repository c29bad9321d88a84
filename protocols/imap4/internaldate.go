package imap4

import (
	"sync/atomic"
	"time"
)

// parseDateTime reads a date such as "17-Jul-1996 02:44:25 -0700". What is no date of a calendar is none: ok is false.
//
//	date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE (RFC 9051 section 9)
//	date-day-fixed = (SP DIGIT) / 2DIGIT
//
// Accepted beyond it: a day of one digit without the space; the month in letters of any case; no zone, which is UTC.
func parseDateTime(b []byte) (t time.Time, ok bool) {
	if len(b) > 1 && (b[0] == ' ' || b[1] == '-') { // a day of one digit
		if b[0] == ' ' {
			b = b[1:]
		}
		return parseDateTimeFrom(b, 1)
	}
	return parseDateTimeFrom(b, 2)
}

// parseDateTimeFrom goes on when it is known how many digits the day has.
func parseDateTimeFrom(b []byte, dayDigits int) (t time.Time, ok bool) {
	const rest = len("-Jul-1996 02:44:25")
	if len(b) < dayDigits+rest {
		return t, false
	}
	p := b[dayDigits:]
	if p[0] != '-' || p[4] != '-' || p[9] != ' ' || p[12] != ':' || p[15] != ':' {
		return t, false
	}
	day, month, year := digits(b[:dayDigits]), monthOf(p[1:4]), twoDigits(p[5:7])*100+twoDigits(p[7:9])
	hour, minute, second := twoDigits(p[10:12]), twoDigits(p[13:15]), twoDigits(p[16:18])
	offset, ok := parseZone(p[rest:])
	if !ok || year < 1 || month == 0 || day < 1 || day > daysIn(month, year) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
		second < 0 || second > 60 {
		return t, false
	}
	seconds := ((int64(daysBefore(year, month)+day-1)*24+int64(hour))*60+int64(minute-offset))*60 + int64(second)
	return time.Unix(seconds, 0).In(fixedZone(offset)), true
}

// daysBefore is the days from 1970 to the month. It counts years from March on, so that the leap day is the last of a year.
func daysBefore(year int, month time.Month) int {
	m := int(month) - 3
	if m < 0 {
		m += 12
		year--
	}
	const from0To1970 = 719468 // from the 1st of March of the year 0
	return year*365 + year/4 - year/100 + year/400 + (m*306+5)/10 - from0To1970
}

// digits is the number that b is, -1 if it is none.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c-'0' > 9 {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// twoDigits is digits for two bytes; far below zero if they are none.
func twoDigits(b []byte) int {
	tens, ones := b[0]-'0', b[1]-'0'
	if tens > 9 || ones > 9 {
		return -1 << 20
	}
	return int(tens)*10 + int(ones)
}

// monthOf: date-month = "Jan" / "Feb" / ... / "Dec"; 0 if it is none.
func monthOf(b []byte) time.Month {
	switch uint32(b[0]|0x20)<<16 | uint32(b[1]|0x20)<<8 | uint32(b[2]|0x20) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return time.January
	case 'f'<<16 | 'e'<<8 | 'b':
		return time.February
	case 'm'<<16 | 'a'<<8 | 'r':
		return time.March
	case 'a'<<16 | 'p'<<8 | 'r':
		return time.April
	case 'm'<<16 | 'a'<<8 | 'y':
		return time.May
	case 'j'<<16 | 'u'<<8 | 'n':
		return time.June
	case 'j'<<16 | 'u'<<8 | 'l':
		return time.July
	case 'a'<<16 | 'u'<<8 | 'g':
		return time.August
	case 's'<<16 | 'e'<<8 | 'p':
		return time.September
	case 'o'<<16 | 'c'<<8 | 't':
		return time.October
	case 'n'<<16 | 'o'<<8 | 'v':
		return time.November
	case 'd'<<16 | 'e'<<8 | 'c':
		return time.December
	}
	return 0
}

func daysIn(m time.Month, year int) int {
	switch m {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// maxOffset is the farthest that a zone may be from UTC, in minutes.
const maxOffset = 24 * 60

// parseZone reads the offset from UTC in minutes.
//
//	zone = SP ("+" / "-") 4DIGIT
func parseZone(b []byte) (minutes int, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if len(b) != 6 || b[0] != ' ' || b[1] != '+' && b[1] != '-' {
		return 0, false
	}
	h, m := twoDigits(b[2:4]), twoDigits(b[4:6])
	if h < 0 || m < 0 || m > 59 || h*60+m > maxOffset {
		return 0, false
	}
	if minutes = h*60 + m; b[1] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

// zones has a time.Location for each offset that was seen, so that a date costs no memory. There are only so many offsets.
var zones [2*maxOffset + 1]atomic.Pointer[time.Location]

func fixedZone(minutes int) *time.Location {
	if minutes == 0 {
		return time.UTC
	}
	slot := &zones[minutes+maxOffset]
	if zone := slot.Load(); zone != nil {
		return zone
	}
	slot.CompareAndSwap(nil, time.FixedZone("", minutes*60))
	return slot.Load()
}
