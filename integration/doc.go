// Package integration holds the tests against real mail servers, and those of the built command. It exports nothing.
//
// Where no server is installed the tests that need one are skipped with one line; TCONN_REQUIRE_SERVERS=1 makes them fail instead.
//
//	imap_test.go         the table of IMAP cases, run on each server that can; no capability may be left out
//	imap_servers_test.go what a case has to know of a server, and what it offers that the cases leave out
//	imap_env_test.go     what a case has; imap_heard_test.go the Listener
//	imap_replay_test.go  the same cases on what was recorded of each server, in testdata: these need no server
//	imap_iterate_test.go loops over messages, which no recording can hold
//	imap_..._test.go     the cases themselves
//
// The same for POP3: pop3_test.go is the table, pop3_env_test.go what a case has, pop3_replay_test.go the recordings, pop3_auth_test.go every
// mechanism on every server, and the other pop3_..._test.go the cases.
//
// Python's poplib and package poplib lead the same conversations, and the results are compared; this takes python3:
//
//	poplib_diff_test.go  the conversations with a scripted server; poplib_dovecot_test.go whole sessions with Dovecot
//	poplib_..._cases_test.go  the table of conversations; poplib_case_test.go what a case is
//	poplib_server_test.go the scripted server; poplib_python_test.go Python, with testdata/poplib/driver.py; poplib_facade_test.go our side
//	poplib_port_test.go  the programs of docs/from-poplib.md; poplib_doc_test.go that it names every method and every deviation
//
// After a change of a case, or of what the client sends, "go test ./integration -run 'TestIMAP$' -update" records anew, and 'TestPOP3$' for POP3.
package integration
