package capture

// Refined is a source that remembers what it delivered.
type Refined interface {
	Source

	// Look describes the picture as Next left it, everything damaged and the
	// cursor with its shape, for a receiver that comes later than the others. It
	// asks the system for nothing. False: there was no frame yet. f.Pix may be
	// read until the next call of Next.
	Look(f *Frame) bool
}

// Look implements Refined.
func (r *refined) Look(f *Frame) bool {
	if r.rect.Empty() {
		return false
	}
	f.Time, f.Rect, f.Stride, f.Pix = r.seen, r.rect, r.last.stride, r.last.pix
	f.Moves, f.Damage = f.Moves[:0], append(f.Damage[:0], r.rect)
	f.Cursor, f.Layout = nil, true
	if r.pointer != nil {
		c := *r.pointer
		f.Cursor = &c
	}
	return true
}

// remember keeps what Look needs beside the pixels.
func (r *refined) remember(f *Frame) {
	r.seen = f.Time
	n := f.Cursor
	if n == nil {
		return
	}
	c := *n
	if old := r.pointer; old != nil && !c.Shape {
		c.Shape, c.Size, c.Hot, c.Pix = old.Shape, old.Size, old.Hot, old.Pix
	}
	r.pointer = &c
}
