//go:build linux

package test

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/internal/wayland/waylandtest"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

var swaySize = image.Pt(1280, 800)

// swayWorld is a world on a Wayland compositor, with a terminal on it, and a person
// with a pointer of their own.
type swayWorld struct {
	*world
	server *waylandtest.Server
	person *waylandtest.Person
	device string
}

func newSwayWorld(t *testing.T) *swayWorld {
	t.Helper()
	w := &swayWorld{world: newWorld(t, setup{noDesktop: true})}
	w.addRep()
	w.server = waylandtest.Start(t, waylandtest.Options{Size: "1280x800", XWayland: true})
	w.person = waylandtest.NewPerson(t, w.server)
	var err error
	w.desktop, err = bed.AdoptDesktop(w.ctx, w.mkdir("desktop"), w.server.XDisplay(t), w.log, "WAYLAND_DISPLAY="+w.server.Display)
	t.Cleanup(w.desktop.Close)
	w.must(err)
	w.startAgent()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.device = d.Id
	const title = "Terminal of the test"
	w.server.Program(t, "env", "LC_ALL=C.UTF-8", "HOME="+w.desktop.Dir, "foot", "--config=/dev/null", "--title="+title,
		"--working-directory="+w.desktop.Dir, "bash", "--norc", "--noprofile")
	w.server.AwaitWindow(t, title)
	return w
}

// answer says Yes to a prompt, as often as it takes, or closes it.
func (w *swayWorld) answer(yes bool) {
	w.t.Helper()
	w.server.AwaitWindow(w.t, bed.ConsentTitle)
	w.must(bed.Until(w.ctx, "the prompt to close", func() (bool, error) {
		r, there := w.server.Window(w.t, bed.ConsentTitle)
		switch {
		case !there:
			return true, nil
		case yes:
			const yesFromRight, rowFromBelow = 60, 24
			w.person.Click(r.Max.Sub(image.Pt(yesFromRight, rowFromBelow)), swaySize)
		default:
			w.server.Command(w.t, fmt.Sprintf("[title=%q] kill", bed.ConsentTitle))
		}
		return false, nil
	}))
}

// begin starts a session and has a viewer look until it shows every pixel.
func (w *swayWorld) begin(o viewer.Options) (*apipb.Session, *bed.Viewer) {
	w.t.Helper()
	s, err := w.rep.Start(w.ctx, w.device)
	w.must(err)
	w.answer(true)
	w.active(s)
	v, err := w.rep.View(w.ctx, w.broker, s.Id, o)
	w.must(err)
	w.t.Cleanup(func() { _ = v.Close() })
	w.same(v)
	return s, v
}

func (w *swayWorld) look() *image.RGBA { return w.person.Look("HEADLESS-1") }

func (w *swayWorld) same(v *bed.Viewer) {
	w.t.Helper()
	w.must(bed.SamePicture(w.ctx, v.Session, "the monitor", func() (*image.RGBA, error) { return w.look(), nil }))
}

// ready types until the terminal takes it: the desktop has no keyboard before the rep's
// first input, and what is typed before a program has noticed that one is lost.
func (w *swayWorld) ready(v *bed.Viewer) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the terminal to have a keyboard", func() (bool, error) {
		w.typeInto(v, "touch ready")
		_, err := os.Stat(filepath.Join(w.desktop.Dir, "ready"))
		return err == nil, err
	}))
}

// banner says where the banner is in a picture, by its lower edge, and how much of it
// has that colour: the line itself, a dot, and what says that somebody controls.
func banner(m *image.RGBA) (r image.Rectangle, live int) {
	const height = 44
	for y := range height {
		for x := range m.Rect.Dx() {
			if m.RGBAAt(x, y) == (color.RGBA{0xff, 0xb0, 0x20, 0xff}) {
				live++
				if y == height-1 {
					r = r.Union(image.Rect(x, 0, x+1, height))
				}
			}
		}
	}
	return r, live
}

// done clicks the banner's button.
func (w *swayWorld) done() {
	w.t.Helper()
	r, _ := banner(w.look())
	const doneFromRight, doneFromBelow = 40, 22
	w.person.Click(r.Max.Sub(image.Pt(doneFromRight, doneFromBelow)), swaySize)
}

// missing checks that nothing wrote a file.
func (w *swayWorld) missing(name string) {
	w.t.Helper()
	if _, err := os.Stat(filepath.Join(w.desktop.Dir, name)); !errors.Is(err, os.ErrNotExist) {
		w.t.Errorf("%s is there: %v", name, err)
	}
}

