// Package ipc frames messages between the service and the processes it starts,
// over pipes that only those processes inherit, and between a user's programs
// and the service over the one local endpoint.
//
// A frame is
//
//	u32 length of the payload | u8 type | payload
//
// big-endian. Both ends are the same binary, so there is no version to agree on.
package ipc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
)

// FrameType says what a frame holds.
type FrameType uint8

// Frame types.
const (
	FrameMessage FrameType = 1 // a protobuf message of package ipcpb
	FrameMedia   FrameType = 2 // u32 viewer | a packed wire.Media message
)

// headSize is that of a frame's length and type.
const headSize = 5

// MaxFrame is the largest payload: a viewer number and one full media message.
const MaxFrame = 4 + wire.MediaHeaderSize + wire.MaxMediaPayload

// ErrMalformed ends a connection: the other side is not ours, or broken.
var ErrMalformed = errors.New("malformed frame")

// Conn is one pair of pipes. Send and SendMedia may be called from any
// goroutine; Receive from one. Close unblocks all of them.
type Conn struct {
	r    io.ReadCloser
	from *bufio.Reader // of r: a small frame is one read
	to   io.Writer     // writes to w
	w    io.WriteCloser

	mu  sync.Mutex // guards out and the order of writes
	out []byte

	in []byte
}

// copied is how much of a media message is copied behind its head, so that both
// are one write; what is beyond is written from where it is. It is half of what a
// pipe holds.
const copied = 32 << 10

// keptMessage bounds the buffers for received messages that are kept. The largest
// message ever is a report of a desktop with many monitors.
const keptMessage = 4 << 10

// New makes a connection of the two ends that a process holds, and owns them.
func New(r io.ReadCloser, w io.WriteCloser) *Conn {
	return &Conn{r: r, from: bufio.NewReaderSize(r, keptMessage), to: w, w: w}
}

// Send writes one message.
func (c *Conn) Send(m proto.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := proto.MarshalOptions{}.MarshalAppend(append(c.out[:0], 0, 0, 0, 0, byte(FrameMessage)), m)
	if err != nil {
		return fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return c.flush(b, nil)
}

// SendMedia writes one packed media message of a viewer.
func (c *Conn) SendMedia(viewer uint32, media []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(media), copied)
	b := append(c.out[:0], 0, 0, 0, 0, byte(FrameMedia))
	b = append(binary.BigEndian.AppendUint32(b, viewer), media[:n]...)
	return c.flush(b, media[n:])
}

// flush writes a frame: its head and what stands behind it in b, then the rest.
func (c *Conn) flush(b, rest []byte) error {
	c.out = b[:0]
	n := len(b) - headSize + len(rest)
	if n > MaxFrame {
		return fmt.Errorf("frame of %d bytes, the limit is %d", n, MaxFrame)
	}
	binary.BigEndian.PutUint32(b, uint32(n))
	_, err := c.to.Write(b)
	if err == nil && len(rest) > 0 {
		_, err = c.to.Write(rest)
	}
	return err
}

// Receive reads one frame. A message is decoded into m and media is nil; media
// comes back as the viewer and the packed message, which is the caller's to keep.
// io.EOF means the other end closed between frames.
func (c *Conn) Receive(m proto.Message) (viewer uint32, media []byte, err error) {
	t, n, err := readHead(c.from, MaxFrame)
	if err != nil {
		return 0, nil, err
	}
	var b []byte
	if t == FrameMessage && n <= keptMessage {
		if c.in == nil {
			c.in = make([]byte, keptMessage)
		}
		b = c.in[:n]
	} else {
		b = make([]byte, n)
	}
	if err := readBody(c.from, b); err != nil {
		return 0, nil, err
	}
	switch t {
	case FrameMessage:
		if err := proto.Unmarshal(b, m); err != nil {
			return 0, nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		return 0, nil, nil
	case FrameMedia:
		if n < 4+wire.MediaHeaderSize {
			return 0, nil, fmt.Errorf("%w: short media", ErrMalformed)
		}
		return binary.BigEndian.Uint32(b), b[4:], nil
	default:
		return 0, nil, fmt.Errorf("%w: type %d", ErrMalformed, t)
	}
}

func readHead(r io.Reader, limit int) (FrameType, int, error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > uint32(limit) {
		return 0, 0, fmt.Errorf("%w: %d bytes, the limit is %d", ErrMalformed, n, limit)
	}
	return FrameType(head[4]), int(n), nil
}

func readBody(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Close closes both ends.
func (c *Conn) Close() error { return errors.Join(c.w.Close(), c.r.Close()) }
