package imap4server

import "errors"

// Refusal is an error whose words go to the client: "tag NO [Code] Text". Account and Authenticate fail with it.
// Code is without its brackets, "" for none. Text and Code must be free of CR, LF and NUL, otherwise the client reads
// "Refused" only.
type Refusal struct {
	Code string
	Text string
}

// Error gives code and text.
func (r *Refusal) Error() string {
	if r.Code == "" {
		return "imap4server: refused: " + r.Text
	}
	return "imap4server: refused: [" + r.Code + "] " + r.Text
}

// Refusals with a name (RFC 5530 section 3). Match them with errors.Is.
var (
	// ErrAuthenticationFailed: the name or the password is wrong; which of them is not told.
	ErrAuthenticationFailed error = &Refusal{Code: "AUTHENTICATIONFAILED", Text: "Authentication failed"}
	// ErrNoSuchMailbox: there is no mailbox of that name. Source: twisted.mail.imap4.NoSuchMailbox.
	ErrNoSuchMailbox error = &Refusal{Code: "NONEXISTENT", Text: "No such mailbox"}
	// ErrMailboxExists: there is a mailbox of that name already. Source: twisted.mail.imap4.MailboxCollision.
	ErrMailboxExists error = &Refusal{Code: "ALREADYEXISTS", Text: "Mailbox exists already"}
)

var (
	errNoAccount = errors.New("imap4server: Authenticate answered a nil Account")
	errNoMailbox = errors.New("imap4server: Account.Select answered a nil Mailbox")
)

// unexpected gives err back unless it is nil or a Refusal: what nobody has been told yet.
func unexpected(err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return nil
	}
	return err
}

// refusalOf is what the client reads of err.
func refusalOf(err error) reply {
	var r *Refusal
	if errors.As(err, &r) {
		return no(r.Code, r.Text)
	}
	return no("UNAVAILABLE", "Server error")
}
