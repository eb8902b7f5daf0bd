package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"time"

	"github.com/kbinani/screenshot"
)

const screenshotName = "screenshot"

// pollInterval is the time between two looks of the screenshot backend, which is
// told of no changes. A look costs some 20 ms of a core at 1920×1080, so this is
// a fifth of a core.
const pollInterval = 100 * time.Millisecond

// polled captures by the screenshot module: the last resort. It looks at the
// whole desktop at an interval and knows neither damage nor cursor; openScreenshot
// wraps it in Refine, which compares.
type polled struct {
	log  *slog.Logger
	grab grabber

	bounds  []image.Rectangle
	last    *image.RGBA
	pix     []byte
	looked  time.Time
	begun   bool
	closing sync.Once
	closed  chan struct{}
}

// grabber is what polled needs of the module; tests put another in its place.
type grabber struct {
	bounds func() []image.Rectangle
	image  func(image.Rectangle) (*image.RGBA, error)
}

// openScreenshot opens the desktop of this process's environment. Do not use it
// in one process with other users of xgb that call the Init functions of its
// extension packages: they and the module write to the same tables.
func openScreenshot(ctx context.Context, o Options) (Source, error) {
	if err := prepareScreenshot(o); err != nil {
		return nil, &Error{Backend: screenshotName, Reason: ReasonUnsupported, Err: fmt.Errorf("%w: %w", ErrUnsupported, err)}
	}
	return openPolled(ctx, o.Log, grabber{bounds: displayBounds, image: captureImage})
}

func openPolled(ctx context.Context, log *slog.Logger, g grabber) (Source, error) {
	p := &polled{log: log.With("backend", screenshotName), grab: g, closed: make(chan struct{})}
	s, err := p.look(ctx)
	switch {
	case errors.Is(err, screenshot.ErrUnsupported):
		return nil, &Error{Backend: screenshotName, Reason: ReasonUnsupported, Err: fmt.Errorf("%w: %w", ErrUnsupported, err)}
	case err != nil:
		return nil, &Error{Backend: screenshotName, Reason: ReasonNoDisplay, Err: fmt.Errorf("%w: %w", ErrUnsupported, err)}
	}
	p.bounds = s.bounds
	return Refine(p), nil
}

// Monitors implements Source: as of the last frame.
func (p *polled) Monitors() ([]Monitor, error) {
	var all []Monitor
	for i, r := range p.bounds {
		all = append(all, Monitor{ID: uint32(i + 1), Rect: r, Primary: i == 0, Name: fmt.Sprintf("display %d", i+1)})
	}
	return all, nil
}

// Next implements Source.
func (p *polled) Next(ctx context.Context, f *Frame) error {
	for {
		if err := p.wait(ctx); err != nil {
			return err
		}
		s, err := p.look(ctx)
		switch {
		case err == nil:
		case errors.Is(err, ErrClosed), ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return err
		default:
			return &Error{Backend: screenshotName, Reason: ReasonDisplayServerGone, Err: fmt.Errorf("%w: %w", ErrLost, err)}
		}
		if p.take(s, f) {
			return nil
		}
	}
}

// wait lets the interval pass.
func (p *polled) wait(ctx context.Context) error {
	rest := pollInterval - time.Since(p.looked)
	if !p.begun {
		rest = 0
	}
	t := time.NewTimer(max(rest, 0))
	defer t.Stop()
	select {
	case <-p.closed:
		return p.shut()
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	}
	select { // all may have been ready
	case <-p.closed:
		return p.shut()
	default:
		return ctx.Err()
	}
}

func (p *polled) shut() error {
	return &Error{Backend: screenshotName, Reason: ReasonDisplayServerGone, Err: ErrClosed}
}

// sight is one look.
type sight struct {
	bounds []image.Rectangle
	rect   image.Rectangle
	img    *image.RGBA
	err    error
}

// look takes a picture. The module cannot be interrupted: a picture that is not
// awaited any more ends by itself, when the display server answers or goes.
func (p *polled) look(ctx context.Context) (sight, error) {
	got := make(chan sight, 1)
	go func() { got <- p.picture() }()
	select {
	case s := <-got:
		p.looked = time.Now()
		return s, s.err
	case <-ctx.Done():
		return sight{}, ctx.Err()
	case <-p.closed:
		return sight{}, p.shut()
	}
}

// picture survives a panic of the module.
func (p *polled) picture() (s sight) {
	defer func() {
		if r := recover(); r != nil {
			s = sight{err: fmt.Errorf("screenshot panicked: %v", r)}
		}
	}()
	s.bounds = p.grab.bounds()
	for _, b := range s.bounds {
		s.rect = s.rect.Union(b)
	}
	if s.rect.Empty() {
		// Asking it for a picture tells "unsupported" from "no display".
		if _, err := p.grab.image(image.Rect(0, 0, 1, 1)); err != nil {
			return sight{err: err}
		}
		return sight{err: errors.New("no display")}
	}
	s.img, s.err = p.grab.image(s.rect)
	return s
}

// take puts a look into a frame and reports whether it differs from the last one.
func (p *polled) take(s sight, f *Frame) bool {
	layout := !p.begun || !equalRects(s.bounds, p.bounds)
	if !layout && bytes.Equal(s.img.Pix, p.last.Pix) {
		return false
	}
	p.begun, p.bounds, p.last = true, s.bounds, s.img
	n := area(s.rect) * 4
	if cap(p.pix) < n {
		p.pix = make([]byte, n)
	}
	p.pix = p.pix[:n]
	for y := range s.rect.Dy() {
		from := s.img.Pix[y*s.img.Stride:][:s.rect.Dx()*4]
		to := p.pix[y*s.rect.Dx()*4:][:len(from)]
		for x := 0; x+3 < len(from); x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], 0
		}
	}
	*f = Frame{
		Time: p.looked, Rect: s.rect, Stride: s.rect.Dx() * 4, Pix: p.pix,
		Damage: append(f.Damage[:0], s.rect), Moves: f.Moves[:0], Layout: layout,
	}
	return true
}

// Close implements Source.
func (p *polled) Close() error {
	p.closing.Do(func() { close(p.closed) })
	return nil
}

func displayBounds() []image.Rectangle {
	var all []image.Rectangle
	for i := range screenshot.NumActiveDisplays() {
		if b := screenshot.GetDisplayBounds(i); !b.Empty() {
			all = append(all, b)
		}
	}
	return all
}

func captureImage(r image.Rectangle) (*image.RGBA, error) { return screenshot.CaptureRect(r) }

func equalRects(a, b []image.Rectangle) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
