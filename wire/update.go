package wire

import (
	"encoding/binary"
	"fmt"
)

// OpKind says what an operation of an update does to the canvas.
type OpKind uint8

// Operations. They apply in the order in which they stand. A viewer names those
// it understands in ViewSettings and gets no others; one it meets all the same
// is malformed, unless it is OpOptional or above, which it skips.
const (
	OpResize         OpKind = 1  // the canvas has a new size and is black
	OpMove           OpKind = 2  // copy rectangles within the canvas
	OpStore          OpKind = 3  // remember rectangles of the canvas in cache slots
	OpCached         OpKind = 4  // paint cache slots
	OpLossless       OpKind = 5  // exact pixels of rectangles, compressed together
	OpPhoto          OpKind = 6  // lossy pixels of one rectangle
	OpFill           OpKind = 7  // rectangles of one colour
	OpCursorShape    OpKind = 8  // the pointer's picture
	OpCursorPosition OpKind = 9  // where the endpoint's pointer is
	OpResidual       OpKind = 10 // differences to rectangles, compressed together
	OpVideo          OpKind = 11 // one frame of a moving region
	OpTables         OpKind = 12 // tables or a dictionary that later data builds on
	OpOptional       OpKind = 128
)

// Pixel codecs of OpLossless; OpResidual has the first only. Package lossless
// has the other two.
const (
	CodecZstdRGB = 1 // zstd over R, G, B bytes, rectangle after rectangle, row by row
	CodecCopies  = 2 // copies of pixels that both sides know, and literals
	CodecPlanes  = 3 // differences to a prediction, in planes
)

// Pixel codecs of OpPhoto.
const (
	CodecJPEG       = 1 // a complete JFIF picture of the rectangle's size
	CodecJPEGTables = 2 // abbreviated: its tables came by OpTables in this epoch
)

// Codecs of OpTables.
const (
	TablesJPEG = 1 // SOI, DQT and DHT segments, EOI
)

// Codecs of OpCursorShape.
const (
	CursorHidden   = 0 // no picture: the endpoint shows no pointer
	CursorZstdRGBA = 1 // zstd over R, G, B, A bytes, not premultiplied
)

// OpHeaderSize is the length of an operation's header: u8 kind | u32 length.
const OpHeaderSize = 5

// Rect is a rectangle of the canvas in pixels.
type Rect struct{ X, Y, W, H uint16 }

// Copy moves the rectangle Src so that its corner is at X, Y. Source and target
// may overlap; the source is read as it was before this copy.
type Copy struct {
	Src  Rect
	X, Y uint16
}

// Slot ties a cache slot to a rectangle. Painting uses X and Y only: the size
// is the one that was stored. The agent alone decides which slot is overwritten,
// so both sides always agree; an epoch begins with all slots empty.
type Slot struct {
	Slot uint16
	Rect Rect
}

// Fill is a rectangle of one colour.
type Fill struct {
	Rect    Rect
	R, G, B uint8
}

// Op is one parsed operation. Which fields are set follows from Kind. Slices
// alias the payload or the scratch space of the parser.
type Op struct {
	Kind   OpKind
	Codec  uint8
	Key    bool   // OpVideo: needs no earlier frame
	Region uint16 // OpVideo: which moving region; OpTables, OpPhoto by CodecJPEGTables: which table
	Width  uint16 // OpResize, OpCursorShape
	Height uint16
	X, Y   uint16 // OpCursorPosition; OpCursorShape: hot spot
	Rects  []Rect // OpLossless, OpResidual: in order of the data; OpPhoto, OpVideo: one
	Copies []Copy
	Slots  []Slot
	Fills  []Fill
	Data   []byte
}

