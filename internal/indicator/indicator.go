// Package indicator finds the banner in a picture of the desktop, where neither the
// display server nor the compositor tells whether it can be seen.
//
//	indicator.go what is drawn, where, and the bounds of both
//	match.go     whether a picture shows it
//	watch.go     for how long it may be out of sight
package indicator

import (
	"errors"
	"fmt"
	"image"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// ErrAbsurd is a place or a picture that no banner has. There is nothing to be looked for.
var ErrAbsurd = errors.New("no banner is like that")

// Bounds of a banner.
const (
	// MaxSpots is how many monitors a desktop has at most.
	MaxSpots = 16
	// maxPixels is the largest picture in bytes: half of what a message may hold, and a
	// banner as wide as the widest monitor that is sold.
	maxPixels = 512 << 10
	// What is smaller than this nobody reads.
	leastWidth, leastHeight = 64, 16
	// maxSide is the longest side of a monitor, as X11 counts.
	maxSide = 1<<15 - 1
)

// Banner is what is drawn, at a place on each monitor.
type Banner struct {
	size     image.Point
	pix      []byte // red, green, blue
	contrast []byte // of each pixel: how far the parts of colours beside it are apart
	spots    []spot
}

// spot is the place on a monitor, from its corner.
type spot struct{ monitor, at image.Point }

// Check says whether a message is within the bounds; else it is an ErrAbsurd. It looks at
// no pixel.
func Check(m *ipcpb.BannerPlaced) error {
	w, h := m.GetWidth(), m.GetHeight()
	switch {
	case w < leastWidth || h < leastHeight || w > maxSide || h > maxSide:
		return fmt.Errorf("%w: a picture of %d x %d", ErrAbsurd, w, h)
	case uint64(w)*uint64(h)*3 > maxPixels || uint64(len(m.Pixels)) != uint64(w)*uint64(h)*3:
		return fmt.Errorf("%w: %d bytes for %d x %d", ErrAbsurd, len(m.Pixels), w, h)
	case len(m.Spots) == 0 || len(m.Spots) > MaxSpots:
		return fmt.Errorf("%w: on %d monitors", ErrAbsurd, len(m.Spots))
	}
	for _, s := range m.Spots {
		mw, mh := s.GetMonitorWidth(), s.GetMonitorHeight()
		if mw > maxSide || mh > maxSide || s.GetX() > mw || s.GetY() > mh || w > mw-s.GetX() || h > mh-s.GetY() {
			return fmt.Errorf("%w: at %d,%d of a monitor of %d x %d", ErrAbsurd, s.GetX(), s.GetY(), mw, mh)
		}
	}
	return nil
}

// Read makes a message ready to be looked for. It keeps the message's pixels.
func Read(m *ipcpb.BannerPlaced) (*Banner, error) {
	if err := Check(m); err != nil {
		return nil, err
	}
	b := &Banner{size: image.Pt(int(m.Width), int(m.Height)), pix: m.Pixels}
	for _, s := range m.Spots {
		b.spots = append(b.spots, spot{image.Pt(int(s.MonitorWidth), int(s.MonitorHeight)), image.Pt(int(s.X), int(s.Y))})
	}
	b.contrast = contrasts(b.pix, b.size)
	return b, nil
}

// Place is where a banner stands on one monitor, both in the same coordinates.
type Place struct{ Monitor, Area image.Rectangle }

// Placed is the message for a picture at these places, of which each area is as large as
// the picture.
func Placed(session []byte, img *image.RGBA, places []Place) *ipcpb.BannerPlaced {
	size := img.Rect.Size()
	m := &ipcpb.BannerPlaced{
		Session: session, Width: uint32(size.X), Height: uint32(size.Y), Pixels: make([]byte, 0, 3*size.X*size.Y), //nolint:gosec // a picture's
	}
	for y := range size.Y {
		row := img.Pix[y*img.Stride:][:4*size.X]
		for x := 0; x < len(row); x += 4 {
			m.Pixels = append(m.Pixels, row[x], row[x+1], row[x+2])
		}
	}
	for _, p := range places {
		at := p.Area.Min.Sub(p.Monitor.Min)
		m.Spots = append(m.Spots, &ipcpb.BannerSpot{
			MonitorWidth: uint32(p.Monitor.Dx()), MonitorHeight: uint32(p.Monitor.Dy()), X: uint32(at.X), Y: uint32(at.Y), //nolint:gosec // who receives it checks it
		})
	}
	return m
}
