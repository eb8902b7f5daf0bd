package restriction

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jezek/xgb/randr"

	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// tinted gives the monitor a ramp as a program gives it that tints the screen.
func (s *seat) tinted(at uint16) {
	s.t.Helper()
	r := newRamps(s.ear)
	now, err := r.now()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range now {
		for i := range p.red {
			p.red[i], p.green[i], p.blue[i] = uint16(i)*at, uint16(i)*at/2, uint16(i)*at/3 //nolint:gosec // a ramp of 256
		}
		if err := randr.SetCrtcGammaChecked(s.ear.Conn, p.crtc, uint16(len(p.red)), p.red, p.green, p.blue).Check(); err != nil { //nolint:gosec // a ramp
			s.t.Fatal(err)
		}
	}
}

func (s *seat) ramps() []ramp {
	s.t.Helper()
	now, err := newRamps(s.ear).now()
	if err != nil {
		s.t.Fatal(err)
	}
	return now
}

func (s *seat) wantRamps(when string, want []ramp) {
	s.t.Helper()
	if d := cmp.Diff(want, s.ramps(), cmp.AllowUnexported(ramp{})); d != "" {
		s.t.Fatalf("%s: %s", when, d)
	}
}

func (s *seat) dark() bool {
	s.t.Helper()
	for _, p := range s.ramps() {
		if !p.dark() {
			return false
		}
	}
	return true
}

// shines waits until the monitors are dark, or light.
func (s *seat) shines(what string, light bool) {
	s.t.Helper()
	s.until(what, func() bool { return s.dark() != light })
}

// Monitors are dark and are what they were afterwards, however it ends; the person's
// input works all the while, and what they do makes light, for a time.
func TestX15_TheScreenIsDarkAndComesBack(t *testing.T) {
	s := newSeat(t)
	s.tinted(200)
	was := s.ramps()
	d := s.open()
	d.(*desktop).litFor = time.Second
	if _, err := d.Can(); err != nil {
		t.Fatal(err)
	}
	s.hold(d, Wish{Screen: true})
	if !s.dark() {
		t.Fatal("the monitors are light")
	}
	s.person.Point(50, 50)
	s.shines("moving the pointer", true)
	s.wantRamps("lit", was)
	s.shines("the person does nothing more", false)
	s.wantFree("dark")
	s.shines("after keys and a click", false)
	s.tinted(100)
	s.shines("another program tints the screen", false)
	s.hold(d, Wish{Screen: true, Input: true})
	s.wantTaken("both")
	s.hold(d, Wish{})
	s.wantRamps("given back", was)
	for name, end := range map[string]func(){
		"Ctrl+Alt+Del": func() {
			s.person.Press(x11test.KeyControl, x11test.KeyAlt, x11test.KeyDelete)
			if got := s.sign(d); got != TakenBack {
				t.Errorf("sign %v", got)
			}
		},
		"its end": func() { _ = d.Close() },
	} {
		s.hold(d, Wish{Screen: true})
		end()
		s.wantRamps(name, was)
		d = s.open()
	}
}

// A dark screen outlives a process that is killed. Whoever opens the desktop next gives
// the light back, once.
func TestX15_TheNextOneGivesTheLightBack(t *testing.T) {
	s := newSeat(t)
	s.tinted(200)
	was := s.ramps()
	d := s.open()
	s.hold(d, Wish{Screen: true})
	d.(*desktop).conn.Break()
	if got := s.sign(d); got != Lost || !s.dark() {
		t.Fatalf("sign %v, dark is %t", got, s.dark())
	}
	_ = s.open().Close()
	s.wantRamps("opened again", was)
	s.tinted(50)
	now := s.ramps()
	_ = s.open().Close()
	s.wantRamps("opened once more", now)
}

func TestX15_NoRampNoPrivacyScreen(t *testing.T) {
	s := x11test.Start(t, "640x480x24", "-extension", "RANDR")
	d, err := Open(context.Background(), Options{Display: s.Display, Log: (&seat{t: t}).logger()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	input, screen := d.Can()
	if input != nil || !errors.Is(screen, ErrUnsupported) {
		t.Errorf("can: %v, %v", input, screen)
	}
	if err := d.Hold(Wish{Input: true, Screen: true}); !errors.Is(err, ErrUnsupported) || d.Held() != (Wish{Input: true}) {
		t.Errorf("%v, held is %+v", err, d.Held())
	}
}

// A record that is cut, or is another program's, is none; one of ours is read as it was.
func TestRecordsAreWholeOrNone(t *testing.T) {
	all := []ramp{{7, []uint16{1, 2}, []uint16{3, 4}, []uint16{5, 6}}, {9, []uint16{0, 1, 2, 3}, make([]uint16, 4), make([]uint16, 4)}}
	b := packRamps(all)
	got, err := parseRamps(b)
	if err != nil || cmp.Diff(all, got, cmp.AllowUnexported(ramp{})) != "" {
		t.Errorf("%v, %v", got, err)
	}
	first := len(packRamps(all[:1]))
	for n := 1; n < len(b); n++ {
		if _, err := parseRamps(b[:n]); (err == nil) != (n == first) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	if _, err := parseRamps(bytes.Repeat(packRamps(all[:1]), maxRamps+1)); err == nil {
		t.Error("too many are taken")
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(packRamps([]ramp{{7, []uint16{1, 2}, []uint16{3, 4}, []uint16{5, 6}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseRamps(b)
		if err == nil && !bytes.Equal(packRamps(all), b) {
			t.Errorf("% x is read as %v", b, all)
		}
	})
}
