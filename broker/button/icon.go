package button

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/alongside-remote/alongside/broker/store"
)

// DefaultColour is that of icons whose profile names none.
const DefaultColour = "#1d6fe0"

// The icon that is drawn where a profile has none: a ring as lifebuoys have it.
const (
	iconSide  = 64
	iconOuter = 26.0
	iconInner = 12.0
	iconGap   = 0.3 // radians on either side of the four bands
)

// iconOf is the icon of a profile's buttons.
func iconOf(p store.ButtonProfile) ([]byte, error) {
	if len(p.Icon) > 0 {
		return p.Icon, nil
	}
	c, err := ParseColour(p.Colour)
	if err != nil {
		return nil, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, iconSide, iconSide))
	for y := range iconSide {
		for x := range iconSide {
			dx, dy := float64(x)-iconSide/2+0.5, float64(y)-iconSide/2+0.5
			r, a := math.Hypot(dx, dy), math.Mod(math.Atan2(dy, dx)+2*math.Pi+math.Pi/4, math.Pi/2)
			switch {
			case r > iconOuter+1 || r < iconInner-1:
			case r > iconOuter-1 || r < iconInner+1 || math.Abs(a-math.Pi/4) > iconGap:
				m.SetNRGBA(x, y, c)
			default:
				m.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		return nil, fmt.Errorf("draw icon: %w", err)
	}
	return b.Bytes(), nil
}

// ParseColour reads a colour written #rrggbb; empty is DefaultColour.
func ParseColour(s string) (color.NRGBA, error) {
	if s == "" {
		s = DefaultColour
	}
	c := color.NRGBA{A: 255}
	if n, err := fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B); err != nil || n != 3 || len(s) != 7 {
		return c, fmt.Errorf("colour %q: want #rrggbb", s)
	}
	return c, nil
}
