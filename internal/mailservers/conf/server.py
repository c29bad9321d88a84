"""Twisted's own IMAP4Server and POP3 server on loopback, until SIGTERM.

Each user has an account in memory: an empty INBOX, which POP3 shows as well, and the mailboxes Archive, Sent and Trash.
"""
import email
import email.policy
import io
import time

from twisted.cred import checkers, credentials, portal
from twisted.internet import defer, protocol, reactor, ssl
from twisted.mail import imap4, pop3
from zope.interface import implementer

# parts are written out as they came in
AS_IT_IS = email.policy.compat32.clone(linesep="\r\n", max_line_length=None, mangle_from_=False)


def split(raw):
    """the header with its blank line, and the body"""
    head, blank, body = raw.partition(b"\r\n\r\n")
    return head + blank, body


@implementer(imap4.IMessagePart)
class Part:
    def __init__(self, raw):
        self.raw = raw
        self.parsed = email.message_from_bytes(raw)

    def getHeaders(self, negate, *names):
        chosen = {(name.decode() if isinstance(name, bytes) else name).lower() for name in names}
        return {name.lower(): str(value) for name, value in self.parsed.items() if (name.lower() in chosen) != bool(negate)}

    def getBodyFile(self):
        return io.BytesIO(split(self.raw)[1])

    def getSize(self):
        return len(split(self.raw)[1])

    def isMultipart(self):
        return self.parsed.get_content_maintype() == "multipart"

    def getSubPart(self, number):
        if not self.parsed.is_multipart():
            raise TypeError("a part without parts")
        return Part(self.parsed.get_payload()[number].as_bytes(policy=AS_IT_IS))


@implementer(imap4.IMessage, imap4.IMessageFile)
class Message(Part):
    def __init__(self, uid, raw, flags, date):
        super().__init__(raw)
        self.uid, self.flags, self.date = uid, list(flags), date

    def getSize(self):
        return len(self.raw)

    def getUID(self):
        return self.uid

    def getFlags(self):
        return self.flags

    def getInternalDate(self):
        return self.date

    def open(self):
        return io.BytesIO(self.raw)


@implementer(imap4.IMailbox)
class Mailbox:
    validity = 1700000000

    def __init__(self):
        self.messages = []
        self.nextUID = 1
        self.listeners = []

    def getFlags(self):
        return ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]

    def getHierarchicalDelimiter(self):
        return "/"

    def getUIDValidity(self):
        return self.validity

    def getUIDNext(self):
        return self.nextUID

    def getUID(self, number):
        return self.messages[number - 1].uid

    def getMessageCount(self):
        return len(self.messages)

    def getRecentCount(self):
        return 0

    def getUnseenCount(self):
        return len([m for m in self.messages if "\\Seen" not in m.flags])

    def isWriteable(self):
        return True

    def destroy(self):
        self.messages = []

    def requestStatus(self, names):
        return imap4.statusRequestHelper(self, names)

    def addListener(self, listener):
        self.listeners.append(listener)
        return True

    def removeListener(self, listener):
        self.listeners.remove(listener)
        return True

    def addMessage(self, message, flags=(), date=None):
        date = date or time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime())
        uid, self.nextUID = self.nextUID, self.nextUID + 1
        self.messages.append(Message(uid, message.read(), flags, date))
        for listener in list(self.listeners):
            listener.newMessages(len(self.messages), None)
        return defer.succeed(uid)

    def expunge(self):
        # the highest number first: each is still right when the server says it
        gone = [n for n, m in enumerate(self.messages, 1) if "\\Deleted" in m.flags]
        self.messages = [m for m in self.messages if "\\Deleted" not in m.flags]
        return gone[::-1]

    def chosen(self, numbers, uid):
        if not self.messages:
            return []
        try:
            numbers.last = self.messages[-1].uid if uid else len(self.messages)
        except ValueError:
            pass  # it is known already
        return [(n, m) for n, m in enumerate(self.messages, 1) if (m.uid if uid else n) in numbers]

    def fetch(self, numbers, uid):
        return self.chosen(numbers, uid)

    def store(self, numbers, flags, mode, uid):
        changed = {}
        for number, m in self.chosen(numbers, uid):
            if mode == 0:
                m.flags = list(flags)
            elif mode > 0:
                m.flags += [flag for flag in flags if flag not in m.flags]
            else:
                m.flags = [flag for flag in m.flags if flag not in flags]
            changed[number] = m.flags
        return changed


