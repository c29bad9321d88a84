"""The Python side of the IMAP benchmarks: python3 imap_peer.py imaplib|twisted JOB does what JOB (JSON) says and prints the figures, as the
Go clients do. Twisted is imported by its own half only."""
import gc
import json
import os
import resource
import sys
import time

USER, PASSWORD = "bench", "secret"
WARM_UP = 64  # connections that go all the way before memory is looked at for the first time, as those of the Go peers do
ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"


def memory(name):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return float("nan")


def resident():
    gc.collect()
    return memory("VmRSS:")


def done(*figures):
    print(*figures, flush=True)
    os._exit(0)


def broken(what):
    print(what, file=sys.stderr, flush=True)
    os._exit(1)


def must_be(what, got, want):
    if got != want:
        broken("%s: got %r, want %r" % (what, got, want))


class Meter:
    """Measures a stretch of work of this process."""

    def __init__(self, job):
        self.before = resident()
        try:
            with open("/proc/self/clear_refs", "w") as f:
                f.write("5")
        except OSError:
            pass
        self.cpu = self.processor()
        self.start = time.monotonic()
        self.end = self.start + job["Seconds"]

    def processor(self):
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    def over(self):
        return time.monotonic() >= self.end

    def report(self, units):
        took, cpu = time.monotonic() - self.start, self.processor() - self.cpu
        peak = memory("VmHWM:")
        done(units / took, cpu * 1e6 / units, "nan", (peak - self.before) / 1024, peak / 1024)


def split(addr):
    host, port = addr.rsplit(":", 1)
    return host, int(port)


def spread(i, addr):
    return "127.0.0.%d" % (1 + i % 8), split(addr)[1]


def large_unit(job):
    return job["Bytes"] / 1e6 / job["Messages"] if job["Work"] == "bodies-large" else 1


