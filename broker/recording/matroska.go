package recording

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"time"
)

// Elements of Matroska (RFC 9559) that a film of raw pictures needs.
const (
	elemEBML            = 0x1A45DFA3
	elemDocType         = 0x4282
	elemDocTypeVersion  = 0x4287
	elemDocTypeRead     = 0x4285
	elemSegment         = 0x18538067
	elemInfo            = 0x1549A966
	elemTimestampScale  = 0x2AD7B1
	elemMuxingApp       = 0x4D80
	elemWritingApp      = 0x5741
	elemTracks          = 0x1654AE6B
	elemTrackEntry      = 0xAE
	elemTrackNumber     = 0xD7
	elemTrackUID        = 0x73C5
	elemTrackType       = 0x83
	elemDefaultDuration = 0x23E383
	elemCodecID         = 0x86
	elemVideo           = 0xE0
	elemPixelWidth      = 0xB0
	elemPixelHeight     = 0xBA
	elemColourSpace     = 0x2EB524
	elemCluster         = 0x1F43B675
	elemTimestamp       = 0xE7
	elemSimpleBlock     = 0xA3
)

// Values in them.
const (
	matroskaVersion  = 4
	matroskaRead     = 2 // the least that a reader has to know: SimpleBlock
	trackVideo       = 1
	blockKey         = 0x80
	unknownSize      = 0x01FFFFFFFFFFFFFF // of an element that ends with the stream
	longSize         = 1 << 56            // marks a size of eight bytes
	matroskaTick     = time.Millisecond
	matroskaProducer = "alongside"
)

// matroska writes raw pictures with their times, which no raw stream has: ffmpeg
// takes Matroska from a pipe, to the millisecond, and a picture costs one header
// and its pixels, which are not copied. The libraries that write Matroska know
// WebM's part of it, without ColourSpace, and copy each picture several times.
type matroska struct {
	w    io.Writer
	size image.Point
}

// newMatroska begins a stream of pictures of one size, of which each is shown for
// at least a duration.
func newMatroska(w io.Writer, size image.Point, each time.Duration) (*matroska, error) {
	head := element(elemEBML,
		ascii(elemDocType, "matroska"), number(elemDocTypeVersion, matroskaVersion), number(elemDocTypeRead, matroskaRead))
	head = binary.BigEndian.AppendUint64(appendID(head, elemSegment), unknownSize)
	head = append(head, element(elemInfo,
		number(elemTimestampScale, uint64(matroskaTick)), ascii(elemMuxingApp, matroskaProducer), ascii(elemWritingApp, matroskaProducer))...)
	head = append(head, element(elemTracks, element(elemTrackEntry,
		number(elemTrackNumber, 1), number(elemTrackUID, 1), number(elemTrackType, trackVideo), number(elemDefaultDuration, uint64(each)),
		ascii(elemCodecID, "V_UNCOMPRESSED"),
		element(elemVideo, number(elemPixelWidth, uint64(size.X)), number(elemPixelHeight, uint64(size.Y)), ascii(elemColourSpace, "RGBA"))))...)
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	return &matroska{w, size}, nil
}

// picture writes one, which is shown from a time on. Times grow.
func (m *matroska) picture(at time.Duration, p *image.RGBA) error {
	if p.Rect.Size() != m.size || p.Stride != 4*m.size.X {
		return fmt.Errorf("picture of %v in a film of %v", p.Rect, m.size)
	}
	block := appendSize(appendID(nil, elemSimpleBlock), 4+len(p.Pix))
	block = append(block, 0x80|1, 0, 0, blockKey) // the track, and no time beyond the cluster's
	stamp := number(elemTimestamp, uint64(at/matroskaTick))
	head := appendSize(appendID(nil, elemCluster), len(stamp)+len(block)+len(p.Pix))
	head = append(append(head, stamp...), block...)
	if _, err := m.w.Write(head); err != nil {
		return err
	}
	_, err := m.w.Write(p.Pix)
	return err
}

// element is an element that has others, or bytes, in it.
func element(id uint32, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := appendSize(appendID(nil, id), n)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func number(id uint32, v uint64) []byte {
	return element(id, binary.BigEndian.AppendUint64(nil, v))
}

func ascii(id uint32, s string) []byte { return element(id, []byte(s)) }

// appendID appends an element's id, whose length stands in its first bits.
func appendID(dst []byte, id uint32) []byte {
	switch {
	case id >= 1<<24:
		return binary.BigEndian.AppendUint32(dst, id)
	case id >= 1<<16:
		dst = append(dst, byte(id>>16))
		fallthrough
	case id >= 1<<8:
		dst = append(dst, byte(id>>8))
	}
	return append(dst, byte(id))
}

func appendSize(dst []byte, n int) []byte {
	return binary.BigEndian.AppendUint64(dst, longSize|uint64(n))
}
