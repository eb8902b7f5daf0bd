package wire

import "fmt"

// parse fills o from the body of an operation, reusing its slices.
func (o *Op) parse(kind OpKind, body []byte) error {
	*o = Op{Kind: kind, Rects: o.Rects[:0], Copies: o.Copies[:0], Slots: o.Slots[:0], Fills: o.Fills[:0]}
	r := reader{b: body}
	switch kind {
	case OpResize:
		o.Width, o.Height = r.u16(), r.u16()
		if err := checkSize(o.Width, o.Height); err != nil {
			r.fail(err)
		}
	case OpMove:
		each(&r, 12, func() {
			o.Copies = append(o.Copies, Copy{Src: r.rect(), X: r.u16(), Y: r.u16()})
		})
	case OpStore:
		each(&r, 10, func() { o.Slots = append(o.Slots, Slot{Slot: r.u16(), Rect: r.rect()}) })
	case OpCached:
		each(&r, 6, func() {
			o.Slots = append(o.Slots, Slot{Slot: r.u16(), Rect: Rect{X: r.u16(), Y: r.u16()}})
		})
	case OpLossless, OpResidual:
		o.Codec = r.u8()
		n := int(r.u16())
		if n == 0 || n > MaxRects {
			r.fail(fmt.Errorf("%w: %d rectangles", ErrMalformed, n))
		}
		for i := 0; i < n && r.err == nil; i++ {
			o.Rects = append(o.Rects, r.rect())
		}
		o.Data = r.b
		return r.err
	case OpPhoto:
		o.Codec = r.u8()
		o.Rects = append(o.Rects, r.rect())
		if o.Codec == CodecJPEGTables {
			o.Region = r.table()
		}
		o.Data = r.b
		return r.err
	case OpFill:
		each(&r, 11, func() {
			o.Fills = append(o.Fills, Fill{Rect: r.rect(), R: r.u8(), G: r.u8(), B: r.u8()})
		})
	case OpCursorShape:
		o.Codec = r.u8()
		o.Width, o.Height = r.u16(), r.u16()
		o.X, o.Y = r.u16(), r.u16()
		if o.Width > MaxCursor || o.Height > MaxCursor {
			r.fail(fmt.Errorf("%w: cursor of %dx%d", ErrMalformed, o.Width, o.Height))
		}
		o.Data = r.b
		return r.err
	case OpCursorPosition:
		o.X, o.Y = r.u16(), r.u16()
	case OpVideo:
		o.Region, o.Codec, o.Key = r.u16(), r.u8(), r.flag()
		o.Rects = append(o.Rects, r.rect())
		o.Data = r.b
		return r.err
	case OpTables:
		o.Region, o.Codec = r.table(), r.u8()
		if len(r.b) > MaxTableBytes {
			r.fail(fmt.Errorf("%w: table of %d bytes", ErrMalformed, len(r.b)))
		}
		o.Data = r.b
		return r.err
	default:
		return fmt.Errorf("%w: unknown operation", ErrMalformed)
	}
	if r.err == nil && len(r.b) > 0 {
		return fmt.Errorf("%w: %d bytes too many", ErrMalformed, len(r.b))
	}
	return r.err
}

// each calls f for every element of size bytes that fills r exactly.
func each(r *reader, size int, f func()) {
	if len(r.b)%size != 0 {
		r.fail(ErrTruncated)
		return
	}
	if n := len(r.b) / size; n == 0 || n > MaxRects {
		r.fail(fmt.Errorf("%w: %d elements", ErrMalformed, n))
		return
	}
	for len(r.b) > 0 {
		f()
	}
}

func (r *reader) rect() Rect {
	q := Rect{X: r.u16(), Y: r.u16(), W: r.u16(), H: r.u16()}
	if r.err == nil && (q.W == 0 || q.H == 0) {
		r.fail(fmt.Errorf("%w: empty rectangle", ErrMalformed))
	}
	return q
}

// table is the number of a table.
func (r *reader) table() uint16 {
	n := r.u16()
	if r.err == nil && n >= MaxTables {
		r.fail(fmt.Errorf("%w: table %d", ErrMalformed, n))
	}
	return n
}

func checkSize(w, h uint16) error {
	if w == 0 || h == 0 || w > MaxCanvas || h > MaxCanvas || int(w)*int(h) > MaxCanvasPixels {
		return fmt.Errorf("%w: canvas of %dx%d", ErrMalformed, w, h)
	}
	return nil
}