// TestI4_R11_L1_Wayland: on sway the person answers with a pointer of their own, the rep
// sees every pixel, the banner among them, and types into a program, but not while the
// person is asked something, and the person ends it with the banner's button.
func TestI4_R11_L1_Wayland(t *testing.T) {
	t.Parallel()
	w := newSwayWorld(t)
	w.set(w.device, map[string]string{"files": "both"})
	s, v := w.begin(viewer.Options{})
	v.Look(func(c *viewer.Canvas) {
		if r, _ := banner(c.Image()); r.Dx() < 200 {
			t.Errorf("the rep sees no banner: %v", r)
		}
	})
	w.ready(v)
	w.typeInto(v, "echo '~!@ ж☃' | tee typed.txt")
	w.typed("typed.txt", "~!@ ж☃\n")
	w.same(v)

	_, err := w.fileCalls().SendFile(w.ctx, connect.NewRequest(&apipb.SendFileRequest{SessionId: s.Id, Name: "a", Size: 1, Sha256: make([]byte, 32)}))
	w.must(err)
	w.server.AwaitWindow(t, bed.ConsentTitle)
	w.typeInto(v, "touch sneaked")
	w.answer(false)
	if f := w.transfer(s.Id, apipb.FileState_FILE_STATE_FAILED); f.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("after the prompt was closed: %v", f)
	}
	w.must(bed.Until(w.ctx, "input to go on", func() (bool, error) { return !v.State().GetPromptOpen(), nil }))
	w.typeInto(v, "echo again | tee again.txt")
	w.typed("again.txt", "again\n")
	w.missing("sneaked")

	w.done()
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	if s.EndedBy != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Errorf("ended by %v", s.EndedBy)
	}
	w.must(bed.Until(w.ctx, "the banner to go", func() (bool, error) { r, _ := banner(w.look()); return r.Empty(), nil }))
}

// TestE9_A12_Wayland: a session that becomes view only takes no input any more, and its
// banner says so.
func TestE9_A12_Wayland(t *testing.T) {
	t.Parallel()
	w := newSwayWorld(t)
	s, v := w.begin(viewer.Options{})
	const chip = 1000 // pixels of what says that the rep controls
	if r, live := banner(w.look()); live < 2*r.Dx()+chip {
		t.Errorf("%d bright pixels in a banner at %v of a rep who controls", live, r)
	}
	w.set(w.device, map[string]string{"view_only": "true"})
	w.must(bed.Until(w.ctx, "the banner to say view only", func() (bool, error) {
		r, live := banner(w.look())
		return !r.Empty() && live < 2*r.Dx()+chip, fmt.Errorf("%d bright pixels at %v", live, r)
	}))
	w.typeInto(v, "touch typed")
	w.done()
	_, err := w.rep.Office(w.broker).Record(w.ctx, s.Id, "input_rejected:view_only")
	w.must(err)
	w.missing("typed")
}

// TestD10_Wayland: a program covers the banner. Nothing is shown and no input taken until
// it does not, and the rep reads why.
func TestD10_Wayland(t *testing.T) {
	t.Parallel()
	w := newSwayWorld(t)
	corner := image.Rect(1270, 790, 1280, 800)
	paint := func(r image.Rectangle, c color.Color) *image.RGBA {
		m := image.NewRGBA(image.Rectangle{Max: r.Size()})
		draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		return m
	}
	// It was there first, and this compositor leaves it above.
	rival := w.person.NewPatch("HEADLESS-1", corner)
	rival.Show(paint(corner, color.Black), image.Rectangle{Max: corner.Size()})

	secret := color.RGBA{0xc0, 0xff, 0xee, 0xff}
	var leaked atomic.Bool
	s, v := w.begin(viewer.Options{OnUpdate: func(c *viewer.Canvas, _ viewer.Update) {
		if c.Image().RGBAAt(640, 400) == secret {
			leaked.Store(true)
		}
	}})
	w.ready(v)
	whole := image.Rectangle{Max: swaySize}
	rival.Put(whole, paint(whole, color.Black))
	w.must(bed.Until(w.ctx, "the rep to read why", func() (bool, error) {
		g, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		if err != nil {
			return false, err
		}
		is, st := g.Msg.Session, v.State()
		return is.Screen == wirepb.Reason_REASON_INDICATOR_MISSING && st.GetReason() == is.Screen, fmt.Errorf("screen %v, viewer %v", is.Screen, st)
	}))
	rival.Put(whole, paint(whole, secret))
	w.must(v.Input(wire.Input{Kind: wire.InputText, Text: "touch sneaked\r"}))
	rival.Put(corner, paint(corner, color.Black))
	w.same(v)
	if leaked.Load() {
		t.Error("the rep saw what covered the banner")
	}
	w.typeInto(v, "echo back | tee back.txt")
	w.typed("back.txt", "back\n")
	w.missing("sneaked")
}
