//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/viewer"
)

var errNotSeen = errors.New("not seen in time")

// watch is what a viewer sees. update is called by the viewer, the rest by
// whoever measures.
type watch struct {
	show   *show
	change chan struct{}

	mu      sync.Mutex
	painted []bool // by cells of the canvas
	left    int    // cells that were never painted
	full    time.Time
	page    *image.RGBA // what the page shall look like
	same    time.Time   // since when it does
	on      bool        // the marker's look
	since   time.Time
	newest  int
	seen    int
	ages    []time.Duration
}

func newWatch(s *show) *watch { return &watch{show: s, change: make(chan struct{}, 1), newest: -1} }

// cell is the side of the squares in which painting is noted.
const cell = 8

func (w *watch) update(c *viewer.Canvas, u viewer.Update) {
	now := time.Now()
	img := c.Image()
	w.mu.Lock()
	w.cover(img.Rect, u, now)
	w.mark(img, now)
	w.read(img, now)
	if w.page != nil && w.same.IsZero() && samePixels(img, w.page) {
		w.same = now
	}
	w.mu.Unlock()
	select {
	case w.change <- struct{}{}:
	default:
	}
}

func (w *watch) cover(all image.Rectangle, u viewer.Update, now time.Time) {
	if !w.full.IsZero() {
		return
	}
	across, down := all.Dx()/cell, all.Dy()/cell
	damage := u.Damage
	if w.painted == nil {
		w.painted, w.left = make([]bool, across*down), across*down
		damage = damage[1:] // Resize makes everything black, which is no picture
	}
	for _, r := range damage {
		for y := (r.Min.Y + cell - 1) / cell; y < min(r.Max.Y/cell, down); y++ {
			for x := (r.Min.X + cell - 1) / cell; x < min(r.Max.X/cell, across); x++ {
				if i := y*across + x; !w.painted[i] {
					w.painted[i] = true
					w.left--
				}
			}
		}
	}
	if w.left == 0 {
		w.full = now
	}
}

// mark looks at the middle of the marker.
func (w *watch) mark(img *image.RGBA, now time.Time) {
	at := markerRect.Min.Add(markerRect.Size().Div(2))
	p := img.RGBAAt(at.X, at.Y)
	// Blue and orange: their red parts are far apart however roughly they come.
	if on := p.R > 0x80; on != w.on {
		w.on, w.since = on, now
	}
}

// read finds out which line stands at the page's lower edge.
func (w *watch) read(img *image.RGBA, now time.Time) {
	var code uint
	for k := range codeBits + 2 {
		p := img.RGBAAt(pageRect.Min.X+k*line+line/2, pageRect.Max.Y-line/2)
		if int(p.R)+int(p.G)+int(p.B) > 3*128 {
			code |= 1 << k
		}
	}
	n, ok := decode(code)
	if !ok || n <= w.newest {
		return
	}
	w.show.mu.Lock()
	drawn, known := w.show.drawn[n]
	w.show.mu.Unlock()
	if known {
		w.newest = n
		w.seen++
		w.ages = append(w.ages, now.Sub(drawn))
	}
}

// want says what the page shall look like, from now on.
func (w *watch) want(page *image.RGBA) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.page, w.same = page, time.Time{}
}

// check compares with what is shown already.
func (w *watch) check(c *viewer.Canvas) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.same.IsZero() && c.Image() != nil && samePixels(c.Image(), w.page) {
		w.same = time.Now()
	}
}

func samePixels(img, part *image.RGBA) bool {
	if !part.Rect.In(img.Rect) {
		return false
	}
	for y := part.Rect.Min.Y; y < part.Rect.Max.Y; y++ {
		a := img.Pix[img.PixOffset(part.Rect.Min.X, y):img.PixOffset(part.Rect.Max.X, y)]
		b := part.Pix[part.PixOffset(part.Rect.Min.X, y):part.PixOffset(part.Rect.Max.X, y)]
		if bytes.Equal(a, b) {
			continue
		}
		for i := 0; i < len(a); i += 4 { // the fourth byte is nobody's
			if a[i] != b[i] || a[i+1] != b[i+1] || a[i+2] != b[i+2] {
				return false
			}
		}
	}
	return true
}

// covered is when all of the screen had been painted once.
func (w *watch) covered() time.Time { return w.full }

// exact is when the page looked as it shall.
func (w *watch) exact() time.Time { return w.same }

// marked is when the marker took this look.
func (w *watch) marked(on bool) time.Time {
	if w.on != on {
		return time.Time{}
	}
	return w.since
}

// wait waits until when has a time.
func (w *watch) wait(ctx context.Context, when func() time.Time, timeout time.Duration) (time.Time, error) {
	late := time.NewTimer(timeout)
	defer late.Stop()
	for {
		w.mu.Lock()
		at := when()
		w.mu.Unlock()
		if !at.IsZero() {
			return at, nil
		}
		select {
		case <-w.change:
		case <-late.C:
			return at, errNotSeen
		case <-ctx.Done():
			return at, context.Cause(ctx)
		}
	}
}

// frames tells how many steps were drawn and seen since the first, and how old
// each was when it was seen.
func (w *watch) frames() (drawn, seen int, ages []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.show.mu.Lock()
	defer w.show.mu.Unlock()
	if len(w.ages) > 0 {
		ages = w.ages[1:] // the first stood there before anybody looked
	}
	return len(w.show.drawn) - 1, len(ages), ages
}
