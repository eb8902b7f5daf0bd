package gnometest

import (
	"image"
	"time"
)

// The portal's window stands in the middle of the first monitor. From there, in its own
// measure: a place of its ground, the first monitor in its list, and the button of a Yes.
var (
	dialogGround   = image.Pt(0, 120)
	dialogRow      = image.Pt(0, 26)
	dialogShare    = image.Pt(212, -127)
	dialogSwitch   = image.Pt(190, 72) // of remote interaction, where it is asked for
	dialogSwitched = image.Pt(172, 72) // and what of it is coloured once it is on
)

// answerAgain is how long a press has to take effect.
const answerAgain = time.Second

// at is a point of the portal's window in pixels.
func (d *Desktop) at(img *image.RGBA, from image.Point) image.Point {
	far := image.Pt(int(float64(from.X)*d.scale), int(float64(from.Y)*d.scale))
	return img.Rect.Max.Div(2).Add(far)
}

func (d *Desktop) asks(img *image.RGBA) bool {
	const light = 0xf0
	p := d.at(img, dialogGround)
	c := img.RGBAAt(p.X, p.Y)
	return c.R > light && c.G > light && c.B > light
}

// switched says that remote interaction is allowed.
func (d *Desktop) switched(img *image.RGBA) bool {
	const coloured = 40
	p := d.at(img, dialogSwitched)
	c := img.RGBAAt(p.X, p.Y)
	return int(c.B) > int(c.R)+coloured
}

// Share is the person's Yes to the portal's window, for the first monitor in its list and
// nothing else.
func (p *Person) Share(e *Eyes) {
	p.t.Helper()
	p.answer(e, false)
}

// ShareControl is Share with keyboard and pointer.
func (p *Person) ShareControl(e *Eyes) {
	p.t.Helper()
	p.answer(e, true)
}

func (p *Person) answer(e *Eyes, control bool) {
	p.t.Helper()
	if !e.Until(p.d.asks) {
		p.t.Fatal("the desktop does not ask")
	}
	if control {
		p.press(e, p.d.switched, dialogSwitch)
	}
	p.press(e, func(now *image.RGBA) bool { return !p.d.asks(now) }, dialogRow, dialogShare)
}

// press presses places of the portal's window until that shows. The window takes no press
// before it has come to rest, and one that was taken twice may have undone itself.
func (p *Person) press(e *Eyes, shows func(*image.RGBA) bool, places ...image.Point) {
	p.t.Helper()
	img := e.Look()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		for _, from := range places {
			p.Point(p.d.at(img, from))
			p.Click()
		}
		if e.within(answerAgain, shows) {
			return
		}
	}
	p.t.Fatal("the desktop's window does not answer")
}
