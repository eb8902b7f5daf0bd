//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"image"
	"image/draw"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/wire"
)

// scene is what a screen shows. Rate is in pictures a second, 0: it is still.
type scene struct {
	Width, Height int
	Screens       int    // beside each other, of this size; 0: one
	Show          string // typing, video, scroll, noise
	Rate          int
	Region        image.Rectangle // of video, scroll or noise
}

// options make a helper see the scene and drop what is typed.
func (s scene) options() helper.Options {
	return helper.Options{
		Log:         quiet,
		OpenCapture: func(context.Context, capture.Options) (capture.Source, error) { return newScreen(s), nil },
		OpenInput:   func(context.Context, input.Options) (input.Injector, error) { return deaf{}, nil },
	}
}

type deaf struct{}

func (deaf) Inject([]wire.Input) error { return nil }
func (deaf) Close() error              { return nil }

// markSide is the side of the square in the upper left corner whose colour says
// when the picture was drawn.
const markSide = 16

// markUnit is one step of that colour: 24 bits of it pass in 28 minutes.
const markUnit = 100 * time.Microsecond

func markNow() uint32 { return uint32(time.Now().UnixMicro()/markUnit.Microseconds()) & 0xffffff }

// screen is a source that draws its scene.
type screen struct {
	scene
	pix    []byte
	next   time.Time
	count  int
	pages  [][]byte // of the region, drawn before
	damage []image.Rectangle
	noise  *rand.ChaCha8
	once   sync.Once
	gone   chan struct{}
}

func newScreen(s scene) *screen {
	s.Screens = max(s.Screens, 1)
	return &screen{scene: s, gone: make(chan struct{})}
}

func (s *screen) rect() image.Rectangle { return image.Rect(0, 0, s.Width*s.Screens, s.Height) }

// Monitors implements capture.Source.
func (s *screen) Monitors() ([]capture.Monitor, error) {
	var all []capture.Monitor
	for i := range max(s.Screens, 1) {
		r := image.Rect(0, 0, s.Width, s.Height).Add(image.Pt(i*s.Width, 0))
		all = append(all, capture.Monitor{ID: uint32(i + 1), Rect: r, Primary: i == 0, Name: "load"})
	}
	return all, nil
}

// Next implements capture.Source.
func (s *screen) Next(ctx context.Context, f *capture.Frame) error {
	first := s.pix == nil
	if first {
		s.draw()
		s.next = time.Now()
	} else if err := s.wait(ctx); err != nil {
		return err
	}
	r := s.rect()
	*f = capture.Frame{Time: time.Now(), Rect: r, Stride: r.Dx() * 4, Pix: s.pix, Damage: f.Damage[:0], Layout: first}
	if first {
		f.Damage = append(f.Damage, r)
		return nil
	}
	s.step()
	f.Damage = append(f.Damage, s.damage...)
	return nil
}

func (s *screen) wait(ctx context.Context) error {
	var due <-chan time.Time
	if s.Rate > 0 {
		s.next = s.next.Add(time.Second / time.Duration(s.Rate))
		t := time.NewTimer(time.Until(s.next))
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.gone:
		return capture.ErrClosed
	}
}

// Close implements capture.Source.
func (s *screen) Close() error {
	s.once.Do(func() { close(s.gone) })
	return nil
}

// draw makes the first picture: a page of text, and the region's pages.
func (s *screen) draw() {
	m := capturetest.Text(s.rect(), 1)
	s.pix = m.Pix
	swap(s.pix)
	const loop = 30
	switch s.Show {
	case "video":
		for i := range loop {
			s.pages = append(s.pages, film(s.Region.Dx(), s.Region.Dy(), i))
		}
	case "scroll":
		tall := capturetest.Text(image.Rect(0, 0, s.Region.Dx(), 3*s.Region.Dy()), 2)
		swap(tall.Pix)
		s.pages = [][]byte{tall.Pix}
	case "typing":
		line := image.NewRGBA(image.Rect(0, 0, 10*loop, 16))
		draw.Draw(line, line.Rect, capturetest.Text(line.Rect, 3), image.Point{}, draw.Src)
		swap(line.Pix)
		s.pages = [][]byte{line.Pix}
	}
}

// swap turns R, G, B, A into B, G, R, X.
func swap(p []byte) {
	for i := 0; i < len(p); i += 4 {
		p[i], p[i+2] = p[i+2], p[i]
	}
}

// film is a picture that moves and has the grain of a camera.
func film(w, h, at int) []byte {
	grain := rand.New(rand.NewPCG(uint64(at), 7))
	p := make([]byte, 0, w*h*4)
	for y := range h {
		for x := range w {
			g := byte(grain.Uint32() & 7)
			p = append(p, byte((x+3*at)*255/w/2)+g, byte((y+2*at)*255/h/2)+g, byte((x+y+5*at)/5)+g, 0)
		}
	}
	return p
}

// step draws the next picture.
func (s *screen) step() {
	s.count++
	s.damage = s.damage[:0]
	switch s.Show {
	case "video":
		s.put(s.Region, s.pages[s.count%len(s.pages)])
		s.tint(s.Region, byte(s.count/len(s.pages)&15))
	case "scroll":
		const pixels = 24
		h := s.Region.Dy()
		at := s.count * pixels % (2 * h)
		s.put(s.Region, s.pages[0][at*s.Region.Dx()*4:])
	case "noise":
		if s.noise == nil {
			s.noise = rand.NewChaCha8([32]byte{1})
			s.pages = [][]byte{make([]byte, s.Region.Dx()*s.Region.Dy()*4)}
		}
		_, _ = s.noise.Read(s.pages[0]) // never fails
		s.put(s.Region, s.pages[0])
	case "typing":
		at := image.Pt(40+s.count*10%(s.Width-80), 40+s.count*10/(s.Width-80)*18%(s.Height-80))
		glyph := image.Rect(0, 0, 10, 16).Add(at)
		from := s.pages[0][s.count%30*10*4:]
		for y := range 16 {
			copy(s.pix[((at.Y+y)*s.rect().Dx()+at.X)*4:][:40], from[y*300*4:])
		}
		s.damage = append(s.damage, glyph)
	}
	mark := markNow()
	for y := range markSide {
		for x := range markSide {
			p := s.pix[(y*s.rect().Dx()+x)*4:]
			p[0], p[1], p[2] = byte(mark), byte(mark>>8), byte(mark>>16)
		}
	}
	s.damage = append(s.damage, image.Rect(0, 0, markSide, markSide))
}

// tint makes a region brighter by a little, so that a film that begins again is
// not one that was seen before. It adds to eight bytes at once, each modulo 256.
func (s *screen) tint(r image.Rectangle, light byte) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	add := uint64(light) * ones
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := s.pix[(y*s.rect().Dx()+r.Min.X)*4:][:r.Dx()*4]
		for ; len(row) >= 8; row = row[8:] {
			x := binary.LittleEndian.Uint64(row)
			binary.LittleEndian.PutUint64(row, (x&^highs+add)^x&highs)
		}
	}
}

// put copies rows that follow each other to a place.
func (s *screen) put(r image.Rectangle, rows []byte) {
	n := r.Dx() * 4
	for y := range r.Dy() {
		copy(s.pix[((r.Min.Y+y)*s.rect().Dx()+r.Min.X)*4:][:n], rows[y*n:])
	}
	s.damage = append(s.damage, r)
}
