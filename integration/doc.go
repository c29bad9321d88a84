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
// After a change of a case, or of what the client sends, "go test ./integration -run 'TestIMAP$' -update" records anew.
package integration
