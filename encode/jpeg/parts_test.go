package jpeg

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"
)

// TestTransformIsTheDCT compares with the definition, also where blocks are as
// extreme as pixels allow.
func TestTransformIsTheDCT(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		var in [2][64]float64
		var p pair
		for i := range p {
			for lane := range in {
				v := rng.IntN(256) - 128
				if n%2 == 1 {
					v = []int{-128, 127}[rng.IntN(2)]
				}
				if n < 128 { // extremes of one coefficient
					v = []int{-128, 127}[btoi(basis(n%64, i) > 0 != (lane == 1))]
				}
				in[lane][i] = float64(v)
				p[i] += int64(v) << (32 * lane)
			}
		}
		var got pair
		transform(&got, &p)
		for lane := range in {
			for k, at := range zigzag {
				want := 0.0
				for i, v := range in[lane] {
					want += v * basis(int(at), i)
				}
				unit := 8 * aanScale[at/8] * aanScale[at%8] * scale1 * scale2
				if d := math.Abs(float64(int32(got[byCode[k]]>>(32*lane)))/unit - want); d > 1.2 {
					t.Fatalf("block %d lane %d coefficient %d: off by %.2f from %.2f", n, lane, at, d, want)
				}
			}
		}
	}
}

// basis is the weight of sample i in coefficient k.
func basis(k, i int) float64 {
	w := func(k, i int) float64 {
		v := math.Cos(float64((2*i+1)*k)*math.Pi/16) / 2
		if k == 0 {
			v /= math.Sqrt2
		}
		return v
	}
	return w(k/8, i/8) * w(k%8, i%8)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestConvertIsTheColourTransform(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pix := make([]byte, 4*mcu*mcu)
	for n := range 50 {
		for i := range pix {
			if pix[i] = uint8(rng.Uint32()); n%2 == 1 {
				pix[i] = -pix[i] & 1 * 255
			}
		}
		var upper, lower, chroma pair
		convert(&upper, &lower, &chroma, pix, 4*mcu)
		lanesOf := func(v int64) [2]int { a := int32(v); return [2]int{int(a), int(int32((v - int64(a)) >> 32))} }
		var cb, cr [64]float64
		for y := range mcu {
			for x := range mcu {
				p := binary.LittleEndian.Uint32(pix[4*(y*mcu+x):])
				luma, b, r := color.RGBToYCbCr(uint8(p>>16), uint8(p>>8), uint8(p))
				half := []*pair{&upper, &lower}[y/8]
				if got := lanesOf(half[y%8*8+x%8])[x/8] + 128; got < int(luma)-1 || got > int(luma)+1 {
					t.Fatalf("luma of %#x is %d, want %d", p, got, luma)
				}
				cb[y/2*8+x/2] += float64(b) / 4
				cr[y/2*8+x/2] += float64(r) / 4
			}
		}
		for i := range chroma {
			got := lanesOf(chroma[i])
			if math.Abs(float64(got[0]+128)-cb[i]) > 1.5 || math.Abs(float64(got[1]+128)-cr[i]) > 1.5 {
				t.Fatalf("chroma %v, want %.2f %.2f", got, cb[i]-128, cr[i]-128)
			}
		}
	}
}

// TestEveryValueHasACode: a block may need any of them, and a level that is
// worth its bits must not be 0.
func TestEveryValueHasACode(t *testing.T) {
	for _, q := range []Quality{Fine, Coarse} {
		e := New(q)
		for i, c := range e.codes {
			space := 0
			for v, code := range c {
				if n := code & (1<<lengthBits - 1); n > 0 {
					space += 1 << (16 - n)
				} else if dc := i%2 == 0; dc && v <= 11 || !dc && (v == endOfBlock || v == zeroRun || v&15 >= 1 && v&15 <= 10) {
					t.Errorf("quality %d, table %d: %#x has no code", q, i, v)
				}
			}
			if space >= 1<<16 {
				t.Errorf("quality %d, table %d: codes overlap or one is all ones", q, i)
			}
		}
		for _, z := range []quantiser{e.luma, e.chroma} {
			for run, worth := range z.worth {
				if worth+z.round < one {
					t.Errorf("quality %d: after %d zeroes %d/256 of a step become 0", q, run, worth)
				}
			}
			for k, i := range zigzag {
				if z.step[k] == 0 {
					t.Errorf("quality %d: step %d is 0", q, i)
				}
			}
		}
	}
}

// TestWideIsTheSame compares what AVX2 does with what Go does, bit by bit.
func TestWideIsTheSame(t *testing.T) {
	if !wide() {
		t.Log("this processor has no AVX2: nothing to compare")
		return
	}
	rng := rand.New(rand.NewPCG(8, 8))
	const stride = 4*mcu + 12
	pix := make([]byte, (mcu-1)*stride+4*mcu)
	e := New(Fine)
	for n := range 300 {
		for i := range pix {
			if pix[i] = uint8(rng.Uint32()); n%3 == 1 {
				pix[i] = -(pix[i] & 1)
			}
		}
		var want, got [3]pair
		convert(&want[0], &want[1], &want[2], pix, stride)
		convertAVX2(&got[0], &got[1], &got[2], &pix[0], stride)
		for i := range got {
			q := []*quantiser{&e.luma, &e.chroma}[i/2]
			if separate(want[i]) != got[i] {
				t.Fatalf("%d: converts to something else", n)
			}
			var a, b pair
			transform(&a, &want[i])
			transformAVX2(&b, &got[i])
			if n%3 == 2 { // at the edge of what is little
				for k := range a {
					little := int64(q.little[2*k])
					a[k] = (little+rng.Int64N(3)-1)*(1-2*rng.Int64N(2)) + (little+rng.Int64N(3)-1)*(1-2*rng.Int64N(2))<<32
				}
				b = separate(a)
			}
			wantA, wantB := q.mask(&a)
			gotA, gotB := masksAVX2(&b, &q.little)
			if a != b {
				t.Fatalf("%d: transforms to something else", n)
			}
			if wantA != gotA || wantB != gotB {
				t.Fatalf("%d: masks %x %x, want %x %x", n, gotA, gotB, wantA, wantB)
			}
		}
	}
}

// separate gives back what negative lanes borrowed.
func separate(p pair) pair {
	for i, v := range p {
		a := int32(v)
		p[i] = int64(uint32(a)) | (v-int64(a))>>32<<32
	}
	return p
}

func TestMasksAreSorted(t *testing.T) {
	o := newOrder()
	for k, i := range byCode {
		if got := o.sort(1 << i); got != 1<<k {
			t.Errorf("%d: %#x", k, got)
		}
		if z := zigzag[k]; i != z%8*8+z/8 {
			t.Errorf("%d: column %d, row %d for %d", k, i/8, i%8, z)
		}
	}
}

// TestPicturesAreTheSameInGo is about processors without AVX2.
func TestPicturesAreTheSameInGo(t *testing.T) {
	pix, a, b := noise(100, 70), New(Coarse), New(Coarse)
	b.wide = false
	if !bytes.Equal(a.Append(nil, pix, 400, 100, 70), b.Append(nil, pix, 400, 100, 70)) {
		t.Error("they are not")
	}
}

// noise is smoothed a little, so that some coefficients are little.
func noise(w, h int) []byte {
	rng := rand.New(rand.NewPCG(6, 6))
	pix := make([]byte, 4*w*h)
	for i := range pix {
		pix[i] = uint8(rng.Uint32())
		if i >= 4*w+4 {
			pix[i] = uint8((3*int(pix[i-4]) + 3*int(pix[i-4*w]) + 2*int(pix[i])) / 8)
		}
	}
	return pix
}

// BenchmarkAppendInGo is BenchmarkAppend without AVX2.
func BenchmarkAppendInGo(b *testing.B) {
	pix, e := noise(640, 360), New(Fine)
	e.wide = false
	b.SetBytes(int64(len(pix)))
	var out []byte
	for b.Loop() {
		out = e.Append(out[:0], pix, 4*640, 640, 360)
	}
}
