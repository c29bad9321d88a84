// Package clientservice keeps connections: it connects, logs in, connects again after a loss, and does that for ten thousand connections
// at the same time without a storm.
//
// A Service keeps one connection to one endpoint. It waits between attempts as its retry policy says, runs Options.Prepare on each new
// connection as a part of connecting, hands the protocol out through WhenConnected, and answers Stop when the connection has really
// ended:
//
//	Idle ─Start── Queued ── Connecting ── Preparing ── Connected
//	                 │           │            │            │
//	                 │           ├────────── Closing       │ lost
//	                 │           │            │            │
//	                 └───────────┴── Waiting ─┴────────────┘      (and Queued again when the time is up)
//
//	Stop: Queued and Waiting are Stopped at once, the others are Stopping until all is closed.
//	Start while Stopping: Restarting, and then Queued.
//
// A Governor is shared by many services, on one reactor or several. It bounds how many connections are begun each second, in all and for
// each host, how many are being made at the same time, and how many a host gets. Services that have to wait stand in line, each host by
// itself and the hosts in turn.
//
// Sources: twisted.application.internet.ClientService and backoffPolicy. Twisted has nothing like the Governor.
package clientservice
