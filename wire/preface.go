package wire

import "fmt"

// StreamType is the first byte of every stream of a link.
type StreamType uint8

// Stream types. All are opened by the agent.
const (
	StreamControl StreamType = 1 // the first stream, one per link
	StreamMedia   StreamType = 2 // one per viewer, only after consent
	StreamFile    StreamType = 3 // one per transfer of a file, only after a Yes to it
)

// PrefaceSize is the length of a packed Preface.
const PrefaceSize = 1 + SessionIDSize + 4

// SessionID names a support session. It is a name, not a secret.
type SessionID [SessionIDSize]byte

// String is the id in lower-case hex, as in logs and the API.
func (s SessionID) String() string { return fmt.Sprintf("%x", s[:]) }

// ParseSessionID checks the length of an id that came in a control message.
func ParseSessionID(b []byte) (SessionID, error) {
	if len(b) != SessionIDSize {
		return SessionID{}, fmt.Errorf("%w: session id of %d bytes", ErrMalformed, len(b))
	}
	return SessionID(b), nil
}

// Preface opens a stream and says what it is for. For a control stream session
// and viewer are zero; for a file viewer is the number of the transfer.
//
//	u8 type | 16 bytes session | u32 viewer
type Preface struct {
	Type    StreamType
	Session SessionID
	Viewer  uint32
}

// AppendPreface appends p packed.
func AppendPreface(dst []byte, p Preface) []byte {
	dst = append(dst, byte(p.Type))
	dst = append(dst, p.Session[:]...)
	return append(dst, byte(p.Viewer>>24), byte(p.Viewer>>16), byte(p.Viewer>>8), byte(p.Viewer))
}

// ParsePreface reads a preface from the front of b.
func ParsePreface(b []byte) (Preface, error) {
	if len(b) < PrefaceSize {
		return Preface{}, ErrTruncated
	}
	p := Preface{Type: StreamType(b[0]), Session: SessionID(b[1:17])}
	p.Viewer = uint32(b[17])<<24 | uint32(b[18])<<16 | uint32(b[19])<<8 | uint32(b[20])
	if p.Type != StreamControl && p.Type != StreamMedia && p.Type != StreamFile {
		return Preface{}, fmt.Errorf("%w: stream type %d", ErrMalformed, b[0])
	}
	return p, nil
}
