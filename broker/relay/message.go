package relay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// part is how much of a message of an agent's is held here: a message that is
// longer goes on to the viewer in parts while the rest still comes, so that a
// large update does not wait to be complete, and a viewer costs the same whatever
// it looks at. A part is what a TLS record takes.
const part = 16 << 10

// Buffers of a viewer's messages, which are credit and input: the first size
// takes nearly all of them, and a larger one is not kept.
const (
	firstBuffer = 1 << 10
	keptBuffer  = 16 << 10
)

// pass moves one message of an agent's to a viewer. Whole says that the viewer is
// at a boundary of messages afterwards.
func pass(from *bufio.Reader, to conn, timeout time.Duration) (kind wire.MediaKind, n int, whole bool, err error) {
	head, err := from.Peek(wire.MediaHeaderSize)
	if err != nil {
		return 0, 0, true, readError(err)
	}
	h, err := wire.ParseMediaHeader(head)
	if err != nil {
		return 0, 0, true, err
	}
	if h.Kind == wire.MediaInput || h.Kind == wire.MediaShown || h.Kind == wire.MediaView {
		return 0, 0, true, fmt.Errorf("%w: agent sent a viewer's message", wire.ErrMalformed)
	}
	n = wire.MediaHeaderSize + int(h.Length)
	if n <= part {
		m, err := from.Peek(n)
		if err != nil {
			return 0, 0, true, readError(err)
		}
		if err := to.write(m, timeout); err != nil {
			return 0, 0, false, err
		}
		_, _ = from.Discard(n)
		return h.Kind, n, true, nil
	}
	w, err := to.begin(timeout)
	if err != nil {
		return 0, 0, false, err
	}
	for left := n; left > 0; {
		m, err := from.Peek(min(part, left))
		if err != nil {
			return 0, 0, false, readError(err)
		}
		if _, err := w.Write(m); err != nil {
			return 0, 0, false, err
		}
		_, _ = from.Discard(len(m))
		left -= len(m)
	}
	return h.Kind, n, true, w.Close()
}

// readError marks an error of the agent's stream.
func readError(err error) error { return errors.Join(errAgentGone, err) }

// readMessage reads one media message, header and payload, into buf, which it
// returns, grown where needed. The message is valid until the next call.
func readMessage(r io.Reader, buf []byte) (msg, grown []byte, kind wire.MediaKind, err error) {
	if cap(buf) > keptBuffer || buf == nil {
		buf = make([]byte, firstBuffer)
	}
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
		larger := make([]byte, n)
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
