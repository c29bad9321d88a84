"""The program that facade.go and deferred.go follow, for Python's poplib.

python3 example.py HOST PORT USER {plain|tls|stls} [CA]     the password comes from TCONN_PASSWORD
"""
import os
import ssl
import sys
from poplib import POP3, POP3_SSL

host, port, user, security = sys.argv[1:5]
context = ssl.create_default_context(cafile=sys.argv[5]) if len(sys.argv) > 5 else None

if security == "tls":
    server = POP3_SSL(host, int(port), context=context)
else:
    server = POP3(host, int(port))
server.set_debuglevel(1)
if security == "stls":
    server.stls(context)
server.user(user)
server.pass_(os.environ["TCONN_PASSWORD"])

count, octets = server.stat()
print(count, "messages,", octets, "octets")

for i in range(1, count + 1):
    response, lines, octets = server.top(i, 0)
    print("message", i, "has", len(lines), "lines of header")

response, lines, octets = server.list()
print(response)
for line in lines:
    print(line)
print(octets, "octets")

if count > 0:
    mail = server.retr(1)
    print(len(mail), "parts")
    for line in mail[1]:
        print(line)

server.quit()
