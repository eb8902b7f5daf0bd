package x11test

import (
	"context"
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11"
)

// Dump is the truth about a screen: its root window by plain GetImage, on a
// connection of its own, alpha set to 255.
func Dump(display string) (*image.RGBA, error) {
	return DumpOf(x11.Target{Display: display})
}

// DumpOf is Dump of a display that needs somebody else's cookie.
func DumpOf(t x11.Target) (*image.RGBA, error) {
	p, err := openPeek(t)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Dump()
}

// Peek is a kept connection for many dumps.
type Peek struct{ c *x11.Conn }

// OpenPeek connects to a display, with the user's cookies.
func OpenPeek(display string) (*Peek, error) { return openPeek(x11.Target{Display: display}) }

func openPeek(t x11.Target) (*Peek, error) {
	c, err := x11.Open(context.Background(), t)
	if err != nil {
		return nil, err
	}
	return &Peek{c}, nil
}

// Close ends the connection.
func (p *Peek) Close() { p.c.Close() }

// Dump reads the whole root window.
func (p *Peek) Dump() (*image.RGBA, error) {
	root := xproto.Drawable(p.c.Root)
	g, err := xproto.GetGeometry(p.c.Conn, root).Reply()
	if err != nil {
		return nil, err
	}
	r, err := xproto.GetImage(p.c.Conn, xproto.ImageFormatZPixmap, root, 0, 0, g.Width, g.Height, ^uint32(0)).Reply()
	if err != nil {
		return nil, err
	}
	m := image.NewRGBA(image.Rect(0, 0, int(g.Width), int(g.Height)))
	pixels.Swap(m.Pix, r.Data[:len(m.Pix)], 255)
	return m, nil
}

// MustDump is Dump for tests.
func (s *Server) MustDump(t testing.TB) *image.RGBA {
	t.Helper()
	m, err := Dump(s.Display)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
