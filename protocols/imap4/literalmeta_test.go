package imap4

import "github.com/tconn/tconn/protocols/imap4/internal/wire"

// next is read for a unit by itself.
func (p *literalPrefix) next(u wire.Unit, l *wire.Limits) (meta LiteralMeta, ok bool) {
	ok = p.read(&u, l, &meta)
	return meta, ok
}
