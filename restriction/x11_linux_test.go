package restriction

import (
	"encoding/binary"
	"image"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// patience is for what has to happen; a loaded machine takes its time.
const patience = time.Minute

// seat is a desktop of Xvnc with a person in front of it, a program's window in the
// middle and a banner at the top.
type seat struct {
	t       *testing.T
	server  *x11test.Server
	person  *x11test.Person
	program *x11.Conn // has the window, and types and clicks through XTEST
	window  xproto.Window
	banner  xproto.Window
	ear     *x11.Conn // hears what devices do
	devices x11.Devices
	own     map[uint16]bool // devices of the person's
}

func (s *seat) logger() *slog.Logger { return slog.New(slog.NewTextHandler(s.t.Output(), nil)) }

func newSeat(t *testing.T) *seat {
	s := &seat{t: t, own: map[uint16]bool{}}
	s.server, s.person = x11test.StartSeat(t, "640x480")
	s.program, s.ear = s.connect(), s.connect()
	if _, err := s.program.Extension("XTEST"); err != nil {
		t.Fatal(err)
	}
	s.window = s.show(image.Rect(100, 100, 540, 380))
	s.banner = s.show(image.Rect(200, 0, 440, 40))
	xproto.SetInputFocus(s.program.Conn, xproto.InputFocusPointerRoot, s.window, xproto.TimeCurrentTime)
	var err error
	if s.devices, err = s.ear.Devices(); err != nil {
		t.Fatal(err)
	}
	if err := s.devices.WatchAll(s.ear.Root, true); err != nil {
		t.Fatal(err)
	}
	all, err := s.devices.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Attached() && !d.Synthetic() {
			s.own[d.ID] = true
		}
	}
	if len(s.own) < 2 {
		t.Fatalf("Xvnc has no devices of its own: %v", all)
	}
	return s
}

func (s *seat) connect() *x11.Conn {
	s.t.Helper()
	c, err := x11.Open(s.t.Context(), x11.Target{Display: s.server.Display})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// show puts a window up that hears keys and buttons, and waits until it is there.
func (s *seat) show(r image.Rectangle) xproto.Window {
	s.t.Helper()
	id, err := xproto.NewWindowId(s.program.Conn)
	if err != nil {
		s.t.Fatal(err)
	}
	const mask = xproto.EventMaskKeyPress | xproto.EventMaskButtonPress
	err = xproto.CreateWindowChecked(s.program.Conn, 0, id, s.program.Root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, mask}).Check()
	if err == nil {
		err = xproto.MapWindowChecked(s.program.Conn, id).Check()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// next waits for one of a connection's events.
func (s *seat) next(what string, c *x11.Conn, is func(*x11.Event) bool) {
	s.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		events, _ := c.Events(nil)
		for i := range events {
			if is(&events[i]) {
				return
			}
		}
		select {
		case <-c.Wake():
		case <-late.C:
			s.t.Fatalf("no %s", what)
		}
	}
}

// until waits until it is so at the server, which has no event for it.
func (s *seat) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited for %s", what)
		}
	}
}

// heard waits until the server has had an act of the person's.
func (s *seat) heard(what string, want x11.Act) {
	s.t.Helper()
	s.next(what, s.ear, func(e *x11.Event) bool {
		a, id, _ := s.devices.Act(e)
		return a == want && s.own[id]
	})
}

// got has the program type a key and click, and lists what reached its windows until
// then: key codes, and 0 for a button.
func (s *seat) got() []byte {
	s.t.Helper()
	const mark = 70 // F4
	s.fake(xproto.KeyPress, mark, image.Point{})
	s.fake(xproto.KeyRelease, mark, image.Point{})
	var all []byte
	s.next("key of the program's", s.program, func(e *x11.Event) bool {
		switch e.Code() {
		case xproto.KeyPress:
			if e[1] == mark {
				return true
			}
			all = append(all, e[1])
		case xproto.ButtonPress:
			all = append(all, 0)
		}
		return false
	})
	return all
}

