package poplib

import (
	"errors"

	"github.com/tconn/tconn/deferred"
	"github.com/tconn/tconn/protocols/pop3"
)

// Capa asks what the server offers: the names as sent, and the arguments of each. Of several lines of one name the last one counts. Lines
// without a name are passed over.
//
// Command: CAPA (RFC 2449 section 5), at each call.
// Errors: *Error with the text "-ERR CAPA not supported by server", as poplib has it for whatever goes wrong; Unwrap tells what it was.
// Source: poplib.POP3.capa.
func (p *POP3) Capa() (map[string][]string, error) {
	if deferred.OnAnyLoop() {
		return nil, deferred.ErrAwaitOnLoop
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.capa()
}

// capa is Capa for who has the turn.
func (p *POP3) capa() (map[string][]string, error) {
	m, err := exchange(p, "CAPA", func(c *pop3.Client) *deferred.Deferred[*pop3.Multiline] { return c.SendMultiline("CAPA") })
	if err == nil && len(m.Lines) > p.options.Limits.MaxCapabilities() {
		p.end()
		err = &pop3.LimitError{Limit: "Capabilities", Max: int64(p.options.Limits.MaxCapabilities())}
	}
	if errors.As(err, new(*Error)) {
		err = &Error{Arg: "-ERR CAPA not supported by server", Err: err}
	}
	if err != nil {
		return nil, err
	}
	caps := make(map[string][]string, len(m.Lines))
	for _, line := range newResult(m).Lines {
		words := splitWords(line)
		if len(words) == 0 {
			continue
		}
		args := make([]string, len(words)-1)
		for i, word := range words[1:] {
			args[i] = string(word)
		}
		caps[string(words[0])] = args
	}
	return caps, nil
}
