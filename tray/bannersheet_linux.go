package tray

import (
	"errors"
	"image"
	"time"

	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/tray/internal/layer"
	"github.com/alongside-remote/alongside/tray/internal/paint"
)

const (
	// lookEvery is the least time between two looks at a monitor where something moves
	// all the time.
	lookEvery = 250 * time.Millisecond
	// lightAfter is when a monitor is looked at again that gave no picture. Nothing
	// tells when it is switched on.
	lightAfter = time.Second
)

// sheet is the banner on one monitor.
//
//	drawn ──looked at──▶ seen ◀──looked at──▶ covered ──once──▶ raised
//	any ──no picture of the monitor──▶ dark      any ──taken away──▶ gone ──▶ raised
//
// Most compositors put a new surface above the others of its layer, so it is raised by
// being made anew. Where that was of no use it waits until it can be seen again.
//
// What is drawn is looked at before anything else is drawn, so that a look is always at
// a picture that is known. In judged is whether that has happened.
type sheet struct {
	v       *layerView
	screen  wayland.Screen
	surface *layer.Surface
	face    bannerFace
	scale   fraction
	img     *image.RGBA // as drawn last

	state   sheetState
	judged  bool
	looking bool      // a look is under way
	sure    bool      // it is at what was drawn last
	due     time.Time // of the next one
	dirty   bool      // something else is to be drawn

	pace   pace
	raise  time.Time // when next, while it is covered or gone
	lifted bool      // raised since it was last seen

	dragging bool
	grab     int // from the left edge
}

type sheetState int

const (
	sheetDrawn sheetState = iota
	sheetSeen
	sheetCovered
	sheetDark
	sheetGone
)

func (v *layerView) newSheet(m wayland.Screen) *sheet {
	s := &sheet{v: v, screen: m, scale: scaleOf(m.Rect.Size(), m.Place.Size())}
	s.face = bannerFace{words: v.words, width: m.Place.Dx()}
	s.appear()
	return s
}

// appear puts it above everything that is in the overlay layer by now.
func (s *sheet) appear() {
	s.surface = s.v.d.New(s.screen, bannerTitle)
	s.looking, s.dragging = false, false
	s.face.hot, s.face.pressed = signShown, signShown
	s.draw()
}

// redraw draws soon: what is being looked at stays until it was.
func (s *sheet) redraw() {
	if s.looking && s.sure && !s.judged {
		s.dirty = true
		return
	}
	s.draw()
}

// draw puts it where its edges are between pixels of the monitor, so that the compositor
// shows each pixel as it is.
func (s *sheet) draw() {
	s.face.notch = s.v.notch
	size := s.face.layout()
	size = image.Pt(s.scale.up(size.X), s.scale.up(size.Y))
	// From more pixels to fewer letters stay clear.
	fine := brush{double: s.scale.pixels > s.scale.steps}
	img := image.NewRGBA(fine.rect(image.Rectangle{Max: size}))
	s.face.draw(img, fine.double)
	s.img = paint.Resize(img, image.Pt(s.scale.of(size.X), s.scale.of(size.Y)))
	x := 0
	if room := s.face.width - size.X; room > 0 {
		x = s.scale.down(int(s.v.place*float64(room) + 0.5))
	}
	s.surface.Show(s.img, image.Rectangle{Max: size}.Add(image.Pt(x, 0)))
	s.judged, s.sure, s.dirty = false, false, false
	s.due = time.Time{}
}

// tick does what is due.
func (s *sheet) tick(now time.Time) {
	if s.surface.Closed() && s.state != sheetGone {
		s.state = sheetGone
		s.raise = now.Add(max(raiseLeast, s.pace.spacing)) // its monitor may be going
	}
	if s.hides() && !now.Before(s.raise) {
		s.pace.raised(now)
		s.lifted = true
		s.surface.Destroy()
		s.appear()
		s.state = sheetCovered // until it was seen
	}
	if !s.looking && s.surface.Up() && !now.Before(s.due) {
		s.looking, s.sure = true, true
		s.surface.Look(!s.judged, s.looked)
	}
}

// hides reports that nobody can see it as it is, and that it may help to raise it.
func (s *sheet) hides() bool {
	return s.state == sheetGone || s.state == sheetCovered && s.judged && !s.lifted
}

// next is when something is due; zero: when something happens.
func (s *sheet) next() time.Time {
	var at time.Time
	if !s.looking && s.surface.Up() {
		at = s.due
	}
	if s.hides() && (at.IsZero() || s.raise.Before(at)) {
		at = s.raise
	}
	return at
}

// looked judges what the monitor shows.
func (s *sheet) looked(area image.Rectangle, shows func(*image.RGBA) bool, err error) {
	now := time.Now()
	s.looking, s.due = false, now.Add(lookEvery)
	switch {
	case errors.Is(err, wayland.ErrNoPicture):
		s.state, s.judged, s.due = sheetDark, false, now.Add(lightAfter)
	case err != nil:
		s.v.err = err
		return
	case area == s.surface.Area() && shows(s.img):
		s.state, s.judged, s.lifted = sheetSeen, true, false
	case s.sure:
		s.state, s.judged = sheetCovered, true
		s.raise = s.pace.next()
	default:
		s.due = time.Time{}
	}
	if s.dirty {
		s.draw()
	}
}

// touch presses the buttons and drags the banner along the edge.
func (s *sheet) touch(t layer.Touch) {
	f, before := &s.face, s.face
	switch t.Kind {
	case layer.Pressed:
		if f.press(t.At) {
			s.dragging, s.grab = true, t.At.X
		}
	case layer.Moved:
		f.hot = f.button(t.At)
		if room := f.width - s.surface.Area().Dx(); s.dragging && room > 0 && !s.surface.Moving() {
			x := s.surface.Area().Min.X + t.At.X - s.grab
			s.v.place = float64(max(0, min(x, room))) / float64(room)
			s.v.redraw()
		}
	case layer.Released:
		if k := f.release(t.At); k != signShown {
			s.v.sign(k, "")
		}
		s.dragging = false
	case layer.Left:
		f.hot = signShown
	}
	if f.hot != before.hot || f.pressed != before.pressed {
		s.redraw()
	}
}
