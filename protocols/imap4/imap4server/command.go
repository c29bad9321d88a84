package imap4server

import (
	"github.com/tconn/tconn/protocols/imap4/internal/wire"
)

// command is an entry in the table of commands.
type command struct {
	states    []state                         // in which it is legal
	arguments bool                            // it has some
	objection func(s *Server) *reply          // what keeps it from running now, nil for nothing; may be nil itself
	run       func(s *Server, c wire.Command) // answers the command, now or when its Deferred fires
}

var (
	anyState    = []state{stateNotAuth, stateAuth, stateSelected}
	onceLogin   = []state{stateNotAuth}
	afterLogin  = []state{stateAuth, stateSelected}
	withMailbox = []state{stateSelected}
)

// commands is the table, by name. It is filled in by init because the commands lead back to it.
var commands map[string]command

func init() {
	commands = map[string]command{
		"CAPABILITY": {states: anyState, run: (*Server).onCapability},
		"NOOP":       {states: anyState, run: (*Server).onNoop},
		"LOGOUT":     {states: anyState, run: (*Server).onLogout},
		"LOGIN":      {states: onceLogin, arguments: true, objection: (*Server).loginObjection, run: (*Server).onLogin},
		"SELECT":     {states: afterLogin, arguments: true, run: (*Server).onSelect},
		"EXAMINE":    {states: afterLogin, arguments: true, run: (*Server).onExamine},
		"CLOSE":      {states: withMailbox, run: (*Server).onClose},
		"UNSELECT":   {states: withMailbox, run: (*Server).onUnselect},
	}
}

// onCommand handles a complete command.
func (s *Server) onCommand(u wire.Unit) {
	s.noteCommand()
	if r := s.refusal; r != nil {
		s.refusal = nil
		s.answer(r.tag, r.reply)
		return
	}
	c, cmd, objection := s.admit(u)
	if objection == nil && !cmd.arguments {
		objection = noArguments(&c.Args)
	}
	if objection != nil {
		s.answer(c.Tag, *objection)
		return
	}
	cmd.run(s, c)
}

// admit reads the name of the command in u, which may be complete or not, and answers what keeps it from running.
func (s *Server) admit(u wire.Unit) (wire.Command, command, *reply) {
	c, err := wire.DecodeCommand(u, s.limits)
	if err != nil {
		return c, command{}, bad("Syntax error")
	}
	c.Args.Strict = true
	cmd, known := commands[c.Name]
	switch {
	case !known || c.UID:
		return c, cmd, bad("Unknown command")
	case !cmd.legalIn(s.state):
		return c, cmd, bad(c.Name + " is not allowed in state " + s.state.String())
	case cmd.objection != nil:
		return c, cmd, cmd.objection(s)
	}
	return c, cmd, nil
}

func (cmd command) legalIn(st state) bool {
	for _, legal := range cmd.states {
		if legal == st {
			return true
		}
	}
	return false
}

// noArguments is the objection to arguments of a command that has none.
func noArguments(args *wire.Decoder) *reply {
	if endArguments(args); args.Err() != nil {
		return bad("This command has no arguments")
	}
	return nil
}

// endArguments takes the end of the command. Accepted: spaces before it, which some clients leave there.
func endArguments(args *wire.Decoder) {
	args.Strict = false
	args.EOL()
}
