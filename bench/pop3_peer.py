"""The Python side of the POP3 benchmarks: python3 pop3_peer.py poplib|twisted-list|twisted-consumer JOB does what JOB (JSON) says and prints the
figures, as the Go clients do. Twisted is imported by its own halves only."""
import json
import sys

from imap_peer import PASSWORD, WARM_UP, Meter, broken, done, must_be, resident, spread, trusting

TRAFFIC = 62 << 10


class Poplib:
    """One message after the other, as lines in a list."""

    def __init__(self, job):
        self.job = job
        self.works = {"retrieve": self.retrieve, "idle": self.idle}
        self.context = trusting() if job["TLS"] else None

    def dial(self, i):
        import poplib

        host, port = spread(i, self.job["Addr"])
        if self.context:
            c = poplib.POP3_SSL(host, port, context=self.context)
        else:
            c = poplib.POP3(host, port)
        c.user(self.job["User"])
        c.pass_(PASSWORD)
        return c

    def fetch(self, c, n, size):
        must_be("octets of a message", c.retr(n)[2], size)

    def retrieve(self):
        c, messages = self.dial(0), self.job["Messages"]
        size = self.job["Bytes"] // messages
        meter, total = Meter(self.job), 0
        while not meter.over():
            self.fetch(c, 1 + total % messages, size)
            total += 1
        meter.report(total * self.job["Units"])

    def idle(self):
        n = self.job["Connections"]
        clients = [self.dial(i) for i in range(WARM_UP)]
        for c in clients:
            self.fetch(c, 1, TRAFFIC)
        before = resident()
        clients += [self.dial(WARM_UP + i) for i in range(n)]
        fresh = resident()
        for c in clients:
            self.fetch(c, 1, TRAFFIC)
        done((fresh - before) / n, (resident() - before) / n)


class Twisted:
    """AdvancedPOP3Client, whose commands go out one by one. It answers a message as lines in a list, or gives each line to a consumer."""

    def __init__(self, job, consumer):
        self.job, self.consumer = job, consumer
        self.works = {"retrieve": self.retrieve, "idle": self.idle}
        from twisted.internet import protocol, reactor, ssl
        from twisted.mail import pop3

        self.reactor, self.options = reactor, ssl.CertificateOptions()
        self.clients, self.begun = [], 0
        outer = self

        class Client(pop3.AdvancedPOP3Client):
            def serverGreeting(self, greeting):
                """Not by login, which would go on under TLS where the server has STLS."""
                d = self.user(outer.job["User"].encode()).addCallback(lambda _: self.password(PASSWORD.encode()))
                d.addCallback(lambda _: outer.ready(self)).addErrback(broken)

        class Factory(protocol.ClientFactory):
            noisy = False
            protocol = Client

            def clientConnectionFailed(self, connector, reason):
                broken(reason)

        self.factory = Factory()

    def ready(self, client):
        self.clients.append(client)
        if len(self.clients) == self.job["Connections"]:
            self.then()
        else:
            self.more()

    def more(self):
        while self.begun < self.job["Connections"] and self.begun - len(self.clients) < 256:
            to = spread(self.begun, self.job["Addr"])
            if self.job["TLS"]:
                self.reactor.connectSSL(*to, self.factory, self.options)
            else:
                self.reactor.connectTCP(*to, self.factory)
            self.begun += 1

    def connect(self, then):
        """Connects and logs in all, a few hundred at a time. Some may be there from before."""
        self.then = then
        self.reactor.callWhenRunning(self.more)
        if not self.reactor.running:
            self.reactor.run()

    def fetch(self, client, n, size):
        """Fetches message n, counted from 1, of so many bytes."""
        came = [0]

        def take(line):
            came[0] += len(line) + 2

        def arrived(lines):
            if not self.consumer:
                for line in lines:
                    take(line)
            must_be("bytes of a message", came[0], size)

        return client.retrieve(n - 1, take if self.consumer else None).addCallback(arrived)

    def retrieve(self):
        messages, size = self.job["Messages"], self.job["Bytes"] // self.job["Messages"]

        def begin():
            again(Meter(self.job), 0)

        def again(meter, total):
            if meter.over():
                meter.report(total * self.job["Units"])
            d = self.fetch(self.clients[0], 1 + total % messages, size)
            d.addCallback(lambda _: again(meter, total + 1)).addErrback(broken)

        self.connect(begin)

    def idle(self):
        n, figures = self.job["Connections"], []

        def traffic(then):
            missing = [len(self.clients)]

            def arrived(_):
                missing[0] -= 1
                if missing[0] == 0:
                    self.reactor.callLater(1, then)

            for client in self.clients:
                self.fetch(client, 1, TRAFFIC).addCallback(arrived).addErrback(broken)

        def warm():
            self.before = resident()
            self.job["Connections"] += n
            self.connect(lambda: self.reactor.callLater(1, fresh))

        def fresh():
            figures.append((resident() - self.before) / n)
            traffic(settled)

        def settled():
            done(*figures, (resident() - self.before) / n)

        self.job["Connections"] = WARM_UP
        self.connect(lambda: self.reactor.callLater(1, lambda: traffic(warm)))


HALVES = {"poplib": Poplib, "twisted-list": lambda job: Twisted(job, False), "twisted-consumer": lambda job: Twisted(job, True)}

if __name__ == "__main__":
    job = json.loads(sys.argv[2])
    HALVES[sys.argv[1]](job).works[job["Work"]]()
