package layer

import (
	"image"

	"github.com/alongside-remote/alongside/internal/wayland"
)

// Look asks for what the monitor really shows at the place of the surface: now, or when
// something on the monitor has changed. done is called from Wait, with the place and
// either a way to tell whether a picture can be seen there or why there is no telling.
// One look is under way at a time, and none on a surface that is not up.
func (s *Surface) Look(now bool, done func(area image.Rectangle, shows func(*image.RGBA) bool, err error)) {
	area, turn := s.area, s.screen.Transform
	// Parts of turned monitors are not the same to all compositors: all of it is asked for.
	part := turn == wayland.TransformNormal
	if part {
		s.camera.Crop(area)
	}
	s.camera.Take(now, func(err error) {
		done(area, func(img *image.RGBA) bool {
			var at image.Point
			if !part {
				at = area.Min.Mul(img.Rect.Dx()).Div(area.Dx()) // in pixels
			}
			return alike(img, s.camera.Picture(turn, img.Rect.Add(at)))
		}, err)
	})
}

const (
	// samePart is how much of a banner may be unlike what was drawn: a pointer that the
	// compositor draws into its picture is less than that, a name more.
	samePart = 1.0 / 128
	// same is how far a part of a colour may be off.
	same = 2
)

// alike compares what was drawn with what is shown.
func alike(drawn, shown *image.RGBA) bool {
	if drawn.Rect.Size() != shown.Rect.Size() {
		return false
	}
	n := 0
	for i := 0; i < len(drawn.Pix); i += 4 {
		for j := range 3 {
			if d := int(drawn.Pix[i+j]) - int(shown.Pix[i+j]); d > same || -d > same {
				n++
				break
			}
		}
	}
	return float64(n) <= samePart*float64(len(drawn.Pix)/4)
}
