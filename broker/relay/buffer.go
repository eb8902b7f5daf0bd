package relay

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/alongside-remote/alongside/wire"
)

// Buffers hold one message each. Most updates fit the first size; the pool does
// not keep the rare large ones.
const (
	firstBuffer = 64 << 10
	keptBuffer  = 256 << 10
)

type buffers struct{ pool sync.Pool }

func (b *buffers) get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, firstBuffer)
}

func (b *buffers) put(buf []byte) {
	if cap(buf) <= keptBuffer {
		b.pool.Put(&buf)
	}
}

// readMessage reads one media message, header and payload, into buf, which it
// returns, grown where needed. The message is valid until the next call.
func readMessage(r io.Reader, buf []byte) (msg, grown []byte, kind wire.MediaKind, err error) {
	if _, err := io.ReadFull(r, buf[:wire.MediaHeaderSize]); err != nil {
		return nil, buf, 0, err
	}
	h, err := wire.ParseMediaHeader(buf)
	if err != nil {
		return nil, buf, 0, err
	}
	n := wire.MediaHeaderSize + int(h.Length)
	if len(buf) < n {
		// The length was checked against the protocol's limit.
		larger := make([]byte, max(n, min(2*len(buf), wire.MediaHeaderSize+wire.MaxMediaPayload)))
		copy(larger, buf[:wire.MediaHeaderSize])
		buf = larger
	}
	if _, err := io.ReadFull(r, buf[wire.MediaHeaderSize:n]); err != nil {
		return nil, buf, 0, fmt.Errorf("media payload: %w", noEOF(err))
	}
	return buf[:n], buf, h.Kind, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
