//go:build linux

package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The page: lines of text of 24 pixels, each with its number as squares at its
// left end, so that what is seen of a line tells which one it is.
const (
	line      = 24
	pageLines = 700
	codeBits  = 10
	steps     = 30 // of a scroll, a second
)

var (
	pageRect   = image.Rect(40, 100, 1240, 1000)
	markerRect = image.Rect(1500, 300, 1564, 364)
)

// show draws on the endpoint's screen.
type show struct {
	conn         *xgb.Conn
	root         xproto.Window
	page, marker xproto.Window
	pixels       xproto.Pixmap
	gc           xproto.Gcontext
	dice         *rand.Rand

	mu    sync.Mutex
	drawn map[int]time.Time // by the number of the page's last line
	last  int
	on    bool
}

func openShow(ctx context.Context, display string) (_ *show, err error) {
	xgb.Logger.SetOutput(io.Discard) // it says that there is no cookie, which is none of anybody's business here
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("display %s: %w", display, err)
	}
	s := &show{conn: c, dice: rand.New(rand.NewPCG(3, 5)), drawn: map[int]time.Time{}} //nolint:gosec // the same page each time
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	info := xproto.Setup(c).DefaultScreen(c)
	s.root = info.Root
	if s.page, err = s.window(pageRect, info.WhitePixel); err != nil {
		return nil, err
	}
	if s.marker, err = s.window(markerRect, markerColours[0]); err != nil {
		return nil, err
	}
	if s.gc, err = xproto.NewGcontextId(c); err != nil {
		return nil, err
	}
	xproto.CreateGC(c, s.gc, xproto.Drawable(s.root), 0, nil)
	if s.pixels, err = xproto.NewPixmapId(c); err != nil {
		return nil, err
	}
	xproto.CreatePixmap(c, 24, s.pixels, xproto.Drawable(s.root), uint16(pageRect.Dx()), line*pageLines)
	if err := s.upload(ctx); err != nil {
		return nil, err
	}
	return s, s.step(0)
}

// markerColours are B, G, R of the marker's two looks.
var markerColours = [2]uint32{0x1060c0, 0xe0a020}

func (s *show) window(r image.Rectangle, background uint32) (xproto.Window, error) {
	w, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return 0, err
	}
	err = xproto.CreateWindowChecked(s.conn, 24, w, s.root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{background, 1}).Check()
	if err == nil {
		err = xproto.MapWindowChecked(s.conn, w).Check()
	}
	return w, err
}

// upload draws the page and puts it into a pixmap of the X server's: a step of
// the scroll is then one request, and the server says that the window changed.
func (s *show) upload(ctx context.Context) error {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 15, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return err
	}
	const chunk = 2 // lines; a request has at most 256 KiB
	img := image.NewRGBA(image.Rect(0, 0, pageRect.Dx(), chunk*line))
	for from := 0; from < pageLines && ctx.Err() == nil; from += chunk {
		draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
		for n := range chunk {
			s.drawLine(img, face, from+n, n*line)
		}
		data := make([]byte, len(img.Pix))
		for i := 0; i < len(data); i += 4 {
			data[i], data[i+1], data[i+2] = img.Pix[i+2], img.Pix[i+1], img.Pix[i]
		}
		if err := xproto.PutImageChecked(s.conn, xproto.ImageFormatZPixmap, xproto.Drawable(s.pixels), s.gc,
			uint16(img.Rect.Dx()), chunk*line, 0, int16(from*line), 0, 24, data).Check(); err != nil {
			return fmt.Errorf("upload page: %w", err)
		}
	}
	return ctx.Err()
}

func (s *show) drawLine(img *image.RGBA, face font.Face, number, y int) {
	for k := range codeBits + 2 {
		c := color.Gray{}
		if codeOf(number)>>k&1 == 1 {
			c.Y = 255
		}
		draw.Draw(img, image.Rect(k*line, y, (k+1)*line, y+line), image.NewUniform(c), image.Point{}, draw.Src)
	}
	d := font.Drawer{Dst: img, Src: image.Black, Face: face, Dot: fixed.P((codeBits+2)*line+12, y+17)}
	if number%9 == 0 {
		d.Src = image.NewUniform(color.RGBA{0x10, 0x50, 0xb0, 255})
	}
	var words strings.Builder
	for words.Len() < 40+s.dice.IntN(90) {
		for range 2 + s.dice.IntN(9) {
			words.WriteByte("etaoinshrdlucmfwypvbgk"[min(s.dice.IntN(22), s.dice.IntN(22))])
		}
		words.WriteByte(' ')
	}
	d.DrawString(words.String())
}

// codeOf is a line's number as a Gray code, so that a line half seen is off by
// one at most, between a black and a white bit that a picture of nothing lacks.
func codeOf(number int) uint { return uint(number^number>>1)<<1 | 1<<(codeBits+1) }

// decode is the number of what codeOf made; false: it is none.
func decode(code uint) (number int, ok bool) {
	if code&1 != 0 || code>>(codeBits+1) != 1 {
		return 0, false
	}
	g := int(code>>1) & (1<<codeBits - 1)
	for n := g; n > 0; {
		n >>= 1
		g ^= n
	}
	return g, true
}

// step shows the page n lines further down.
func (s *show) step(n int) error {
	s.mu.Lock()
	// Half a line at the top, so that the last one stands whole at the lower edge.
	s.last = n + pageRect.Dy()/line
	s.drawn[s.last] = time.Now()
	s.mu.Unlock()
	return xproto.CopyAreaChecked(s.conn, xproto.Drawable(s.pixels), xproto.Drawable(s.page), s.gc,
		0, int16(n*line+line/2), 0, 0, uint16(pageRect.Dx()), uint16(pageRect.Dy())).Check()
}

// scroll makes steps until ctx ends.
func (s *show) scroll(ctx context.Context) (last time.Time, err error) {
	tick := time.NewTicker(time.Second / steps)
	defer tick.Stop()
	for n := 1; n < pageLines-pageRect.Dy()/line; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return last, nil
		}
		last = time.Now()
		if err := s.step(n); err != nil {
			return last, err
		}
	}
	return last, nil
}

// flip changes the marker's colour and tells which it is now.
func (s *show) flip() (on bool, err error) {
	s.mu.Lock()
	s.on = !s.on
	on = s.on
	s.mu.Unlock()
	c := markerColours[0]
	if on {
		c = markerColours[1]
	}
	xproto.ChangeWindowAttributes(s.conn, s.marker, xproto.CwBackPixel, []uint32{c})
	return on, xproto.ClearAreaChecked(s.conn, false, s.marker, 0, 0, 0, 0).Check()
}

// pause is how long to wait before a change, so that none keeps step with
// anything.
func (s *show) pause() time.Duration {
	return time.Duration(100+s.dice.IntN(300)) * time.Millisecond
}

func (s *show) close() { s.conn.Close() }
