package wire

// UsualItem is one of the items that most FETCH responses have.
type UsualItem uint8

// Usual items.
const (
	NoUsualItem UsualItem = iota
	UID
	Flags
	InternalDate
	Size // RFC822.SIZE
	Envelope
	BodyStructure
)

// TryUsualItem takes the name of such an item with the space behind it, if it is next and written as nearly all servers do: in capitals,
// and with that one space. Else it takes nothing.
func (d *Decoder) TryUsualItem() UsualItem {
	const (
		uid           = "UID "
		flags         = "FLAGS "
		internalDate  = "INTERNALDATE "
		size          = "RFC822.SIZE "
		envelope      = "ENVELOPE "
		bodyStructure = "BODYSTRUCTURE "
	)
	b := d.Rest()
	if len(b) <= len(bodyStructure) {
		return NoUsualItem
	}
	item, n := NoUsualItem, 0
	switch b[0] {
	case 'U':
		if string(b[:len(uid)]) == uid {
			item, n = UID, len(uid)
		}
	case 'F':
		if string(b[:len(flags)]) == flags {
			item, n = Flags, len(flags)
		}
	case 'I':
		if string(b[:len(internalDate)]) == internalDate {
			item, n = InternalDate, len(internalDate)
		}
	case 'R':
		if string(b[:len(size)]) == size {
			item, n = Size, len(size)
		}
	case 'E':
		if string(b[:len(envelope)]) == envelope {
			item, n = Envelope, len(envelope)
		}
	case 'B':
		if string(b[:len(bodyStructure)]) == bodyStructure {
			item, n = BodyStructure, len(bodyStructure)
		}
	}
	if item == NoUsualItem || isSpace(b[n]) {
		return NoUsualItem
	}
	d.pos += n
	return item
}