func (s *seat) fake(kind, detail byte, at image.Point) {
	s.t.Helper()
	if err := xtest.FakeInputChecked(s.program.Conn, kind, detail, 0, s.program.Root, int16(at.X), int16(at.Y), 0).Check(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seat) open() Desktop {
	s.t.Helper()
	d, err := Open(s.t.Context(), Options{Display: s.server.Display, Log: s.logger()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = d.Close() })
	return d
}

// acts has the person type and click on the window, and says what reached it.
func (s *seat) acts() []byte {
	s.t.Helper()
	s.person.Click(300, 200)
	s.heard("click", x11.ActButtonPress)
	s.person.Type("a")
	s.heard("key", x11.ActKeyPress)
	return s.got()
}

func (s *seat) wantFree(when string) {
	s.t.Helper()
	if got := s.acts(); len(got) != 2 {
		s.t.Errorf("%s: a click and a key reach the window as %v", when, got)
	}
}

func (s *seat) wantTaken(when string) {
	s.t.Helper()
	if got := s.acts(); len(got) != 0 {
		s.t.Errorf("%s: %v reaches the window", when, got)
	}
}

func (s *seat) sign(d Desktop) Sign {
	s.t.Helper()
	select {
	case g := <-d.Signs():
		return g
	case <-time.After(patience):
		s.t.Fatal("no sign")
		return 0
	}
}

func (s *seat) hold(d Desktop, w Wish) {
	s.t.Helper()
	if err := d.Hold(w); err != nil || d.Held() != w {
		s.t.Fatalf("hold %+v: %v, held is %+v", w, err, d.Held())
	}
}

// What the person types and clicks reaches nothing while it is held, what programs type
// does; afterwards all is as it was. No key stays down that was held when it began.
func TestX15_InputIsTheProgramsAlone(t *testing.T) {
	s := newSeat(t)
	s.wantFree("before")
	d := s.open()
	s.person.Button(1, 300, 200)
	s.heard("held button", x11.ActButtonPress)
	s.person.Key('q', true)
	s.heard("held key", x11.ActKeyPress)
	s.hold(d, Wish{Input: true})
	k, err := xproto.QueryKeymap(s.program.Conn).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range k.Keys {
		if b != 0 {
			t.Errorf("a key stays down: %d: %b", i, b)
		}
	}
	s.person.Key('q', false)
	s.got()
	if p, err := xproto.QueryPointer(s.program.Conn, s.program.Root).Reply(); err != nil || p.Mask&xproto.ButtonMask1 != 0 {
		t.Errorf("a button stays down: %v, %v", p, err)
	}
	s.person.Button(0, 300, 200)
	s.wantTaken("held")
	s.person.Point(333, 222)
	s.heard("motion", x11.ActMotion)
	s.until("the pointer to follow", func() bool {
		p, err := xproto.QueryPointer(s.program.Conn, s.program.Root).Reply()
		return err == nil && p.RootX == 333 && p.RootY == 222
	})
	s.fake(xproto.ButtonPress, 1, image.Point{})
	s.fake(xproto.ButtonRelease, 1, image.Point{})
	if got := s.got(); len(got) != 1 {
		t.Errorf("of the program's own click: %v", got)
	}
	s.hold(d, Wish{})
	s.wantFree("given back")
}

// That their devices are taken is nothing that the person does: dark monitors stay dark.
func TestX15_TakingInputMakesNoLight(t *testing.T) {
	s := newSeat(t)
	s.person.Point(10, 10)
	s.heard("motion", x11.ActMotion)
	s.tinted(200)
	o := s.open()
	d := o.(*desktop)
	s.hold(o, Wish{Screen: true})
	s.hold(o, Wish{Screen: true, Input: true})
	d.mu.Lock()
	d.hear()
	dark := d.lit.IsZero()
	d.mu.Unlock()
	if !dark || !s.dark() {
		t.Error("the monitors are light")
	}
	if p, err := xproto.QueryPointer(s.program.Conn, s.program.Root).Reply(); err != nil || p.RootX != 10 || p.RootY != 10 {
		t.Errorf("the pointer jumped to %v (%v)", p, err)
	}
}

// Each way of the person's works by itself, whatever stands on the keys by then, and
// gives back before anything is told.
func TestX15_ThePersonTakesBack(t *testing.T) {
	s := newSeat(t)
	d := s.open()
	w := Wish{Input: true, Banner: uint32(s.banner)}
	for name, c := range map[string]struct {
		do   func()
		want Sign
	}{
		"Ctrl+Alt+Del":        {func() { s.person.Press(x11test.KeyControl, x11test.KeyAlt, x11test.KeyDelete) }, TakenBack},
		"hot-key":             {func() { s.person.Press(x11test.KeyControl, x11test.KeyAlt, x11test.KeyShift, x11test.KeyEnd) }, Done},
		"press on the banner": {func() { s.person.Click(320, 20) }, TakenBack},
	} {
		s.hold(d, w)
		s.wantTaken(name)
		s.person.Press(x11test.KeyControl, x11test.KeyDelete)
		s.wantTaken(name + ", less than it")
		c.do()
		if got := s.sign(d); got != c.want || !d.Held().Nothing() {
			t.Errorf("%s: sign %v, held is %+v", name, got, d.Held())
		}
		s.got()
		s.wantFree(name)
	}
}

// Nothing can stay held: neither when the process ends that holds it, nor when the
// display goes, which is told.
func TestX15_NothingOutlivesItsHolder(t *testing.T) {
	s := newSeat(t)
	d := s.open()
	s.hold(d, Wish{Input: true})
	s.wantTaken("held")
	d.(*desktop).conn.Break() // as a process that is killed
	if got := s.sign(d); got != Lost {
		t.Errorf("sign %v", got)
	}
	s.wantFree("its holder is gone")
	other := s.open()
	s.hold(other, Wish{Input: true})
	s.server.Stop()
	if got := s.sign(other); got != Lost || !other.Held().Nothing() {
		t.Errorf("without a display: %v, %+v", got, other.Held())
	}
}

// attach gives a device to a master, or to nobody where that is 0.
func (s *seat) attach(id, master uint16) {
	s.t.Helper()
	e, err := s.program.Extension("XInputExtension")
	if err != nil {
		s.t.Fatal(err)
	}
	le := binary.LittleEndian
	b := le.AppendUint16([]byte{e.Major, 43}, 4) // XIChangeHierarchy
	b = append(b, 1, 0, 0, 0)                    // one change
	kind := uint16(3)                            // to a master
	if master == 0 {
		kind = 4
	}
	for _, v := range []uint16{kind, 2, id, master} {
		b = le.AppendUint16(b, v)
	}
	ck := s.program.NewCookie(true, false)
	s.program.NewRequest(b, ck)
	if err := ck.Check(); err != nil {
		s.t.Fatal(err)
	}
}

// A keyboard that comes while input is held is held as well.
func TestX15_DevicesThatComeAreTaken(t *testing.T) {
	const masterKeyboard = 3 // of every server
	s := newSeat(t)
	all, err := s.devices.List()
	if err != nil {
		t.Fatal(err)
	}
	var keyboard x11.Device
	for _, x := range all {
		if x.Attached() && !x.Synthetic() && !x.Pointing() {
			keyboard = x
		}
	}
	s.attach(keyboard.ID, 0)
	d := s.open()
	s.hold(d, Wish{Input: true})
	s.attach(keyboard.ID, masterKeyboard)
	s.until("the keyboard to be taken", func() bool {
		all, err := s.devices.List()
		return err == nil && !slices.ContainsFunc(all, func(x x11.Device) bool { return x.ID == keyboard.ID && x.Attached() })
	})
	s.wantTaken("with the new one")
	s.person.Press(x11test.KeyControl, x11test.KeyAlt, x11test.KeyDelete)
	if got := s.sign(d); got != TakenBack {
		t.Errorf("sign %v", got)
	}
}
