package recording

import (
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// mind looks for a disk that takes nothing and for a stream that does not come
// back, and says so.
func (t *take) mind() {
	tick := time.NewTicker(mindEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.ctx.Done():
			return
		case now := <-tick.C:
			if b := t.busy.Load(); b != 0 {
				// Its worker holds the lock.
				if now.Sub(time.Unix(0, b)) > grace {
					t.unavailable(errStalled)
				}
				continue
			}
			t.mu.Lock()
			why, limit := t.why, grace
			if t.lookers == 0 { // a lost link took them along, and who comes again waits
				limit = admitTimeout
			}
			late := t.state == starting && why != nil && !away(why) && now.Sub(t.gone) > limit
			if late {
				t.turn(stopped)
			}
			t.mu.Unlock()
			if late {
				t.unavailable(why)
			}
		}
	}
}

// unavailable says that nothing is written. Where no picture is without a
// recording, it ends first.
func (t *take) unavailable(why error) {
	if t.row.Required {
		t.s.conf.Source.DetachViewers(t.id, errUnavailable)
	}
	if !t.failed.Swap(true) {
		t.s.conf.Report(t.id, &wire.CodeError{Code: errUnavailable.Code, Detail: reason(why)})
	}
}

// available says that something is written again.
func (t *take) available() {
	if t.failed.CompareAndSwap(true, false) {
		t.s.conf.Report(t.id, nil)
	}
}
