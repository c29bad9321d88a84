package sasl

import (
	"slices"
	"strings"
)

// Choose answers the strongest mechanism that the server offers, the Credentials allow and the connection protects, ready to begin.
//
// Without Credentials.Mechanisms the order is: the program's own Authenticators; SCRAM-SHA-256-PLUS, SCRAM-SHA-1-PLUS, SCRAM-SHA-256,
// SCRAM-SHA-1; OAUTHBEARER, XOAUTH2; EXTERNAL; then those by password, and ANONYMOUS last. PLAIN, LOGIN, OAUTHBEARER and XOAUTH2 take part
// under TLS only, or with AllowInsecure.
//
// Of those by password PLAIN comes first under TLS, then LOGIN, then CRAM-MD5: TLS protects all three, CRAM-MD5 proves nothing more, and it
// forces the server to keep passwords it can read, so that many that offer it cannot do it for every user. In the clear CRAM-MD5
// comes first: it does not show the password, though who listens can try passwords on it at leisure.
//
// SCRAM without channel binding tells the server if the connection could have been bound and no -PLUS was offered, so that the server
// notices when somebody on the way has taken them from its list.
//
// Case does not matter in names. A mechanism of Credentials that cannot be made, such as SCRAM with a password that SASLprep
// prohibits, is passed over.
// Fails with: *NoMechanismError; *ArgumentError if Credentials name what there is not.
func Choose(offered []string, c *Credentials, ch Channel) (Mechanism, error) {
	ranked, err := rank(c, ch)
	if err != nil {
		return nil, err
	}
	names := upper(offered)
	for _, r := range ranked {
		if !slices.Contains(names, r.name) {
			continue
		}
		if m, _ := r.try(c, ch, names); m != nil {
			return m, nil
		}
	}
	return nil, noMechanism(names, ranked, c, ch)
}

// candidate is a mechanism that could be chosen.
type candidate struct {
	name     string
	needsTLS bool
	lacks    func(c *Credentials, ch Channel) string // what has to be there and is not; "" for nothing
	make     func(c *Credentials, ch Channel, offered []string) (Mechanism, error)
}

// obstacle is why a candidate cannot be used.
type obstacle struct {
	lacks    string
	insecure bool
	err      error
}

// try makes the mechanism, or answers nil and why not.
func (x *candidate) try(c *Credentials, ch Channel, offered []string) (Mechanism, obstacle) {
	if x.lacks != nil {
		if lacks := x.lacks(c, ch); lacks != "" {
			return nil, obstacle{lacks: lacks}
		}
	}
	if x.needsTLS && ch.TLS == nil && !c.AllowInsecure {
		return nil, obstacle{insecure: true}
	}
	m, err := x.make(c, ch, offered)
	if err != nil {
		return nil, obstacle{err: err}
	}
	return m, obstacle{}
}

// rank answers all candidates that are allowed, best first.
func rank(c *Credentials, ch Channel) (ranked []candidate, err error) {
	if err := checkBindings(c); err != nil {
		return nil, err
	}
	all := own(c)
	for _, b := range builtin(ch) {
		if find(all, b.name) == nil {
			all = append(all, b)
		}
	}
	if c.Mechanisms == nil {
		return all, nil
	}
	for _, name := range upper(c.Mechanisms) {
		x := find(all, name)
		if x == nil {
			return nil, &ArgumentError{Field: "Mechanisms", Reason: "names one that is not known: " + printable(name)}
		}
		ranked = append(ranked, *x)
	}
	return ranked, nil
}

