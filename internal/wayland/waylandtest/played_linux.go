package waylandtest

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/internal/wayland"
)

// Played is a compositor that offers what it is told, for those that no machine of
// the tests has, and for what real ones do rarely.
type Played struct {
	Display string
	Globals []wayland.Global
	// On answers what the client asks of other objects than the display and the
	// registry; nil: nothing does.
	On func(client *PlayedClient, object uint32, op uint16, body []byte)
	// Then are bytes that it sends behind its first answer.
	Then []byte
}

// PlayedClient is a client of a played compositor.
type PlayedClient struct {
	c        net.Conn
	Registry uint32
	Bound    map[uint32]uint32 // its objects of the globals, by their names
}

// Play runs it until the end of the test.
func Play(t testing.TB, p *Played) {
	t.Helper()
	p.Display = filepath.Join(t.TempDir(), "wayland-9")
	l, err := net.Listen("unix", p.Display)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(&PlayedClient{c: c, Bound: map[uint32]uint32{}})
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
}

// serve answers one client until it goes.
func (p *Played) serve(c *PlayedClient) {
	const display, sync, registry, deleteID = 1, 0, 1, 1
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(c.c, head); err != nil {
			return
		}
		object, word := binary.NativeEndian.Uint32(head), binary.NativeEndian.Uint32(head[4:])
		body := make([]byte, word>>16-8)
		if _, err := io.ReadFull(c.c, body); err != nil {
			return
		}
		if object == c.Registry && object != 0 {
			p.bound(c, binary.NativeEndian.Uint32(body), binary.NativeEndian.Uint32(body[len(body)-4:]))
			continue
		}
		if object != display {
			if p.On != nil {
				p.On(c, object, uint16(word), body)
			}
			continue
		}
		id := binary.NativeEndian.Uint32(body)
		switch uint16(word) {
		case registry:
			c.Registry = id
			for _, g := range p.Globals {
				c.Send(id, 0, g.Name, g.Interface, g.Version)
			}
		case sync:
			c.Send(id, 0, uint32(0))
			c.Send(display, deleteID, id)
			_, _ = c.c.Write(p.Then)
		}
	}
}

// bound keeps what a client calls a global. Each monitor has 640x480 pixels.
func (p *Played) bound(c *PlayedClient, name, id uint32) {
	c.Bound[name] = id
	for _, g := range p.Globals {
		if g.Name == name && g.Interface == "wl_output" {
			const mode, done, current = 1, 2, uint32(1)
			c.Send(id, mode, current, uint32(640), uint32(480), uint32(60000))
			c.Send(id, done)
		}
	}
}

// Send sends an event with numbers and texts.
func (c *PlayedClient) Send(object uint32, op uint16, args ...any) {
	_, _ = c.c.Write(Event(object, op, args...))
}

// Event makes a message of numbers and texts.
func Event(object uint32, op uint16, args ...any) []byte {
	var body []byte
	add := func(v uint32) { body = binary.NativeEndian.AppendUint32(body, v) }
	for _, arg := range args {
		switch v := arg.(type) {
		case uint32:
			add(v)
		case string:
			add(uint32(len(v) + 1))
			body = append(append(body, v...), 0)
			for len(body)%4 != 0 {
				body = append(body, 0)
			}
		}
	}
	b := binary.NativeEndian.AppendUint32(nil, object)
	b = binary.NativeEndian.AppendUint32(b, uint32(len(body)+8)<<16|uint32(op))
	return append(b, body...)
}
