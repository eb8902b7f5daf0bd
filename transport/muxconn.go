package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/wire"
)

// The header of a yamux frame: u8 version | u8 type | u16 flags | u32 stream |
// u32 length, big-endian. Only data frames have a body.
const (
	yamuxHeader   = 12
	yamuxData     = 0
	yamuxPing     = 2
	yamuxSYN      = 1
	yamuxACK      = 2
	maxOpenPings  = 8 // an honest peer has one under way
	maxYamuxFrame = muxWindow
)

var errPingFlood = errors.New("peer floods pings")

// muxConn is the byte stream under yamux: binary WebSocket messages whose
// boundaries mean nothing. It mends two things of yamux: a frame's header and
// body become one message instead of two, and a peer cannot make it start a
// goroutine for each of a million pings.
type muxConn struct {
	ws *websocket.Conn

	// The reader, called by one goroutine.
	in     io.Reader // of the message being read
	header [yamuxHeader]byte
	have   int    // bytes of header read so far
	body   uint32 // bytes of the body still to come

	// The writer, called by one goroutine.
	out []byte

	pings atomic.Int32 // asked and not yet answered
}

func newMuxConn(ws *websocket.Conn) *muxConn {
	ws.SetReadLimit(-1) // messages are read as a stream, never held
	return &muxConn{ws: ws}
}

func (c *muxConn) Read(b []byte) (int, error) {
	for {
		if c.in == nil {
			t, r, err := c.ws.Reader(context.Background())
			if err != nil {
				return 0, err
			}
			if t != websocket.MessageBinary {
				return 0, fmt.Errorf("%w: text message", wire.ErrMalformed)
			}
			c.in = r
		}
		n, err := c.in.Read(b)
		if err == io.EOF { //nolint:errorlint // plain: the message ends; wrapped: the connection
			c.in, err = nil, nil
		}
		if err == nil {
			err = c.watch(b[:n])
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// watch follows the frames that go by.
func (c *muxConn) watch(b []byte) error {
	for len(b) > 0 {
		if c.body > 0 {
			n := min(uint32(len(b)), c.body)
			c.body -= n
			b = b[n:]
			continue
		}
		n := copy(c.header[c.have:], b)
		c.have += n
		b = b[n:]
		if c.have < yamuxHeader {
			return nil
		}
		c.have = 0
		switch flags := binary.BigEndian.Uint16(c.header[2:]); {
		case c.header[1] == yamuxData:
			c.body = binary.BigEndian.Uint32(c.header[8:])
			if c.body > maxYamuxFrame {
				return fmt.Errorf("%w: frame of %d bytes", wire.ErrMalformed, c.body)
			}
		case c.header[1] == yamuxPing && flags&yamuxSYN != 0:
			if c.pings.Add(1) > maxOpenPings {
				return errPingFlood
			}
		}
	}
	return nil
}

// Write gets a header or the body that belongs to the header before.
func (c *muxConn) Write(b []byte) (int, error) {
	c.out = append(c.out, b...)
	if len(c.out) == yamuxHeader {
		switch {
		case c.out[1] == yamuxData && binary.BigEndian.Uint32(c.out[8:]) > 0:
			return len(b), nil
		case c.out[1] == yamuxPing && binary.BigEndian.Uint16(c.out[2:])&yamuxACK != 0:
			c.pings.Add(-1)
		}
	}
	err := c.ws.Write(context.Background(), websocket.MessageBinary, c.out)
	c.out = c.out[:0]
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close closes the TCP connection at once and unblocks Read and Write.
func (c *muxConn) Close() error { return c.ws.CloseNow() }