class Account(imap4.MemoryAccount):
    def __init__(self, name):
        super().__init__(name)
        for mailbox in ("INBOX", "Archive", "Sent", "Trash"):
            self.addMailbox(mailbox, Mailbox())
            self.subscribe(mailbox)

    def _emptyMailbox(self, name, id):
        return Mailbox()


@implementer(pop3.IMailbox)
class Drop:
    """The messages that an INBOX holds at the login of a POP3 client."""

    messageExpiration = 30
    loginDelay = 5

    def __init__(self, inbox):
        self.inbox = inbox
        self.messages = list(inbox.messages)
        self.deleted = set()

    def at(self, index):
        if not 0 <= index < len(self.messages):
            raise ValueError("no such message")
        return self.messages[index]

    def listMessages(self, index=None):
        if index is None:
            return [self.listMessages(i) for i in range(len(self.messages))]
        return 0 if index in self.deleted else len(self.at(index).raw)

    def getMessage(self, index):
        # the server turns LF into CRLF itself
        return io.BytesIO(self.at(index).raw.replace(b"\r\n", b"\n"))

    def getUidl(self, index):
        return b"%d-%d" % (self.inbox.validity, self.at(index).uid)

    def deleteMessage(self, index):
        self.at(index)
        self.deleted.add(index)

    def undeleteMessages(self):
        self.deleted.clear()

    def sync(self):
        gone = [self.messages[index].uid for index in self.deleted]
        self.inbox.messages = [m for m in self.inbox.messages if m.uid not in gone]


class IMAPServer(imap4.IMAP4Server):
    def _cbAppendGotMailbox(self, mailbox, tag, flags, *rest):
        # Twisted 22.4 fails when APPEND has no list of flags
        return super()._cbAppendGotMailbox(mailbox, tag, flags or (), *rest)


class POP3Server(pop3.POP3):
    def authenticateUserAPOP(self, user, digest):
        # Twisted 22.4 compares the digest's bytes with text, and refuses everybody
        return super().authenticateUserAPOP(user, digest.decode("latin-1"))


@implementer(portal.IRealm)
class Realm:
    def __init__(self):
        self.accounts = {}

    def requestAvatar(self, name, mind, *interfaces):
        if name not in self.accounts:
            self.accounts[name] = Account(name.decode())
        account = self.accounts[name]
        if imap4.IAccount in interfaces:
            return imap4.IAccount, account, lambda: None
        return pop3.IMailbox, Drop(account.mailboxes["INBOX"]), lambda: None


class Factory(protocol.ServerFactory):
    noisy = False

    def __init__(self, build):
        self.build = build

    def buildProtocol(self, address):
        server = self.build()
        server.factory = self
        server.portal = door
        return server


@implementer(pop3.IServerFactory)
class POP3Factory(Factory):
    """What it says in CAPA: the days and seconds are other ones once it is known who the user is."""

    challengers = {b"CRAM-MD5": credentials.CramMD5Credentials}

    def cap_IMPLEMENTATION(self):
        return b"Twisted"

    def cap_EXPIRE(self):
        return 60

    def perUserExpiration(self):
        return True

    def cap_LOGIN_DELAY(self):
        return 120

    def perUserLoginDelay(self):
        return True


def imapServer(startTLS):
    mechanisms = {b"CRAM-MD5": credentials.CramMD5Credentials, b"LOGIN": imap4.LOGINCredentials, b"PLAIN": imap4.PLAINCredentials}
    return lambda: IMAPServer(chal=mechanisms, contextFactory=startTLS)


passwords = {b"test": b"test"}
for number in range(1, 1001):
    passwords[b"user%d" % number] = b"{{.Password}}"
door = portal.Portal(Realm(), [checkers.InMemoryUsernamePasswordDatabaseDontUse(**{n.decode(): p for n, p in passwords.items()})])
context = ssl.DefaultOpenSSLContextFactory("{{.Dir}}/key.pem", "{{.Dir}}/cert.pem")
loopback = "127.0.0.1"
reactor.listenTCP({{.IMAPPort}}, Factory(imapServer(context)), interface=loopback)
reactor.listenSSL({{.IMAPSPort}}, Factory(imapServer(None)), context, interface=loopback)
reactor.listenTCP({{.POP3Port}}, POP3Factory(POP3Server), interface=loopback)
reactor.listenSSL({{.POP3SPort}}, POP3Factory(POP3Server), context, interface=loopback)
reactor.run()
