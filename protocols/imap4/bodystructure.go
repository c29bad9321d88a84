package imap4

// BodyStructure is a node of the tree of a message's parts (RFC 9051 section 7.5.2, BODY and BODYSTRUCTURE).
//
// Type, Subtype, Encoding, the disposition's Value and the names of parameters are in lower case; all else is as sent.
type BodyStructure struct {
	Type    string // "text", "multipart", ...; "application" if the server sent none
	Subtype string // "plain", "mixed", ...; "octet-stream" if the server sent none
	Params  Params

	// Of a part that is no multipart.
	ID          string
	Description string
	Encoding    string // "7bit", "base64", ...; empty if the server sent none
	Size        int64  // octets in that encoding; 0 if not known
	Lines       int64  // of text/* and message/rfc822

	// Envelope and Body of a message/rfc822; nil of other types, and if the server sent none.
	Envelope *Envelope
	Body     *BodyStructure

	// Children are the parts of a multipart.
	Children []BodyStructure

	// What only BODYSTRUCTURE has, and some servers leave out.
	MD5         string
	Disposition Disposition
	Language    []string
	Location    string
	Extension   string // what the server sent behind these, as it stands
}

// Params are parameters in the order sent.
type Params []Param

// Param is one of them.
type Param struct {
	Name  string // in lower case
	Value string
}

// Disposition says how a part is meant to be shown (RFC 2183): "inline", "attachment", or "" if the server did not tell.
type Disposition struct {
	Value  string
	Params Params
}

// IsMultipart reports whether b is a multipart, also one without parts.
func (b *BodyStructure) IsMultipart() bool { return b.Type == "multipart" }
