package capturetest

import (
	"context"
	"image"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/capture"
)

// Habits are what a source may do within its contract.
type Habits struct {
	Late  bool // announces some damage a frame or more later, while its pixels may be there
	Vague bool // claims more than what changed, and the same more than once
	Hints bool // tells of moves
	Wrong bool // tells of moves that were not, or not so, with damage over their targets or without
}

// Feed is a capture source of a Desktop. Both are used by one goroutine.
type Feed struct {
	d      *Desktop
	rng    *rand.Rand
	habits Habits
	front  []byte // only Next writes to it
	prompt bool
	opened bool
	closed bool
}

// NewFeed is a source that was just opened.
func NewFeed(d *Desktop, rng *rand.Rand, h Habits) *Feed {
	return &Feed{d: d, rng: rng, habits: h}
}

// Pending tells whether Next has anything to say.
func (s *Feed) Pending() bool {
	d := s.d
	return !s.opened || len(d.damage) > 0 || d.layout || d.pointed || d.shaped
}

// Prompt makes the source announce everything with its next frame, until Resume.
func (s *Feed) Prompt() { s.prompt = true }

// Resume ends Prompt.
func (s *Feed) Resume() { s.prompt = false }

// Monitors implements capture.Source.
func (s *Feed) Monitors() ([]capture.Monitor, error) { return slices.Clone(s.d.monitors), nil }

// Next implements capture.Source.
func (s *Feed) Next(ctx context.Context, f *capture.Frame) error {
	if s.closed {
		return &capture.Error{Backend: "feed", Err: capture.ErrClosed}
	}
	if !s.Pending() {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	d := s.d
	f.Time, f.Rect, f.Stride = time.Now(), d.Rect(), 4*d.size.X
	f.Damage, f.Moves, f.Cursor, f.Layout = f.Damage[:0], f.Moves[:0], nil, d.layout || !s.opened
	if f.Layout {
		s.front = slices.Clone(d.pix)
		f.Pix = s.front
		f.Damage = append(f.Damage, f.Rect)
		d.damage, d.hints = d.damage[:0], d.hints[:0]
	} else {
		s.announce(f)
	}
	if d.pointed || d.shaped || !s.opened {
		c := d.cursor
		if c.Shape = d.shaped || !s.opened; !c.Shape {
			c.Size, c.Hot, c.Pix = image.Point{}, image.Point{}, nil
		}
		f.Cursor = &c
	}
	d.pointed, d.shaped, d.layout, s.opened = false, false, false, true
	return nil
}

// announce describes what changed, or some of it.
func (s *Feed) announce(f *capture.Frame) {
	d, late := s.d, s.d.damage[:0:0]
	for _, r := range d.damage {
		if s.habits.Late && !s.prompt && s.rng.IntN(3) == 0 {
			late = append(late, r)
			continue
		}
		f.Damage = append(f.Damage, r)
	}
	if s.habits.Vague {
		s.blur(f)
	}
	for _, r := range f.Damage {
		s.grab(r)
	}
	s.tell(f, len(late) == 0)
	if s.rng.IntN(2) == 0 { // newer than what is announced
		s.grab(d.bounds())
	}
	for i := range f.Damage {
		f.Damage[i] = f.Damage[i].Add(d.origin)
	}
	f.Pix = s.front
	d.damage, d.hints = late, d.hints[:0]
}

// blur claims too much.
func (s *Feed) blur(f *capture.Frame) {
	for i := range f.Damage {
		if s.rng.IntN(3) == 0 {
			f.Damage[i] = f.Damage[i].Inset(-s.rng.IntN(40)).Intersect(s.d.bounds())
		}
	}
	switch s.rng.IntN(6) {
	case 0:
		f.Damage = append(f.Damage, s.d.bounds())
	case 1, 2:
		f.Damage = append(f.Damage, randomRect(s.d.size, s.rng))
	}
	if len(f.Damage) > 1 && s.rng.IntN(3) == 0 {
		f.Damage[0] = f.Damage[0].Union(f.Damage[1])
	}
}

// tell gives hints. Damage stays as it is: a receiver that takes a move for
// granted is put right by it. Only where a hint is all that happened may it stand
// instead of the damage, as with systems that copy on the screen.
func (s *Feed) tell(f *capture.Frame, all bool) {
	if s.habits.Hints {
		for _, m := range s.d.hints {
			if s.rng.IntN(4) > 0 {
				f.Moves = append(f.Moves, m)
			}
		}
	}
	if s.habits.Wrong && s.rng.IntN(3) == 0 {
		f.Moves = append(f.Moves, s.wrong())
	}
	for _, m := range f.Moves {
		s.grab(image.Rectangle{m.To, m.To.Add(m.Src.Size())}.Sub(s.d.origin))
	}
	if s.habits.Wrong && all && len(f.Moves) > 0 && s.rng.IntN(4) == 0 {
		to := image.Rectangle{f.Moves[0].To, f.Moves[0].To.Add(f.Moves[0].Src.Size())}.Sub(s.d.origin)
		f.Damage = slices.DeleteFunc(f.Damage, func(r image.Rectangle) bool { return r.In(to) })
	}
}

// wrong is a move that was not.
func (s *Feed) wrong() capture.Move {
	r := randomRect(s.d.size, s.rng).Add(s.d.origin)
	if s.rng.IntN(4) == 0 {
		r = r.Inset(-s.rng.IntN(50)) // not even on the desktop
	}
	return capture.Move{Src: r, To: r.Min.Add(image.Pt(s.rng.IntN(81)-40, s.rng.IntN(81)-40))}
}

// grab takes the newest pixels of a rectangle.
func (s *Feed) grab(r image.Rectangle) {
	r = r.Intersect(s.d.bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := 4 * (y*s.d.size.X + r.Min.X)
		copy(s.front[at:at+4*r.Dx()], s.d.row(y, r.Min.X, r.Max.X))
	}
}

// Close implements capture.Source.
func (s *Feed) Close() error {
	s.closed = true
	return nil
}

var _ capture.Source = (*Feed)(nil)
