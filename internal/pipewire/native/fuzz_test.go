package native

import (
	"testing"
)

// sample is an object as daemons send it.
func sample() []byte {
	w := &Builder{}
	w.Object(0x40003, ParamFormat, func() {
		w.Key(1)
		w.ID(2)
		w.Key(0x20003)
		w.Choice(ChoiceRange, TypeRectangle, 640, 480, 1, 1, 9999, 9999)
		w.Key(0x20004)
		w.Ratio(30, 1)
	})
	return w.Bytes()
}

func TestObjectsComeBack(t *testing.T) {
	p := &Parser{b: sample()}
	seen := map[uint32]bool{}
	typ, id, err := p.Next().Object(func(key uint32, v Pod) {
		seen[key] = true
		if key == 0x20003 {
			if w, ok := v.Words(TypeRectangle, 2); !ok || w[0] != 640 || w[1] != 480 {
				t.Errorf("a choice's first is %v", w)
			}
		}
	})
	if err != nil || typ != 0x40003 || id != ParamFormat || len(seen) != 3 {
		t.Errorf("type %x, id %d, %v, %v", typ, id, seen, err)
	}
	// Cut anywhere, it is an error or an object with less.
	for n := range sample() {
		p := &Parser{b: sample()[:n]}
		if _, _, err := p.Next().Object(func(uint32, Pod) {}); err == nil {
			t.Errorf("%d bytes of it are an object", n)
		}
	}
}

func FuzzPod(f *testing.F) {
	f.Add(sample())
	w := &Builder{}
	w.Struct(func() {
		w.Int(7)
		w.Long(1)
		w.String("text")
		w.Bool(true)
		w.None()
		w.Dict([][2]string{{"a", "b"}})
	})
	f.Add(w.Bytes())
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, take := range []func(*Parser){
			func(p *Parser) { p.Int() }, func(p *Parser) { p.ID() }, func(p *Parser) { p.Fd() }, func(p *Parser) { p.Text() },
			func(p *Parser) { p.Struct().Text() },
			func(p *Parser) {
				v := p.Next()
				if _, _, err := v.Object(func(_ uint32, v Pod) { v.Words(TypeInt, 3) }); err == nil {
					v.Packed(1)
				}
			},
		} {
			for p := (&Parser{b: b}); p.Err == nil && len(p.b) > 0; {
				take(p)
			}
		}
	})
}
