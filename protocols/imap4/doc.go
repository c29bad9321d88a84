// Package imap4 is an IMAP4 client for the reactor: RFC 3501 and RFC 9051.
//
// A Client is a reactor.Protocol to embed. Its commands answer Deferreds:
//
//	type client struct{ imap4.Client }
//
//	func (c *client) ConnectionMade() {
//		c.GetCapabilities().Handle(c.gotCapabilities, c.failed)
//	}
//
// A goroutine of its own gets a ready client from Dial, calls its methods by Await, and ranges over FetchSeq and FetchBodies. A Watch keeps
// mailboxes under watch over any number of connections. docs/imap4.md is the guide: how to fetch, watch and migrate, limits, errors,
// safety, odd servers.
//
// Who the user is: authenticate.go and login.go choose how to say it, authentication.go leads the exchange; package sasl has the mechanisms.
// dial.go and await.go are for goroutines of their own: Dial answers a client that is ready, Await calls a method where it belongs and waits.
//
// The client never hangs and never guesses: each wait has a deadline that trickled data cannot extend, each length the server
// controls has a limit, and whatever ends the connection fails every command that was not answered, once, with the reason.
//
// # Where is what
//
// A command has a file of its name: append.go, capability.go, check.go, close.go (and Unselect), compress.go, copy.go, create.go, delete.go,
// enable.go, expunge.go, id.go, idle.go, list.go, login.go, logout.go, move.go, namespace.go, noop.go, notify.go, rename.go, replace.go,
// search.go, select.go, sort.go, starttls.go, status.go, store.go, subscribe.go, thread.go, unauthenticate.go; fetch.go, fetchseq.go,
// fetchbodies.go, fetch_twisted.go; acl.go, metadata.go, quota.go, jmapaccess.go; sendcommand.go with arg.go for those that have none.
//
//	client.go        takes the bytes, ends the session        state.go        what is allowed when
//	command.go       from the issue of a command to its answer; queue.go, traffic.go what waits and what is out
//	class.go         which commands may be out together       wait.go         deadlines
//	prepare.go       what the client asks by itself           options.go      settings and defaults
//	response.go      status responses and their codes         errors.go       what a command fails with; retry.go what codes and words mean
//	dispatch.go      who takes which untagged data            listener.go     who hears the rest
//	literal.go       literals that come                       literalsource.go  literals that go
//	renewals.go      one timer for all that are in IDLE       mailboxname.go  names on the wire
//	mailbox.go       the mailbox that is selected             listing.go      what a LIST cannot tell by itself
//
// What a FETCH answers: message.go with flag.go, envelope.go, bodystructure.go, section.go, headertext.go, transferencoding.go and clone.go is what callers see;
// fetchdata.go with fetchitems.go, envelopedata.go, bodydata.go, sectiondata.go and internaldate.go reads it; fetchroute.go and taker.go
// say for whom it is; literalmeta.go says of which section a literal is before it comes; fetchparts.go sends long sets in parts;
// consumer.go feeds loops; textview.go has the one use of unsafe. messageset.go, messageset_parse.go and uidlist.go are the numbers of
// messages. query.go and query_program.go are what to search for, search_data.go, search_update.go, thread_data.go and found.go what was
// found. appendmessage.go and catenate.go are what Append sends. mailboxattr.go is what LIST tells of mailboxes, charset.go what a search fails with.
//
// Signing in: authenticate.go, authentication.go; the mechanisms are those of package sasl. dial.go, dialerror.go and await.go are for
// goroutines. Watch: watch.go, watchhandler.go and watchstate.go are what callers see; watchsession.go is one connection, watchbox.go,
// watchuids.go and watchseqs.go what was told, watchvisit.go and watchnews.go how it is brought up to date, watchall.go, watchspaces.go and
// watchlistener.go how it hears of more.
//
// The bytes themselves are the business of internal/wire, compression that of internal/deflate.
//
// # Sources
//
// RFC 3501 and RFC 9051 (IMAP4rev1, IMAP4rev2); 2177 (IDLE), 2193 and 2221 (referrals), 2342 (NAMESPACE), 2595 and 8314 (TLS), 2971 (ID), 3348
// (CHILDREN), 3502 (MULTIAPPEND), 3516 (BINARY), 3691 (UNSELECT), 4314 (ACL), 4315 (UIDPLUS), 4466 (grammar of extensions), 4469
// (CATENATE), 4731 (ESEARCH), 4959 (SASL-IR), 4978 (COMPRESS), 5032 (WITHIN), 5161 (ENABLE), 5182 (SEARCHRES), 5256 and 5957 (SORT, THREAD), 5258 (LIST-EXTENDED),
// 5267 (ESORT, CONTEXT), 5464 (METADATA), 5465 (NOTIFY), 5530 (response codes), 5819 (LIST-STATUS), 6154 (SPECIAL-USE), 6203 (SEARCH=FUZZY),
// 6851 (MOVE), 6855 (UTF8=ACCEPT), 7162 (CONDSTORE, QRESYNC), 7888 (LITERAL+), 7889 (APPENDLIMIT), 8437 (UNAUTHENTICATE), 8438
// (STATUS=SIZE), 8440 (LIST-MYRIGHTS), 8457 ($Important), 8474 (OBJECTID), 8508 (REPLACE), 8514 (SAVEDATE), 8970 (PREVIEW), 9208 (QUOTA),
// 9394 (PARTIAL), 9585 (INPROGRESS), 9586 (UIDONLY), 9590 (LIST-METADATA), 9698 (JMAPACCESS), 9738 (MESSAGELIMIT); X-GM-EXT-1 and XLIST as
// Gmail describes them; the names and shapes of twisted.mail.imap4.
package imap4