// AppendOp appends o packed. What it packs it does not check: an operation over
// a limit is our own bug and is found by the parser in tests.
func AppendOp(dst []byte, o *Op) []byte {
	be := binary.BigEndian
	at := len(dst)
	dst = append(dst, byte(o.Kind), 0, 0, 0, 0)
	switch o.Kind {
	case OpResize:
		dst = be.AppendUint16(be.AppendUint16(dst, o.Width), o.Height)
	case OpMove:
		for _, c := range o.Copies {
			dst = appendRect(dst, c.Src)
			dst = be.AppendUint16(be.AppendUint16(dst, c.X), c.Y)
		}
	case OpStore:
		for _, s := range o.Slots {
			dst = appendRect(be.AppendUint16(dst, s.Slot), s.Rect)
		}
	case OpCached:
		for _, s := range o.Slots {
			dst = be.AppendUint16(dst, s.Slot)
			dst = be.AppendUint16(be.AppendUint16(dst, s.Rect.X), s.Rect.Y)
		}
	case OpLossless, OpResidual:
		dst = append(dst, o.Codec)
		dst = be.AppendUint16(dst, uint16(len(o.Rects)))
		for _, r := range o.Rects {
			dst = appendRect(dst, r)
		}
		dst = append(dst, o.Data...)
	case OpPhoto:
		dst = appendRect(append(dst, o.Codec), o.Rects[0])
		if o.Codec == CodecJPEGTables {
			dst = be.AppendUint16(dst, o.Region)
		}
		dst = append(dst, o.Data...)
	case OpFill:
		for _, f := range o.Fills {
			dst = append(appendRect(dst, f.Rect), f.R, f.G, f.B)
		}
	case OpCursorShape:
		dst = append(dst, o.Codec)
		dst = be.AppendUint16(be.AppendUint16(dst, o.Width), o.Height)
		dst = be.AppendUint16(be.AppendUint16(dst, o.X), o.Y)
		dst = append(dst, o.Data...)
	case OpCursorPosition:
		dst = be.AppendUint16(be.AppendUint16(dst, o.X), o.Y)
	case OpVideo:
		dst = append(be.AppendUint16(dst, o.Region), o.Codec, bit(o.Key))
		dst = append(appendRect(dst, o.Rects[0]), o.Data...)
	case OpTables:
		dst = append(be.AppendUint16(dst, o.Region), o.Codec)
		dst = append(dst, o.Data...)
	default:
		panic("wire: operation of our own making")
	}
	CloseOp(dst, at)
	return dst
}

// CloseOp sets the length of the operation that begins at dst[at] and ends with
// dst: for data that was appended behind AppendOp in place.
func CloseOp(dst []byte, at int) {
	binary.BigEndian.PutUint32(dst[at+1:], uint32(len(dst)-at-OpHeaderSize))
}

func appendRect(dst []byte, r Rect) []byte {
	be := binary.BigEndian
	dst = be.AppendUint16(be.AppendUint16(dst, r.X), r.Y)
	return be.AppendUint16(be.AppendUint16(dst, r.W), r.H)
}

// OpReader walks the operations of an update. The Op of Next and its slices are
// valid until the following call.
type OpReader struct {
	r  reader
	op Op
}

// NewOpReader reads the payload of a MediaUpdate message.
func NewOpReader(payload []byte) *OpReader { return &OpReader{r: reader{b: payload}} }

// Next returns the next operation, or nil at the end. Optional operations are
// skipped. It checks form and limits; that rectangles lie on the canvas is for
// the one who knows its size.
func (u *OpReader) Next() (*Op, error) {
	for len(u.r.b) > 0 {
		kind := OpKind(u.r.u8())
		n := u.r.u32()
		if n > MaxMediaPayload {
			return nil, fmt.Errorf("%w: operation of %d bytes", ErrMalformed, n)
		}
		body := u.r.bytes(int(n))
		if u.r.err != nil {
			return nil, u.r.err
		}
		if kind >= OpOptional {
			continue
		}
		if err := u.op.parse(kind, body); err != nil {
			return nil, fmt.Errorf("operation %d: %w", kind, err)
		}
		return &u.op, nil
	}
	return nil, nil
}

// PhotoSize tells whether a picture of w x h pixels may fill a rectangle of
// rectW x rectH: its own size, or a half, a quarter or an eighth of it.
func PhotoSize(w, h, rectW, rectH int) bool {
	for n := 1; n <= MaxPhotoScale; n *= 2 {
		if w == (rectW+n-1)/n && h == (rectH+n-1)/n {
			return true
		}
	}
	return false
}
