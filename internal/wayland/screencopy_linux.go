package wayland

import (
	"errors"
	"fmt"
	"image"
)

const (
	screencopyManager = "zwlr_screencopy_manager_v1"
	// screencopyVersion is the first in which pictures come when something changed.
	screencopyVersion = 3

	managerCapture = 0
	managerRegion  = 1

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

// Errors of a picture.
var (
	ErrNoPicture = errors.New("the monitor gives no picture") // it is switched off, or was about to change
	ErrFormat    = errors.New("pixels of an unknown format")
)

// Screencopy has a compositor of the wlroots family copy what its monitors show.
type Screencopy struct {
	c       *Conn
	manager uint32
	shm     uint32
}

// Screencopy finds the protocol. The error is an ErrMissing.
func (c *Conn) Screencopy() (*Screencopy, error) {
	g, err := c.Find(screencopyManager)
	if err != nil {
		return nil, err
	}
	if g.Version < screencopyVersion {
		return nil, fmt.Errorf("%w: %s is of version %d", ErrMissing, screencopyManager, g.Version)
	}
	s := &Screencopy{c: c}
	s.manager, _ = c.Bind(g, screencopyVersion, nil)
	s.shm, _, err = c.BindOnly("wl_shm", 1, nil)
	return s, err
}

// Camera takes pictures of a monitor, one after the other, into memory that it keeps.
// The pointer is not drawn into them where the monitor draws it by itself.
type Camera struct {
	// Of the last picture.
	Buffer   *Buffer
	Inverted bool            // its lowest row comes first
	Damage   image.Rectangle // in it: what has changed since the one before

	s       *Screencopy
	output  uint32
	part    image.Rectangle
	frame   uint32 // under way; 0: none
	now     bool
	waiting bool
	done    func(error)

	format                uint32
	width, height, stride int
}

// Camera makes one for a monitor.
func (s *Screencopy) Camera(output uint32) *Camera { return &Camera{s: s, output: output} }

// Crop has it take pictures of a part of the monitor, in the compositor's coordinates
// from the monitor's corner.
func (m *Camera) Crop(part image.Rectangle) { m.part = part }

// Take asks for a picture: now, or when something on the monitor has changed since the
// last. There is at most one under way. done is told when it is there, or why it never
// will be: ErrNoPicture, ErrFormat or for lack of memory.
func (m *Camera) Take(now bool, done func(error)) {
	m.now, m.done, m.waiting = now, done, true
	m.Damage, m.Inverted, m.width = image.Rectangle{}, false, 0
	const noCursor = 0
	m.frame = m.s.c.New(m.on)
	if p := m.part; p.Empty() {
		m.s.c.Request(m.s.manager, managerCapture).Uint(m.frame).Int(noCursor).Uint(m.output).Send()
	} else {
		m.s.c.Request(m.s.manager, managerRegion).Uint(m.frame).Int(noCursor).Uint(m.output).
			Int(int32(p.Min.X)).Int(int32(p.Min.Y)).Int(int32(p.Dx())).Int(int32(p.Dy())).Send()
	}
}

// Waiting reports that the compositor has not yet said what picture it will give.
func (m *Camera) Waiting() bool { return m.waiting }

func (m *Camera) on(op uint16, a *Args) {
	switch op {
	case frameBuffer:
		m.format, m.width, m.height, m.stride = a.Uint(), int(a.Uint()), int(a.Uint()), int(a.Uint())
	case frameBufferDone:
		m.copy()
	case frameFlags:
		m.Inverted = a.Uint()&flagInverted != 0
	case frameDamage:
		x, y := int(a.Uint()), int(a.Uint())
		m.Damage = m.Damage.Union(image.Rect(x, y, x+int(a.Uint()), y+int(a.Uint())))
	case frameReady:
		if m.waiting { // of a copy that it was not asked for
			m.end(ErrNoPicture)
			return
		}
		whole := image.Rect(0, 0, m.Buffer.Width, m.Buffer.Height)
		if m.Damage = m.Damage.Intersect(whole); m.now {
			m.Damage = whole
		}
		m.end(nil)
	case frameFailed:
		m.end(ErrNoPicture)
	}
}

// copy has the compositor write into memory of the size that it named.
func (m *Camera) copy() {
	if !m.waiting {
		return
	}
	m.waiting = false
	if err := m.prepare(); err != nil {
		m.end(err)
		return
	}
	op := uint16(frameCopyDamage)
	if m.now {
		op = frameCopy
	}
	m.s.c.Request(m.frame, op).Uint(m.Buffer.ID).Send()
}

func (m *Camera) prepare() error {
	switch m.format {
	case FormatBGRA, FormatBGRX, FormatRGBA, FormatRGBX:
	default:
		return fmt.Errorf("%w: %#x", ErrFormat, m.format)
	}
	if b := m.Buffer; b != nil && b.Width == m.width && b.Height == m.height && b.Stride == m.stride && b.Format == m.format {
		return nil
	}
	if m.Buffer != nil {
		m.Buffer.Destroy()
		m.Buffer = nil
	}
	m.now = true // nothing of it is known
	var err error
	m.Buffer, err = m.s.c.NewBuffer(m.s.shm, m.width, m.height, m.stride, m.format, nil)
	return err
}

// Swapped reports whether red comes first in a picture.
func (b *Buffer) Swapped() bool { return b.Format == FormatRGBA || b.Format == FormatRGBX }

// Picture is a part of the last picture as a person sees it on a monitor that is turned
// so. It has as much of the part as there is.
func (m *Camera) Picture(turn Transform, part image.Rectangle) *image.RGBA {
	b := m.Buffer
	seen := turn.Size(image.Pt(b.Width, b.Height))
	part = part.Intersect(image.Rectangle{Max: seen})
	back := turn.back()
	out := image.NewRGBA(image.Rectangle{Max: part.Size()})
	red, blue := 2, 0
	if b.Swapped() {
		red, blue = 0, 2
	}
	for i := 0; i < len(out.Pix); i += pixelLen {
		at := image.Pt(i%out.Stride/pixelLen, i/out.Stride).Add(part.Min)
		at = back.Point(at, seen)
		if m.Inverted {
			at.Y = b.Height - 1 - at.Y
		}
		px, to := b.Memory.Bytes[at.Y*b.Stride+at.X*pixelLen:][:pixelLen], out.Pix[i:][:pixelLen]
		to[0], to[1], to[2], to[3] = px[red], px[1], px[blue], 0xff
	}
	return out
}

// end lets go of a picture that is ready, or never will be.
func (m *Camera) end(err error) {
	m.drop()
	m.done(err)
}

func (m *Camera) drop() {
	m.waiting = false
	if m.frame != 0 {
		m.s.c.Request(m.frame, frameDestroy).Send()
		m.s.c.Destroyed(m.frame)
		m.frame = 0
	}
}

// Close lets go of everything. A picture under way is told nobody.
func (m *Camera) Close() {
	m.drop()
	if m.Buffer != nil {
		m.Buffer.Destroy()
		m.Buffer = nil
	}
}

// Free is Close for a connection that is over.
func (m *Camera) Free() {
	if m.Buffer != nil {
		m.Buffer.Memory.Free()
		m.Buffer = nil
	}
}
