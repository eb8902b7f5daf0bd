package helper

import (
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/restriction"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// restrictQueue is how many wishes may wait: a rep makes one at a time.
	restrictQueue = 4
	// stillHeld is how often the service is told that what is held is still watched over.
	stillHeld = time.Second
)

// restrictor keeps the person's own input and monitors, on one goroutine. The desktop is
// open only while something is held.
type restrictor struct {
	h    *helper
	todo chan *ipcpb.Restrict
	look chan struct{}
	done chan struct{} // closed when nothing is taken any more

	// The running goroutine's.
	at     restriction.Desktop
	serial uint32
	told   *ipcpb.Restrictable
	// session is that of the last wish, and takenBack says that its person took back what
	// was held: it is not held again.
	session   string
	takenBack bool
}

func newRestrictor(h *helper) *restrictor {
	return &restrictor{h: h, todo: make(chan *ipcpb.Restrict, restrictQueue), look: make(chan struct{}, 1), done: make(chan struct{})}
}

func (r *restrictor) put(w *ipcpb.Restrict) {
	select {
	case r.todo <- w:
	case <-r.done:
	}
}

// again has it looked at anew what can be held: another display is there.
func (r *restrictor) again() {
	select {
	case r.look <- struct{}{}:
	default:
	}
}

func (r *restrictor) run(ctx context.Context) {
	defer close(r.done)
	defer r.leave()
	r.probe(ctx)
	still := time.NewTicker(stillHeld)
	defer still.Stop()
	still.Stop()
	for {
		var signs <-chan restriction.Sign
		if r.at != nil {
			signs = r.at.Signs()
		}
		select {
		case w := <-r.todo:
			r.hold(ctx, w)
			still.Reset(stillHeld)
		case s := <-signs:
			r.gone(s)
		case <-still.C:
			if r.at == nil {
				still.Stop()
				break
			}
			r.tell(&ipcpb.Restricted{})
		case <-r.look:
			if r.at == nil {
				r.probe(ctx)
			}
		case <-ctx.Done():
			return
		}
	}
}

// probe looks what can be held here. To open the desktop gives back what a helper before
// this one left behind.
func (r *restrictor) probe(ctx context.Context) {
	var input, screen error
	if err := r.open(ctx); err != nil {
		input, screen = err, err
	} else {
		input, screen = r.at.Can()
	}
	r.leave()
	can := &ipcpb.Restrictable{Input: restrictCode(input), Screen: restrictCode(screen)}
	if t := r.told; t == nil || t.Input != can.Input || t.Screen != can.Screen {
		r.h.Log.Info("restrictions", "input", input, "screen", screen)
		r.told = can
		r.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Restrictable{Restrictable: can}})
	}
}

func (r *restrictor) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	at, err := r.h.OpenRestriction(ctx, restriction.Options{Display: r.h.Display, Log: r.h.Log})
	if err == nil {
		r.at = at
	}
	return err
}

// leave gives everything back.
func (r *restrictor) leave() {
	if r.at == nil {
		return
	}
	if err := r.at.Close(); err != nil {
		r.h.Log.Warn("give back", "err", err)
	}
	r.at = nil
}

func (r *restrictor) hold(ctx context.Context, w *ipcpb.Restrict) {
	r.serial = w.Serial
	if s := string(w.Session); s != r.session {
		r.session, r.takenBack = s, false
	}
	wish := restriction.Wish{Input: w.Input, Screen: w.Screen, Banner: w.Banner}
	var err error
	if r.takenBack && !wish.Nothing() {
		r.tell(&ipcpb.Restricted{TakenBack: true})
		return
	}
	if !wish.Nothing() {
		if r.at == nil {
			err = r.open(ctx)
		}
		if err == nil {
			err = r.at.Hold(wish)
		}
	}
	if wish.Nothing() || r.at != nil && r.at.Held().Nothing() {
		r.leave()
	}
	m := &ipcpb.Restricted{Code: restrictCode(err)}
	if err != nil {
		r.h.Log.Warn("restrict", "err", err)
		m.Detail = err.Error()
	}
	r.tell(m)
}

// gone tells that the person took everything back, or that it could not be held.
func (r *restrictor) gone(s restriction.Sign) {
	r.leave()
	r.takenBack = r.takenBack || s == restriction.TakenBack
	m := &ipcpb.Restricted{TakenBack: s == restriction.TakenBack, Done: s == restriction.Done}
	if s == restriction.Lost {
		m.Code = wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED
	}
	r.h.Log.Info("restriction is over", "taken_back", m.TakenBack, "done", m.Done)
	r.tell(m)
}

// tell says what is held.
func (r *restrictor) tell(m *ipcpb.Restricted) {
	m.Serial = r.serial
	if r.at != nil {
		held := r.at.Held()
		m.Input, m.Screen = held.Input, held.Screen
	}
	r.h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Restricted{Restricted: m}})
}

func restrictCode(err error) wirepb.ErrorCode {
	switch {
	case err == nil:
		return wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED
	case errors.Is(err, restriction.ErrUnsupported):
		return wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE
	default:
		return wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED
	}
}
