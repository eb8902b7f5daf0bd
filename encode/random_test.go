package encode_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/pixels"
)

// seeds is how many random desktops TestRandomDesktops shows. One is repeated by
// its name: go test ./encode -run TestRandomDesktops/seed=N
var seeds = flag.Int("seeds", 5, "random desktops to show")

// stepsOf is how long a random desktop lives.
const stepsOf = 60

// TestRandomDesktops: whatever happens on a desktop, whatever a source claims of
// it within its contract, and whoever looks, in the end every viewer shows every
// pixel and the pointer as they are; and on the way what the agent takes for
// exact is exact, nothing is malformed, and no cache overflows.
func TestRandomDesktops(t *testing.T) {
	for _, seed := range seedsOf(t, *seeds) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			p := play{seed: seed}
			for i := range stepsOf {
				p.steps = append(p.steps, i)
			}
			if err := p.run(t); err != nil {
				p.shorten(t)
				err = p.run(t)
				t.Fatalf("seed %d: %v\nafter:\n%s", seed, err, strings.Join(p.told, "\n"))
			}
		})
	}
}

// seedsOf are n seeds, or the one that -run names.
func seedsOf(t *testing.T, n int) (list []uint64) {
	t.Helper()
	if m := regexp.MustCompile(`seed=(\d+)`).FindStringSubmatch(flag.Lookup("test.run").Value.String()); m != nil {
		seed, err := strconv.ParseUint(m[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	first := uint64(time.Now().UnixNano()) / 1000 % 1e9
	for i := range n {
		list = append(list, first+uint64(i))
	}
	return list
}

// play is one desktop and what happens on it: some of the steps of its seed. A
// step does the same whichever others stand before it, as far as it can.
type play struct {
	seed  uint64
	steps []int
	told  []string // what happened in the last run
}

// run tells the first thing that is wrong.
func (p *play) run(t *testing.T) (err error) {
	p.told = nil
	synctest.Test(t, func(*testing.T) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		s := newAudience(p)
		defer s.close()
		for _, i := range p.steps {
			p.tell("step %d", i)
			if err = s.step(rand.New(rand.NewPCG(p.seed, uint64(i+1)))); err != nil {
				return
			}
		}
		p.tell("end")
		err = s.settle()
	})
	return err
}

func (p *play) tell(format string, args ...any) {
	p.told = append(p.told, fmt.Sprintf(format, args...))
}

// shorten leaves out steps as long as it fails without them: all after the first
// failure, then as many as possible before it.
func (p *play) shorten(t *testing.T) {
	t.Helper()
	fails := func(steps []int) bool {
		q := play{seed: p.seed, steps: steps}
		return q.run(t) != nil
	}
	n := 0
	for n < len(p.steps) && !fails(p.steps[:n]) {
		n++
	}
	p.steps = p.steps[:n]
	for size := max(n/2, 1); ; size /= 2 {
		for at := 0; at < len(p.steps); {
			without := append(p.steps[:at:at], p.steps[min(at+size, len(p.steps)):]...)
			if fails(without) {
				p.steps = without
			} else {
				at += size
			}
		}
		if size <= 1 {
			return
		}
	}
}

// audience is a desktop, its source, and those who look at it.
type audience struct {
	play    *play
	desk    *capturetest.Desktop
	habits  capturetest.Habits
	feed    *capturetest.Feed
	refined capture.Refined
	eye     *capturetest.Receiver // does what a frame says, and nothing more
	viewers []*onlooker
}

func newAudience(p *play) *audience {
	rng := rand.New(rand.NewPCG(p.seed, 0))
	s := &audience{play: p, desk: capturetest.NewDesktop(rng)}
	bit := func() bool { return rng.IntN(2) == 0 }
	s.habits = capturetest.Habits{Late: bit(), Vague: bit(), Hints: bit(), Wrong: wrongHints && bit()}
	p.tell("desktop %v, habits %+v", s.desk.Rect(), s.habits)
	s.open(rng)
	for i := range onlookers {
		s.viewers = append(s.viewers, newOnlooker(i, rng))
	}
	return s
}

// open opens the source, anew if it was open.
func (s *audience) open(rng *rand.Rand) {
	s.feed = capturetest.NewFeed(s.desk, rand.New(rand.NewPCG(rng.Uint64(), 1)), s.habits)
	s.refined = capture.Refine(s.feed)
	eye := &capturetest.Receiver{Source: s.refined}
	if s.eye != nil {
		eye.Picture = s.eye.Picture
	}
	s.eye = eye
}

func (s *audience) close() {
	for _, v := range s.viewers {
		v.close()
	}
}

// step lets something happen, shows it or lets it gather, and gives viewers
// something or leaves them waiting.
func (s *audience) step(rng *rand.Rand) error {
	for range 1 + rng.IntN(3) {
		s.play.tell("  %s", s.desk.Act(rng))
	}
	if rng.IntN(40) == 0 {
		s.play.tell("  the source is opened again")
		s.open(rng)
	}
	if rng.IntN(5) > 0 {
		if err := s.look(); err != nil {
			return err
		}
	}
	for _, v := range s.viewers {
		if err := v.live(rng, s); err != nil {
			return fmt.Errorf("%s: %w", v, err)
		}
	}
	if rng.IntN(12) == 0 {
		s.play.tell("  all settles")
		return s.settle()
	}
	wait := time.Duration(rng.IntN([]int{1, 40, 400}[rng.IntN(3)])) * time.Millisecond
	s.play.tell("  %v pass", wait)
	time.Sleep(wait)
	return nil
}

// look takes a frame, if anything changed, and gives it to all.
func (s *audience) look() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := s.eye.Next(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return fmt.Errorf("next frame: %w", err)
	}
	f := &s.eye.Frame
	s.play.tell("  frame: damage %v, moves %v, layout %v", f.Damage, f.Moves, f.Layout)
	for _, v := range s.viewers {
		v.canvas.Update(f)
		if f.Layout {
			v.aim(s)
		}
	}
	return nil
}

// settle shows everything, gives all viewers all they want, waits until nothing
// more comes, and compares.
func (s *audience) settle() error {
	s.feed.Prompt()
	for more := true; more; more = s.feed.Pending() {
		if err := s.look(); err != nil {
			return err
		}
	}
	truth := s.desk.Truth()
	if d := pixels.Difference(s.eye.Picture, truth); !d.Empty() {
		return fmt.Errorf("frames do not tell of %v: %s", d, firstDifference(s.eye.Picture, truth, d))
	}
	for _, v := range s.viewers {
		if err := v.settle(s, truth); err != nil {
			return fmt.Errorf("%s: %w", v, err)
		}
	}
	s.feed.Resume()
	return nil
}

func firstDifference(got, want *image.RGBA, in image.Rectangle) string {
	if got == nil || got.Rect != want.Rect {
		return "another size"
	}
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if g, w := got.RGBAAt(x, y), want.RGBAAt(x, y); g != w {
				return fmt.Sprintf("%d,%d is %v, not %v", x, y, g, w)
			}
		}
	}
	return "nothing"
}
