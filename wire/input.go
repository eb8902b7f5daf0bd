package wire

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// InputKind says what an input event is.
type InputKind uint8

// Kinds of input events.
const (
	InputMotion     InputKind = 1 // X, Y
	InputButton     InputKind = 2 // X, Y, Button, Down
	InputWheel      InputKind = 3 // X, Y, DX, DY
	InputKey        InputKind = 4 // Code, Down, Text
	InputText       InputKind = 5 // Text, to be typed as it is
	InputReleaseAll InputKind = 6 // every key and button up
)

// Mouse buttons, numbered as in DOM MouseEvent.button.
const (
	ButtonLeft    = 0
	ButtonMiddle  = 1
	ButtonRight   = 2
	ButtonBack    = 3
	ButtonForward = 4
)

// WheelNotch is one notch of a wheel in the units of Input.DX and Input.DY.
// Positive DY scrolls down, positive DX right.
const WheelNotch = 120

// Input is one input event. X and Y are canvas pixels of what the viewer is
// shown. Code is a USB HID usage of the keyboard page (HID Usage Tables 1.5,
// page 0x07): the physical key. Text is what the press produced in the viewer's
// layout, empty for keys that produce none: where the two disagree about the
// endpoint's layout, the text is what must appear.
type Input struct {
	Kind   InputKind
	Down   bool
	Button uint8
	Code   uint16
	X, Y   uint16
	DX, DY int16
	Text   string
}

// AppendInput appends events as the payload of a MediaInput message. Each event is
//
//	u8 kind, then
//	motion:  u16 x | u16 y
//	button:  u16 x | u16 y | u8 button | u8 down
//	wheel:   u16 x | u16 y | i16 dx | i16 dy
//	key:     u16 code | u8 down | u16 text length | text
//	text:    u16 text length | text
//	release: nothing
//
// all big-endian.
func AppendInput(dst []byte, events ...Input) []byte {
	be := binary.BigEndian
	for _, e := range events {
		dst = append(dst, byte(e.Kind))
		switch e.Kind {
		case InputMotion:
			dst = be.AppendUint16(be.AppendUint16(dst, e.X), e.Y)
		case InputButton:
			dst = be.AppendUint16(be.AppendUint16(dst, e.X), e.Y)
			dst = append(dst, e.Button, bit(e.Down))
		case InputWheel:
			dst = be.AppendUint16(be.AppendUint16(dst, e.X), e.Y)
			dst = be.AppendUint16(be.AppendUint16(dst, uint16(e.DX)), uint16(e.DY))
		case InputKey:
			dst = append(be.AppendUint16(dst, e.Code), bit(e.Down))
			dst = append(be.AppendUint16(dst, uint16(len(e.Text))), e.Text...)
		case InputText:
			dst = append(be.AppendUint16(dst, uint16(len(e.Text))), e.Text...)
		case InputReleaseAll:
		default:
			panic("wire: input kind of our own making")
		}
	}
	return dst
}

// ParseInput appends the events of a payload to dst. Text is valid UTF-8 of at
// most MaxInputText bytes.
func ParseInput(dst []Input, b []byte) ([]Input, error) {
	r := reader{b: b}
	for n := 0; len(r.b) > 0; n++ {
		if n == MaxInputEvents {
			return dst, fmt.Errorf("%w: more than %d input events", ErrMalformed, MaxInputEvents)
		}
		e := Input{Kind: InputKind(r.u8())}
		switch e.Kind {
		case InputMotion:
			e.X, e.Y = r.u16(), r.u16()
		case InputButton:
			e.X, e.Y, e.Button, e.Down = r.u16(), r.u16(), r.u8(), r.flag()
		case InputWheel:
			e.X, e.Y, e.DX, e.DY = r.u16(), r.u16(), int16(r.u16()), int16(r.u16())
		case InputKey:
			e.Code, e.Down = r.u16(), r.flag()
			e.Text = r.text(MaxInputText)
		case InputText:
			e.Text = r.text(MaxInputText)
		case InputReleaseAll:
		default:
			return dst, fmt.Errorf("%w: input kind %d", ErrMalformed, e.Kind)
		}
		if r.err != nil {
			return dst, fmt.Errorf("input event %d: %w", n, r.err)
		}
		dst = append(dst, e)
	}
	return dst, nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func (r *reader) text(limit int) string {
	n := int(r.u16())
	if n > limit {
		r.fail(fmt.Errorf("%w: text of %d bytes", ErrMalformed, n))
		return ""
	}
	b := r.bytes(n)
	if !utf8.Valid(b) {
		r.fail(fmt.Errorf("%w: text is not UTF-8", ErrMalformed))
		return ""
	}
	return string(b)
}
