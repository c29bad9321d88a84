"""The Twisted side of the benchmarks: python3 peer.py ROLE ARGUMENTS prints one number, as the roles of the Go program do."""
import gc
import sys
import time

from twisted.internet import defer, protocol, reactor, ssl

LINE = b"A1 NOOP, a line of about the length of an IMAP command\r\n"


def resident():
    gc.collect()
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024


def done(value):
    print(value, flush=True)
    import os

    os._exit(0)


def split(addr):
    host, port = addr.rsplit(":", 1)
    return host, int(port)


def spread(i, addr):
    return "127.0.0.%d" % (1 + i % 8), split(addr)[1]


class Factory(protocol.ClientFactory):
    noisy = False

    def clientConnectionFailed(self, connector, reason):
        print(reason, file=sys.stderr)
        import os

        os._exit(1)


def echo(addr, connections, seconds):
    trips = [0]

    class Pinger(protocol.Protocol):
        def connectionMade(self):
            self.transport.setTcpNoDelay(True)
            self.partial = b""
            self.transport.write(LINE)

        def dataReceived(self, data):
            parts = (self.partial + data).split(b"\n")
            self.partial = parts.pop()
            for _ in parts:
                trips[0] += 1
                self.transport.write(LINE)

    f = Factory.forProtocol(Pinger)
    for _ in range(int(connections)):
        reactor.connectTCP(*split(addr), f)
    reactor.callLater(float(seconds), lambda: done(trips[0] / float(seconds)))
    reactor.run()


def bulk(addr, total):
    receive(addr, total, reactor.connectTCP)


def bulktls(addr, total):
    options = ssl.CertificateOptions()
    receive(addr, total, lambda host, port, f: reactor.connectSSL(host, port, f, options))


def receive(addr, total, dial):
    total = int(total)

    class Sink(protocol.Protocol):
        def connectionMade(self):
            self.left, self.start = total, time.time()

        def dataReceived(self, data):
            self.left -= len(data)
            if self.left <= 0:
                done(total / (time.time() - self.start))

    dial(*split(addr), Factory.forProtocol(Sink))
    reactor.run()


def connect(addr, total):
    total = int(total)
    state = {"begun": 0, "over": 0}
    start = time.time()

    class Once(protocol.Protocol):
        def connectionMade(self):
            self.transport.abortConnection()

        def connectionLost(self, reason):
            state["over"] += 1
            if state["over"] == total:
                done(total / (time.time() - start))
            more()

    f = Factory.forProtocol(Once)

    def more():
        while state["begun"] < total and state["begun"] - state["over"] < 256:
            reactor.connectTCP(*spread(state["begun"], addr), f)
            state["begun"] += 1

    reactor.callWhenRunning(more)
    reactor.run()


def hold(addr, total, traffic, dial):
    """Opens connections, a few hundred at a time, has each receive its traffic, and measures what they hold then."""
    total, traffic = int(total), int(traffic)
    state = {"begun": 0, "served": 0}
    before = resident()

    class Idler(protocol.Protocol):
        def connectionMade(self):
            self.missing = traffic
            if traffic:
                self.transport.write(b"%d\n" % traffic)
            else:
                served()

        def dataReceived(self, data):
            if not self.missing:
                return
            self.missing -= len(data)
            if self.missing <= 0:
                served()

    f = Factory.forProtocol(Idler)

    def served():
        state["served"] += 1
        if state["served"] == total:
            reactor.callLater(1, lambda: done((resident() - before) / total))
        more()

    def more():
        while state["begun"] < total and state["begun"] - state["served"] < 256:
            dial(spread(state["begun"], addr), f)
            state["begun"] += 1

    reactor.callWhenRunning(more)
    reactor.run()


def idle(addr, total, traffic):
    hold(addr, total, traffic, lambda to, f: reactor.connectTCP(*to, f))


def idletls(addr, total, traffic):
    options = ssl.CertificateOptions()
    hold(addr, total, traffic, lambda to, f: reactor.connectSSL(*to, f, options))


def timers(total):
    """Nanoseconds for each of: add, cancel; and, in a second round, fire."""
    total = int(total)
    nothing = lambda: None
    start = time.time()
    calls = [reactor.callLater(1000 + i % 1000, nothing) for i in range(total)]
    added = time.time()
    for call in calls:
        call.cancel()
    cancelled = time.time()
    del calls
    fired = [0]

    def fire():
        fired[0] += 1
        if fired[0] == total:
            print((added - start) * 1e9 / total, (cancelled - added) * 1e9 / total, (time.time() - fire.start) * 1e9 / total, flush=True)
            import os

            os._exit(0)

    def begin():
        for _ in range(total):
            reactor.callLater(0, fire)
        fire.start = time.time()

    reactor.callWhenRunning(begin)
    reactor.run()


def threads(total):
    total = int(total)
    count = [0]

    def call():
        count[0] += 1
        if count[0] == total:
            done((time.time() - threads.start) * 1e9 / total)

    def push():
        threads.start = time.time()
        for _ in range(total):
            reactor.callFromThread(call)

    reactor.callWhenRunning(lambda: reactor.callInThread(push))
    reactor.run()


def chain(total):
    total = int(total)
    step = lambda v: v
    start = time.time()
    for _ in range(total):
        d = defer.Deferred()
        for _ in range(10):
            d.addCallback(step)
        d.callback(1)
    done((time.time() - start) * 1e9 / total)


if __name__ == "__main__":
    roles = {"echo": echo, "bulk": bulk, "bulktls": bulktls, "connect": connect, "idle": idle, "idletls": idletls, "timers": timers, "threads": threads, "chain": chain}
    roles[sys.argv[1]](*sys.argv[2:])
