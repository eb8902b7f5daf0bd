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
	little [64]int32  // |v| up to this is 0 wherever it stands
	worth  [64]uint32 // by run of zeroes before it: fewer steps are 0
	round  uint32     // is added to the steps before the fraction is cut
}

func (r *recipe) quantiser() (q quantiser) {
	q.step = r.steps()
	for k, i := range zigzag {
		unit := 8 * aanScale[i/8] * aanScale[i%8] * scale1 * scale2 * float64(q.step[k])
		q.recip[k] = uint32((1<<(reciprocal+fractionBits))/unit + 0.5)
		q.little[k] = int32(unit * float64(r.first) / one)
	}
	for run := range q.worth {
		q.worth[run] = min(r.first+r.perZero*uint32(run), r.most)
	}
	q.round = r.round
	return q
}

// block is a block's coefficients in zigzag order, not divided yet.
type block struct {
	v    [64]int32
	mask uint64 // bit k: v[k] is not little
}

// split takes the two blocks of p apart.
func (q *quantiser) split(a, b *block, p *pair) {
	var ma, mb uint64
	for k := range 64 {
		v := p[zigzag[k]&63]
		va := int32(v)
		vb := int32((v - int64(va)) >> 32)
		a.v[k], b.v[k] = va, vb
		// The sign of little - |v| becomes bit k once all are shifted through.
		t := int64(q.little[k])
		ma = ma>>1 | uint64(t-magnitude(va))&(1<<63)
		mb = mb>>1 | uint64(t-magnitude(vb))&(1<<63)
	}
	a.mask, b.mask = ma, mb
}

func magnitude(v int32) int64 {
	s := int64(v) >> 63
	return int64(v) ^ s - s
}
