package tray

import (
	"image"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/paint"
)

// bannerTitle names the window for window managers and tests.
const bannerTitle = "Alongside session"

// Measures of the banner.
const (
	bannerH    = 44
	bannerPad  = 16
	bannerGap  = 12
	bannerEdge = 24 // kept free on both sides of a narrow monitor
	doneLabel  = "Done"
)

// layout computes the size and the place of the button.
func (v *bannerView) layout() image.Point { return v.walk(nil) }

func (v *bannerView) draw() {
	img := v.w.Image
	paint.Fill(img, img.Rect, paint.Dark)
	v.walk(img)
	// The lower edge is what catches the eye on a dark screen.
	paint.Fill(img, image.Rect(0, img.Rect.Max.Y-2, img.Rect.Max.X, img.Rect.Max.Y), paint.Live)
	v.w.Paint()
}

// walk places the parts from left to right; with a picture it draws them too.
func (v *bannerView) walk(img *image.RGBA) image.Point {
	strong, small := glyph.Strong, glyph.Small
	mid := (bannerH - 2) / 2
	mode := v.notch.mode()
	left := v.notch.left(time.Now())
	chipW := small.Width(mode) + 20
	leftW := 0
	if left != "" {
		// As wide as the widest digits, so that the banner does not twitch.
		leftW = small.Width("00:00:00 left") + bannerGap
	}
	doneW := strong.Width(doneLabel) + 32
	connected := " is connected"
	fixed := bannerPad + 10 + bannerGap + glyph.Body.Width(connected) + bannerGap + chipW + bannerGap + leftW + doneW + 8
	who := strong.Ellipsis(v.notch.who(), max(60, v.screen.Dx()-2*bannerEdge-fixed))

	x := bannerPad
	if img != nil {
		paint.Dot(img, image.Pt(x+5, mid), 5, paint.Live)
	}
	x += 10 + bannerGap
	text := func(s glyph.Style, line string, c image.Image) {
		if img != nil {
			s.Draw(img, image.Pt(x, mid-s.Height()/2+1), line, c.At(0, 0))
		}
		x += s.Width(line)
	}
	white, pale := image.NewUniform(paint.OnDark), image.NewUniform(paint.OnDark2)
	text(strong, who, white)
	text(glyph.Body, connected, pale)
	x += bannerGap
	chip := image.Rect(x, mid-12, x+chipW, mid+12)
	if img != nil {
		if v.notch.control {
			paint.Round(img, chip, 12, paint.Live)
			small.Draw(img, image.Pt(x+10, mid-small.Height()/2+1), mode, paint.Dark)
		} else {
			paint.Outline(img, chip, 12, 1, paint.OnDark2)
			small.Draw(img, image.Pt(x+10, mid-small.Height()/2+1), mode, paint.OnDark)
		}
	}
	x += chipW + bannerGap
	if left != "" {
		if img != nil {
			small.Draw(img, image.Pt(x, mid-small.Height()/2+1), left, paint.OnDark2)
		}
		x += leftW
	}
	v.done = image.Rect(x, mid-15, x+doneW, mid+15)
	if img != nil {
		face := paint.OnDark
		if v.hot || v.pressed {
			face = paint.OnDark2
		}
		paint.Round(img, v.done, 7, face)
		strong.Draw(img, image.Pt(x+16, mid-strong.Height()/2+1), doneLabel, paint.Dark)
	}
	return image.Pt(x+doneW+8, bannerH)
}
