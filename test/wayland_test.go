//go:build linux

package test

import (
	"fmt"
	"image"
	"log/slog"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// newSwayWorld is newWorld on a Wayland compositor with XWayland.
func newSwayWorld(t *testing.T) (*world, *waylandtest.Server) {
	t.Helper()
	w := newWorld(t, setup{noDesktop: true})
	w.addRep()
	s := waylandtest.Start(t, waylandtest.Options{Size: "1280x800", XWayland: true})
	var err error
	w.desktop, err = bed.AdoptDesktop(w.ctx, w.mkdir("desktop"), s.XDisplay(t), w.log, "WAYLAND_DISPLAY="+s.Display)
	t.Cleanup(w.desktop.Close)
	w.must(err)
	w.startAgent()
	return w, s
}

// TestI4_D10_Wayland: on sway the person is asked and answers with devices of their
// own. There is no banner that nothing can cover, so nothing is shown, and the rep
// reads why.
func TestI4_D10_Wayland(t *testing.T) {
	w, s := newSwayWorld(t)
	// Not those of the agent: the hands of the person.
	t.Setenv("WAYLAND_DISPLAY", s.Display)
	hands, err := input.Open(w.ctx, input.Options{Backend: "wlr", Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	t.Cleanup(func() { _ = hands.Close() })
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	session, err := w.rep.Start(w.ctx, d.Id)
	w.must(err)
	w.must(bed.Until(w.ctx, "an answer, and the reason why nothing is shown", func() (bool, error) {
		if r, there := s.Window(t, bed.ConsentTitle); there {
			const yesFromRight, rowFromBelow = 60, 24
			at := r.Max.Sub(image.Pt(yesFromRight, rowFromBelow))
			if err := hands.Inject(clicked(uint16(at.X), uint16(at.Y))); err != nil {
				return false, err
			}
		}
		g, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: session.Id}))
		if err != nil {
			return false, err
		}
		is := g.Msg.Session
		return is.Phase == apipb.SessionPhase_SESSION_PHASE_ACTIVE && is.Screen == wirepb.Reason_REASON_INDICATOR_MISSING,
			fmt.Errorf("%v, screen %v", is.Phase, is.Screen)
	}))
}
