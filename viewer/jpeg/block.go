package jpeg

const (
	// maxDC and maxAC are how many bits coefficients have in baseline streams.
	maxDC = 11
	maxAC = 10
	// most is more than any coefficient of a picture is, times its quantiser: half of
	// it is. With less than that no sum overflows, see inverse.
	most = 2048
)

// block is 8 x 8 coefficients, two columns in one word: a + b<<32.
type block [32]int64

// component is one of the three.
type component struct {
	dc, ac *table
	steps  *[64]int32 // quantisers in zigzag order
	last   int        // the first coefficient of the block before
}

// zigzag is where the coefficients of a stream are in a block.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// read reads the next block of c into b, which is all 0 before, and tells the place
// in the stream of its last coefficient.
func (r *bitReader) read(c *component, b *block) (last int, ok bool) {
	r.fill()
	s, v, ok := c.dc.next(r)
	if !ok || s.run() != 0 || s.size() > maxDC {
		return 0, false
	}
	c.last += v
	first := c.last * int(c.steps[0])
	if first <= -most || first >= most {
		return 0, false
	}
	b[0] = int64(first)
	for k := 1; k < 64; k++ {
		r.fill()
		s, v, ok := c.ac.next(r)
		if !ok || s.size() > maxAC {
			return 0, false
		}
		if v == 0 {
			switch s.run() {
			case 0:
				return last, true
			case 15:
				k += 15
				continue
			default:
				return 0, false
			}
		}
		if k += s.run(); k > 63 {
			return 0, false
		}
		v *= int(c.steps[k])
		if v <= -most || v >= most {
			return 0, false
		}
		at := zigzag[k]
		b[at/2&31] += int64(v) << (at % 2 * 32)
		last = k
	}
	return last, true
}
