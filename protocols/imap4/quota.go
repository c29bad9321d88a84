package imap4

import (
	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// Quota is what a quota root allows and what of it is taken (RFC 9208 section 3).
type Quota struct {
	Root      string // "" is a root, too
	Resources []QuotaResource
}

// Resource is the resource of that name, such as STORAGE; ok is false when the root does not limit it.
func (q Quota) Resource(name string) (r QuotaResource, ok bool) {
	for _, r := range q.Resources {
		if r.Name == name {
			return r, true
		}
	}
	return QuotaResource{}, false
}

// QuotaResource is one resource of a Quota.
type QuotaResource struct {
	Name  string // in capitals: STORAGE (units of 1,024 octets), MESSAGE, MAILBOX, ANNOTATION-STORAGE, or another
	Usage uint64
	Limit uint64
}

// MailboxQuota says which quota roots a mailbox counts to, and how they stand.
type MailboxQuota struct {
	Mailbox string
	Roots   []string
	Quotas  []Quota // of the roots about which the server tells
}

// GetQuota asks how a quota root stands.
//
// Command: GETQUOTA (RFC 9208 section 4.1.1). Legal in: authenticated, selected.
// Fires with: its resources; none if the root limits nothing.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) GetQuota(root string) *deferred.Deferred[Quota] {
	q := Quota{Root: root}
	cmd := &command{name: "GETQUOTA", answers: answerQuota, needs: inAuthenticated, requires: quotaCapabilities}
	cmd.arguments = func(b *wire.CommandBuilder) { b.SP().AString(root) }
	cmd.untagged = takeQuota(func(got Quota) {
		if got.Root == root {
			q = got
		}
	})
	return issue(c, cmd, func(*wire.Response) (Quota, error) { return q, nil })
}

// GetQuotaRoot asks which quota roots a mailbox counts to, and how they stand.
//
// Command: GETQUOTAROOT (RFC 9208 section 4.1.2). Legal in: authenticated, selected.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) GetQuotaRoot(mailbox string) *deferred.Deferred[MailboxQuota] {
	result := MailboxQuota{Mailbox: mailbox}
	cmd := &command{name: "GETQUOTAROOT", answers: answerQuota | answerQuotaRoot, needs: inAuthenticated, requires: quotaCapabilities}
	cmd.arguments = func(b *wire.CommandBuilder) { c.appendMailbox(b.SP(), mailbox) }
	kept := 0
	take := takeQuota(func(got Quota) {
		if kept += 1 + len(got.Resources); c.limitUntagged(cmd, kept) {
			result.Quotas = append(result.Quotas, got)
		}
	})
	cmd.untagged = func(r *wire.Response) bool {
		if r.Name != "QUOTAROOT" {
			return take(r)
		}
		if roots := decodeQuotaRoots(&r.Args); c.limitUntagged(cmd, len(result.Roots)+len(roots)) {
			result.Roots = append(result.Roots, roots...)
		}
		return true
	}
	return issue(c, cmd, func(*wire.Response) (MailboxQuota, error) { return result, nil })
}

// SetQuota sets the limits of a quota root; those of resources that are not named are taken away.
//
// Command: SETQUOTA (RFC 9208 section 4.1.3). Legal in: authenticated, selected; for administrators, mostly.
// Fires with: how the root stands then, as far as the server tells.
// Fails with: *ResponseError, *UnsupportedError, *ArgumentError, *CommandError.
func (c *Client) SetQuota(root string, limits ...QuotaResource) *deferred.Deferred[Quota] {
	q := Quota{Root: root}
	cmd := &command{name: "SETQUOTA", answers: answerQuota, needs: inAuthenticated, requires: append([]string{"QUOTASET"}, quotaCapabilities...)}
	cmd.arguments = func(b *wire.CommandBuilder) {
		b.SP().AString(root).SP().List(func(b *wire.CommandBuilder) {
			for i, l := range limits {
				if i > 0 {
					b.SP()
				}
				b.Atom(l.Name).SP().Number(l.Limit)
			}
		})
	}
	cmd.untagged = takeQuota(func(got Quota) {
		if got.Root == root {
			q = got
		}
	})
	return issue(c, cmd, func(*wire.Response) (Quota, error) { return q, nil })
}

// quotaCapabilities are those that say QUOTA; a server of RFC 9208 names its resources, too.
var quotaCapabilities = []string{"QUOTA", "QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE"}

func takeQuota(take func(Quota)) func(r *wire.Response) bool {
	return func(r *wire.Response) bool {
		if r.Name != "QUOTA" {
			return false
		}
		if q := decodeQuota(&r.Args); r.Args.Err() == nil {
			take(q)
		}
		return true
	}
}

// decodeQuota reads how a root stands. Accepted beyond the grammar: no list at all (Courier, for a root without limits).
//
//	quota-response = "QUOTA" SP quota-root-name SP quota-list
//	quota-list = "(" quota-resource *(SP quota-resource) ")"; quota-resource = resource-name SP resource-usage SP resource-limit
func decodeQuota(d *wire.Decoder) Quota {
	q := Quota{Root: string(d.AString())}
	d.TrySP()
	if _, more := d.Peek(); !more {
		return q
	}
	d.List(func(d *wire.Decoder) {
		r := QuotaResource{Name: upper(d.Atom())}
		d.SP()
		r.Usage, _ = d.OptNumber64()
		d.SP()
		r.Limit, _ = d.OptNumber64()
		if d.Err() == nil {
			q.Resources = append(q.Resources, r)
		}
	})
	return q
}

// decodeQuotaRoots reads the roots of a mailbox.
//
//	quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)
func decodeQuotaRoots(d *wire.Decoder) []string {
	d.AString()
	var roots []string
	for d.TrySP() {
		if _, more := d.Peek(); !more {
			break
		}
		if root := d.AString(); d.Err() == nil {
			roots = append(roots, string(root))
		}
	}
	return roots
}
