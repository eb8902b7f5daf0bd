package capture

// WithoutPixmap makes an X11 source do as on a server that has shared memory but
// no pixmaps in it, as some graphics drivers have none.
func WithoutPixmap(s Source) (Source, error) {
	x := s.(*x11Source)
	x.store.plain = true
	return s, x.store.resize(x, x.layout.rect)
}

// ReleaseAlways makes an X11 source give back all memory whenever it may.
func ReleaseAlways(s Source) {
	l := &s.(*x11Source).store.spare
	l.least, l.every = 1, 0
}

// HasPixmap reports whether the server draws into the source's memory.
func HasPixmap(s Source) bool { return s.(*x11Source).store.pixmap != 0 }