func find(all []candidate, name string) *candidate {
	if i := slices.IndexFunc(all, func(x candidate) bool { return x.name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// own are the mechanisms of the program. One that cannot be made is lacking.
func own(c *Credentials) (all []candidate) {
	for _, a := range c.Authenticators {
		if a.New == nil {
			continue
		}
		name := strings.ToUpper(a.Name)
		all = append(all, candidate{name: name, needsTLS: a.NeedsTLS, make: func(c *Credentials, ch Channel, _ []string) (Mechanism, error) {
			m, err := a.New(c, ch)
			if m == nil && err == nil {
				err = &ArgumentError{Mechanism: name, Field: "Authenticators", Reason: "makes no mechanism"}
			}
			return m, err
		}})
	}
	return all
}

// builtin are the mechanisms of this package, in the order of Choose.
func builtin(ch Channel) []candidate {
	all := []candidate{
		scramPlus(SHA256), scramPlus(SHA1), scramPlain(SHA256), scramPlain(SHA1),
		{name: "OAUTHBEARER", needsTLS: true, lacks: lacksToken, make: func(c *Credentials, ch Channel, _ []string) (Mechanism, error) {
			return NewOAuthBearer(c, ch)
		}},
		{name: "XOAUTH2", needsTLS: true, lacks: lacksToken, make: ofCredentials(NewXOAuth2)},
		{name: "EXTERNAL", lacks: lacksExternal, make: ofCredentials(NewExternal)},
	}
	plain := []candidate{
		{name: "PLAIN", needsTLS: true, lacks: lacksPassword, make: ofCredentials(NewPlain)},
		{name: "LOGIN", needsTLS: true, lacks: lacksPassword, make: ofCredentials(NewLogin)},
	}
	cram := candidate{name: "CRAM-MD5", lacks: lacksPassword, make: ofCredentials(NewCRAMMD5)}
	if ch.TLS == nil {
		all = append(append(all, cram), plain...)
	} else {
		all = append(append(all, plain...), cram)
	}
	return append(all, candidate{name: "ANONYMOUS", lacks: lacksAnonymous, make: ofCredentials(NewAnonymous)})
}

func ofCredentials(f func(*Credentials) (Mechanism, error)) func(*Credentials, Channel, []string) (Mechanism, error) {
	return func(c *Credentials, _ Channel, _ []string) (Mechanism, error) { return f(c) }
}

func scramPlus(h Hash) candidate {
	lacks := func(c *Credentials, ch Channel) string {
		if _, ok := bind(c, ch); !ok {
			return "TLS with channel binding"
		}
		return lacksPassword(c, ch)
	}
	return candidate{name: scramName(h) + plus, lacks: lacks, make: func(c *Credentials, ch Channel, _ []string) (Mechanism, error) {
		return NewSCRAMPlus(h, c, ch)
	}}
}

func scramPlain(h Hash) candidate {
	return candidate{name: scramName(h), lacks: lacksPassword, make: func(c *Credentials, ch Channel, offered []string) (Mechanism, error) {
		return NewSCRAM(h, c, couldBind(h, c, ch) && !slices.ContainsFunc(offered, isPlus))
	}}
}

// couldBind tells whether the mechanism with channel binding would have been used, had it been offered.
func couldBind(h Hash, c *Credentials, ch Channel) bool {
	_, ok := bind(c, ch)
	return ok && allowed(c, scramName(h)+plus)
}

// isPlus tells whether a server that offers this can bind, with whatever hash.
func isPlus(name string) bool {
	return strings.HasPrefix(name, "SCRAM-") && strings.HasSuffix(name, plus)
}

// allowed tells whether the program allows a mechanism of this package.
func allowed(c *Credentials, name string) bool {
	return c.Mechanisms == nil || slices.Contains(upper(c.Mechanisms), name)
}

func lacksPassword(c *Credentials, _ Channel) string {
	if c.Username == "" || c.Password.IsZero() {
		return "Username and Password"
	}
	return ""
}

func lacksToken(c *Credentials, _ Channel) string {
	if c.Token == nil {
		return "Token"
	}
	return ""
}

func lacksExternal(c *Credentials, ch Channel) string {
	if c.External || ch.ClientCertificate && c.Password.IsZero() && c.Token == nil {
		return ""
	}
	return "External, or a client certificate and nothing else"
}

func lacksAnonymous(c *Credentials, _ Channel) string {
	if !c.Anonymous {
		return "Anonymous"
	}
	return ""
}

// noMechanism says why there is none: what stands in the way of those that are offered.
func noMechanism(offered []string, ranked []candidate, c *Credentials, ch Channel) *NoMechanismError {
	e := &NoMechanismError{Offered: offered}
	var reasons, insecure []string
	for _, r := range ranked {
		m, o := r.try(c, ch, offered)
		if m != nil {
			e.Usable = append(e.Usable, r.name)
		}
		if !slices.Contains(offered, r.name) {
			continue
		}
		switch {
		case o.insecure:
			insecure = append(insecure, r.name)
		case o.lacks != "":
			reasons = append(reasons, r.name+" needs "+o.lacks)
		case o.err != nil:
			reasons = append(reasons, strings.TrimPrefix(o.err.Error(), "sasl: "))
			if e.Err == nil {
				e.Err = o.err
			}
		}
	}
	if len(insecure) > 0 {
		reasons = slices.Insert(reasons, 0, strings.Join(insecure, ", ")+" would show the secret to all who listen: use TLS, or allow it with AllowInsecure")
	}
	if len(reasons) == 0 {
		reasons = []string{"none of those offered is known or allowed"}
		if len(offered) == 0 && ch.TLS == nil {
			reasons = []string{"it may offer more under TLS"}
		}
	}
	e.Reason = strings.Join(reasons, "; ")
	return e
}

// upper are the names in capitals.
func upper(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = strings.ToUpper(name)
	}
	return out
}
