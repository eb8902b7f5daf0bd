package tray

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alongside-remote/alongside/internal/wayland"
	"github.com/alongside-remote/alongside/tray/internal/layer"
	"github.com/alongside-remote/alongside/tray/internal/window"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// reopenAfter is how long to wait for a display that went away: frames stay
// stopped meanwhile, and an attempt is one connect.
const reopenAfter = 500 * time.Millisecond

// errReplaced ends the view of a banner that is not wanted any more.
var errReplaced = errors.New("banner replaced")

// errUnwatched is why there is no banner on an XWayland of which we do not know the
// compositor. Surfaces of Wayland lie over its windows, and its server does not see them:
// it would call a banner visible that nobody can see.
var errUnwatched = errors.New("under Wayland an X window could be covered without our knowing")

// stage shows banners on one kind of display until nothing is wanted (errReplaced, with
// what is wanted next) or the display fails.
type stage func(ctx context.Context, n *notch, place *float64, lost *string) (*notch, error)

// stages are tried in order; one that is not there, or cannot, leaves it to the next.
func (c *core) stages() []stage {
	if underWayland(c.display) {
		return []stage{c.onWayland, c.onX11}
	}
	return []stage{c.onX11}
}

// underWayland reports whether the session is one of Wayland, by the same sign as for
// those who capture its screens.
func underWayland(display string) bool { return display == "" && os.Getenv("WAYLAND_DISPLAY") != "" }

// hotKey is the name of the keys that end a session wherever the focus is; empty: there
// are none. Wayland gives no program keys that go to others.
func hotKey(display string) string {
	if underWayland(display) {
		return ""
	}
	return hotKeyName
}

// indicate keeps the wanted banner on the screen, over displays that come and
// go. It owns the windows.
func (c *core) indicate(ctx context.Context) error {
	var n *notch
	place := 0.5 // where the banner is between the edges, kept while the process lives
	lost := ""   // the last reason reported for this session
	for {
		if n == nil {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case beat := <-c.beats:
				beat()
			case n = <-c.wanted:
				lost = ""
			}
			continue
		}
		next, err := c.onDisplay(ctx, n, &place, &lost)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, errReplaced) {
			n, lost = next, ""
			continue
		}
		// The display is gone or was never there. Say so once for each reason, try
		// again until it is back or the banner is not wanted.
		if detail := err.Error(); detail != lost {
			lost = detail
			s := sign{kind: signLost, session: n.session, detail: detail, reason: wirepb.Reason_REASON_INDICATOR_MISSING}
			if errors.Is(err, window.ErrGone) || errors.Is(err, wayland.ErrGone) {
				s.reason = wirepb.Reason_REASON_DISPLAY_SERVER_GONE
			}
			if !c.sign(ctx, s) {
				return context.Cause(ctx)
			}
		}
		retry := time.NewTimer(reopenAfter)
		select {
		case <-ctx.Done():
		case <-retry.C:
		case beat := <-c.beats:
			beat()
		case w := <-c.wanted:
			if w == nil || !bytes.Equal(w.session, n.session) {
				lost = ""
			}
			n = w
		}
		retry.Stop()
	}
}

// sign reports to the core; false when the process ends.
func (c *core) sign(ctx context.Context, s sign) bool {
	select {
	case c.signs <- s:
		return true
	case <-ctx.Done():
		return false
	}
}

// onDisplay shows banners on the first stage that can. Where a compositor cannot, and no
// XWayland is there either, it is what the compositor lacks that counts.
func (c *core) onDisplay(ctx context.Context, n *notch, place *float64, lost *string) (next *notch, err error) {
	var lacks error
	for _, show := range c.stages() {
		next, err = show(ctx, n, place, lost)
		if lacks != nil && errors.Is(err, window.ErrGone) {
			err = fmt.Errorf("%w, and there is no XWayland: %v", lacks, err) //nolint:errorlint // it is not the display that is gone
		}
		switch {
		case errors.Is(err, wayland.ErrMissing) && lacks == nil:
			lacks = err
		case !errors.Is(err, wayland.ErrNoDisplay):
			return next, err
		}
	}
	return next, err
}

func (c *core) onX11(ctx context.Context, n *notch, place *float64, lost *string) (*notch, error) {
	d, err := window.Open(c.display)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if d.Rootless() {
		if !underWayland(c.display) {
			return nil, errUnwatched
		}
		return c.onXWayland(ctx, d, n, place, lost)
	}
	v := &bannerView{d: d, log: c.log, face: bannerFace{words: c.words, notch: n}, place: *place}
	v.sign = func(k signKind, detail string) bool {
		s := sign{kind: k, session: n.session, detail: detail, reason: wirepb.Reason_REASON_INDICATOR_MISSING}
		if k == signShown {
			s.window = uint32(v.w.ID)
		}
		return c.sign(ctx, s)
	}
	defer func() { *place = v.place }()
	if err := v.open(); err != nil {
		return nil, err
	}
	*lost = "" // what happens to it from here on is news
	return v.loop(ctx, c.wanted, c.beats)
}

// onXWayland has the helper say whether the banner can be seen: it has the picture of the
// monitors.
func (c *core) onXWayland(ctx context.Context, d *window.Display, n *notch, place *float64, lost *string) (*notch, error) {
	v := &spreadView{d: d, face: bannerFace{words: c.words, notch: n}, place: *place}
	v.sign = func(s sign) bool {
		s.session = n.session
		return c.sign(ctx, s)
	}
	defer func() { *place = v.place }()
	if err := v.open(); err != nil {
		return nil, err
	}
	*lost = ""
	return v.loop(ctx, c.wanted, c.beats)
}

func (c *core) onWayland(ctx context.Context, n *notch, place *float64, lost *string) (*notch, error) {
	v := &layerView{words: c.words, notch: n, place: *place, sheets: map[uint32]*sheet{}}
	v.sign = func(k signKind, detail string) bool {
		return c.sign(ctx, sign{kind: k, session: n.session, detail: detail, reason: wirepb.Reason_REASON_INDICATOR_MISSING})
	}
	defer func() { *place = v.place }()
	var err error
	if v.d, err = layer.Open(ctx, v.touch); err != nil {
		return nil, err
	}
	defer v.d.Close()
	*lost = ""
	return v.loop(ctx, c.wanted, c.beats)
}

// arm sets a timer for when it changes. Where nothing changes, nothing runs.
func (n *notch) arm(t *time.Timer) {
	if in, ok := n.changes(time.Now()); ok {
		t.Reset(in)
	} else {
		t.Stop()
	}
}
