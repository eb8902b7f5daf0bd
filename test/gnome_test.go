//go:build linux

package test

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/internal/portal/gnometest"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// light is where a window with a light ground stands on the dark desktop, below the banner.
func light(m *image.RGBA) (r image.Rectangle) {
	const bright, below = 0xe8, 44
	for y := below; y < m.Rect.Dy(); y++ {
		for x := range m.Rect.Dx() {
			if c := m.RGBAAt(x, y); c.R > bright && c.G > bright && c.B > bright {
				r = r.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return r
}

// TestC4_D10_R11_Gnome: on GNOME's compositor the person says Yes to us and then to their
// desktop, and the rep sees every pixel, the banner among them; not a frame before. What
// the rep types arrives. The banner's button ends it.
func TestC4_D10_R11_Gnome(t *testing.T) {
	gnome := gnometest.Start(t, gnometest.Options{})
	person, eyes := gnome.NewPerson(), gnome.Watch("Meta-0")
	w := newWorld(t, setup{noDesktop: true})
	w.addRep()
	var err error
	w.desktop, err = bed.AdoptDesktop(w.ctx, w.mkdir("desktop"), os.Getenv("DISPLAY"), w.log)
	t.Cleanup(w.desktop.Close)
	w.must(err)
	w.desktop.Env = append(w.desktop.Env, append(gnome.Env(), "HOME="+w.desktop.Dir)...)
	w.startAgent()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s, err := w.rep.Start(w.ctx, d.Id)
	w.must(err)
	now := func() *apipb.Session {
		g, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		w.must(err)
		return g.Msg.Session
	}
	// Once the Yes has arrived nothing is pressed: the desktop's own window comes next.
	w.must(bed.Until(w.ctx, "the Yes", func() (bool, error) {
		if now().Phase == apipb.SessionPhase_SESSION_PHASE_ACTIVE {
			return true, nil
		}
		if r := light(eyes.Look()); !r.Empty() {
			person.Point(r.Max.Sub(image.Pt(60, 24)))
			person.Click()
		}
		return false, nil
	}))
	v, err := w.rep.View(w.ctx, w.broker, s.Id, viewer.Options{})
	w.must(err)
	t.Cleanup(func() { _ = v.Close() })
	w.must(bed.Until(w.ctx, "the desktop to ask", func() (bool, error) {
		return now().Screen == wirepb.Reason_REASON_DESKTOP_ASKS, nil
	}))
	person.ShareControl(eyes)
	w.must(bed.SamePicture(w.ctx, v.Session, "the monitor", func() (*image.RGBA, error) { return eyes.Look(), nil }))
	v.Look(func(c *viewer.Canvas) {
		if r, _ := banner(c.Image()); r.Dx() < 200 {
			t.Errorf("the rep sees no banner: %v", r)
		}
	})
	gnome.Program("env", "LC_ALL=C.UTF-8", "HOME="+w.desktop.Dir, "foot", "--config=/dev/null", "--working-directory="+w.desktop.Dir, "sh", "-c", "cat > typed")
	w.must(bed.Until(w.ctx, "what the rep types", func() (bool, error) {
		f, _ := os.Create("/tmp/gnome-shots/now.png")
		_ = png.Encode(f, eyes.Look())
		f.Close()
		w.typeInto(v, "Hello, GNOME!")
		got, err := os.ReadFile(filepath.Join(w.desktop.Dir, "typed"))
		return strings.Contains(string(got), "Hello, GNOME!\n"), err
	}))
	// What the rep has typed may still be on its way, and moves the pointer, too.
	w.must(bed.Until(w.ctx, "Done to end it", func() (bool, error) {
		r, _ := banner(eyes.Look())
		person.Point(r.Max.Sub(image.Pt(40, 22)))
		person.Click()
		return now().Phase == apipb.SessionPhase_SESSION_PHASE_ENDED, nil
	}))
}
