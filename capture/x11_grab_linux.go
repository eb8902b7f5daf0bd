package capture

import (
	"bytes"
	"fmt"
	"image"
	"sync"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/capture/internal/sysvshm"
)

const allPlanes = ^uint32(0)

// store is the memory of the desktop. With shared memory the server writes into
// one segment: rows of the whole width straight into pix, narrower rectangles
// into scratch, from where they are copied. Without, pix is ordinary memory and
// the pixels come through the socket.
type store struct {
	pix     []byte
	scratch []byte
	seg     shm.Seg
	shared  bool
	refused bool // the server cannot attach our memory; not asked again
	keep    *mapping
}

// mapping is the segment now in use.
type mapping struct {
	mu  sync.Mutex
	seg *sysvshm.Segment
}

func (m *mapping) set(seg *sysvshm.Segment) {
	m.mu.Lock()
	old := m.seg
	m.seg = seg
	m.mu.Unlock()
	if old != nil {
		old.Free()
	}
}

func (m *mapping) free() { m.set(nil) }

func (st *store) free() {
	st.pix, st.scratch = nil, nil
	if st.keep != nil {
		st.keep.free()
	}
}

// resize gets memory for a desktop. A rectangle that goes to scratch is at most
// half as wide as the desktop, see store.direct.
func (st *store) resize(s *x11Source, rect image.Rectangle) error {
	frame := rect.Dx() * rect.Dy() * 4
	if st.shared {
		shm.Detach(s.conn.Conn, st.seg)
		st.shared = false
	}
	if s.conn.Local() && !st.refused {
		err := st.share(s, frame+frame/2)
		if err == nil {
			all := st.keep.seg.Bytes
			st.pix, st.scratch = all[:frame:frame], all[frame:frame+frame/2]
			return nil
		}
		st.refused = true
		s.log.Info("pixels through the socket, slowly", "err", err)
	}
	st.keep.free()
	st.pix, st.scratch = make([]byte, frame), nil
	return nil
}

func (st *store) share(s *x11Source, size int) error {
	if _, err := s.conn.Extension("MIT-SHM"); err != nil {
		return err
	}
	seg, err := sysvshm.New(size)
	if err != nil {
		return err
	}
	if err := st.attach(s, seg); err != nil {
		seg.Free()
		return err
	}
	st.keep.set(seg)
	st.shared = true
	return nil
}

// attach hands the segment to the server and makes sure that it writes into this
// one: in another IPC namespace the number may name someone else's.
func (st *store) attach(s *x11Source, seg *sysvshm.Segment) error {
	id, err := shm.NewSegId(s.conn.Conn)
	if err != nil {
		return err
	}
	if err := shm.AttachChecked(s.conn.Conn, id, uint32(seg.ID), false).Check(); err != nil {
		return fmt.Errorf("attach shared memory: %w", err)
	}
	root := xproto.Drawable(s.conn.Root)
	plain, err := xproto.GetImage(s.conn.Conn, xproto.ImageFormatZPixmap, root, 0, 0, 1, 1, allPlanes).Reply()
	if err != nil {
		return fmt.Errorf("read a pixel: %w", err)
	}
	mark := make([]byte, 4)
	for i := range mark {
		mark[i] = ^plain.Data[i]
	}
	copy(seg.Bytes, mark)
	_, err = shm.GetImage(s.conn.Conn, root, 0, 0, 1, 1, allPlanes, xproto.ImageFormatZPixmap, id, 0).Reply()
	if err != nil {
		return fmt.Errorf("read a pixel into shared memory: %w", err)
	}
	if bytes.Equal(seg.Bytes[:4], mark) {
		shm.Detach(s.conn.Conn, id)
		return fmt.Errorf("the server attached the memory of another")
	}
	st.seg = id
	return nil
}

// direct reports whether a rectangle is grabbed with the whole width of its
// rows, which needs no copy: the server's copy of the rest costs as much as ours
// of the rectangle would.
func (st *store) direct(r, desktop image.Rectangle) bool { return r.Dx()*2 > desktop.Dx() }

// shot is a rectangle on its way.
type shot struct {
	rect  image.Rectangle
	from  []byte // in scratch; nil when it went to its place
	quick shm.GetImageCookie
	plain xproto.GetImageCookie
}

// grab brings rectangles of pix up to date.
func (s *x11Source) grab(rects []image.Rectangle) error {
	used := 0
	for _, r := range rects {
		size := area(r) * 4
		if s.store.shared && !s.store.direct(r, s.layout.rect) && used+size > len(s.store.scratch) {
			if err := s.land(); err != nil {
				return err
			}
			used = 0
		}
		used += s.shoot(r, used)
	}
	return s.land()
}

// shoot asks for one rectangle and returns how much of scratch it takes.
func (s *x11Source) shoot(r image.Rectangle, used int) int {
	c, root := s.conn.Conn, xproto.Drawable(s.conn.Root)
	get := func(r image.Rectangle, offset int) shm.GetImageCookie {
		return shm.GetImage(c, root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()),
			allPlanes, xproto.ImageFormatZPixmap, s.store.seg, uint32(offset))
	}
	switch {
	case !s.store.shared:
		s.shots = append(s.shots, shot{rect: r, plain: xproto.GetImage(c, xproto.ImageFormatZPixmap, root,
			int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), allPlanes)})
		return 0
	case s.store.direct(r, s.layout.rect):
		r.Min.X, r.Max.X = s.layout.rect.Min.X, s.layout.rect.Max.X
		s.shots = append(s.shots, shot{rect: r, quick: get(r, r.Min.Y*r.Dx()*4)})
		return 0
	default:
		size := area(r) * 4
		s.shots = append(s.shots, shot{rect: r, from: s.store.scratch[used : used+size], quick: get(r, len(s.store.pix)+used)})
		return size
	}
}

// land waits for all rectangles on their way and puts them in their places. It
// waits for all of them also when one fails.
func (s *x11Source) land() error {
	var first error
	for i := range s.shots {
		sh := &s.shots[i]
		var err error
		if s.store.shared {
			_, err = sh.quick.Reply()
		} else {
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

func (st *store) put(r image.Rectangle, stride int, from []byte) {
	n := r.Dx() * 4
	for y := range r.Dy() {
		copy(st.pix[(r.Min.Y+y)*stride+r.Min.X*4:][:n], from[y*n:])
	}
}
