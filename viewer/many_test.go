package viewer

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/wire"
)

// TestPhotosOfAnUpdateAreInOrder: photos are decoded several at a time, but what
// overlaps is drawn as if they were not.
func TestPhotosOfAnUpdateAreInOrder(t *testing.T) {
	const w, h = 96, 64
	rng := rand.New(rand.NewPCG(3, 4))
	photos := [][]byte{picture(16, 8), picture(24, 24), picture(40, 16)}
	for round := range 50 {
		ops := []wire.Op{resize(w, h)}
		for range 12 {
			n := rng.IntN(len(photos))
			r := wire.Rect{W: [...]uint16{16, 24, 40}[n], H: [...]uint16{8, 24, 16}[n]}
			r.X, r.Y = uint16(rng.IntN(w-int(r.W))), uint16(rng.IntN(h-int(r.H)))
			switch rng.IntN(5) {
			case 0:
				ops = append(ops, wire.Op{Kind: wire.OpFill, Fills: []wire.Fill{{Rect: r, R: uint8(n), G: 9, B: 200}}})
			case 1:
				ops = append(ops, wire.Op{Kind: wire.OpMove, Copies: []wire.Copy{{Src: r, X: uint16(rng.IntN(w - int(r.W))), Y: r.Y}}})
			case 2:
				ops = append(ops, lossless(wire.OpResidual, bytes.Repeat([]byte{3, 0, 1}, int(r.W)*int(r.H)), r))
			default:
				ops = append(ops, photo(photos[n], r))
			}
		}
		together, apart := NewCanvas(0), NewCanvas(0)
		if err := together.Apply(1, packed(ops...)); err != nil {
			t.Fatal(err)
		}
		for _, op := range ops {
			if err := apart.Apply(1, packed(op)); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(apart.Image().Pix, together.Image().Pix); d != "" {
			t.Fatalf("round %d: %s", round, d)
		}
		together.Close()
		apart.Close()
	}
}

func TestABadPhotoEndsAnUpdate(t *testing.T) {
	bad := picture(16, 8)
	bad = bad[:len(bad)-20]
	for _, after := range [][]wire.Op{nil, {photo(picture(16, 8), wire.Rect{X: 20, W: 16, H: 8})}, {lossless(wire.OpLossless, ramp(1), wire.Rect{W: 1, H: 1})}} {
		c := NewCanvas(0)
		ops := append([]wire.Op{resize(64, 64), photo(bad, wire.Rect{W: 16, H: 8})}, after...)
		if err := c.Apply(1, packed(ops...)); err == nil {
			t.Error("a photo that breaks off is taken")
		}
		c.Close()
	}
}
