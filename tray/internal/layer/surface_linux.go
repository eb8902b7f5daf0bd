package layer

import (
	"image"

	"github.com/alongside-remote/alongside/internal/wayland"
)

const (
	surfaceDestroy = 0
	surfaceAttach  = 1
	surfaceCommit  = 6
	surfaceDamage  = 9

	viewporterView  = 1
	viewDestroy     = 0
	viewDestination = 2

	shellSurface = 0
	overlay      = 3

	layerSize      = 0
	layerAnchor    = 1
	layerZone      = 2
	layerMargin    = 3
	layerAck       = 6
	layerDestroy   = 7
	layerConfigure = 0
	layerClosed    = 1

	anchorTop  = 1
	anchorLeft = 4
	// overPanels has the compositor ignore the room that panels keep free.
	overPanels = -1

	displayObject = 1
	displaySync   = 0
)

// Surface is a picture at the upper edge of a monitor, in the overlay layer. It takes
// no keys.
//
//	new ──configure──▶ up, with the newest picture ──closed──▶ nothing, and Closed
type Surface struct {
	d      *Display
	id     uint32
	layer  uint32
	view   uint32
	screen wayland.Screen
	camera *wayland.Camera

	up     bool // the compositor has said that it may be shown, and has a picture
	closed bool
	moves  int // not yet done by the compositor
	area   image.Rectangle
	next   *image.RGBA // waits for up
}

// New makes a surface on a monitor. It is above all that are in that layer by now. It
// appears with its first picture. title names it for the compositor.
func (d *Display) New(screen wayland.Screen, title string) *Surface {
	s := &Surface{d: d, screen: screen, camera: d.copies.Camera(screen.ID)}
	s.id = d.conn.New(nil)
	d.conn.Request(d.compositor, compositorSurface).Uint(s.id).Send()
	s.view = d.conn.New(nil)
	d.conn.Request(d.viewporter, viewporterView).Uint(s.view).Uint(s.id).Send()
	s.layer = d.conn.New(s.onLayer)
	d.conn.Request(d.shell, shellSurface).Uint(s.layer).Uint(s.id).Uint(screen.ID).Uint(overlay).String(title).Send()
	d.conn.Request(s.layer, layerAnchor).Uint(anchorTop | anchorLeft).Send()
	d.conn.Request(s.layer, layerZone).Int(overPanels).Send()
	d.surfaces[s.id] = s
	return s
}

func (s *Surface) onLayer(op uint16, a *wayland.Args) {
	switch op {
	case layerConfigure:
		s.d.conn.Request(s.layer, layerAck).Uint(a.Uint()).Send()
		if !s.up && s.next != nil {
			s.up = true
			s.paint()
		}
		s.d.conn.Request(s.id, surfaceCommit).Send()
	case layerClosed:
		s.closed = true
	}
}

// Up reports that its picture is with the compositor, to be seen from the next one of
// the monitor on.
func (s *Surface) Up() bool { return s.up && !s.closed }

// Closed reports that the compositor has taken the surface away, such as with its
// monitor.
func (s *Surface) Closed() bool { return s.closed }

// Area is where the surface was last put, in the compositor's coordinates from the
// monitor's corner.
func (s *Surface) Area() image.Rectangle { return s.area }

// Moving reports that the compositor has not yet done the last move: what a pointer
// does meanwhile may be told from the old place.
func (s *Surface) Moving() bool { return s.moves > 0 }

// Show puts a picture on an area at the monitor's upper edge, in the compositor's
// coordinates. Where the area is as large as the picture in pixels of the monitor, each
// pixel is shown as it is. The picture is the surface's from then on.
func (s *Surface) Show(img *image.RGBA, area image.Rectangle) {
	s.next = img
	if s.up {
		s.paint()
	}
	s.put(area)
}

// Move puts the surface elsewhere along the edge.
func (s *Surface) Move(x int) { s.put(image.Rectangle{Max: s.area.Size()}.Add(image.Pt(x, 0))) }

func (s *Surface) put(area image.Rectangle) {
	s.area = area
	s.d.conn.Request(s.layer, layerSize).Uint(uint32(area.Dx())).Uint(uint32(area.Dy())).Send()  //nolint:gosec // a banner's
	s.d.conn.Request(s.layer, layerMargin).Int(0).Int(0).Int(0).Int(int32(area.Min.X)).Send()    //nolint:gosec // on a monitor
	s.d.conn.Request(s.view, viewDestination).Int(int32(area.Dx())).Int(int32(area.Dy())).Send() //nolint:gosec // a banner's
	s.d.conn.Request(s.id, surfaceCommit).Send()
	s.moves++
	done := s.d.conn.New(func(uint16, *wayland.Args) { s.moves-- })
	s.d.conn.Request(displayObject, displaySync).Uint(done).Send()
}

func (s *Surface) paint() {
	if err := s.d.attach(s.id, s.next); err != nil {
		s.d.err = err
	}
}

// Destroy takes it off the screen.
func (s *Surface) Destroy() {
	s.camera.Close()
	s.d.conn.Request(s.view, viewDestroy).Send()
	s.d.conn.Request(s.layer, layerDestroy).Send()
	s.d.conn.Request(s.id, surfaceDestroy).Send()
	s.d.conn.Destroyed(s.view)
	s.d.conn.Destroyed(s.layer)
	s.d.conn.Destroyed(s.id)
	delete(s.d.surfaces, s.id)
}

// attach hands a surface its picture, to be shown with the next commit. Each has memory
// of its own: there are few, and the compositor may still read the last.
func (d *Display) attach(surface uint32, img *image.RGBA) error {
	size := img.Rect.Size()
	var b *wayland.Buffer
	b, err := d.conn.NewBuffer(d.shm, size.X, size.Y, 4*size.X, wayland.FormatBGRA, func(uint16, *wayland.Args) {
		b.Destroy()
		delete(d.buffers, b)
	})
	if err != nil {
		return err
	}
	d.buffers[b] = true
	for y := range size.Y {
		from, to := img.Pix[y*img.Stride:][:4*size.X], b.Memory.Bytes[y*b.Stride:]
		for x := 0; x < len(from); x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], from[x+3]
		}
	}
	d.conn.Request(surface, surfaceAttach).Uint(b.ID).Int(0).Int(0).Send()
	d.conn.Request(surface, surfaceDamage).Int(0).Int(0).Int(int32(size.X)).Int(int32(size.Y)).Send() //nolint:gosec // a banner's
	return nil
}
