// Package transcript reads and replays conversations as text, the format that policies.Transcript writes: one for tests, traces and
// bug reports.
//
//	# the client renews IDLE before the server's 30 minute limit
//	S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready
//	C: A1 IDLE
//	S: + idling
//	-- wait 28m
//	C: DONE
//
// Line by line:
//
//	C: text           the client sends text and CRLF
//	S: text           the server sends text and CRLF
//	C= "go string"    the client sends exactly these bytes, in Go's quoting
//	S= "go string"    the server sends exactly these bytes
//	-- wait 28m       time passes, as time.ParseDuration reads it
//	-- lose           the peer closes the connection cleanly
//	-- abort          the connection is lost: reset by the peer
//	-- closed         the side under test has closed the connection by now
//	# text            comment; blank lines are ignored, too
//
// After "C:" and "S:" one space is dropped; all others count. Lines that follow each other in one direction are one stretch of
// bytes, which a replay cuts anywhere.
package transcript
