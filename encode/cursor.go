package encode

import (
	"image"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/wire"
)

// cursor is the endpoint's pointer and what of it the viewer does not know.
type cursor struct {
	known        bool // one was captured
	visible      bool // by the system
	position     image.Point
	size, hot    image.Point
	pix          []byte // R, G, B, A
	shapePending bool
	movePending  bool
	rgba         []byte // scratch: pix cut to the largest size
}

// takeCursor notes what changed; the pixels of a shape are the canvas's then.
func (c *Canvas) takeCursor(n *capture.Cursor) bool {
	k := &c.cursor
	was := c.cursorShown()
	k.movePending = k.movePending || !k.known || n.Position != k.position
	k.known, k.visible, k.position = true, n.Visible, n.Position
	if n.Shape && len(n.Pix) >= 4*n.Size.X*n.Size.Y {
		k.size, k.hot, k.pix = n.Size, n.Hot, n.Pix
		k.shapePending = true
	}
	if c.cursorShown() != was {
		k.shapePending, k.movePending = true, true
	}
	return k.pending(&c.viewer)
}

// cursorShown is false where the system hides the pointer, and where it is
// outside of the part of the desktop that is shown.
func (c *Canvas) cursorShown() bool {
	return c.cursor.visible && c.cursor.position.In(c.view) && c.cursor.size.X > 0 && c.cursor.size.Y > 0
}

// forget makes everything known of the pointer pending again.
func (k *cursor) forget() { k.shapePending, k.movePending = k.known, k.known }

func (k *cursor) pending(v *viewer) bool {
	return k.shapePending && v.ops[wire.OpCursorShape] || k.movePending && v.ops[wire.OpCursorPosition]
}

func (c *Canvas) appendCursor(dst []byte) []byte {
	k, op := &c.cursor, &c.out.op
	if !k.pending(&c.viewer) {
		return dst
	}
	shown := c.cursorShown()
	if k.shapePending && c.viewer.ops[wire.OpCursorShape] {
		if shown {
			dst = c.appendShape(dst)
		} else {
			*op = wire.Op{Kind: wire.OpCursorShape, Codec: wire.CursorHidden}
			dst = wire.AppendOp(dst, op)
		}
	}
	if k.movePending && shown && c.viewer.ops[wire.OpCursorPosition] {
		at := k.position.Sub(c.view.Min)
		*op = wire.Op{Kind: wire.OpCursorPosition, X: uint16(at.X), Y: uint16(at.Y)}
		dst = wire.AppendOp(dst, op)
	}
	k.shapePending, k.movePending = false, false
	return dst
}

// appendShape cuts a shape that is too large; its hot spot stays within.
func (c *Canvas) appendShape(dst []byte) []byte {
	k := &c.cursor
	w, h := min(k.size.X, wire.MaxCursor), min(k.size.Y, wire.MaxCursor)
	k.rgba = k.rgba[:0]
	for y := range h {
		k.rgba = append(k.rgba, k.pix[4*y*k.size.X:4*(y*k.size.X+w)]...)
	}
	at := len(dst)
	c.out.op = wire.Op{
		Kind: wire.OpCursorShape, Codec: wire.CursorZstdRGBA, Width: uint16(w), Height: uint16(h),
		X: uint16(min(max(k.hot.X, 0), w-1)), Y: uint16(min(max(k.hot.Y, 0), h-1)),
	}
	dst = wire.AppendOp(dst, &c.out.op)
	dst = c.out.zstd.EncodeAll(k.rgba, dst)
	wire.CloseOp(dst, at)
	return dst
}
