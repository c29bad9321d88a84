# Runs Courier, as the first process of its namespaces: its files lie over those of the system, and nobody else sees that.
mount --make-rprivate /
mount -t overlay overlay -o lowerdir={{.Root}}/usr:/usr /usr
mount -t overlay overlay -o lowerdir={{.Dir}}/etc:{{.Root}}/etc:/etc /etc
mount --bind {{.Dir}}/etc/courier /etc/courier
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon
chown courier:courier /run/courier /run/courier/authdaemon {{.Dir}}/both.pem
makeuserdb
trap 'exit 0' TERM INT

/usr/lib/courier/courier-authlib/authdaemond &
tries=0
while [ ! -S /run/courier/authdaemon/socket ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || { echo "authdaemond does not start"; exit 1; }
	sleep 0.05
done

set -a
. /etc/courier/imapd
. /etc/courier/imapd-ssl
. /etc/courier/pop3d
. /etc/courier/pop3d-ssl
IMAP_IDLE_TIMEOUT=1
IMAP_EMPTYTRASH=
IMAP_STARTTLS=YES
POP3_STARTTLS=YES
COURIERTLS=/usr/bin/couriertls
TLS_CERTFILE={{.Dir}}/both.pem
TLS_DHPARAMS=
TLS_TRUSTCERTS=
TLS_CACHEFILE=
set +a

programs=/usr/lib/courier/courier
# serve PORT COMMAND...: one process of it for each connection
serve() { exec /usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=500 -maxperip=500 -nodnslookup -noidentlookup "$@"; }
tls="/usr/bin/couriertls -server -tcpd -user=courier"
serve {{.IMAPPort}} $programs/imaplogin /usr/bin/imapd Maildir &
IMAP_TLS=1 IMAP_STARTTLS=NO serve {{.IMAPSPort}} $tls $programs/imaplogin /usr/bin/imapd Maildir &
serve {{.POP3Port}} $programs/courierpop3login $programs/courierpop3d Maildir &
POP3_TLS=1 POP3_STARTTLS=NO serve {{.POP3SPort}} $tls $programs/courierpop3login $programs/courierpop3d Maildir &
wait
