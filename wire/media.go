package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// MediaKind says what the payload of a media message is.
type MediaKind uint8

// Kinds of media messages and who sends them.
const (
	MediaUpdate MediaKind = 1 // agent: operations on the canvas
	MediaState  MediaKind = 2 // agent: wirepb.ScreenState
	MediaInput  MediaKind = 3 // viewer: input events
	MediaShown  MediaKind = 4 // viewer: the update of this epoch and seq is on the canvas; no payload
	MediaView   MediaKind = 5 // viewer: wirepb.ViewSettings
	MediaEnd    MediaKind = 6 // agent or broker: wirepb.Refusal, why no more will come

	MediaClipboard     MediaKind = 7 // both: text, see ParseClipboard
	MediaClipboardNote MediaKind = 8 // viewer: wirepb.ClipboardWish; agent: wirepb.ClipboardState
)

// MediaHeaderSize is the length of a packed MediaHeader.
const MediaHeaderSize = 16

// FlagSealed marks a payload that only agent and viewer can open.
const FlagSealed = 1

// MediaHeader is the clear routing header of a media message, big-endian:
//
//	u32 length of the payload | u8 kind | u8 flags | u16 zero | u32 epoch | u32 seq
//
// The session and viewer are named once, by the preface of the stream.
// For MediaUpdate, Epoch grows with each refresh and Seq counts the updates of
// the epoch from 1. For MediaInput, Seq counts the messages of the stream.
type MediaHeader struct {
	Length uint32
	Kind   MediaKind
	Flags  uint8
	Epoch  uint32
	Seq    uint32
}

// Media is one message on a media stream.
type Media struct {
	MediaHeader
	Payload []byte
}

// AppendMediaHeader appends h packed.
func AppendMediaHeader(dst []byte, h MediaHeader) []byte {
	dst = binary.BigEndian.AppendUint32(dst, h.Length)
	dst = append(dst, byte(h.Kind), h.Flags, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, h.Epoch)
	return binary.BigEndian.AppendUint32(dst, h.Seq)
}

// ParseMediaHeader reads a header from the front of b. Unknown kinds are left
// to the reader of the message, which skips them.
func ParseMediaHeader(b []byte) (MediaHeader, error) {
	if len(b) < MediaHeaderSize {
		return MediaHeader{}, ErrTruncated
	}
	h := MediaHeader{
		Length: binary.BigEndian.Uint32(b),
		Kind:   MediaKind(b[4]),
		Flags:  b[5],
		Epoch:  binary.BigEndian.Uint32(b[8:]),
		Seq:    binary.BigEndian.Uint32(b[12:]),
	}
	if h.Length > MaxMediaPayload {
		return MediaHeader{}, fmt.Errorf("%w: media payload of %d bytes", ErrMalformed, h.Length)
	}
	return h, nil
}

// AppendMedia appends m packed, taking the length from the payload.
func AppendMedia(dst []byte, m Media) []byte {
	m.Length = uint32(len(m.Payload))
	dst = AppendMediaHeader(dst, m.MediaHeader)
	return append(dst, m.Payload...)
}

// ParseMedia reads a message that fills b exactly, as in a WebSocket message.
// The payload aliases b.
func ParseMedia(b []byte) (Media, error) {
	h, err := ParseMediaHeader(b)
	if err != nil {
		return Media{}, err
	}
	if len(b)-MediaHeaderSize != int(h.Length) {
		return Media{}, fmt.Errorf("%w: media length %d in a message of %d bytes", ErrMalformed, h.Length, len(b))
	}
	return Media{MediaHeader: h, Payload: b[MediaHeaderSize:]}, nil
}

// ReadMedia reads one message from a stream into buf, which grows as needed (to
// MaxMediaPayload at most) and is returned for the next call: the payload is
// valid until then. io.EOF means the stream ended between messages.
func ReadMedia(r io.Reader, buf []byte) (Media, []byte, error) {
	if cap(buf) < MediaHeaderSize {
		buf = make([]byte, 4096)
	}
	head := buf[:MediaHeaderSize]
	if _, err := io.ReadFull(r, head); err != nil {
		return Media{}, buf, err
	}
	h, err := ParseMediaHeader(head)
	if err != nil {
		return Media{}, buf, err
	}
	if cap(buf) < int(h.Length) {
		buf = make([]byte, h.Length)
	}
	p := buf[:h.Length]
	if _, err := io.ReadFull(r, p); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return Media{}, buf, err
	}
	return Media{MediaHeader: h, Payload: p}, buf, nil
}
