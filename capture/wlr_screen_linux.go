package capture

import (
	"fmt"
	"image"
	"time"

	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	managerCapture = 0 // capture_output

	frameCopy       = 0
	frameDestroy    = 1
	frameCopyDamage = 2

	frameBuffer     = 0
	frameFlags      = 1
	frameReady      = 2
	frameFailed     = 3
	frameDamage     = 4
	frameBufferDone = 6

	flagInverted = 1
)

// retryAfter is when a monitor is asked again that gave no picture: it is switched
// off, or was about to change. Nothing tells when that is over.
const retryAfter = time.Second

type wlrState int

const (
	wlrIdle wlrState = iota
	wlrAsked
	wlrCopying
	wlrReady
	wlrFailed
)

// wlrScreen is a monitor and the picture of it that is under way.
type wlrScreen struct {
	wayland.Screen
	state  wlrState
	whole  bool // the next picture shows what is there, at once
	frame  uint32
	retry  time.Time
	buffer *wayland.Buffer

	// Of the picture under way.
	format                uint32
	width, height, stride int
	inverted              bool
	damage                image.Rectangle // in the picture
}

// ask begins the next picture of each monitor that has none under way.
func (s *wlrSource) ask() {
	now := time.Now()
	for _, m := range s.screens {
		if m.state == wlrFailed && !now.Before(m.retry) {
			m.state = wlrIdle
		}
		if m.state != wlrIdle {
			continue
		}
		m.state, m.damage, m.inverted, m.width = wlrAsked, image.Rectangle{}, false, 0
		frame := s.conn.New(func(op uint16, a *wayland.Args) { s.onFrame(m, op, a) })
		m.frame = frame
		const noCursor = 0 // the pointer is never drawn into the picture
		s.conn.Request(s.manager, managerCapture).Uint(frame).Int(noCursor).Uint(m.ID).Send()
	}
}

func (s *wlrSource) onFrame(m *wlrScreen, op uint16, a *wayland.Args) {
	switch op {
	case frameBuffer:
		m.format, m.width, m.height, m.stride = a.Uint(), int(a.Uint()), int(a.Uint()), int(a.Uint())
	case frameBufferDone:
		s.copy(m)
	case frameFlags:
		m.inverted = a.Uint()&flagInverted != 0
	case frameDamage:
		x, y := int(a.Uint()), int(a.Uint())
		m.damage = m.damage.Union(image.Rect(x, y, x+int(a.Uint()), y+int(a.Uint())))
	case frameReady:
		m.state = wlrReady
		s.done(m)
	case frameFailed:
		m.state, m.whole, m.retry = wlrFailed, true, time.Now().Add(retryAfter)
		s.done(m)
	}
}

// copy has the compositor write into memory of the size that it named.
func (s *wlrSource) copy(m *wlrScreen) {
	if m.state != wlrAsked {
		return
	}
	if err := s.prepare(m); err != nil {
		s.refused = err
		return
	}
	m.state = wlrCopying
	op := uint16(frameCopyDamage)
	if m.whole {
		op = frameCopy
	}
	s.conn.Request(m.frame, op).Uint(m.buffer.ID).Send()
}

func (s *wlrSource) prepare(m *wlrScreen) error {
	if !readable(m.format) {
		return fmt.Errorf("%w: pixels of the format %#x", ErrUnsupported, m.format)
	}
	if b := m.buffer; b != nil && b.Width == m.width && b.Height == m.height && b.Stride == m.stride && b.Format == m.format {
		return nil
	}
	if m.buffer != nil {
		m.buffer.Destroy()
		m.buffer = nil
	}
	m.whole = true
	b, err := s.conn.NewBuffer(s.shm, m.width, m.height, m.stride, m.format, nil)
	if err != nil {
		return fmt.Errorf("memory for %s: %w", m.Name, err)
	}
	m.buffer = b
	return nil
}

// done lets go of a picture that is ready, or never will be.
func (s *wlrSource) done(m *wlrScreen) {
	if m.frame != 0 {
		s.conn.Request(m.frame, frameDestroy).Send()
		s.conn.Destroyed(m.frame)
		m.frame = 0
	}
}

// end lets go of all that a monitor has.
func (s *wlrSource) end(m *wlrScreen) {
	s.done(m)
	if m.buffer != nil {
		m.buffer.Destroy()
		m.buffer = nil
	}
}

// free is end for a connection that is over.
func (m *wlrScreen) free() {
	if m.buffer != nil {
		m.buffer.Memory.Free()
		m.buffer = nil
	}
}
