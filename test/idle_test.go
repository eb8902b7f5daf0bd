//go:build linux

package test

import (
	"testing"
	"time"

	"github.com/alongside-remote/alongside/test/bed"
)

// stillFor is how long the screen is watched, more than one heartbeat.
const stillFor = 20 * time.Second

// stillTicks is the processor time that agent and broker may use together
// meanwhile, in clock ticks of 10 ms: heartbeats and the runtime's own
// housekeeping, of programs built with the race detector, measured as 16. One
// look at the screen every 100 ms would cost hundreds.
const stillTicks = 60

// TestStillScreenCostsNothing: a session is open and nothing changes on the
// screen. No update is sent, and no processor time is used.
func TestStillScreenCostsNothing(t *testing.T) {
	w := newWorld(t, setup{browser: &bed.BrowserOptions{}})
	w.terminal()
	w.connect()
	w.must(bed.SamePixels(w.ctx, w.console, w.desktop))
	shown, ticks := w.quiet()

	timer := time.NewTimer(stillFor)
	defer timer.Stop()
	<-timer.C
	now, err := w.console.Shown()
	w.must(err)
	if now != shown {
		t.Errorf("%d updates on a still screen", now-shown)
	}
	if used := w.ticks() - ticks; used > stillTicks {
		t.Errorf("%d ticks of processor time in %v on a still screen, want at most %d", used, stillFor, stillTicks)
	} else {
		t.Logf("%d ticks in %v", used, stillFor)
	}
}

// quiet waits until no update has come for a while, longer than refinement
// waits for quiet, and returns the counts from which to measure.
func (w *world) quiet() (shown, ticks int) {
	w.t.Helper()
	const quietPolls = 40 // of 50 ms
	last, same := -1, 0
	w.must(bed.Until(w.ctx, "the screen to be still", func() (bool, error) {
		n, err := w.console.Shown()
		if n == last {
			same++
		} else {
			last, same = n, 0
		}
		return same >= quietPolls, err
	}))
	return last, w.ticks()
}

func (w *world) ticks() int {
	w.t.Helper()
	agent, err := w.agent.CPUTicks()
	w.must(err)
	broker, err := w.broker.CPUTicks()
	w.must(err)
	return agent + broker
}
