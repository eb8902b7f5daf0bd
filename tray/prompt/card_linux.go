package prompt

import (
	"image"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/entry"
	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/paint"
)

// card is the content of a prompt window: what it says, its entries and its
// buttons. The focus runs over the entries, then the buttons.
type card struct {
	title   string // of the window
	head    string
	who     string // set apart: the name of the person who asks
	from    string // below it
	text    string
	hint    string
	left    func(time.Duration) string
	entries []input
	buttons []button
	focus   int
	timeout time.Duration // 0: none
	check   func() bool   // before a primary button's result; false: stay open

	hot     int // button under the pointer, or -1
	pressed int // button held down, or -1
}

// input is an entry with what stands above and below it.
type input struct {
	entry.Entry
	label   string
	problem string
}

type button struct {
	label   string
	result  result
	primary bool
	rect    image.Rectangle
}

type result int

const (
	resultOpen result = iota
	resultNo
	resultYes
	resultTimeout
)

// Measures of a card.
const (
	cardWidth   = 480
	cardPad     = 28
	buttonH     = 36
	buttonMin   = 96
	corner      = 7
	maxWhoLines = 2
	maxText     = maxLines + 2
)

// layout computes the places of everything and returns the size. Drawing walks
// the same steps, with a picture.
func (c *card) layout() image.Point { return c.walk(nil, 0) }

// draw paints the card; remaining is the time left.
func (c *card) draw(img *image.RGBA, remaining time.Duration) {
	paint.Fill(img, img.Rect, paint.Surface)
	paint.Outline(img, img.Rect, 0, 1, paint.Line)
	c.walk(img, remaining)
}

func (c *card) walk(img *image.RGBA, remaining time.Duration) image.Point {
	inner := cardWidth - 2*cardPad
	y := 0
	// A band with the product's name says whose window this is.
	band := image.Rect(0, 0, cardWidth, 44)
	if img != nil {
		paint.Fill(img, band, paint.Dark)
		paint.Dot(img, image.Pt(cardPad+7, 22), 7, paint.OnDark2)
		paint.Dot(img, image.Pt(cardPad+15, 22), 7, paint.Live)
		glyph.Strong.Draw(img, image.Pt(cardPad+32, 22-glyph.Strong.Height()/2+1), "Alongside", paint.OnDark)
	}
	y = band.Max.Y + 22
	lines := func(s glyph.Style, text string, limit int, col image.Image) {
		for _, l := range s.Wrap(text, inner, limit) {
			if img != nil {
				s.Draw(img, image.Pt(cardPad, y), l, col.At(0, 0))
			}
			y += s.Height()
		}
	}
	ink, muted := image.NewUniform(paint.Ink), image.NewUniform(paint.Muted)
	if c.head != "" {
		lines(glyph.Title, c.head, 2, ink)
		y += 10
	}
	if c.who != "" {
		name := glyph.Strong.Wrap(c.who, inner-24, maxWhoLines)
		from := glyph.Body.Ellipsis(c.from, inner-24)
		box := image.Rect(cardPad, y, cardWidth-cardPad, y+22+len(name)*glyph.Strong.Height()+glyph.Body.Height())
		if img != nil {
			paint.Round(img, box, corner, paint.Soft)
			at := box.Min.Add(image.Pt(12, 11))
			for _, l := range name {
				glyph.Strong.Draw(img, at, l, paint.Ink)
				at.Y += glyph.Strong.Height()
			}
			glyph.Body.Draw(img, at, from, paint.Muted)
		}
		y = box.Max.Y + 12
	}
	if c.text != "" {
		lines(glyph.Body, c.text, maxText, ink)
	}
	if c.hint != "" {
		y += 6
		lines(glyph.Small, c.hint, 3, muted)
	}
	if len(c.entries) > 0 {
		y = c.walkEntries(img, y+12)
	}
	y += 20
	y = c.walkButtons(img, y, remaining)
	return image.Pt(cardWidth, y+24)
}

func (c *card) walkEntries(img *image.RGBA, y int) int {
	for i := range c.entries {
		e := &c.entries[i]
		if img != nil {
			glyph.Small.Draw(img, image.Pt(cardPad, y), e.label, paint.Muted)
		}
		y += glyph.Small.Height() + 3
		e.Rect, e.Wrong = image.Rect(cardPad, y, cardWidth-cardPad, y+entry.Height), e.problem != ""
		if img != nil {
			e.Draw(img, c.focus == i)
		}
		y += entry.Height + 2
		// The line for a problem is always there, so that the window keeps its size.
		if img != nil && e.problem != "" {
			glyph.Small.Draw(img, image.Pt(cardPad, y), glyph.Small.Ellipsis(e.problem, cardWidth-2*cardPad), paint.Bad)
		}
		y += glyph.Small.Height() + 4
	}
	return y
}

func (c *card) walkButtons(img *image.RGBA, y int, remaining time.Duration) int {
	x := cardWidth - cardPad
	for i := len(c.buttons) - 1; i >= 0; i-- {
		b := &c.buttons[i]
		w := max(buttonMin, glyph.Strong.Width(b.label)+36)
		b.rect = image.Rect(x-w, y, x, y+buttonH)
		x -= w + 12
		if img != nil {
			b.draw(img, c.focus == len(c.entries)+i, c.hot == i, c.pressed == i)
		}
	}
	if img != nil && c.left != nil {
		s := glyph.Small
		s.Draw(img, image.Pt(cardPad, y+(buttonH-s.Height())/2+1), s.Ellipsis(c.left(remaining), x-cardPad), paint.Muted)
	}
	return y + buttonH
}

func (b *button) draw(img *image.RGBA, focused, hot, pressed bool) {
	face, ink := paint.Surface, paint.Ink
	if b.primary {
		face, ink = paint.Accent, paint.OnDark
	}
	if hot || pressed {
		face = paint.Ground
		if b.primary {
			face = paint.AccentHot
		}
	}
	paint.Round(img, b.rect, corner, face)
	if !b.primary {
		paint.Outline(img, b.rect, corner, 1, paint.Line)
	}
	if focused {
		paint.Outline(img, b.rect.Inset(-4), corner+4, 2, paint.Accent)
	}
	s := glyph.Strong
	at := image.Pt(b.rect.Min.X+(b.rect.Dx()-s.Width(b.label))/2, b.rect.Min.Y+(buttonH-s.Height())/2+1)
	if pressed {
		at.Y++
	}
	s.Draw(img, at, b.label, ink)
}
