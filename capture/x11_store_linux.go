package capture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"sync"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/capture/internal/sysvshm"
)

const allPlanes = ^uint32(0)

// store is the memory of the desktop. The server writes into it in the best of
// three ways that it has:
//
//	pixmap   the shared memory is a pixmap, to which it copies any rectangle
//	shared   it writes images: rows of the whole width straight into pix, narrower
//	         rectangles into scratch, from where we copy them
//	neither  pix is ordinary memory, and pixels come through the socket
type store struct {
	pix     []byte
	scratch []byte
	seg     shm.Seg
	shared  bool
	refused bool // the server cannot attach our memory; not asked again
	keep    *mapping

	pixmap xproto.Pixmap   // 0: there is none
	gc     xproto.Gcontext // copies what windows show; 0: not made yet
	plain  bool            // the server has no shared pixmaps; not asked again

	spare lending
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
	st.letGo(s)
	st.spare.valid = image.Rectangle{}
	if s.conn.Local() && !st.refused {
		err := st.share(s, frame+frame/2)
		if err == nil {
			all := st.keep.seg.Bytes
			st.pix, st.scratch = all[:frame:frame], all[frame:frame+frame/2]
			st.draw(s, rect)
			return nil
		}
		st.refused = true
		s.log.Info("pixels through the socket, slowly", "err", err)
	}
	st.keep.free()
	st.pix, st.scratch = make([]byte, frame), nil
	return nil
}

// letGo makes the server forget the memory.
func (st *store) letGo(s *x11Source) {
	if st.pixmap != 0 {
		xproto.FreePixmap(s.conn.Conn, st.pixmap)
		st.pixmap = 0
	}
	if st.shared {
		shm.Detach(s.conn.Conn, st.seg)
		st.shared = false
	}
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
	written, err := s.writes(seg.Bytes, func() error {
		_, err := shm.GetImage(s.conn.Conn, xproto.Drawable(s.conn.Root), 0, 0, 1, 1, allPlanes, xproto.ImageFormatZPixmap, id, 0).Reply()
		return err
	})
	if err != nil {
		return fmt.Errorf("read a pixel into shared memory: %w", err)
	}
	if !written {
		shm.Detach(s.conn.Conn, id)
		return errors.New("the server attached the memory of another")
	}
	st.seg = id
	return nil
}

// draw makes the shared memory a pixmap, if the server can.
func (st *store) draw(s *x11Source, rect image.Rectangle) {
	if st.plain {
		return
	}
	if err := st.makePixmap(s, rect); err != nil {
		st.plain = true
		s.log.Debug("no shared pixmap", "err", err)
	}
}

func (st *store) makePixmap(s *x11Source, rect image.Rectangle) error {
	c, root := s.conn.Conn, xproto.Drawable(s.conn.Root)
	v, err := shm.QueryVersion(c).Reply()
	if err != nil {
		return err
	}
	if !v.SharedPixmaps || v.PixmapFormat != xproto.ImageFormatZPixmap {
		return errors.New("the server has none")
	}
	if st.gc == 0 {
		gc, err := xproto.NewGcontextId(c)
		if err != nil {
			return err
		}
		err = xproto.CreateGCChecked(c, gc, root, xproto.GcSubwindowMode|xproto.GcGraphicsExposures,
			[]uint32{xproto.SubwindowModeIncludeInferiors, 0}).Check()
		if err != nil {
			return fmt.Errorf("graphics context: %w", err)
		}
		st.gc = gc
	}
	p, err := xproto.NewPixmapId(c)
	if err != nil {
		return err
	}
	err = shm.CreatePixmapChecked(c, p, root, uint16(rect.Dx()), uint16(rect.Dy()), s.conn.Screen.RootDepth, st.seg, 0).Check()
	if err != nil {
		return fmt.Errorf("shared pixmap: %w", err)
	}
	written, err := s.writes(st.pix, func() error {
		return xproto.CopyAreaChecked(c, root, xproto.Drawable(p), st.gc, 0, 0, 0, 0, 1, 1).Check()
	})
	if err == nil && !written {
		err = errors.New("the server copies elsewhere")
	}
	if err != nil {
		xproto.FreePixmap(c, p)
		return fmt.Errorf("shared pixmap: %w", err)
	}
	st.pixmap = p
	return nil
}

// writes reports whether a way of getting the first pixel of the desktop writes
// to the beginning of memory.
func (s *x11Source) writes(memory []byte, get func() error) (bool, error) {
	plain, err := xproto.GetImage(s.conn.Conn, xproto.ImageFormatZPixmap, xproto.Drawable(s.conn.Root), 0, 0, 1, 1, allPlanes).Reply()
	if err != nil {
		return false, err
	}
	mark := make([]byte, 4)
	for i := range mark {
		mark[i] = ^plain.Data[i]
	}
	copy(memory, mark)
	if err := get(); err != nil {
		return false, err
	}
	return !bytes.Equal(memory[:4], mark), nil
}

// direct reports whether a rectangle is grabbed with the whole width of its
// rows, which needs no copy: the server's copy of the rest costs as much as ours
// of the rectangle would.
func (st *store) direct(r, desktop image.Rectangle) bool { return r.Dx()*2 > desktop.Dx() }

func (st *store) put(r image.Rectangle, stride int, from []byte) {
	n := r.Dx() * 4
	for y := range r.Dy() {
		copy(st.pix[(r.Min.Y+y)*stride+r.Min.X*4:][:n], from[y*n:])
	}
}
