package wayland

import (
	"encoding/binary"
	"errors"
	"image"
	"testing"
)

func message(object uint32, op uint16, words ...uint32) []byte {
	b := binary.NativeEndian.AppendUint32(nil, object)
	b = binary.NativeEndian.AppendUint32(b, uint32(headLen+wordLen*len(words))<<16|uint32(op))
	for _, w := range words {
		b = binary.NativeEndian.AppendUint32(b, w)
	}
	return b
}

// offline is a connection that has received bytes, with an object 2 that reads
// whatever it can.
func offline(in []byte) *Conn {
	c := &Conn{in: in, globals: make(map[uint32]Global)}
	c.objects = map[uint32]Handler{
		display: c.onDisplay,
		2:       c.onRegistry,
		3: func(op uint16, a *Args) {
			switch op % 6 {
			case 0:
				a.Uint()
			case 1:
				a.Int()
			case 2:
				a.Fixed()
			case 3:
				_ = a.String()
			case 4:
				a.Array()
			case 5:
				a.FD()
			}
		},
	}
	return c
}

func FuzzEvents(f *testing.F) {
	f.Add(message(2, 0, 1, 8, 0x735f6c77, 0x006d68, 1))
	f.Add(message(display, displayError, 5, 1, 4, 0x616263))
	f.Add(message(display, displayDeleteID, 3))
	for op := range uint16(6) {
		f.Add(message(3, op, 3, 0xffffffff))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := offline(b)
		_, err := c.handle()
		if err != nil && !errors.Is(err, ErrGone) {
			t.Error(err)
		}
		if err == nil && len(c.in) >= headLen {
			if _, _, size, e := head(c.in); e != nil || size <= len(c.in) {
				t.Errorf("%d bytes were left, of a message of %d: %v", len(c.in), size, e)
			}
		}
	})
}

func TestCutMessagesWait(t *testing.T) {
	whole := message(2, 0, 1, 7, 0x735f6c77, 0x006d68, 1)
	for n := range whole {
		c := offline(append([]byte(nil), whole[:n]...))
		if done, err := c.handle(); done != 0 || err != nil || len(c.in) != n {
			t.Fatalf("cut at %d: %d events, %v", n, done, err)
		}
		c.in = append(c.in, whole[n:]...)
		if done, err := c.handle(); done != 1 || err != nil || c.globals[1].Interface != "wl_shm" || c.globals[1].Version != 1 {
			t.Fatalf("the rest of it: %d events, %v, %+v", done, err, c.globals)
		}
	}
}

func TestTransformsAreTurns(t *testing.T) {
	size := image.Pt(5, 3)
	for tr := TransformNormal; tr <= TransformFlipped270; tr++ {
		seen := tr.Size(size)
		got := make(map[image.Point]bool)
		for y := range size.Y {
			for x := range size.X {
				p := tr.Point(image.Pt(x, y), size)
				if !p.In(image.Rectangle{Max: seen}) || got[p] {
					t.Fatalf("transform %d: %d,%d is seen at %v", tr, x, y, p)
				}
				got[p] = true
				if was := tr.back().Point(p, seen); was != image.Pt(x, y) {
					t.Fatalf("transform %d: %v comes from %v, not %d,%d", tr, p, was, x, y)
				}
				if r := tr.Rect(image.Rect(x, y, x+1, y+1), size); r != (image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))}) {
					t.Fatalf("transform %d: %v for a pixel at %v", tr, r, p)
				}
			}
		}
		if r := tr.Rect(image.Rectangle{Max: size}, size); r != (image.Rectangle{Max: seen}) {
			t.Errorf("transform %d: all of it is %v", tr, r)
		}
	}
}

func TestLayoutOfScales(t *testing.T) {
	out := func(place image.Rectangle, w, h int, tr Transform) Output {
		return Output{Mode: image.Pt(w, h), Place: place, Transform: tr, Ready: true}
	}
	for name, c := range map[string]struct {
		all  []Output
		want []image.Rectangle
	}{
		"one":         {[]Output{out(image.Rect(0, 0, 800, 600), 800, 600, 0)}, []image.Rectangle{image.Rect(0, 0, 800, 600)}},
		"doubled":     {[]Output{out(image.Rect(0, 0, 400, 300), 800, 600, 0)}, []image.Rectangle{image.Rect(0, 0, 800, 600)}},
		"turned":      {[]Output{out(image.Rect(0, 0, 600, 800), 800, 600, Transform90)}, []image.Rectangle{image.Rect(0, 0, 600, 800)}},
		"left of all": {[]Output{out(image.Rect(-800, 0, 0, 600), 800, 600, 0), out(image.Rect(0, 0, 800, 600), 800, 600, 0)}, []image.Rectangle{image.Rect(-800, 0, 0, 600), image.Rect(0, 0, 800, 600)}},
		"mixed":       {[]Output{out(image.Rect(0, 0, 800, 600), 800, 600, 0), out(image.Rect(800, 0, 1200, 300), 800, 600, 0)}, []image.Rectangle{image.Rect(0, 0, 800, 600), image.Rect(1600, 0, 2400, 600)}},
	} {
		l := layoutOf(c.all)
		for i, s := range l.Screens {
			if s.Rect != c.want[i] {
				t.Errorf("%s: monitor %d at %v, want %v", name, i, s.Rect, c.want[i])
			}
			// A point of the desktop comes to the same place of the monitor.
			x, y, extent := l.Place(s.Rect.Min.Add(image.Pt(s.Rect.Dx()/2, s.Rect.Dy()/2)))
			at := image.Pt(int(x)*l.places.Dx()/extent.X, int(y)*l.places.Dy()/extent.Y).Add(l.places.Min)
			if want := s.Place.Min.Add(s.Place.Size().Div(2)); at != want {
				t.Errorf("%s: the middle of monitor %d is at %v, want %v", name, i, at, want)
			}
		}
	}
	if l := layoutOf(nil); !l.Rect.Empty() || len(l.Screens) != 0 {
		t.Errorf("without monitors: %+v", l)
	}
}
