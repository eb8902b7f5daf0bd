// Package entry is a line of text that is typed into one of the program's own
// windows. It knows keys and pictures, and nothing of the window around it.
package entry

import (
	"image"
	"slices"

	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/paint"
	"github.com/alongside-remote/alongside/tray/internal/window"
)

// Height is that of an entry, in pixels.
const Height = 34

const corner = 7

// Entry is one line of text with a cursor.
type Entry struct {
	Text   []rune
	Cursor int
	Max    int // bytes
	Wrong  bool
	Rect   image.Rectangle // where it is in the picture
}

// Set replaces the text and puts the cursor behind it.
func (e *Entry) Set(s string) {
	e.Text = []rune(s)
	e.Cursor = len(e.Text)
}

// Edit applies a key: the keysym, and what it writes if it does.
func (e *Entry) Edit(sym uint32, r rune) {
	switch sym {
	case window.KeyLeft:
		e.Cursor = max(0, e.Cursor-1)
	case window.KeyRight:
		e.Cursor = min(len(e.Text), e.Cursor+1)
	case window.KeyHome:
		e.Cursor = 0
	case window.KeyEnd:
		e.Cursor = len(e.Text)
	case window.KeyBackspace:
		if e.Cursor > 0 {
			e.Cursor--
			e.Text = slices.Delete(e.Text, e.Cursor, e.Cursor+1)
		}
	case window.KeyDelete:
		if e.Cursor < len(e.Text) {
			e.Text = slices.Delete(e.Text, e.Cursor, e.Cursor+1)
		}
	default:
		if r == 0 || len(string(e.Text))+4 > e.Max {
			return
		}
		e.Text = slices.Insert(e.Text, e.Cursor, r)
		e.Cursor++
	}
}

// Draw paints it at its place; the cursor only where it has the focus. The text
// scrolls so that the cursor is always in sight.
func (e *Entry) Draw(img *image.RGBA, focused bool) {
	paint.Round(img, e.Rect, corner, paint.Surface)
	switch {
	case e.Wrong:
		paint.Round(img, e.Rect, corner, paint.BadSoft)
		paint.Outline(img, e.Rect, corner, 1, paint.Bad)
	case !focused:
		paint.Outline(img, e.Rect, corner, 1, paint.Line)
	}
	if focused {
		paint.Outline(img, e.Rect, corner, 2, paint.Accent)
	}
	clip := e.Rect.Inset(2)
	clip.Min.X, clip.Max.X = clip.Min.X+8, clip.Max.X-8
	before := glyph.Body.Width(string(e.Text[:e.Cursor]))
	shift := max(0, before+2-clip.Dx())
	part := img.SubImage(clip).(*image.RGBA)
	top := e.Rect.Min.Y + (Height-glyph.Body.Height())/2 + 1
	glyph.Body.Draw(part, image.Pt(clip.Min.X-shift, top), string(e.Text), paint.Ink)
	if focused {
		x := clip.Min.X - shift + before
		paint.Fill(part, image.Rect(x, top, x+1, top+glyph.Body.Height()-1), paint.Accent)
	}
}
