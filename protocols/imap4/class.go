package imap4

// Which commands may be out together.
//
// A server may carry out commands at the same time, and answer them in any order, if the result does not depend on it (RFC 9051
// section 5.5). Three things could confuse the two sides. An EXPUNGE renumbers messages, and every command but FETCH, STORE and
// SEARCH by sequence number can bring one: so those by number and the others are never out together (classNumbers). A
// command which changes what the following ones mean goes alone (classAlone). And data that does not say which command it is for must have
// one taker only (answers).

// class says what a command may be out with.
type class uint8

const (
	classUsual   class = iota // may bring EXPUNGE: by UID, or about no messages at all
	classNumbers              // names messages by sequence number, or gets them as its answer
	classFree                 // changes nothing and brings nothing: may be out with everything that does not change the stream itself
	classAlone                // changes what other commands mean: SELECT, ENABLE, ...
	classStream               // changes the stream itself, or lasts: STARTTLS, COMPRESS, AUTHENTICATE, LOGOUT, ...
)

// together tells whether commands of the two classes may be out at the same time.
func (a class) together(b class) bool {
	if a > b {
		a, b = b, a
	}
	switch b {
	case classStream:
		return false
	case classAlone:
		return a == classFree
	case classFree:
		return true
	}
	return a == b
}

// answers are the kinds of data a command waits for that do not say for which command they are.
type answers uint32

const (
	answerSearch answers = 1 << iota
	answerSort
	answerThread
	answerList
	answerLSub
	answerStatus
	answerCapability
	answerNamespace
	answerID
	answerEnabled
	answerQuota
	answerQuotaRoot
	answerACL
	answerRights
	answerMetadata
	answerExpunge
	answerStore
	answerJMAPAccess
	answerCopyUID
	answerOther // what a Command takes and the client does not know
)

// confused tells whether data for one of the two could be taken for data of the other. uidFirst says that the UID of a message comes before
// its sections.
func confused(a, b *command, uidFirst bool) bool {
	return a.takes.meets(b.takes, uidFirst) || a.answers&b.answers != 0 && (a.key == b.key || a.key == "" || b.key == "")
}

// PipelineMode says how many commands may be out at a time.
type PipelineMode uint8

const (
	// Safe sends a command behind others that are not answered yet when their answers cannot be confused and none can change what
	// the other means (RFC 9051 section 5.5). It is the default.
	Safe PipelineMode = iota
	// Serial sends each command when the one before has been answered, for servers that cannot do otherwise.
	Serial
	// Unsafe also mixes commands that name messages by sequence number with others. It is for programs which know that nothing is
	// expunged meanwhile. Answers are told apart as in Safe.
	Unsafe
)

// mayBeOut tells whether cmd may be sent now, behind those that are out.
func (c *Client) mayBeOut(cmd *command) bool {
	if c.sending != nil || c.out.n >= c.options().window() {
		return false
	}
	last := c.out.last
	if last == nil {
		return true
	}
	mode, uidFirst := c.options().Pipelining, c.tellsUID()
	if cmd.class == last.class && cmd.takes == nil && cmd.answers == 0 {
		return mode.together(cmd, last) // and so with those before, with which the last one may be out
	}
	for out := c.out.first; out != nil; out = out.behind {
		if !mode.together(cmd, out) || confused(cmd, out, uidFirst) {
			return false
		}
	}
	return true
}

// together tells whether cmd may be sent while out is, as far as it is about their classes.
func (mode PipelineMode) together(cmd, out *command) bool {
	switch {
	case mode == Serial:
		return false
	case out.class.together(cmd.class):
		return true
	}
	return mode == Unsafe && out.class < classFree && cmd.class < classFree
}
