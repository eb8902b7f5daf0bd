package jpeg

import (
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
		transform(&p)
		var q quantiser
		var got coefficients
		q.sort(&got, &p)
		for lane := range in {
			for k, at := range zigzag {
				want := 0.0
				for i, v := range in[lane] {
					want += v * basis(int(at), i)
				}
				unit := 8 * aanScale[at/8] * aanScale[at%8] * scale1 * scale2
				if d := math.Abs(float64(int32(got.v[k]>>(32*lane)))/unit - want); d > 1.2 {
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
