package tray

import (
	"image"
	"image/color"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/paint"
	"github.com/alongside-remote/alongside/tray/internal/words"
)

// bannerTitle names the window for window managers and tests.
const bannerTitle = "Alongside session"

// Measures of the banner.
const (
	bannerH    = 44
	bannerPad  = 16
	bannerGap  = 12
	bannerEdge = 24 // kept free on both sides of a narrow monitor
	hintH      = 24 // the line below while the pointer is over it
)

// bannerFace is how a banner looks on one monitor.
type bannerFace struct {
	words words.Words
	notch *notch
	width int // of the monitor
	hover bool
	// hot and pressed are the button under the pointer and the one held down; signShown:
	// none.
	hot, pressed signKind

	done, chat image.Rectangle // where the buttons are
}

// layout computes the size and the places of the buttons.
func (f *bannerFace) layout() image.Point { return f.walk(brush{}) }

// draw fills a picture, which may be larger than the layout; it has twice as many pixels
// where that is said.
func (f *bannerFace) draw(img *image.RGBA, double bool) {
	b := brush{img, double}
	paint.Fill(img, img.Rect, paint.Dark)
	f.walk(b)
	// The lower edge is what catches the eye on a dark screen.
	paint.Fill(img, image.Rect(0, img.Rect.Max.Y-2*b.n(), img.Rect.Max.X, img.Rect.Max.Y), paint.Live)
}

// button is what a press at a point does; signShown: nothing.
func (f *bannerFace) button(at image.Point) signKind {
	switch {
	case at.In(f.done):
		return signDone
	case at.In(f.chat):
		return signChat
	}
	return signShown
}

// press takes a press of the pointer's. It drags the banner where there is no button.
func (f *bannerFace) press(at image.Point) (drags bool) {
	f.pressed = f.button(at)
	return f.pressed == signShown
}

// release is the button that goes up where it went down; signShown: none.
func (f *bannerFace) release(at image.Point) signKind {
	k := f.pressed
	f.pressed = signShown
	if f.button(at) != k {
		return signShown
	}
	return k
}

// walk places the parts from left to right, and draws them where the brush does.
func (f *bannerFace) walk(b brush) image.Point {
	strong, small := glyph.Strong, glyph.Small
	mid := (bannerH - 2) / 2
	n, w := f.notch, f.words
	left, done := n.left(w, time.Now()), w.Say(words.Done)
	recorded := ""
	if n.recorded {
		recorded = w.Say(words.Recorded)
	}
	taking := n.taking(w)
	chipW := func(s string) int {
		if s == "" {
			return 0
		}
		return small.Width(s) + 20 + bannerGap
	}
	leftW := 0
	if left != "" {
		// As wide as the widest digits, so that the banner does not twitch.
		leftW = small.Width(strings.Map(widest, left)) + bannerGap
	}
	doneW := strong.Width(done) + 32
	talk := n.chat(w)
	talkW := small.Width(talk) + 24
	connected := n.connected(w)
	fixed := bannerPad + 10 + bannerGap + glyph.Body.Width(connected) + bannerGap + chipW(recorded) + chipW(taking) + leftW + talkW + 8 + doneW + 8
	room := func(mode string) int { return max(60, f.width-2*bannerEdge-fixed-chipW(mode)) }
	mode := n.mode(w, true)
	who, fits := n.who(w, room(mode))
	if !fits {
		mode = n.mode(w, false)
		who, _ = n.who(w, room(mode))
	}

	x := bannerPad
	b.round(image.Rect(x, mid-5, x+10, mid+5), 5, paint.Live)
	x += 10 + bannerGap
	text := func(s glyph.Style, line string, c color.Color) {
		b.text(s, image.Pt(x, mid-s.Height()/2+1), line, c)
		x += s.Width(line)
	}
	text(strong, who, paint.OnDark)
	text(glyph.Body, connected, paint.OnDark2)
	x += bannerGap
	chip := func(s string, full bool) {
		if s == "" {
			return
		}
		r := image.Rect(x, mid-12, x+chipW(s)-bannerGap, mid+12)
		ink := paint.OnDark
		if full {
			b.round(r, 12, paint.Live)
			ink = paint.Dark
		} else {
			b.outline(r, 12, 1, paint.OnDark2)
		}
		b.text(small, image.Pt(x+10, mid-small.Height()/2+1), s, ink)
		x += chipW(s)
	}
	chip(mode, n.control && !n.paused && !n.held)
	chip(recorded, false)
	chip(taking, true)
	if left != "" {
		b.text(small, image.Pt(x, mid-small.Height()/2+1), left, paint.OnDark2)
		x += leftW
	}
	f.chat = image.Rect(x, mid-15, x+talkW, mid+15)
	ink, edge := paint.OnDark, paint.OnDark2
	if n.unread > 0 || f.hot == signChat || f.pressed == signChat {
		ink, edge = paint.Live, paint.Live
	}
	b.outline(f.chat, 7, 1, edge)
	b.text(small, image.Pt(x+12, mid-small.Height()/2+1), talk, ink)
	x += talkW + 8
	f.done = image.Rect(x, mid-15, x+doneW, mid+15)
	face := paint.OnDark
	if f.hot == signDone || f.pressed == signDone {
		face = paint.OnDark2
	}
	b.round(f.done, 7, face)
	b.text(strong, image.Pt(x+16, mid-strong.Height()/2+1), done, paint.Dark)
	size := image.Pt(x+doneW+8, bannerH)
	if f.hover {
		size.Y += hintH
		b.text(small, image.Pt(bannerPad, bannerH-2), small.Ellipsis(n.hint(w), size.X-2*bannerPad), paint.OnDark2)
	}
	return size
}

// widest stands for every digit.
func widest(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0'
	}
	return r
}
