package imap4

import (
	"errors"
	"slices"
	"strings"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// listing is one List on its way: a LIST, and what has to follow to make up for what the server cannot do.
//
// Which form the LIST has is decided right before it is sent, when the capabilities are known.
type listing struct {
	c         *Client
	o         ListOptions
	reference string
	patterns  []string

	form    listForm
	entries []ListEntry
	place   map[string]int // of a mailbox in entries, by the name that the server wrote
}

// listForm is what of the options the LIST itself asks for.
type listForm struct {
	extended   bool // several patterns, selection, RETURN
	specialUse bool
	status     bool
	verb       string
}

// wanted is the form for a server that can do everything. It checks the arguments, too.
func (l *listing) wanted() listForm {
	o := &l.o
	return listForm{
		extended: len(l.patterns) > 1 || o.Subscribed || o.RecursiveMatch || o.Remote || o.SpecialUse ||
			o.ReturnSubscribed || o.ReturnChildren || o.ReturnSpecialUse || o.ReturnMyRights || o.Status != 0 || len(o.Metadata) > 0,
		specialUse: o.SpecialUse || o.ReturnSpecialUse,
		status:     o.Status != 0,
		verb:       "LIST",
	}
}

// possible is the form for the server there is.
func (l *listing) possible() listForm {
	c, f := l.c, l.wanted()
	f.extended = f.extended && c.offersOrRev2("LIST-EXTENDED")
	f.status = f.status && f.extended && c.offersOrRev2("LIST-STATUS")
	specialUse := c.offersOrRev2("SPECIAL-USE")
	switch {
	case f.extended:
	case l.o.Subscribed:
		f.verb = "LSUB"
	case f.specialUse && !specialUse && c.caps.Has("XLIST"):
		f.verb = "XLIST"
	}
	f.specialUse = f.specialUse && f.extended && specialUse
	return f
}

// offersOrRev2 is for what IMAP4rev2 has taken in.
func (c *Client) offersOrRev2(capability string) bool {
	return c.caps.Has(capability) || c.isEnabled("IMAP4REV2")
}

// missing is an *UnsupportedError for an option that nothing can make up for.
func (l *listing) missing() error {
	o, c := &l.o, l.c
	needed := func(wanted bool, capability string) error {
		if wanted && !c.offersOrRev2("LIST-EXTENDED") {
			return &UnsupportedError{Capability: "LIST-EXTENDED"}
		}
		if wanted && !c.caps.Has(capability) && capability != "LIST-EXTENDED" {
			return &UnsupportedError{Capability: capability}
		}
		return nil
	}
	for _, err := range []error{
		needed(o.RecursiveMatch || o.Remote, "LIST-EXTENDED"),
		needed(o.ReturnMyRights, "LIST-MYRIGHTS"),
		needed(len(o.Metadata) > 0, "LIST-METADATA"),
		c.missingStatus(o.Status),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// fault is what is wrong with the options.
func (l *listing) fault() error {
	switch {
	case l.o.Status&^allStatus != 0:
		_, err := statusWanted("LIST", []StatusItems{l.o.Status})
		return err
	case l.o.RecursiveMatch && !l.o.Subscribed:
		return &ArgumentError{Command: "LIST", Reason: "RecursiveMatch goes with Subscribed only"}
	}
	return nil
}

// run sends the LIST, and what it needs.
func (l *listing) run() *deferred.Deferred[[]ListEntry] {
	if err := l.fault(); err != nil {
		return deferred.Fail[[]ListEntry](err)
	}
	l.form = l.wanted()
	if !l.form.extended {
		return l.plain("LIST", l.patterns[0])
	}
	cmd := l.command("LIST")
	cmd.answers |= answerLSub | answerStatus
	if l.o.ReturnMyRights {
		cmd.answers |= answerRights
	}
	if len(l.o.Metadata) > 0 {
		cmd.answers |= answerMetadata
	}
	cmd.detour = func() bool { return (l.missing() != nil || l.possible() != l.wanted()) && l.c.learnAll() }
	cmd.ready = func() error {
		if err := l.missing(); err != nil {
			return err
		}
		l.form = l.possible()
		return l.c.sendAs(cmd, l.form.verb)
	}
	cmd.arguments = l.arguments
	d := issue(l.c, cmd, func(*wire.Response) ([]ListEntry, error) { return l.entries, nil })
	d.AddErrback(l.onRefusal)
	return deferred.Then(d, func([]ListEntry) ([]ListEntry, error) { return deferred.Chain(l.complete()) })
}

// onRefusal tries the plain form: some servers say BAD to what they offer.
func (l *listing) onRefusal(err error) ([]ListEntry, error) {
	var refused *ResponseError
	if !l.form.extended || !errors.As(err, &refused) || refused.Status != "BAD" || l.o.RecursiveMatch || l.o.Remote || l.o.ReturnMyRights || len(l.o.Metadata) > 0 {
		return nil, err
	}
	l.form = listForm{verb: "LIST"}
	if l.o.Subscribed {
		l.form.verb = "LSUB"
	}
	l.entries, l.place = nil, nil
	return deferred.Chain(l.more(l.form.verb, l.patterns[0]))
}

// more is plain for a further step of this List.
func (l *listing) more(verb, pattern string) *deferred.Deferred[[]ListEntry] {
	return inSteps(l.c, func() *deferred.Deferred[[]ListEntry] { return l.plain(verb, pattern) })
}

// plain sends a command in the form of RFC 3501. The mailboxes are added to those there are.
func (l *listing) plain(verb, pattern string) *deferred.Deferred[[]ListEntry] {
	cmd := l.command(verb)
	if verb == "XLIST" {
		cmd.requires = []string{"XLIST"}
	}
	cmd.arguments = func(b *wire.CommandBuilder) {
		l.c.appendMailbox(l.c.appendMailbox(b.SP(), l.reference).SP(), pattern)
	}
	return issue(l.c, cmd, func(*wire.Response) ([]ListEntry, error) { return l.entries, nil })
}

func (l *listing) command(verb string) *command {
	cmd := &command{name: verb, needs: inAuthenticated, answers: answerList}
	if verb == "LSUB" {
		cmd.answers = answerLSub
	}
	cmd.untagged = func(r *wire.Response) bool { return !r.HasNumber && l.untagged(cmd, r) }
	return cmd
}

// arguments appends what follows the name, in the form that was chosen.
//
//	list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
func (l *listing) arguments(b *wire.CommandBuilder) {
	c := l.c
	if !l.form.extended {
		c.appendMailbox(c.appendMailbox(b.SP(), l.reference).SP(), l.patterns[0])
		return
	}
	if words := l.selection(); len(words) > 0 {
		b.SP().List(func(b *wire.CommandBuilder) { b.Raw(strings.Join(words, " ")) })
	}
	c.appendMailbox(b.SP(), l.reference).SP()
	if len(l.patterns) == 1 {
		c.appendMailbox(b, l.patterns[0])
	} else {
		b.List(func(b *wire.CommandBuilder) {
			for i, p := range l.patterns {
				if i > 0 {
					b.SP()
				}
				c.appendMailbox(b, p)
			}
		})
	}
	l.appendReturn(b)
}

// selection is which mailboxes are wanted.
//
//	list-select-opt = "SUBSCRIBED" / "REMOTE" / "RECURSIVEMATCH" / "SPECIAL-USE"
func (l *listing) selection() (words []string) {
	for _, s := range []struct {
		wanted bool
		word   string
	}{
		{l.o.Subscribed, "SUBSCRIBED"},
		{l.o.SpecialUse && l.form.specialUse, "SPECIAL-USE"},
		{l.o.Remote, "REMOTE"},
		{l.o.RecursiveMatch, "RECURSIVEMATCH"},
	} {
		if s.wanted {
			words = append(words, s.word)
		}
	}
	return words
}

// appendReturn appends what of the mailboxes is wanted.
//
//	list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
//	return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "MYRIGHTS" / "STATUS" SP "(" status-att *(SP status-att) ")" /
//	  "METADATA" SP "(" entry *(SP entry) ")"
func (l *listing) appendReturn(b *wire.CommandBuilder) {
	var parts []func(b *wire.CommandBuilder)
	word := func(wanted bool, word string) {
		if wanted {
			parts = append(parts, func(b *wire.CommandBuilder) { b.Atom(word) })
		}
	}
	word(l.o.ReturnSubscribed, "SUBSCRIBED")
	word(l.o.ReturnChildren, "CHILDREN")
	word(l.o.ReturnSpecialUse && l.form.specialUse, "SPECIAL-USE")
	word(l.o.ReturnMyRights, "MYRIGHTS")
	if l.form.status {
		parts = append(parts, func(b *wire.CommandBuilder) { b.Atom("STATUS").SP().List(l.o.Status.append) })
	}
	if len(l.o.Metadata) > 0 {
		parts = append(parts, func(b *wire.CommandBuilder) { b.Atom("METADATA").SP().List(l.appendEntries) })
	}
	if len(parts) == 0 {
		return
	}
	b.SP().Atom("RETURN").SP().List(func(b *wire.CommandBuilder) {
		for i, part := range parts {
			if i > 0 {
				b.SP()
			}
			part(b)
		}
	})
}

func (l *listing) appendEntries(b *wire.CommandBuilder) {
	for i, entry := range l.o.Metadata {
		if i > 0 {
			b.SP()
		}
		b.AString(entry)
	}
}

// untagged takes mailboxes, and what is told of them behind.
func (l *listing) untagged(cmd *command, r *wire.Response) bool {
	switch r.Name {
	case "LIST", "XLIST":
		return cmd.name != "LSUB" && l.onEntry(cmd, r)
	case "LSUB":
		return cmd.name == "LSUB" && l.onEntry(cmd, r)
	case "STATUS":
		if l.form.status {
			s, ok := l.c.decodeStatus(r.Args)
			return ok && l.onItsStatus(&s)
		}
	case "MYRIGHTS":
		if l.o.ReturnMyRights {
			return l.onRights(r.Args)
		}
	case "METADATA":
		if len(l.o.Metadata) > 0 {
			return l.onMetadata(r.Args)
		}
	}
	return false
}

// onEntry adds a mailbox; one that is told twice is kept once. That one is gone or has got another name meanwhile is told by NOTIFY in the
// same words, and so it is for the Listener, too.
func (l *listing) onEntry(cmd *command, r *wire.Response) bool {
	e, ok := l.c.decodeListed(r.Args)
	if !ok {
		return false
	}
	key := mailboxKey(e.RawName)
	claimed := e.OldName == "" || !l.hasWildcard() // a name without is told in the server's spelling
	if i, told := l.place[key]; told {
		if e.Has(AttrNonExistent) && !l.entries[i].Has(AttrNonExistent) {
			l.entries[i], claimed = e, false
		}
		return claimed
	}
	if !l.c.limitUntagged(cmd, len(l.entries)+1) {
		return claimed
	}
	if l.place == nil {
		l.place = make(map[string]int)
	}
	l.place[key] = len(l.entries)
	l.entries = append(l.entries, e)
	return claimed
}

// onItsStatus adds the status of a mailbox. One that has less than was asked for, and comes behind one that has all, is told by NOTIFY.
func (l *listing) onItsStatus(s *StatusData) (claimed bool) {
	l.attach(s.RawName, func(e *ListEntry) {
		if claimed = e.Status == nil || s.Has(l.o.Status) || !e.Status.Has(l.o.Status); claimed {
			e.Status = s
		}
	})
	return claimed
}

// attach adds what is told of a mailbox to its entry; false if there is none.
func (l *listing) attach(rawName string, add func(e *ListEntry)) bool {
	i, ok := l.place[mailboxKey(rawName)]
	if ok {
		add(&l.entries[i])
	}
	return ok
}

// onRights takes what the user may do.
//
//	myrights-data = "MYRIGHTS" SP mailbox SP rights
func (l *listing) onRights(d wire.Decoder) bool {
	name := string(d.AString())
	d.SP()
	rights := string(d.AString())
	return d.Err() == nil && l.attach(name, func(e *ListEntry) { e.MyRights = rights })
}

// onMetadata takes entries with their values; one that has none is left out.
//
//	metadata-resp = "METADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"
func (l *listing) onMetadata(d wire.Decoder) bool {
	name := string(d.AString())
	d.SP()
	values := make(map[string]string)
	d.List(func(d *wire.Decoder) {
		entry := string(d.AString())
		d.SP()
		if value, ok := d.NString(); ok && len(values) < maxWords {
			values[entry] = string(value)
		}
	})
	return d.Err() == nil && l.attach(name, func(e *ListEntry) { e.Metadata = values })
}

// complete makes up for what the LIST could not ask for.
func (l *listing) complete() *deferred.Deferred[[]ListEntry] {
	var steps []func() *deferred.Deferred[[]ListEntry]
	if l.toldNothing() {
		l.form = listForm{verb: "LIST"}
		steps = append(steps, func() *deferred.Deferred[[]ListEntry] { return l.more("LIST", l.patterns[0]) })
	}
	if !l.form.extended {
		for _, p := range l.patterns[1:] {
			steps = append(steps, func() *deferred.Deferred[[]ListEntry] { return l.more(l.form.verb, p) })
		}
		if l.o.ReturnSubscribed && l.form.verb != "LSUB" {
			steps = append(steps, l.addSubscribed)
		}
	}
	steps = append(steps, l.pick)
	if l.o.Status != 0 && !l.form.status {
		steps = append(steps, l.addStatus)
	}
	d := deferred.Succeed(l.entries)
	for _, step := range steps {
		d.AddCallback(func([]ListEntry) ([]ListEntry, error) { return deferred.Chain(step()) })
	}
	return d
}

// toldNothing tells of a server that cannot do what it offers: without a selection there is INBOX at least. Seen at a large mail
// provider, for each LIST with RETURN.
func (l *listing) toldNothing() bool {
	if !l.form.extended || len(l.entries) > 0 || l.o.Subscribed || l.o.SpecialUse {
		return false
	}
	return l.hasWildcard()
}

func (l *listing) hasWildcard() bool {
	return slices.ContainsFunc(l.patterns, func(p string) bool { return strings.ContainsAny(p, "*%") })
}

// pick leaves those that were meant, where the server has told more.
func (l *listing) pick() *deferred.Deferred[[]ListEntry] {
	if l.form.verb == "LSUB" { // a \Noselect there only leads to what is subscribed
		for i := range l.entries {
			if e := &l.entries[i]; !slices.Contains(e.Attrs, AttrNoSelect) {
				e.markSubscribed()
			}
		}
		l.entries = slices.DeleteFunc(l.entries, func(e ListEntry) bool { return !e.Has(AttrSubscribed) })
	}
	if l.o.SpecialUse && !l.form.specialUse {
		l.entries = slices.DeleteFunc(l.entries, func(e ListEntry) bool { return e.SpecialUse() == "" })
	}
	return deferred.Succeed(l.entries)
}

// addSubscribed marks what LSUB tells.
func (l *listing) addSubscribed() *deferred.Deferred[[]ListEntry] {
	subscribed := &listing{c: l.c, reference: l.reference}
	d := deferred.Succeed[[]ListEntry](nil)
	for _, p := range l.patterns {
		d.AddCallback(func([]ListEntry) ([]ListEntry, error) { return deferred.Chain(subscribed.more("LSUB", p)) })
	}
	return d.AddCallback(func(names []ListEntry) ([]ListEntry, error) {
		for _, e := range names {
			if !slices.Contains(e.Attrs, AttrNoSelect) {
				l.attach(e.RawName, (*ListEntry).markSubscribed)
			}
		}
		return l.entries, nil
	})
}

// addStatus asks for the status of each. What a server refuses of one is left out; the end of the connection fails all.
func (l *listing) addStatus() *deferred.Deferred[[]ListEntry] {
	var places []int
	all := inSteps(l.c, func() *deferred.Deferred[[]deferred.Result[StatusData]] {
		var asked []*deferred.Deferred[StatusData]
		for i := range l.entries {
			if !l.entries[i].Has(AttrNoSelect) {
				asked = append(asked, l.c.Status(l.entries[i].Name, l.o.Status))
				places = append(places, i)
			}
		}
		return deferred.All(asked...)
	})
	return deferred.Then(all, func(told []deferred.Result[StatusData]) ([]ListEntry, error) {
		for n, s := range told {
			var refused *ResponseError
			switch {
			case s.Err == nil:
				l.entries[places[n]].Status = &s.Value
			case !errors.As(s.Err, &refused):
				return nil, s.Err
			}
		}
		return l.entries, nil
	})
}
