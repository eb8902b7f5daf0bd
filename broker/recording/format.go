package recording

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// stampSize is the time before each media message of a segment.
const stampSize = 4

// appendEntry appends one message of a segment.
func appendEntry(dst []byte, at time.Duration, m wire.Media) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(at.Milliseconds()))
	return wire.AppendMedia(dst, m)
}

// Entry is one message of a segment: an update or a state, and when it came.
type Entry struct {
	At time.Duration // since the recording began
	wire.Media
}

// Entries reads the messages of a decrypted segment.
type Entries struct {
	r   io.Reader
	buf []byte
}

// NewEntries reads from r.
func NewEntries(r io.Reader) *Entries { return &Entries{r: r} }

// Next is the next message, valid until the next call. io.EOF means that the
// segment ended between two.
func (e *Entries) Next() (Entry, error) {
	var at [stampSize]byte
	if _, err := io.ReadFull(e.r, at[:]); err != nil {
		return Entry{}, err
	}
	m, buf, err := wire.ReadMedia(e.r, e.buf)
	e.buf = buf
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return Entry{At: time.Duration(binary.BigEndian.Uint32(at[:])) * time.Millisecond, Media: m}, err
}
