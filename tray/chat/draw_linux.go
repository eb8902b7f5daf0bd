package chat

import (
	"image"

	"github.com/alongside-remote/alongside/tray/internal/entry"
	"github.com/alongside-remote/alongside/tray/internal/glyph"
	"github.com/alongside-remote/alongside/tray/internal/paint"
	"github.com/alongside-remote/alongside/tray/internal/words"
)

// Measures of the window.
const (
	width      = 400
	height     = 520
	margin     = 48 // to the edges of the screen
	pad        = 16
	bandH      = 56
	footH      = pad + entry.Height + 28
	bubblePad  = 10
	bubbleGap  = 12
	bubbleMost = width - 2*pad - 48
	corner     = 10
	scrollStep = 60
)

// row is a message as it is laid out.
type row struct {
	head  string // who and when
	lines []string
	own   bool
	size  image.Point // of its bubble
}

func (r row) height() int { return glyph.Small.Height() + 2 + r.size.Y + bubbleGap }

// history is where the messages are.
func (v *view) history() image.Rectangle {
	size := v.w.Image.Rect.Size()
	return image.Rect(0, bandH, size.X, size.Y-footH)
}

// layout breaks the messages into lines.
func (v *view) layout() {
	v.rows, v.all = v.rows[:0], bubbleGap
	for _, m := range v.state.Said {
		from := m.From
		switch {
		case m.Own:
			from = v.words.Say(words.ChatYou)
		case from == "":
			from = v.words.Say(words.Somebody)
		}
		r := row{own: m.Own, lines: glyph.Body.Wrap(m.Text, bubbleMost-2*bubblePad, MaxLines)}
		r.head = glyph.Small.Ellipsis(from, bubbleMost-80) + "  " + m.At.Format("15:04")
		for _, l := range r.lines {
			r.size.X = max(r.size.X, glyph.Body.Width(l)+2*bubblePad)
		}
		r.size.Y = len(r.lines)*glyph.Body.Height() + 2*bubblePad
		v.rows = append(v.rows, r)
		v.all += r.height()
	}
	v.up = max(0, min(v.up, v.all-v.history().Dy()))
}

func (v *view) draw() {
	img := v.w.Image
	paint.Fill(img, img.Rect, paint.Surface)
	v.drawHistory(img)
	v.drawBand(img)
	v.drawFoot(img)
	paint.Outline(img, img.Rect, 0, 1, paint.Line)
	v.w.Paint()
}

// drawBand says whose window this is and who reads what is written.
func (v *view) drawBand(img *image.RGBA) {
	paint.Fill(img, image.Rect(0, 0, img.Rect.Dx(), bandH), paint.Dark)
	paint.Dot(img, image.Pt(pad+7, bandH/2), 7, paint.OnDark2)
	paint.Dot(img, image.Pt(pad+15, bandH/2), 7, paint.Live)
	x := pad + 34
	title := v.words.Say(words.ChatTitle)
	if v.state.With == "" {
		glyph.Strong.Draw(img, image.Pt(x, (bandH-glyph.Strong.Height())/2), title, paint.OnDark)
		return
	}
	glyph.Strong.Draw(img, image.Pt(x, 8), title, paint.OnDark)
	glyph.Small.Draw(img, image.Pt(x, 30), glyph.Small.Ellipsis(v.state.With, img.Rect.Dx()-x-pad), paint.OnDark2)
}

// top is where the first message begins, which may be above what is seen.
func (v *view) top() int {
	area := v.history()
	if v.all > area.Dy() {
		return area.Max.Y - v.all + bubbleGap + v.up
	}
	return area.Min.Y + bubbleGap
}

func (v *view) drawHistory(img *image.RGBA) {
	area := v.history()
	part := img.SubImage(area).(*image.RGBA)
	paint.Fill(part, area, paint.Ground)
	y := v.top()
	for _, r := range v.rows {
		if y < area.Max.Y && y+r.height() > area.Min.Y {
			r.draw(part, y)
		}
		y += r.height()
	}
	// The bar says how much there is above and below.
	if v.all > area.Dy() {
		size := max(24, area.Dy()*area.Dy()/v.all)
		top := area.Min.Y + (area.Dy()-size)*(v.all-area.Dy()-v.up)/(v.all-area.Dy())
		paint.Round(part, image.Rect(area.Max.X-7, top+2, area.Max.X-3, top+size-2), 2, paint.Line)
	}
}

func (r row) draw(img *image.RGBA, y int) {
	face := paint.Surface
	left := img.Rect.Min.X + pad
	head := left
	if r.own {
		face = paint.Soft
		left = img.Rect.Max.X - pad - r.size.X
		head = img.Rect.Max.X - pad - glyph.Small.Width(r.head)
	}
	glyph.Small.Draw(img, image.Pt(head, y), r.head, paint.Muted)
	y += glyph.Small.Height() + 2
	box := image.Rectangle{Max: r.size}.Add(image.Pt(left, y))
	paint.Round(img, box, corner, face)
	paint.Outline(img, box, corner, 1, paint.Line)
	for i, l := range r.lines {
		glyph.Body.Draw(img, image.Pt(left+bubblePad, y+bubblePad+i*glyph.Body.Height()), l, paint.Ink)
	}
}

// drawFoot paints the entry, which has a cursor only while it takes keys.
func (v *view) drawFoot(img *image.RGBA) {
	size := img.Rect.Size()
	top := size.Y - footH
	paint.Fill(img, image.Rect(0, top, size.X, top+1), paint.Line)
	label := v.words.Say(words.ChatSend)
	w := glyph.Strong.Width(label) + 28
	top += pad
	v.send = image.Rect(size.X-pad-w, top, size.X-pad, top+entry.Height)
	v.entry.Rect = image.Rect(pad, top, v.send.Min.X-8, top+entry.Height)
	v.entry.Draw(img, v.writing)
	if len(v.entry.Text) == 0 && !v.writing {
		at := image.Pt(v.entry.Rect.Min.X+10, top+(entry.Height-glyph.Body.Height())/2+1)
		glyph.Body.Draw(img, at, glyph.Body.Ellipsis(v.words.Say(words.ChatHere), v.entry.Rect.Dx()-20), paint.Muted)
	}
	face, ink := paint.Accent, paint.OnDark
	if !v.writing || len(v.entry.Text) == 0 {
		face, ink = paint.Line, paint.Muted
	}
	paint.Round(img, v.send, 7, face)
	glyph.Strong.Draw(img, image.Pt(v.send.Min.X+14, top+(entry.Height-glyph.Strong.Height())/2+1), label, ink)
	hint := v.hint
	if hint == "" && !v.state.Online {
		hint = words.ChatOffline
	}
	if hint == "" && len(v.entry.Text) > 0 && !v.writing {
		hint = words.ChatGoOn
	}
	said := v.others()
	if hint != "" {
		said = v.words.Say(hint)
	}
	at := image.Pt(pad, top+entry.Height+6)
	glyph.Small.Draw(img, at, glyph.Small.Ellipsis(said, size.X-2*pad), paint.Muted)
}
