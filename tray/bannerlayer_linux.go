package tray

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/layer"
	"github.com/alongside-remote/alongside/tray/internal/words"
)

// far is a time at which nothing is to be done.
const far = time.Hour

// layerView is the banner on a Wayland compositor: a sheet on each monitor.
//
// No compositor tells whether a surface can be seen: other surfaces of the overlay layer
// and the lock of a session lie over it. So the view looks at what the monitors show,
// each time something on them changes, and compares. What it compares is what the
// helper sends: a banner that is reported is in the rep's picture.
//
//	drawn ──on every monitor──▶ shown ──not on one for coveredFor──▶ lost ──on every one──▶ shown
type layerView struct {
	d     *layer.Display
	words words.Words
	notch *notch
	sign  func(k signKind, detail string) bool // false: the process ends
	place float64                              // of the middle, from left to right

	sheets map[uint32]*sheet // by the monitor
	shown  bool              // as it is wanted now
	told   bool              // that it is on the screen, and not since that it is not
	hidden time.Time         // since when one cannot be seen; zero: all can
	clear  time.Time         // since when all can, again
	unseen time.Duration     // for how long one could not, of late
	count  time.Time         // when the countdown changes; zero: never
	err    error             // why it cannot go on
}

// loop runs until the banner is replaced by one of another session or by nothing, until
// the compositor is gone or ctx ends.
func (v *layerView) loop(ctx context.Context, wanted <-chan *notch, beats <-chan func()) (*notch, error) {
	v.setCount()
	for {
		v.arrange()
		v.tick(time.Now())
		if v.err != nil {
			return nil, v.err
		}
		n, came, err := v.wait(ctx, wanted, beats)
		switch {
		case came && (err != nil || n == nil || !bytes.Equal(n.session, v.notch.session)):
			return n, errReplaced
		case err != nil:
			return nil, err
		case came:
			v.notch, v.shown = n, false
			v.redraw()
			v.setCount()
		}
	}
}

// wait lets the compositor speak until it has, until another banner is wanted or until
// something is to be done.
func (v *layerView) wait(ctx context.Context, wanted <-chan *notch, beats <-chan func()) (n *notch, came bool, err error) {
	until, cancel := context.WithDeadline(ctx, v.next(time.Now()))
	got, over := make(chan *notch, 1), make(chan struct{})
	beat := func() {}
	go func() {
		defer close(over)
		select {
		case n := <-wanted:
			got <- n
			cancel()
		case beat = <-beats:
			cancel()
		case <-until.Done():
		}
	}()
	err = v.d.Wait(until)
	if err != nil && errors.Is(err, until.Err()) {
		err = context.Cause(ctx) // nil: it goes on
	}
	cancel()
	<-over
	beat()
	select {
	case n := <-got:
		return n, true, err
	default:
		return nil, false, err
	}
}

// arrange has a sheet on each monitor that is there.
func (v *layerView) arrange() {
	screens, fresh := v.d.Screens()
	if !fresh {
		return
	}
	kept := make(map[uint32]*sheet, len(screens))
	for _, m := range screens {
		s := v.sheets[m.Global]
		if s != nil && s.screen.Output != m.Output { // of another size or scale, or turned
			s.surface.Destroy()
			s = nil
		}
		if s == nil {
			s = v.newSheet(m)
		}
		kept[m.Global] = s
	}
	for id, s := range v.sheets {
		if kept[id] == nil {
			s.surface.Destroy()
		}
	}
	v.sheets = kept
}

func (v *layerView) redraw() {
	for _, s := range v.sheets {
		s.redraw()
	}
}

// tick does what is due, and reports.
func (v *layerView) tick(now time.Time) {
	if !v.count.IsZero() && !now.Before(v.count) {
		v.redraw()
		v.setCount()
	}
	for _, s := range v.sheets {
		s.tick(now)
	}
	v.judge(now)
}

// judge reports what has become of the banner.
func (v *layerView) judge(now time.Time) {
	lit, seen, judged, gone := 0, 0, 0, 0 // sheets on monitors that are on, and of them
	for _, s := range v.sheets {
		if s.state == sheetDark {
			continue
		}
		lit++
		if s.state == sheetGone {
			gone++
		}
		if s.state == sheetSeen {
			seen++
			if s.judged {
				judged++
			}
		}
	}
	switch {
	case lit > 0 && seen == lit:
		v.see(now)
		if judged == lit && !v.shown {
			v.shown, v.told = true, true
			v.sign(signShown, "")
		}
	case len(v.sheets) == 0:
		v.lose("no monitor is there for the banner")
	case gone > 0 && seen == 0:
		v.lose("the compositor has taken the banner away")
	case lit == 0 || v.fresh():
		// Nobody can see anything there, or it is not known yet.
	case v.hidden.IsZero():
		if v.hidden = now; now.Sub(v.clear) >= coveredFor {
			v.unseen = 0
		}
	}
	if !v.hidden.IsZero() && !now.Before(v.tooLong()) {
		v.lose("the banner is covered by another window")
	}
}

// see ends a time in which one could not be seen. It counts until all have been seen
// for as long as they may be covered: who lets it flash up gains nothing.
func (v *layerView) see(now time.Time) {
	if !v.hidden.IsZero() {
		v.unseen += now.Sub(v.hidden)
		v.hidden, v.clear = time.Time{}, now
	}
}

// tooLong is when a banner that is hidden now counts as lost.
func (v *layerView) tooLong() time.Time { return v.hidden.Add(coveredFor - v.unseen) }

// fresh reports that no sheet is known to be covered.
func (v *layerView) fresh() bool {
	for _, s := range v.sheets {
		if s.state == sheetCovered || s.state == sheetGone {
			return false
		}
	}
	return true
}

func (v *layerView) lose(why string) {
	if v.told {
		v.shown, v.told = false, false
		v.sign(signLost, why)
	}
}

// next is when something is to be done even if nothing happens.
func (v *layerView) next(now time.Time) time.Time {
	at := now.Add(far)
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	sooner(v.count)
	if v.told && !v.hidden.IsZero() {
		sooner(v.tooLong())
	}
	for _, s := range v.sheets {
		sooner(s.next())
	}
	return at
}

// setCount finds out when the countdown changes.
func (v *layerView) setCount() {
	v.count = time.Time{}
	now := time.Now()
	if in, ok := v.notch.changes(now); ok {
		v.count = now.Add(in)
	}
}

// touch presses the buttons and drags the banner along the edge.
func (v *layerView) touch(t layer.Touch) {
	for _, s := range v.sheets {
		if s.surface == t.Surface {
			s.touch(t)
			return
		}
	}
}
