package jpeg

import "encoding/binary"

// The inverse transform is a sum of cosines along each column, then along each row:
//
//	out(x) = x0/√8 + Σ xk/2 · cos((2x+1)kπ/16)
//
// Cosines are times 1<<cosBits; what the columns give keeps middleBits of fraction.
// With coefficients below most a lane of the columns is below 2048·4096·5.2 = 2^25.4
// and, as middleBits is 3, one of the rows below 2^15.8·4096·5.2 = 2^30.2.
const (
	cosBits    = 12
	middleBits = 3
	columnsCut = cosBits + 1 - middleBits
	rowsCut    = cosBits + 1 + middleBits

	cos1 = 4017 // cos(π/16)
	cos2 = 3784
	cos3 = 3406
	cos4 = 2896
	cos5 = 2276
	cos6 = 1567
	cos7 = 799
)

// lowest is the last place in a stream before which coefficients are in the upper
// left quarter of their block.
const lowest = 9

// flat is a block of one coefficient.
func flat(out []byte, stride int, first int64) {
	// As the sums below would have it: times cos4 twice.
	v := uint64(clip(((first*cos4+1<<(columnsCut-1))>>columnsCut*cos4 + 1<<(rowsCut-1)) >> rowsCut))
	v *= 0x0101010101010101
	for y := range 8 {
		binary.LittleEndian.PutUint64(out[y*stride:], v)
	}
}

// transform writes the samples of b to 8 rows of out, and clears b. Last is the place
// in the stream of its last coefficient.
func (b *block) transform(out []byte, stride, last int) {
	if last == 0 {
		flat(out, stride, b[0])
		b[0] = 0
		return
	}
	// By pairs of rows: what the columns give.
	var rows [4][8]int64
	if last <= lowest {
		for p := range 2 {
			c := (*[29]int64)(b[p : p+29])
			y0, y1, y2, y3, y4, y5, y6, y7 := inverseLow(c[0], c[4], c[8], c[12])
			c[0], c[4], c[8], c[12] = 0, 0, 0, 0
			turn(&rows, p, y0, y1, y2, y3, y4, y5, y6, y7)
		}
		for p := range rows {
			w := &rows[p]
			y0, y1, y2, y3, y4, y5, y6, y7 := inverseLow(w[0], w[1], w[2], w[3])
			store(out[2*p*stride:], stride, y0, y1, y2, y3, y4, y5, y6, y7)
		}
		return
	}
	for p := range 4 {
		c := (*[29]int64)(b[p : p+29])
		y0, y1, y2, y3, y4, y5, y6, y7 := inverse(c[0], c[4], c[8], c[12], c[16], c[20], c[24], c[28])
		turn(&rows, p, y0, y1, y2, y3, y4, y5, y6, y7)
	}
	*b = block{}
	for p := range rows {
		w := &rows[p]
		y0, y1, y2, y3, y4, y5, y6, y7 := inverse(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7])
		store(out[2*p*stride:], stride, y0, y1, y2, y3, y4, y5, y6, y7)
	}
}

// inverse is the sum, of two lanes.
func inverse(x0, x1, x2, x3, x4, x5, x6, x7 int64) (y0, y1, y2, y3, y4, y5, y6, y7 int64) {
	a, b := (x0+x4)*cos4, (x0-x4)*cos4
	c, d := x2*cos2+x6*cos6, x2*cos6-x6*cos2
	e0, e1, e2, e3 := a+c, b+d, b-d, a-c
	o0 := x1*cos1 + x3*cos3 + x5*cos5 + x7*cos7
	o1 := x1*cos3 - x3*cos7 - x5*cos1 - x7*cos5
	o2 := x1*cos5 - x3*cos1 + x5*cos7 + x7*cos3
	o3 := x1*cos7 - x3*cos5 + x5*cos3 - x7*cos1
	return e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0
}

// inverseLow is inverse where the upper half is 0.
func inverseLow(x0, x1, x2, x3 int64) (y0, y1, y2, y3, y4, y5, y6, y7 int64) {
	a, c, d := x0*cos4, x2*cos2, x2*cos6
	e0, e1, e2, e3 := a+c, a+d, a-d, a-c
	o0, o1, o2, o3 := x1*cos1+x3*cos3, x1*cos3-x3*cos7, x1*cos5-x3*cos1, x1*cos7-x3*cos5
	return e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0
}

// split takes the lanes of v apart.
func split(v int64) (a, b int64) {
	a = int64(int32(v))
	return a, (v - a) >> 32
}

// turn puts columns 2p and 2p+1 into pairs of rows.
func turn(rows *[4][8]int64, p int, y0, y1, y2, y3, y4, y5, y6, y7 int64) {
	const half = 1 << (columnsCut - 1)
	p = p & 3 * 2
	for i, y := range [4][2]int64{{y0, y1}, {y2, y3}, {y4, y5}, {y6, y7}} {
		a0, b0 := split(y[0])
		a1, b1 := split(y[1])
		rows[i][p] = (a0+half)>>columnsCut + (a1+half)>>columnsCut<<32
		rows[i][p+1] = (b0+half)>>columnsCut + (b1+half)>>columnsCut<<32
	}
}

// store writes a pair of rows.
func store(out []byte, stride int, y0, y1, y2, y3, y4, y5, y6, y7 int64) {
	const half = 1 << (rowsCut - 1)
	up, down := out[:8], out[stride:stride+8]
	for i, y := range [8]int64{y0, y1, y2, y3, y4, y5, y6, y7} {
		a, b := split(y)
		up[i], down[i] = clip((a+half)>>rowsCut), clip((b+half)>>rowsCut)
	}
}

// clip makes a sample of a value around 0.
func clip(v int64) byte {
	if v += 128; uint64(v) > 255 {
		return byte(^v >> 63)
	}
	return byte(v)
}
