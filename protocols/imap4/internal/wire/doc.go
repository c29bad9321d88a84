// Package wire turns IMAP4 bytes into units and values, and values into bytes (RFC 3501, RFC 9051, RFC 7888).
//
// It knows no socket, no clock and no goroutine; client and server share it.
//
//	bytes --Scanner.Next--> Unit (one whole response or command, literals announced on the way)
//	Unit  --DecodeResponse / DecodeCommand--> Response / Command, whose Args is a Decoder
//	Decoder: the grammar's own words (Atom, AString, NString, Number, List, ...), first error kept
//	CommandBuilder --Done--> Encoded: segments to send, split where the server's "+" must be awaited
//	Append...: the same words for whoever grows a buffer himself
//
// A parse error belongs to one unit and never harms the next. A Scanner error means that the place where the
// next unit begins is unknown or that a limit was passed: the connection cannot go on.
//
// Where is what: limits.go and errors.go; unit.go, scanner.go, line.go (framing); head.go (what kind of line);
// decoder.go, value.go, list.go (values); response.go, words.go, capability.go (client's input); command.go
// (server's input); append.go, builder.go, encoded.go, serverline.go (output); utf7.go (mailbox names).
package wire