def trusting():
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Imaplib:
    """imaplib answers lists of bytes: it finds literals and the ends of lines, and decodes nothing."""

    def __init__(self, job):
        self.job = job
        self.works = {"metadata": self.metadata, "bodies": self.bodies, "bodies-large": self.bodies, "noop": self.noop, "login": self.login, "idle": self.idle}

    def dial(self, i):
        import imaplib

        host, port = spread(i, self.job["Addr"])
        if self.job["TLS"]:
            c = imaplib.IMAP4_SSL(host, port, ssl_context=self.context)
        else:
            c = imaplib.IMAP4(host, port)
        c.login(USER, PASSWORD)
        return c

    def selected(self):
        c = self.dial(0)
        c.select(self.job["Mailbox"])
        c.noop()
        return c

    def metadata(self):
        c, messages = self.selected(), self.job["Messages"]
        meter, total = Meter(self.job), 0
        while not meter.over():
            _, data = c.fetch("1:%d" % messages, ITEMS)
            must_be("messages", len(data), messages)
            total += messages
            del data
        meter.report(total)

    def bodies(self):
        c, messages = self.selected(), self.job["Messages"]
        meter, total = Meter(self.job), 0
        while not meter.over():
            _, data = c.fetch("1:%d" % messages, "(BODY.PEEK[])")
            must_be("bytes of bodies", sum(len(part[1]) for part in data if isinstance(part, tuple)), self.job["Bytes"])
            total += messages
            del data
        meter.report(total * large_unit(self.job))

    def noop(self):
        clients = [self.dial(0) for _ in range(self.job["Connections"])]
        meter = Meter(self.job)
        meter.report(self.threads(lambda i: self.noops(clients[i], meter)))

    def noops(self, c, meter):
        n = 0
        while not meter.over():
            c.noop()
            n += 1
        return n

    def login(self):
        meter = Meter(self.job)
        meter.report(self.threads(lambda i: self.visits(i, meter)))

    def visits(self, i, meter):
        n = 0
        while not meter.over():
            self.dial(i + n).logout()
            n += 1
        return n

    def threads(self, one):
        """A thread for each connection: the sum of what they answer."""
        import threading

        answers = []
        threads = [threading.Thread(target=lambda i=i: answers.append(one(i))) for i in range(self.job["Connections"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        must_be("threads that came to their end", len(answers), len(threads))
        return sum(answers)

    def idle(self):
        """It cannot IDLE; the traffic is taken with a NOOP."""
        import socket

        n = self.job["Connections"]
        self.context = trusting() if self.job["TLS"] else None
        control = socket.create_connection(split(self.job["Addr"]))
        if self.context:
            control = self.context.wrap_socket(control)

        def traffic(clients):
            control.sendall(b"X1 TRAFFIC\r\n")
            answer = b""
            while b"X1 OK" not in answer:
                answer += control.recv(4096)
            for c in clients:
                c.noop()

        clients = [self.dial(i) for i in range(WARM_UP)]
        traffic(clients)
        before = resident()
        clients += [self.dial(WARM_UP + i) for i in range(n)]
        fresh = resident()
        traffic(clients)
        done((fresh - before) / n, (resident() - before) / n)


class Twisted:
    """Twisted's IMAP4Client has no IDLE: its connections are idle without."""

    def __init__(self, job):
        self.job = job
        self.works = {"metadata": self.metadata, "bodies": self.bodies, "bodies-large": self.bodies, "noop": self.noop, "noop-pipelined": self.noop, "login": self.login, "idle": self.idle, "push": self.push}
        from twisted.internet import protocol, reactor, ssl
        from twisted.mail import imap4

        self.reactor, self.ssl = reactor, ssl
        outer = self

        class Client(imap4.IMAP4Client):
            def serverGreeting(self, caps):
                self.login(USER.encode(), PASSWORD.encode()).addCallback(lambda _: outer.ready(self)).addErrback(outer.failed)

            def newMessages(self, exists, recent):
                if exists is not None:
                    outer.exists(exists)

            def connectionLost(self, reason):
                super().connectionLost(reason)
                outer.lost()

        class Factory(protocol.ClientFactory):
            noisy = False
            protocol = Client

            def clientConnectionFailed(self, connector, reason):
                outer.failed(reason)

        self.factory = Factory()
        self.options = ssl.CertificateOptions()
        self.clients = []
        self.begun = 0

    def failed(self, reason):
        broken(reason)

    def exists(self, number):
        pass

    def lost(self):
        self.failed("a connection was lost")

    def dial(self, i):
        to = spread(i, self.job["Addr"])
        if self.job["TLS"]:
            self.reactor.connectSSL(*to, self.factory, self.options)
        else:
            self.reactor.connectTCP(*to, self.factory)

    def more(self):
        while self.begun < self.job["Connections"] and self.begun - len(self.clients) < 256:
            self.dial(self.begun)
            self.begun += 1

    def connect(self, then):
        """Connects and logs in all, a few hundred at a time."""
        self.all(then)
        self.reactor.run()

    def all(self, then):
        """The same where the reactor runs already, and where some may be there from before."""

        def ready(client):
            self.clients.append(client)
            if len(self.clients) == self.job["Connections"]:
                then()
            else:
                self.more()

        self.ready = ready
        self.reactor.callWhenRunning(self.more)

    def fetch(self, ask):
        """ask(client) fetches and answers a Deferred of the number of messages."""

        def begin():
            client = self.clients[0]
            d = client.select(self.job["Mailbox"]).addCallback(lambda _: client.noop())
            d.addCallback(lambda _: again(Meter(self.job), 0)).addErrback(self.failed)

        def again(meter, total):
            def got(n):
                if meter.over():
                    meter.report((total + n) * large_unit(self.job))
                self.reactor.callLater(0, again, meter, total + n)

            ask(self.clients[0]).addCallback(got).addErrback(self.failed)

        self.connect(begin)

    def metadata(self):
        """By the method on which its fetches stand: none of them asks for just these items."""
        items = dict.fromkeys(("uid", "flags", "internaldate", "rfc822size", "envelope", "bodystructure"), 1)

        def counted(result):
            must_be("messages", len(result), self.job["Messages"])
            return len(result)

        self.fetch(lambda client: client._fetch("1:%d" % self.job["Messages"], 0, **items).addCallback(counted))

    def bodies(self):
        def counted(result):
            must_be("bytes of bodies", sum(len(parts[0][-1]) for parts in result.values()), self.job["Bytes"])
            return len(result)

        self.fetch(lambda client: client.fetchSpecific("1:%d" % self.job["Messages"], peek=True).addCallback(counted))

    def noop(self):
        window = self.job["Window"] or 1
        count = [0]

        def begin():
            meter = Meter(self.job)

            def again(client):
                client.noop().addCallback(answered, client).addErrback(self.failed)

            def answered(_, client):
                count[0] += 1
                if meter.over():
                    meter.report(count[0])
                again(client)

            for client in self.clients:
                for _ in range(window):
                    again(client)

        self.connect(begin)

    def login(self):
        meter = Meter(self.job)
        count = [0]

        def lost():
            count[0] += 1
            if meter.over():
                meter.report(count[0])
            self.dial(count[0])

        self.lost = lost
        self.ready = lambda client: client.logout().addErrback(self.failed)
        for i in range(self.job["Connections"]):
            self.reactor.callWhenRunning(self.dial, i)
        self.reactor.run()

    def control(self, then):
        """One more connection, for commands to the replay server; then(send) has the function that sends one."""
        from twisted.internet import protocol

        class Control(protocol.Protocol):
            def connectionMade(self):
                then(lambda command: self.transport.write(b"X1 " + command + b"\r\n"))

        f = protocol.ClientFactory.forProtocol(Control)
        f.noisy = False
        if self.job["TLS"]:
            self.reactor.connectSSL(*split(self.job["Addr"]), f, self.options)
        else:
            self.reactor.connectTCP(*split(self.job["Addr"]), f)

    def idle(self):
        n, figures, missing = self.job["Connections"], [], [0]

        def begin(send):
            self.send = send
            self.connect_more(WARM_UP, lambda: traffic(warm))

        def traffic(then):
            self.then, missing[0] = then, len(self.clients)
            self.send(b"TRAFFIC")

        def exists(number):
            missing[0] -= 1
            if missing[0] == 0:
                self.reactor.callLater(1, self.then)

        def warm():
            self.before = resident()
            self.connect_more(n, fresh)

        def fresh():
            figures.append((resident() - self.before) / n)
            traffic(settled)

        def settled():
            done(*figures, (resident() - self.before) / n)

        self.exists = exists
        self.job["Connections"] = 0
        self.reactor.callWhenRunning(self.control, begin)
        self.reactor.run()

    def connect_more(self, n, then):
        """Connects and logs in n more, and calls then when all is quiet."""
        self.job["Connections"] += n
        self.all(lambda: self.reactor.callLater(1, then))

    def push(self):
        n, rounds, delays, begun = self.job["Connections"], 20, [], []

        def begin(send):
            begun.append(Meter(self.job))
            send(b"PUSH")
            self.send = send

        def exists(number):
            delays.append((int(time.time() * 1e6) - number) % (1 << 32))
            if len(delays) == n * rounds:
                used = begun[0].processor() - begun[0].cpu
                delays.sort()
                done(delays[len(delays) // 2], delays[len(delays) * 99 // 100], used * 1e6 / len(delays))
            if len(delays) % n == 0:
                self.reactor.callLater(0.05, self.send, b"PUSH")

        self.exists = exists
        self.connect(lambda: self.reactor.callLater(1, self.control, begin))


if __name__ == "__main__":
    job = json.loads(sys.argv[2])
    {"imaplib": Imaplib, "twisted": Twisted}[sys.argv[1]](job).works[job["Work"]]()
