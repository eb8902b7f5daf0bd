package capture

// Refined is a source that remembers what it delivered.
type Refined interface {
	Source

	// Look describes the picture as Next left it, everything damaged and the
	// cursor with its shape, for a receiver that comes later than the others. It
	// asks the system for nothing. False: there was no frame yet. f.Pix may be
	// read until the next call of Next.
	Look(f *Frame) bool

	// Apply brings the shadow up to the frame of the last Next; see Shadow.Apply.
	// Without RefineInto that was done before Next returned, and without Apply
	// it is done by the next call of Next or Look: then nobody is told.
	Apply(tell func())
}

// Releaser is what a Source may be as well: one that gives memory back.
type Releaser interface {
	// Release says, between two calls of Next, that nothing of past frames is wanted
	// any more. From then on Pix is right within the bounds of the frame's Damage,
	// and elsewhere may be anything. Whether and when memory is given back is for the
	// source to say; it is asked before each call of Next.
	Release()
}

// Look implements Refined.
func (r *refined) Look(f *Frame) bool {
	if r.rect.Empty() {
		return false
	}
	r.Apply(nil)
	f.Time, f.Rect, f.Stride, f.Pix = r.seen, r.rect, r.shadow.pic.stride, r.shadow.pic.pix
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
