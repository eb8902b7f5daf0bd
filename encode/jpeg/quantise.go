package jpeg

// zigzag is the natural index of the k-th coefficient of a block's code.
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

// Steps come out of the quantiser with fractionBits of fraction, so that what
// drops them can see how much of a step a coefficient is.
const (
	fractionBits = 8
	reciprocal   = 40
	one          = 1 << fractionBits
)

// quantiser divides the coefficients of a transformed block, all in zigzag order.
type quantiser struct {
	step   [64]uint8
	recip  [64]uint32 // |v| * recip >> reciprocal is in steps, with fraction
	little [64]uint32 // |v| up to this is 0 wherever it stands
	worth  [64]uint32 // by run of zeroes before it: fewer steps are 0
	round  uint32     // is added to the steps before the fraction is cut
}

func (r *recipe) quantiser() (q quantiser) {
	q.step = r.steps()
	for k, i := range zigzag {
		unit := 8 * aanScale[i/8] * aanScale[i%8] * scale1 * scale2 * float64(q.step[k])
		q.recip[k] = uint32((1<<(reciprocal+fractionBits))/unit + 0.5)
		q.little[k] = uint32(unit * float64(r.first) / one)
	}
	for run := range q.worth {
		q.worth[run] = min(r.first+r.perZero*uint32(run), r.most)
	}
	q.round = r.round
	return q
}

// coefficients are those of two blocks, in lanes and zigzag order, not divided.
// masks has a bit k for each block where coefficient k is not little. The lane of
// b may be 1 too low, where that of a is negative: a few millionths of a step.
type coefficients struct {
	v     [64]int64
	masks [2]uint64
}

// sort puts p in order and finds what is not little.
func (q *quantiser) sort(c *coefficients, p *pair) {
	var ma, mb uint64
	for k := 63; k >= 0; k-- {
		v := p[zigzag[k]&63]
		c.v[k] = v
		// v is little where 0 <= v+little <= 2*little.
		little := uint64(q.little[k])
		w := uint64(v) + little*lanes
		ma = ma<<1 + (2*little-w&0xffffffff)>>63
		mb = mb<<1 + (2*little-w>>32)>>63
	}
	c.masks = [2]uint64{ma, mb}
}
