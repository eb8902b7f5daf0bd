package encode_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestRandomDesktopsAtOnce is TestRandomDesktops with every viewer on a goroutine
// of its own: frames arrive in the middle of an Append, views and viewers change
// under it. What happens when is not the same each time, so nothing is shortened.
func TestRandomDesktopsAtOnce(t *testing.T) {
	for _, seed := range seedsOf(t, (*seeds+3)/4) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			p := &play{seed: seed}
			if err := p.atOnce(t); err != nil {
				t.Fatalf("seed %d: %v\nafter:\n%s", seed, err, strings.Join(p.told, "\n"))
			}
		})
	}
}

func (p *play) atOnce(t *testing.T) (err error) {
	synctest.Test(t, func(*testing.T) {
		s := newAudience(p)
		defer s.close()
		rng := rand.New(rand.NewPCG(p.seed, 1))
		for range 4 {
			if err = s.together(rng); err == nil {
				err = s.settle()
			}
			if err != nil {
				return
			}
		}
	})
	return err
}

// together lets things happen and viewers take what they want at the same time.
func (s *audience) together(rng *rand.Rand) error {
	var running sync.WaitGroup
	stop := make(chan struct{})
	errs := make(chan error, len(s.viewers)+1)
	for _, v := range s.viewers {
		own := rand.New(rand.NewPCG(rng.Uint64(), 3))
		running.Go(func() {
			if err := v.watch(own, stop); err != nil {
				errs <- fmt.Errorf("%s: %w", v, err)
			}
		})
	}
	for range 20 {
		s.play.tell("%s", s.desk.Act(rng))
		if err := s.look(); err != nil {
			errs <- err
			break
		}
		if rng.IntN(8) == 0 {
			v := s.viewers[rng.IntN(len(s.viewers))]
			v.monitor = uint32(rng.IntN(4))
			s.play.tell("%s: monitor %d", v.name, v.monitor)
			v.aim(s)
		}
		time.Sleep(moment(rng))
	}
	close(stop)
	running.Wait()
	close(errs)
	return <-errs
}

// moment is none, mostly: then others run at the same time.
func moment(rng *rand.Rand) time.Duration {
	return time.Duration(rng.IntN([]int{1, 1, 2, 30, 400}[rng.IntN(5)])) * time.Millisecond
}

// watch takes updates until stop, and sometimes asks for a new epoch.
func (v *onlooker) watch(rng *rand.Rand, stop <-chan struct{}) error {
	for {
		select {
		case <-v.canvas.Changed():
		case <-time.After(time.Second):
		case <-stop:
			return nil
		}
		if rng.IntN(30) == 0 {
			v.refresh()
		}
		for more := true; more; {
			var err error
			if more, err = v.take(v.limit(rng)); err != nil {
				return err
			}
			if v.slow {
				time.Sleep(moment(rng))
			}
		}
	}
}
