package jpeg

// Constants of the transform by Arai, Agui and Nakajima in units of 1/scale1 for
// rows and 1/scale2 for columns. Nothing is rounded between the passes, so that
// lanes stay exact: a block of extremes grows to 8192*1.58*scale1*scale2, which
// an int32 just holds. Of the scales within that bound these two have the
// constants nearest to integers (2 and 3 in 10000).
const (
	scale1, scale2 = 290, 512

	c4a, c6a, c2minus6a, c2plus6a = 205, 111, 157, 379 // 0.70711, 0.38268, 0.54120, 1.30656
	c4b, c6b, c2minus6b, c2plus6b = 362, 196, 277, 669
)

// aanScale is how much larger than the coefficient the transform makes row or
// column k, beside a factor of 8 for both.
var aanScale = [8]float64{
	1, 1.387039845, 1.306562965, 1.175875602, 1, 0.785694958, 0.541196100, 0.275899379,
}

// transform is the forward transform of both blocks, column after column. It
// changes p.
func transform(out, p *pair) {
	for i := 0; i < 64; i += 8 { // rows
		r := p[i:][:8:8]
		s0, d0 := r[0]+r[7], r[0]-r[7]
		s1, d1 := r[1]+r[6], r[1]-r[6]
		s2, d2 := r[2]+r[5], r[2]-r[5]
		s3, d3 := r[3]+r[4], r[3]-r[4]

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		r[0] = (e0 + e1) * scale1
		r[4] = (e0 - e1) * scale1
		z := (e2 + e3) * c4a
		e3 *= scale1
		r[2] = e3 + z
		r[6] = e3 - z

		o0, o1, o2 := d3+d2, d2+d1, d1+d0
		z5 := (o0 - o2) * c6a
		z2 := o0*c2minus6a + z5
		z4 := o2*c2plus6a + z5
		z3 := o1 * c4a
		d0 *= scale1
		z11, z13 := d0+z3, d0-z3
		r[5] = z13 + z2
		r[3] = z13 - z2
		r[1] = z11 + z4
		r[7] = z11 - z4
	}
	for i := range 8 { // columns
		o := out[8*i:][:8:8]
		s0, d0 := p[i]+p[i+56], p[i]-p[i+56]
		s1, d1 := p[i+8]+p[i+48], p[i+8]-p[i+48]
		s2, d2 := p[i+16]+p[i+40], p[i+16]-p[i+40]
		s3, d3 := p[i+24]+p[i+32], p[i+24]-p[i+32]

		e0, e3 := s0+s3, s0-s3
		e1, e2 := s1+s2, s1-s2
		o[0] = (e0 + e1) * scale2
		o[4] = (e0 - e1) * scale2
		z := (e2 + e3) * c4b
		e3 *= scale2
		o[2] = e3 + z
		o[6] = e3 - z

		o0, o1, o2 := d3+d2, d2+d1, d1+d0
		z5 := (o0 - o2) * c6b
		z2 := o0*c2minus6b + z5
		z4 := o2*c2plus6b + z5
		z3 := o1 * c4b
		d0 *= scale2
		z11, z13 := d0+z3, d0-z3
		o[5] = z13 + z2
		o[3] = z13 - z2
		o[1] = z11 + z4
		o[7] = z11 - z4
	}
}
