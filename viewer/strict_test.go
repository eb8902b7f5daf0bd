package viewer

import (
	"bytes"
	"errors"
	"image"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/wire"
)

func TestNewEpochForgetsTheOldOne(t *testing.T) {
	c := NewCanvas(1 << 20)
	defer c.Close()
	first := packed(resize(8, 6), store(wire.Slot{Slot: 1, Rect: wire.Rect{W: 2, H: 2}}),
		wire.Op{Kind: wire.OpCursorShape, Codec: wire.CursorZstdRGBA, Width: 1, Height: 1, Data: squeeze([]byte{1, 2, 3, 4})},
		wire.Op{Kind: wire.OpCursorPosition, X: 3, Y: 4})
	if err := c.Apply(3, first); err != nil {
		t.Fatal(err)
	}
	want := Cursor{Visible: true, Position: image.Pt(3, 4), Size: image.Pt(1, 1), Pix: []byte{1, 2, 3, 4}}
	if d := cmp.Diff(want, c.Cursor()); d != "" {
		t.Error(d)
	}
	if err := c.Apply(3, packed(wire.Op{Kind: wire.OpCursorShape, Codec: wire.CursorHidden})); err != nil || c.Cursor().Visible {
		t.Errorf("hide: %v, %+v", err, c.Cursor())
	}
	if err := c.Apply(2, nil); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("an epoch of the past: %v", err)
	}
	if err := c.Apply(5, packed(cached(wire.Slot{Slot: 1}))); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("an epoch without resize: %v", err)
	}
	if err := c.Apply(6, packed(resize(8, 6))); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Cursor{}, c.Cursor()); d != "" {
		t.Errorf("the cursor outlived its epoch: %s", d)
	}
	if err := c.Apply(6, packed(cached(wire.Slot{Slot: 1}))); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("a slot of an earlier epoch: %v", err)
	}
}

func TestCacheKeepsToItsLimit(t *testing.T) {
	c := NewCanvas(4 * 4 * 4 * 2) // two tiles of 4x4
	defer c.Close()
	slot := func(n uint16) wire.Slot { return wire.Slot{Slot: n, Rect: wire.Rect{W: 4, H: 4}} }
	if err := c.Apply(1, packed(resize(4, 4), store(slot(1), slot(2), slot(1)))); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(1, packed(store(slot(3)))); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("a third tile: %v", err)
	}
}

// TestNothingIsAllocatedByAPeersNumber: a small message that claims a large
// picture is refused by its numbers.
func TestNothingIsAllocatedByAPeersNumber(t *testing.T) {
	c := NewCanvas(0)
	defer c.Close()
	if err := c.Apply(1, packed(resize(wire.MaxCanvas, 1024))); err != nil {
		t.Fatal(err)
	}
	bomb := squeeze(make([]byte, 30<<20))
	for name, op := range map[string]wire.Op{
		"too many pixels":     {Kind: wire.OpLossless, Codec: wire.CodecZstdRGB, Rects: []wire.Rect{{W: wire.MaxCanvas, H: 257}}, Data: bomb},
		"more than announced": {Kind: wire.OpLossless, Codec: wire.CodecZstdRGB, Rects: []wire.Rect{{W: 4, H: 4}}, Data: bomb},
		"photo too large":     photo(picture(8, 8), wire.Rect{W: wire.MaxCanvas, H: 257}),
		"cursor bomb":         {Kind: wire.OpCursorShape, Codec: wire.CursorZstdRGBA, Width: 2, Height: 2, Data: bomb},
	} {
		if err := c.Apply(1, packed(op)); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if cap(c.raw) > 1<<20 {
			t.Errorf("%s made a buffer of %d bytes", name, cap(c.raw))
		}
	}
}

func TestProgressivePhotosAreRefused(t *testing.T) {
	p := picture(8, 6)
	i := bytes.Index(p, []byte{0xff, 0xc0})
	p[i+1] = 0xc2
	c := NewCanvas(0)
	defer c.Close()
	if err := c.Apply(1, packed(resize(8, 6), photo(p, wire.Rect{W: 8, H: 6}))); !errors.Is(err, wire.ErrMalformed) {
		t.Error(err)
	}
}

func FuzzApply(f *testing.F) {
	for _, k := range cases() {
		for _, u := range k.ups {
			f.Add(u)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := NewCanvas(1 << 10)
		defer c.Close()
		if err := c.Apply(1, packed(resize(32, 24))); err != nil {
			t.Fatal(err)
		}
		if err := c.Apply(1, b); err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("error of another kind: %v", err)
		}
	})
}
