package wire

// vectorWant tells, by id, what each unit of a vector is at its top level: see responseString.
var vectorWant = map[string]string{
	"G01": `Untagged OK "Waiting for authentication process to respond.."` + "\n" +
		`Untagged OK [CAPABILITY|IMAP4rev1 IDLE] "Dovecot ready."`,
	"G02": `Untagged OK [CAPABILITY|IMAP4rev1 IDLE ] "ready"`,
	"G03": `Untagged OK ""`,
	"G05": `Untagged OK "mail.example [192.0.2.7] ready"`,
	"G07": `Untagged CAPABILITY (IMAP4rev1 AUTH AUTH=PLAIN AUTH=LOGIN THREAD=A THREAD=B X=Y=Z)`,
	"G08": `Tagged tag=A1 OK [CAPABILITY|IMAP4rev1 LOGINDISABLED UIDPLUS] "User logged in SESSIONID=<h-1-2-3>"`,
	"G09": `Untagged BYE [ALERT|] "Fatal error: Account's mailbox directory is not owned by the correct uid or gid: "`,
	"G10": `Tagged tag=A1 OK [ERROR=|"Vendor.Storage.WrongServerException:Cross Server access for mailbox abc" AuthResult=0 Proxy=HOST.example:1993:SSL MailboxBE=HOST Service=Imap4] "AUTHENTICATE completed."`,
	"G12": `Tagged tag=A1 NO [ALERT|] "Too many simultaneous connections. (Failure)"`,
	"G13": `Tagged tag=A1 OK "CAPABILITY completed."` + "\n" +
		`Invalid "CAPABILITY completed." !OK, NO or BAD`,
	"G14": `Untagged OK [HIGHESTMODSEQ|11228865] ""`,
	"G15": `Tagged tag=A1 OK ""`,
	"G16": `Tagged tag=A1 OK "Success [THROTTLED]"`,
	"G17": `Untagged BYE ""` + "\n" +
		`Untagged BYE ""` + "\n" +
		`Untagged BYE ""`,
	"G18": `Invalid "Server Unavailable. 15" !OK, NO or BAD`,
	"R01": `Untagged 0 EXISTS ()` + "\n" +
		`Untagged OK [UIDVALIDITY|0] "x"` + "\n" +
		`Untagged OK [UIDNEXT|0] "x"` + "\n" +
		`Untagged OK [UNSEEN|0] "x"` + "\n" +
		`Tagged tag=A1 OK [READ-WRITE|] "done"`,
	"R02": `Untagged FLAGS ((\Answered \Flagged \Deleted \Draft \Seen $Forwarded ))` + "\n" +
		`Untagged OK [PERMANENTFLAGS|(\Answered \Seen $Forwarded )] "Limited"` + "\n" +
		`Untagged 1 EXISTS ()` + "\n" +
		`Tagged tag=A1 OK [READ-WRITE|] "ok"`,
	"R03": `Untagged FLAGS ((\Answered \Seen \*))` + "\n" +
		`Untagged 1 EXISTS ()` + "\n" +
		`Tagged tag=A1 OK "done"`,
	"R04": `Untagged FLAGS ((\Seen kw[1] OIB-Seen-[Google Mail]/Alle Nachrichten))` + "\n" +
		`Untagged 1 EXISTS ()` + "\n" +
		`Tagged tag=A1 OK "done"`,
	"R05": `Untagged 5 EXISTS ()` + "\n" +
		`Untagged OK [MYRIGHTS|"acdilrsw"] "ACL"` + "\n" +
		`Untagged OK [PERMANENTFLAGS|(\* \Seen kw[1] \*)] "Limited"` + "\n" +
		`Tagged tag=A1 OK [READ-WRITE|] "Ok"`,
	"R06": `Untagged OK [CLOSED|] "Previous mailbox closed."` + "\n" +
		`Tagged tag=A1 NO [NONEXISTENT|] "no such"`,
	"R08": `Untagged OK bare [COPYUID|38505 304 3956] "done"` + "\n" +
		`Untagged 1 EXPUNGE ()` + "\n" +
		`Tagged tag=A1 OK "done"`,
	"R09": `Untagged OK bare [COPYUID|124 10 233] ""` + "\n" +
		`Untagged 1 EXPUNGE ()` + "\n" +
		`Tagged tag=A1 OK "MOVE completed."`,
	"R10": `Tagged tag=A1 OK [READ-WRITE|] "[Gmail]/Sent Mail selected. (Success)"`,
	"R12": `Untagged NO "Invalid message sequence number: 99"` + "\n" +
		`Tagged tag=A1 OK "FETCH completed."`,
	"R13": `Untagged OK "Still here"` + "\n" +
		`Untagged OK [INPROGRESS|("A1" 454 1000)] "Processing"`,
	"R14": `Tagged tag=A1 OK [COPYUID|9999 20:19,500:495 92:97,101:100] "Done"`,
	"U01": `Untagged 22279 EXISTS ()` + "\n" +
		`Untagged 0 RECENT ()` + "\n" +
		`Tagged tag=A1 OK "done"`,
	"U02": `Untagged NOOP ()` + "\n" +
		`Untagged 86 NOOP (froopy)` + "\n" +
		"Untagged XFROB ((a (b \"c)\")) {3}\r\nx)y z)",
	"U03": `Untagged VANISHED ((EARLIER) 300:310,405)` + "\n" +
		`Untagged 3 RECENT ()` + "\n" +
		`Untagged 7 EXISTS ()` + "\n" +
		`Untagged 2 EXPUNGE ()`,
	"U04": `Untagged 1 EXPUNGE ()` + "\n" +
		`Untagged 4 EXISTS ()` + "\n" +
		`Untagged FLAGS ((\Draft \Answered))` + "\n" +
		`Untagged OK [PERMANENTFLAGS|(\* \Draft)] "Limited"`,
	"U05": `Continuation "what?"`,
	"U06": `Untagged XLIST ((\Inbox) "/" INBOX)` + "\n" +
		`Untagged LSUB (() "." #news.comp)` + "\n" +
		`Untagged QUOTA ("ROOT")` + "\n" +
		`Untagged ACL (INBOX owner lrs)`,
	"F02": `Untagged 1 FETCH ((FLAGS (\Seen) MODSEQ (-1) UID 5))`,
	"F04": `Untagged 1 FETCH ((UID 3 BODY[1] ))`,
	"F05": "Untagged 1 FETCH ((UID 3 BODY[]<0.5> {5}\r\nabcde))",
	"F06": "Untagged 1 FETCH ((RFC822[] {5}\r\nfoo\r\n UID 2))",
	"F08": "Untagged 1 FETCH ((UID 2 BODY[] {3}\r\nabc))",
	"F09": `Untagged 1 FETCH ((INTERNALDATE "00-Jan-0000 00:00:00 +0000" UID 4))`,
	"F10": `Untagged 1 FETCH ((INTERNALDATE NIL UID 4))`,
	"F11": `Untagged 1 FETCH ((UID 4 INTERNALDATE " 1-Jan-2024 00:00:00 +0100" RFC822.SIZE 4294967297))`,
	"F12": `Untagged 1 FETCH ((X-FOO (a (b NIL) "c") UID 5 X-BAR 12 FLAGS ()))`,
	"F13": `Untagged 1 FETCH ((X-GM-MSGID 1278455344230334865 X-GM-THRID 1266894439832287888 X-GM-LABELS (\Inbox "Muy Importante" NIL tag) UID 5))`,
	"F14": `Untagged 1 FETCH ((UID 1 FLAGS (\Seen)))` + "\n" +
		"Untagged 1 FETCH ((BODY[] {3}\r\nabc UID 1))",
	"F16": "Untagged 4 FETCH ((UID 4 BODY[] {9}\r\nnul\x00b\xff\x80\r\n))",
	"F17": `Untagged 1 FETCH ((UID 6 EMAILID (M7dc) THREADID NIL SAVEDATE NIL PREVIEW NIL))`,
	"F18": "Untagged 1 FETCH ((UID 9 RFC822.HEADER {6}\r\na: b\r\n BODY[9] NIL BODY[2.MIME] \"\" BODY[]<3> {5}\r\nm: \"J))",
	"E01": `Untagged 1 FETCH ((UID 1 ENVELOPE ("Thu, 18 Jul 2019 01:29:32 -0300" "s" (NIL ("n" NIL "u" "h.example")) NIL () NIL NIL NIL NIL "<m>")))`,
	"E03": `Untagged 1 FETCH ((UID 1 ENVELOPE ("d" "s" (("a" NIL "u" "h") ("b" NIL "v" "h")) NIL NIL NIL NIL NIL NIL "<m>") ))`,
	"E05": `Untagged 1 FETCH ((UID 1 ENVELOPE ("d" "x" (("=?GBK?B?XA==?=" NIL "u" "h.example\")) NIL NIL NIL NIL NIL NIL "<m>")))` + "\n" +
		`Untagged 2 FETCH ((UID 2 FLAGS ()))`,
	"E06": "Untagged 1 FETCH ((UID 1 ENVELOPE (\"d\" \"\xd6\xd0\xce\xc4 café\" NIL NIL NIL NIL NIL NIL NIL \"<m>\")))",
	"E08": `Untagged 1 FETCH ((UID 1 ENVELOPE (NIL NIL (("M Server" NIL NIL ".MISSING-HOST-NAME.")) NIL NIL ((NIL NIL "grp" NIL)(NIL NIL "x" "y.z")(NIL NIL NIL NIL)(NIL NIL "b" "MISSING_DOMAIN")) NIL NIL NIL NIL)))`,
	"E09": `Untagged 1 FETCH ((UID 1 ENVELOPE ("d" "line1 line2" NIL NIL NIL NIL NIL NIL NIL "<m>")))` + "\n" +
		`Untagged 2 FETCH ((UID 2 FLAGS ()))`,
	"B01": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE (("text" "plain" NIL NIL NIL "8bit" 2 0 NIL NIL NIL)("multipart" "alternative" ("boundary" "c") NIL NIL "8bit" 6 NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL)))`,
	"B03": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE (("ALTERNATIVE" ("BOUNDARY" "x") NIL NIL)("TEXT" "HTML" ("CHARSET" "iso-8859-1") NIL NIL "7BIT" 6769 171 NIL NIL NIL) "MIXED" ("BOUNDARY" "x") NIL NIL)))`,
	"B05": `Untagged 51 FETCH ((UID 1 BODY (("TEXT" "PLAIN" NIL NIL NIL "7BIT" 211 5)("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 2942 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("ALTERNATIVE") 51) "REPORT")))`,
	"B06": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE ("text" "plain" ("charset" "x") NIL NIL "QUOTED-PRINTABLE" 850 31 NIL "inline" NIL NIL)))`,
	"B07": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE ("application" "msword" NIL NIL NIL "base64" 50446 NIL (NIL NIL) NIL NIL)))`,
	"B09": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE ("multipart" "digest" ("boundary" "o") NIL NIL "7BIT" -1 NIL NIL NIL NIL)))`,
	"B10": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE (("text" "plain" NIL NIL NIL NIL 5 1)("MESSAGE" "RFC822" NIL NIL NIL "BASE64" 1234 NIL ("ATTACHMENT" ("FILENAME" "x.eml")) NIL) "MIXED")))`,
	"B12": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE ((NIL NIL NIL NIL NIL "7BIT" 563 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "base64" 38706 497 NIL NIL NIL ()) ("image" "jpeg" NIL "<i@x>" "i.jpg" "base64" 3446 NIL ("inline" ("filename" "i.jpg")) NIL ()) "related" ("boundary" "_0") NIL NIL)))`,
	"B13": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7BIT" 5 1) "mixed" ("boundary" "m") "Multipart message" NIL)))`,
	"B14": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE (("text" "html" NIL NIL NIL "quoted-printable" 1224 16)("application" "octet-stream" ("name" "2.pdf") NIL """" "base64" 65322) "MIXED")))` + "\n" +
		`Untagged 2 FETCH ((UID 2 FLAGS ()))`,
	"B16": `Untagged 1 FETCH ((UID 1 BODYSTRUCTURE (("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 2515 64 NIL NIL NIL NIL) "alternative" ("boundary" "p") NIL )))`,
	"L01": `Untagged LIST (() "/" INBOX)` + "\n" +
		`Untagged LIST ((\HasNoChildren) NIL "Folder1")` + "\n" +
		`Untagged LIST ((\HasNoChildren) "" "Folder2")`,
	"L03": `Untagged LIST ((\Noselect) "." [Gmail])` + "\n" +
		`Untagged LIST (() "/" foo]bar)` + "\n" +
		`Untagged LIST (() "/" a&-b)` + "\n" +
		`Untagged LIST ((\HasNoChildren) "/" NIL)`,
	"L04": "Untagged LIST ((\\HasNoChildren) \"/\" {10}\r\nTést & co)" + "\n" +
		`Untagged LIST (() "/" "A&-B&AOk")`,
	"L05": `Untagged LIST ((\NonExistent \HasChildren) "/" a ("CHILDINFO" ("SUBSCRIBED")))` + "\n" +
		`Untagged LIST (() "\\" "a\\b")`,
	"L06": `Untagged LIST (NIL "/" x)` + "\n" +
		`Untagged LIST ((\HasNoChildren ) "/" y)`,
	"S01": `Untagged STATUS (INBOX (MESSAGES 0) )`,
	"S02": `Untagged STATUS (INBOX ())`,
	"S03": `Untagged STATUS (INBOX (MESSAGES 9.3736e+06 UNSEEN 1))`,
	"S04": "Untagged STATUS ({5}\r\nINBOX (MESSAGES 3 HIGHESTMODSEQ 18446744073709551615 X-NEW 5 MAILBOXID (F1)))",
	"Q01": `Untagged SEARCH (1 2 3 )` + "\n" +
		`Untagged SEARCH (9)`,
	"Q02": `Untagged SEARCH (1 2 (MODSEQ 7))`,
	"Q03": `Untagged SEARCH ()`,
	"Q05": `Untagged ESEARCH ((TAG "A1") UID)`,
	"Q06": `Untagged ESEARCH ((TAG "A1") UID PARTIAL (1:100 NIL) COUNT 0)`,
	"N01": `Untagged NAMESPACE ((("INBOX." ".")) NIL (("#shared." ".")("shared." ".")))`,
	"N02": `Untagged NAMESPACE ((("" NIL)) NIL (("#mh/" "/" "X-PARAM" ("F1" "F2"))))`,
	"I01": `Untagged ID (NIL)`,
	"I02": `Untagged ID (("name" "x" "version" NIL ))`,
	"K01": `Untagged QUOTAROOT (INBOX "" ROOT)` + "\n" +
		`Untagged QUOTA ("ROOT" (STORAGE 54 111 MESSAGE 42  1000 X 1 9223372036854775807))`,
	"T01": `Untagged THREAD (((352)(381))(2)(3 6 (4 23)(44 7 96)))`,
	"G19": `Untagged OK "resync of box {5}"` + "\n" +
		`Untagged 7 EXISTS ()`,
	"G20": "Untagged OK [ALERT|] \"café — raw utf-8 text\"",
}
