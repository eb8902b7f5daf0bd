package capture

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// x11Cursor remembers what the receiver was told.
type x11Cursor struct {
	told    bool
	at      image.Point
	visible bool
	serial  uint32
}

// cursorAsk is a question about the cursor, on its way or answered: its image, or
// only where it is.
type cursorAsk struct {
	shape bool
	image xfixes.GetCursorImageCookie
	where xproto.QueryPointerCookie

	place    *xproto.QueryPointerReply
	placeErr error
	picture  *xfixes.GetCursorImageReply
	lookErr  error
}

// askCursor asks where the pointer is with every look, also when nothing said
// that it moved: programs that warp it cause no event.
func (s *x11Source) askCursor() cursorAsk {
	a := cursorAsk{shape: s.todo.shape, where: xproto.QueryPointer(s.conn.Conn, s.conn.Root)}
	if a.shape {
		a.image = xfixes.GetCursorImage(s.conn.Conn)
	}
	return a
}

// wait takes the answers.
func (a *cursorAsk) wait() {
	a.place, a.placeErr = a.where.Reply()
	if a.shape {
		a.picture, a.lookErr = a.image.Reply()
	}
}

// read returns what is new in the answers, or nil.
func (c *x11Cursor) read(a *cursorAsk) (*Cursor, error) {
	if a.placeErr != nil {
		return nil, fmt.Errorf("pointer position: %w", a.placeErr)
	}
	where := a.place
	at := image.Pt(int(where.RootX), int(where.RootY))
	if !a.shape {
		if c.told && at == c.at {
			return nil, nil
		}
		c.told, c.at = true, at
		return &Cursor{Position: at, Visible: c.visible}, nil
	}
	r, err := a.picture, a.lookErr
	var none xproto.CursorError // no cursor is shown at all
	if errors.As(err, &none) {
		r, err = &xfixes.GetCursorImageReply{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cursor image: %w", err)
	}
	n := &Cursor{Position: at}
	pix, seen := straight(r.CursorImage)
	n.Visible = seen
	if seen && (!c.told || !c.visible || r.CursorSerial != c.serial) {
		n.Shape = true
		n.Size = image.Pt(int(r.Width), int(r.Height))
		n.Hot = image.Pt(int(r.Xhot), int(r.Yhot))
		n.Pix = pix
	}
	if c.told && !n.Shape && at == c.at && n.Visible == c.visible {
		return nil, nil
	}
	c.told, c.at, c.visible, c.serial = true, at, n.Visible, r.CursorSerial
	return n, nil
}

// straight turns premultiplied ARGB words into R, G, B, A bytes and reports
// whether any of it can be seen: a program that hides the cursor sets an empty
// one.
func straight(words []uint32) (pix []byte, seen bool) {
	pix = make([]byte, 0, len(words)*4)
	for _, p := range words {
		a := p >> 24
		if a == 0 {
			pix = append(pix, 0, 0, 0, 0)
			continue
		}
		seen = true
		un := func(v uint32) byte { return byte(min(255, ((v&0xff)*255+a/2)/a)) }
		pix = append(pix, un(p>>16), un(p>>8), un(p), byte(a))
	}
	return pix, seen
}
