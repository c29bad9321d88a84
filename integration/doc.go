// Package integration holds the tests against real mail servers, and those of the built command. It exports nothing.
//
// Where no server is installed the tests that need one are skipped with one line; TCONN_REQUIRE_SERVERS=1 makes them fail instead.
package integration
