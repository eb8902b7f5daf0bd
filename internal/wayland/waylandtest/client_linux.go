package waylandtest

import (
	"context"
	"image"
	"testing"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	compositorSurface = 0

	surfaceDestroy = 0
	surfaceAttach  = 1
	surfaceCommit  = 6
	surfaceDamage  = 9 // in pixels of the buffer

	layerShellGet    = 0
	layerSetSize     = 0
	layerSetAnchor   = 1
	layerSetZone     = 2
	layerSetMargin   = 3
	layerAck         = 6
	layerDestroy     = 7
	layerConfigure   = 0
	layerOverlay     = 3
	anchorTopLeft    = 1 | 4
	anchorEverywhere = 15

	subcompositorGet = 1
	subsurfacePlace  = 1
)

// Client is an ordinary program that shows pictures of its own on a compositor.
type Client struct {
	*wayland.Conn
	t          testing.TB
	compositor uint32
	shm        uint32
	layers     uint32
	subs       uint32
	outputs    *wayland.Outputs
}

// NewClient connects a program and ends it with the test.
func NewClient(t testing.TB, s *Server) *Client {
	t.Helper()
	c, err := wayland.Open(t.Context(), wayland.Target{Display: s.Display})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	p := &Client{Conn: c, t: t}
	for _, b := range []struct {
		id   *uint32
		name string
		most uint32
	}{
		{&p.compositor, "wl_compositor", 4},
		{&p.shm, "wl_shm", 1},
		{&p.layers, "zwlr_layer_shell_v1", 1},
		{&p.subs, "wl_subcompositor", 1},
	} {
		id, _, err := c.BindOnly(b.name, b.most, nil)
		if err != nil {
			t.Fatal(err)
		}
		*b.id = id
	}
	if p.outputs, err = c.Outputs(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// output finds one by its name.
func (c *Client) output(name string) uint32 {
	c.t.Helper()
	for _, s := range c.outputs.Layout().Screens {
		if s.Name == name {
			return s.ID
		}
	}
	c.t.Fatalf("no output %s", name)
	return 0
}

// Sync waits until the compositor has done all that was asked for.
func (c *Client) Sync() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if err := c.Roundtrip(ctx); err != nil {
		c.t.Fatal(err)
	}
}

// Until handles events until something is so.
func (c *Client) Until(so func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for !so() {
		if err := c.Dispatch(ctx); err != nil {
			c.t.Fatal(err)
		}
	}
}

// Surface is something that a client shows.
type Surface struct {
	c       *Client
	id      uint32
	layer   uint32
	Size    image.Point // what the compositor wants it to be
	buffers []*shown
}

type shown struct {
	*wayland.Buffer
	busy bool
}

// NewLayer shows a surface over all others, on the whole of an output.
func (c *Client) NewLayer(output string) *Surface {
	c.t.Helper()
	return c.newLayer(output, func(s *Surface) {
		c.Request(s.layer, layerSetSize).Uint(0).Uint(0).Send()
		c.Request(s.layer, layerSetAnchor).Uint(anchorEverywhere).Send()
	})
}

// NewPatch shows a surface over all others, on a part of an output.
func (c *Client) NewPatch(output string, r image.Rectangle) *Surface {
	c.t.Helper()
	return c.newLayer(output, func(s *Surface) {
		c.Request(s.layer, layerSetAnchor).Uint(anchorTopLeft).Send()
		s.place(r)
	})
}

// Put moves a patch, with a picture for its new place, which stays in its order among
// the others.
func (s *Surface) Put(r image.Rectangle, m *image.RGBA) {
	s.c.t.Helper()
	s.place(r)
	s.Show(m, m.Rect)
}

func (s *Surface) place(r image.Rectangle) {
	s.c.Request(s.layer, layerSetSize).Uint(uint32(r.Dx())).Uint(uint32(r.Dy())).Send()
	s.c.Request(s.layer, layerSetMargin).Int(int32(r.Min.Y)).Int(0).Int(0).Int(int32(r.Min.X)).Send()
}

func (c *Client) newLayer(output string, place func(s *Surface)) *Surface {
	c.t.Helper()
	s := &Surface{c: c, id: c.New(nil)}
	c.Request(c.compositor, compositorSurface).Uint(s.id).Send()
	s.layer = c.New(func(op uint16, a *wayland.Args) {
		if op != layerConfigure {
			return
		}
		serial := a.Uint()
		s.Size = image.Pt(int(a.Uint()), int(a.Uint()))
		c.Request(s.layer, layerAck).Uint(serial).Send()
	})
	c.Request(c.layers, layerShellGet).Uint(s.layer).Uint(s.id).Uint(c.output(output)).Uint(layerOverlay).String("test").Send()
	place(s)
	c.Request(s.layer, layerSetZone).Int(-1).Send()
	c.Request(s.id, surfaceCommit).Send()
	c.Until(func() bool { return s.Size != image.Point{} })
	return s
}

// Destroy takes a layer away.
func (s *Surface) Destroy() {
	s.c.t.Helper()
	s.c.Request(s.layer, layerDestroy).Send()
	s.c.Request(s.id, surfaceDestroy).Send()
	s.c.Destroyed(s.layer)
	s.c.Destroyed(s.id)
	s.c.Sync()
}

// Sub is a surface that lies over another.
type Sub struct {
	*Surface
	parent *Surface
	role   uint32
}

// NewSub shows a surface over another, which has been painted.
func (c *Client) NewSub(parent *Surface, size image.Point) *Sub {
	c.t.Helper()
	s := &Sub{Surface: &Surface{c: c, id: c.New(nil), Size: size}, parent: parent, role: c.New(nil)}
	c.Request(c.compositor, compositorSurface).Uint(s.id).Send()
	c.Request(c.subs, subcompositorGet).Uint(s.role).Uint(s.id).Uint(parent.id).Send()
	return s
}

// Place moves it within its parent.
func (s *Sub) Place(at image.Point) {
	s.c.t.Helper()
	s.c.Request(s.role, subsurfacePlace).Int(int32(at.X)).Int(int32(at.Y)).Send()
	s.c.Request(s.parent.id, surfaceCommit).Send()
	s.c.Sync()
}

// Show paints a picture, of which a part has changed, and waits until the
// compositor has it.
func (s *Surface) Show(m *image.RGBA, damage image.Rectangle) {
	s.c.t.Helper()
	size := m.Rect.Size()
	b := s.buffer(size)
	for y := range size.Y {
		pixels.Swap(b.Memory.Bytes[y*b.Stride:], m.Pix[y*m.Stride:][:size.X*4], 255)
	}
	b.busy = true
	s.c.Request(s.id, surfaceAttach).Uint(b.ID).Int(0).Int(0).Send()
	s.c.Request(s.id, surfaceDamage).Int(int32(damage.Min.X)).Int(int32(damage.Min.Y)).
		Int(int32(damage.Dx())).Int(int32(damage.Dy())).Send()
	s.c.Request(s.id, surfaceCommit).Send()
	s.c.Sync()
}

// buffer finds one of a size that the compositor does not read, or makes it.
func (s *Surface) buffer(size image.Point) *shown {
	s.c.t.Helper()
	kept := s.buffers[:0]
	var found *shown
	for _, b := range s.buffers {
		switch {
		case b.busy:
		case b.Width != size.X || b.Height != size.Y:
			b.Destroy()
			continue
		case found == nil:
			found = b
		}
		kept = append(kept, b)
	}
	s.buffers = kept
	if found != nil {
		return found
	}
	b := &shown{}
	var err error
	b.Buffer, err = s.c.NewBuffer(s.c.shm, size.X, size.Y, size.X*4, wayland.FormatBGRX,
		func(uint16, *wayland.Args) { b.busy = false })
	if err != nil {
		s.c.t.Fatal(err)
	}
	s.buffers = append(s.buffers, b)
	return b
}
