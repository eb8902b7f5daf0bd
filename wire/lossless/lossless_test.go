package lossless_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/lossless"
)

// pair is an encoder and its decoder.
type pair struct {
	e *lossless.Encoder
	d *lossless.Decoder
}

// inflate decodes with the full zstd decoder, so that a frame of our own making
// is one for every reader.
func inflate(t testing.TB) lossless.Inflate {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.Close)
	return func(frame []byte, n int) ([]byte, error) {
		var h zstd.Header
		if err := h.Decode(frame); err != nil || !h.HasFCS || h.FrameContentSize != uint64(n) {
			return nil, errors.Join(wire.ErrMalformed, err)
		}
		b, err := z.DecodeAll(frame, make([]byte, 0, n))
		if err != nil {
			return nil, errors.Join(wire.ErrMalformed, err)
		}
		if len(b) != n {
			return nil, wire.ErrMalformed
		}
		return b, nil
	}
}

func newPair(t testing.TB) pair {
	return pair{lossless.NewEncoder(), lossless.NewDecoder(inflate(t))}
}

// send encodes with both codecs and wants the same pixels back.
func (p pair) send(t *testing.T, rects []wire.Rect, pix []uint32) (copies, planes int) {
	t.Helper()
	a, b := p.e.AppendCopies(nil, rects, pix), p.e.AppendPlanes(nil, rects, pix)
	for codec, data := range map[uint8][]byte{wire.CodecCopies: a, wire.CodecPlanes: b} {
		got, err := p.d.Decode(codec, rects, data)
		if err != nil {
			t.Fatalf("codec %d: %v", codec, err)
		}
		if d := cmp.Diff(pix, got); d != "" {
			t.Fatalf("codec %d, %v: pixels (-want +got):\n%.2000s", codec, rects, d)
		}
	}
	return len(a), len(b)
}

func size(rects []wire.Rect) (n int) {
	for _, r := range rects {
		n += int(r.W) * int(r.H)
	}
	return n
}

// kinds of pictures, from flat to noise.
func picture(rng *rand.Rand, pix []uint32, w int) {
	kind, colours := rng.IntN(6), make([]uint32, 1+rng.IntN(400))
	for i := range colours {
		colours[i] = rng.Uint32() & 0xffffff
	}
	for i := range pix {
		x, y := i%w, i/w
		switch kind {
		case 0: // flat
			pix[i] = colours[0]
		case 1: // runs
			pix[i] = colours[0]
			if rng.IntN(5) > 0 && i > 0 {
				pix[i] = pix[i-1]
			} else {
				pix[i] = colours[rng.IntN(len(colours))]
			}
		case 2: // letters
			glyph := (uint32(x/9)*7 + uint32(y/16)*13) % 5
			pix[i] = colours[(glyph*(uint32(x%9)*3+uint32(y%16)*uint32(len(colours))+1)>>3)%uint32(min(4, len(colours)))]
		case 3: // a gradient that wraps around
			pix[i] = (colours[0] + uint32(x/2+y)*0x010101) & 0xffffff
		case 4: // dithered
			pix[i] = (colours[0] + uint32((x*5+y*3)&7+x/3)*0x000102) & 0xffffff
		case 5: // noise
			pix[i] = rng.Uint32() & 0xffffff
		}
	}
}

func TestRandomPictures(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %#x", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	p := newPair(t)
	for range 120 {
		rects := make([]wire.Rect, 1+rng.IntN(4))
		for i := range rects {
			rects[i] = wire.Rect{W: uint16(1 + rng.IntN(100)), H: uint16(1 + rng.IntN(70))}
			if rng.IntN(40) == 0 {
				rects[i].W = uint16(1 + rng.IntN(2500))
			}
			if rng.IntN(40) == 0 {
				rects[i].H = uint16(1 + rng.IntN(1200))
			}
		}
		pix := make([]uint32, size(rects))
		for at, i := 0, 0; i < len(rects); i++ {
			n := size(rects[i : i+1])
			picture(rng, pix[at:at+n], int(rects[i].W))
			at += n
		}
		p.send(t, rects, pix)
		if rng.IntN(30) == 0 {
			p.e.Reset()
			p.d.Reset()
		}
	}
}

// TestALetterIsKnown: what was there once costs its place and no pixels.
func TestALetterIsKnown(t *testing.T) {
	p := newPair(t)
	screen := []wire.Rect{{W: 640, H: 160}}
	pix := make([]uint32, size(screen))
	letter := make([]uint32, 7*16)
	for i := range pix {
		x, y := i%640, i/640
		pix[i] = 0xffffff
		if u, v, glyph := x%9, y-20, x/9; v >= 0 && v < 16 && u > 0 && (u == 1+glyph%3 || v == glyph%5 || v == 15 || u == 6 && v > glyph%7) {
			pix[i] = 0x111111 * uint32(1+(u+v*glyph)%9)
		}
		if y >= 20 && y < 36 && x >= 28 && x < 35 {
			letter[(y-20)*7+x-28] = pix[i]
		}
	}
	first, _ := p.send(t, screen, pix)
	again, _ := p.send(t, []wire.Rect{{W: 7, H: 16}}, letter)
	fresh := newPair(t)
	unknown, _ := fresh.send(t, []wire.Rect{{W: 7, H: 16}}, letter)
	t.Logf("screen %d bytes, letter %d, a letter that was never there %d", first, again, unknown)
	if again*2 > unknown {
		t.Errorf("a known letter takes %d bytes, an unknown one %d", again, unknown)
	}
}

// TestNothingGrowsMuch: noise is not blown up by more than its headers.
func TestNothingGrowsMuch(t *testing.T) {
	p := newPair(t)
	rng := rand.New(rand.NewPCG(3, 4))
	rects := []wire.Rect{{W: 200, H: 200}}
	pix := make([]uint32, size(rects))
	for i := range pix {
		pix[i] = rng.Uint32() & 0xffffff
	}
	copies, planes := p.send(t, rects, pix)
	if planes > 3*len(pix)+32 || copies > 5*len(pix) {
		t.Errorf("%d bytes of noise make %d in planes, %d in copies", 3*len(pix), planes, copies)
	}
}

func FuzzDecode(f *testing.F) {
	e := lossless.NewEncoder()
	rects := []wire.Rect{{W: 30, H: 20}, {W: 5, H: 3}}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 8 {
		pix := make([]uint32, size(rects))
		picture(rng, pix, 30)
		f.Add(uint8(wire.CodecCopies), e.AppendCopies(nil, rects, pix))
		f.Add(uint8(wire.CodecPlanes), e.AppendPlanes(nil, rects, pix))
	}
	d := lossless.NewDecoder(inflate(f))
	f.Fuzz(func(t *testing.T, codec uint8, b []byte) {
		d.Reset()
		if pix, err := d.Decode(codec, rects, b); err == nil && len(pix) != size(rects) {
			t.Errorf("%d pixels", len(pix))
		} else if err != nil && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("error of another kind: %v", err)
		}
	})
}
