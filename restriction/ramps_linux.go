package restriction

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// ramps are the gamma ramps of the monitors: how light each is shown. They outlive who
// set them, so what they were is remembered where they are, at the server, in a property
// of the root window: it ends when they do.
type ramps struct {
	c      *x11.Conn
	events byte // code of RandR's first; 0: there is no RandR
	record xproto.Atom
}

// ramp is that of one CRTC.
type ramp struct {
	crtc             randr.Crtc
	red, green, blue []uint16
}

const (
	recordName = "_ALONGSIDE_RAMPS"
	// maxRamp is the longest ramp that is remembered, and maxRamps how many are: above
	// what there is.
	maxRamp  = 4096
	maxRamps = 64
)

var errRecord = errors.New("not a record of ramps")

func newRamps(c *x11.Conn) *ramps {
	r := &ramps{c: c}
	e, err := c.Extension("RANDR")
	if err != nil {
		return r
	}
	if _, err := randr.QueryVersion(c.Conn, 1, 3).Reply(); err != nil {
		return r
	}
	a, err := xproto.InternAtom(c.Conn, false, uint16(len(recordName)), recordName).Reply()
	if err != nil {
		return r
	}
	_ = randr.SelectInputChecked(c.Conn, c.Root, randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange).Check()
	r.events, r.record = e.FirstEvent, a.Atom
	return r
}

// changed says whether an event tells of another layout of monitors.
func (r *ramps) changed(e *x11.Event) bool {
	return r.events != 0 && (e.Code() == r.events+randr.ScreenChangeNotify || e.Code() == r.events+randr.Notify)
}

// now are the ramps of all CRTCs that show something.
func (r *ramps) now() ([]ramp, error) {
	if r.events == 0 {
		return nil, fmt.Errorf("no RandR: %w", ErrUnsupported)
	}
	s, err := randr.GetScreenResourcesCurrent(r.c.Conn, r.c.Root).Reply()
	if err != nil {
		return nil, fmt.Errorf("monitors: %w", err)
	}
	var all []ramp
	for _, id := range s.Crtcs {
		i, err := randr.GetCrtcInfo(r.c.Conn, id, s.ConfigTimestamp).Reply()
		if err != nil {
			return nil, fmt.Errorf("monitor: %w", err)
		}
		if i.Mode == 0 {
			continue
		}
		g, err := randr.GetCrtcGamma(r.c.Conn, id).Reply()
		if err != nil {
			return nil, fmt.Errorf("ramp: %w", err)
		}
		// xgb packs lists of an odd length wrongly; there are none.
		if g.Size == 0 || g.Size%2 != 0 || g.Size > maxRamp || len(all) == maxRamps {
			return nil, fmt.Errorf("a monitor has no ramp: %w", ErrUnsupported)
		}
		all = append(all, ramp{id, g.Red, g.Green, g.Blue})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no monitor: %w", ErrUnsupported)
	}
	return all, nil
}

// darken makes every monitor dark, and is sure of it. What was light is remembered first.
func (r *ramps) darken() error {
	now, err := r.now()
	if err != nil {
		return err
	}
	was, err := r.remembered()
	if err != nil {
		return err
	}
	news := false
	for _, n := range now {
		if !slices.ContainsFunc(was, func(w ramp) bool { return w.crtc == n.crtc }) {
			was, news = append(was, n), true
		}
	}
	if news {
		b := packRamps(was)
		err := xproto.ChangePropertyChecked(r.c.Conn, xproto.PropModeReplace, r.c.Root, r.record, xproto.AtomCardinal, 16, uint32(len(b)/2), b).Check() //nolint:gosec // some KiB
		if err != nil {
			return fmt.Errorf("remember ramps: %w", err)
		}
	}
	for _, n := range now {
		if n.dark() {
			continue
		}
		black := make([]uint16, len(n.red))
		if err := randr.SetCrtcGammaChecked(r.c.Conn, n.crtc, uint16(len(black)), black, black, black).Check(); err != nil { //nolint:gosec // at most maxRamp
			return fmt.Errorf("darken: %w", err)
		}
	}
	if now, err = r.now(); err != nil {
		return err
	}
	for _, n := range now {
		if !n.dark() {
			return fmt.Errorf("a monitor stays light: %w", ErrUnsupported)
		}
	}
	return nil
}

func (p ramp) dark() bool {
	some := func(v uint16) bool { return v != 0 }
	return !slices.ContainsFunc(p.red, some) && !slices.ContainsFunc(p.green, some) && !slices.ContainsFunc(p.blue, some)
}

// light shows what is remembered, and goes on remembering it.
func (r *ramps) light() error {
	was, err := r.remembered()
	for _, w := range was {
		// One that is gone, or has another ramp by now, shows what its system wants.
		_ = randr.SetCrtcGammaChecked(r.c.Conn, w.crtc, uint16(len(w.red)), w.red, w.green, w.blue).Check() //nolint:gosec // at most maxRamp
	}
	return err
}

// restore shows what is remembered, if anything is, and forgets it.
func (r *ramps) restore() error {
	if r.events == 0 {
		return nil
	}
	if err := r.light(); err != nil {
		return err
	}
	return xproto.DeletePropertyChecked(r.c.Conn, r.c.Root, r.record).Check()
}

func (r *ramps) remembered() ([]ramp, error) {
	const most = maxRamps * (3 + 3*maxRamp) / 2 // in units of 4 bytes
	p, err := xproto.GetProperty(r.c.Conn, false, r.c.Root, r.record, xproto.AtomCardinal, 0, most).Reply()
	if err != nil {
		return nil, fmt.Errorf("remembered ramps: %w", err)
	}
	if p.Format != 16 {
		return nil, nil // none, or nothing of ours
	}
	all, err := parseRamps(p.Value)
	if err != nil {
		return nil, nil //nolint:nilerr // somebody else's: nothing is remembered
	}
	return all, nil
}

func packRamps(all []ramp) []byte {
	var b []byte
	le := binary.LittleEndian
	for _, p := range all {
		b = le.AppendUint32(b, uint32(p.crtc))
		b = le.AppendUint16(b, uint16(len(p.red))) //nolint:gosec // at most maxRamp
		for _, list := range [][]uint16{p.red, p.green, p.blue} {
			for _, v := range list {
				b = le.AppendUint16(b, v)
			}
		}
	}
	return b
}

// parseRamps takes what packRamps makes. Any program may have written it.
func parseRamps(b []byte) ([]ramp, error) {
	le := binary.LittleEndian
	var all []ramp
	for len(b) > 0 {
		if len(b) < 6 || len(all) == maxRamps {
			return nil, errRecord
		}
		p, n := ramp{crtc: randr.Crtc(le.Uint32(b))}, int(le.Uint16(b[4:]))
		b = b[6:]
		if n == 0 || n%2 != 0 || n > maxRamp || len(b) < 6*n {
			return nil, errRecord
		}
		for _, list := range []*[]uint16{&p.red, &p.green, &p.blue} {
			*list = make([]uint16, n)
			for i := range *list {
				(*list)[i] = le.Uint16(b[2*i:])
			}
			b = b[2*n:]
		}
		all = append(all, p)
	}
	return all, nil
}
