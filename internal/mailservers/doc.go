// Package mailservers starts real mail servers on loopback, for tests.
//
// A server is private to the test binary: its own configuration, mail, users and certificate authority in a temporary directory, on
// ports chosen for it. It starts when the first test asks for it and has ended, with all its processes, when the
// last one is through; Main keeps it for a whole binary. Where it cannot run, the test is skipped with one clear
// line, or fails if the environment variable TCONN_REQUIRE_SERVERS is 1.
package mailservers
