//go:build linux

package test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/capture/capturetest"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

var (
	randomSeed = flag.Uint64("seed", 0, "the seed of the random drawing; 0: another one each time")
	bursts     = flag.Int("bursts", 6, "how often the random drawing rests to be compared")
)

// sameTimeout bounds the wait for a picture at rest; it takes about a second.
const sameTimeout = 2 * time.Minute

// TestRandomDrawingArrivesExactly: a program draws at random on a real desktop;
// the viewer comes and goes, each time of another sort, and the broker is killed
// and started again. Whenever the drawing rests, the viewer shows every pixel of
// the X server.
func TestRandomDrawingArrivesExactly(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) / 1000 % 1e9
	}
	t.Logf("repeat with -seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 6))
	w := newWorld(t, setup{})
	s := w.ask()
	w.must(w.desktop.Answer(w.ctx, true))
	_, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	l := &onlooker{w: w, session: s.Id, rng: rng}
	defer l.leave()
	d := capturetest.NewDoodler(t, &x11test.Server{Display: w.desktop.Display}, image.Pt(1280, 800))
	cut := rng.IntN(*bursts)
	for burst := range *bursts {
		l.told = nil
		for range 30 + rng.IntN(60) {
			l.tell("%s", d.Act(t, rng))
			if rng.IntN(8) == 0 {
				d.Rest(t)
			}
			if rng.IntN(12) == 0 {
				l.change()
			}
		}
		if burst == cut {
			l.tell("the broker is killed and returns")
			w.must(w.broker.Restart(w.ctx))
			l.broken()
		}
		d.Rest(t)
		l.same()
	}
}

// onlooker is the rep's viewer of a session, nil while the rep does not look.
type onlooker struct {
	w       *world
	session string
	rng     *rand.Rand
	viewer  *bed.Viewer
	told    []string
}

func (l *onlooker) tell(format string, args ...any) {
	l.told = append(l.told, fmt.Sprintf(format, args...))
}

func (l *onlooker) must(err error) {
	l.w.t.Helper()
	if err != nil {
		l.w.t.Fatalf("%v\nafter\n%s", err, strings.Join(l.told, "\n"))
	}
}

// change lets the viewer do something: come, go, ask for all anew, pause.
func (l *onlooker) change() {
	switch n := l.rng.IntN(4); {
	case l.viewer == nil:
		l.attach()
	case n < 2:
		l.tell("the viewer goes")
		l.end()
	case n == 2:
		l.tell("the viewer asks for all anew")
		l.must(l.viewer.Refresh())
	default:
		l.tell("the viewer pauses or goes on")
		l.must(l.viewer.View(func(s *wirepb.ViewSettings) { s.Paused = !s.Paused }))
	}
}

// attach lets a viewer of some sort come. It tries again while the agent is on
// its way back.
func (l *onlooker) attach() {
	l.w.t.Helper()
	settings := &wirepb.ViewSettings{CacheBytes: 32 << 20}
	switch l.rng.IntN(4) {
	case 0:
		settings.CacheBytes = uint32(l.rng.IntN(1 << 20))
	case 1:
		settings.Operations = []uint32{uint32(wire.OpResize), uint32(wire.OpLossless)}
	}
	l.tell("a viewer comes: %v", settings)
	l.must(bed.Until(l.w.ctx, "a viewer to be let in", func() (bool, error) {
		var err error
		l.viewer, err = l.w.rep.View(l.w.ctx, l.w.broker, l.session, viewer.Options{Settings: settings})
		return err == nil, err
	}))
}

// end sends the viewer away, which must not have ended by itself.
func (l *onlooker) end() {
	l.w.t.Helper()
	err := l.viewer.Close()
	l.viewer = nil
	if !errors.Is(err, context.Canceled) {
		l.must(fmt.Errorf("the viewer ended by itself: %w", err))
	}
}

// broken waits for the end of the viewer when the broker was killed.
func (l *onlooker) broken() {
	l.w.t.Helper()
	if l.viewer == nil {
		return
	}
	select {
	case <-l.viewer.Ended():
	case <-l.w.ctx.Done():
	}
	err := l.viewer.Close()
	l.viewer = nil
	if errors.Is(err, wire.ErrMalformed) || l.w.ctx.Err() != nil {
		l.must(fmt.Errorf("when the broker was killed: %w", err))
	}
}

func (l *onlooker) leave() {
	if l.viewer != nil {
		_ = l.viewer.Close()
	}
}

// same has the viewer look until it sees what is there.
func (l *onlooker) same() {
	l.w.t.Helper()
	if l.viewer == nil {
		l.attach()
	}
	l.must(l.viewer.View(func(s *wirepb.ViewSettings) { s.Paused = false }))
	ctx, cancel := context.WithTimeoutCause(l.w.ctx, sameTimeout, errors.New("too late"))
	defer cancel()
	err := bed.SameCanvas(ctx, l.viewer.Session, l.w.desktop)
	select {
	case <-l.viewer.Ended():
		err = errors.Join(err, fmt.Errorf("the viewer ended by itself: %w", l.viewer.Close()))
	default:
	}
	l.must(err)
}
