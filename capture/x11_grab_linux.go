package capture

import (
	"fmt"
	"image"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"
)

// shot is a rectangle on its way.
type shot struct {
	rect  image.Rectangle
	from  []byte // in scratch; nil when it goes to its place
	copy  xproto.CopyAreaCookie
	quick shm.GetImageCookie
	plain xproto.GetImageCookie
}

// shoot asks for rectangles and returns those for which there is no place before
// the others have landed.
func (s *x11Source) shoot(rects []image.Rectangle) (rest []image.Rectangle) {
	used := 0
	for i, r := range rects {
		if s.store.shared && s.store.pixmap == 0 && !s.store.direct(r, s.layout.rect) {
			size := area(r) * 4
			if used+size > len(s.store.scratch) {
				return rects[i:]
			}
			s.shootAt(r, used)
			used += size
			continue
		}
		s.shootAt(r, 0)
	}
	return nil
}

// shootAt asks for one rectangle; at is its place in scratch, should it go there.
func (s *x11Source) shootAt(r image.Rectangle, at int) {
	c, root := s.conn.Conn, xproto.Drawable(s.conn.Root)
	x, y, w, h := int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy())
	get := func(offset int) shm.GetImageCookie {
		return shm.GetImage(c, root, x, y, w, h, allPlanes, xproto.ImageFormatZPixmap, s.store.seg, uint32(offset))
	}
	sh := shot{rect: r}
	switch {
	case s.store.pixmap != 0:
		sh.copy = xproto.CopyAreaChecked(c, root, xproto.Drawable(s.store.pixmap), s.store.gc, x, y, x, y, w, h)
	case !s.store.shared:
		sh.plain = xproto.GetImage(c, xproto.ImageFormatZPixmap, root, x, y, w, h, allPlanes)
	case s.store.direct(r, s.layout.rect):
		x, w = int16(s.layout.rect.Min.X), uint16(s.layout.rect.Dx())
		sh.quick = get(r.Min.Y * s.layout.rect.Dx() * 4)
	default:
		sh.from = s.store.scratch[at : at+area(r)*4]
		sh.quick = get(len(s.store.pix) + at)
	}
	s.shots = append(s.shots, sh)
}

// land waits for all rectangles on their way and puts them in their places. It
// waits for all of them also when one fails.
func (s *x11Source) land() error {
	var first error
	for i := range s.shots {
		sh := &s.shots[i]
		var err error
		switch {
		case s.store.pixmap != 0:
			err = sh.copy.Check()
		case s.store.shared:
			_, err = sh.quick.Reply()
		default:
			var r *xproto.GetImageReply
			if r, err = sh.plain.Reply(); err == nil {
				sh.from = r.Data
			}
		}
		if err != nil {
			if first == nil {
				first = fmt.Errorf("grab %v: %w", sh.rect, err)
			}
			continue
		}
		if sh.from != nil {
			s.store.put(sh.rect, s.layout.rect.Dx()*4, sh.from)
		}
	}
	clear(s.shots)
	s.shots = s.shots[:0]
	return first
}
