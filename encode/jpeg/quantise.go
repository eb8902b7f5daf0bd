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

// place is where zigzag has the coefficient of a column and a row.
var place = [8][8]uint8{
	{0, 2, 3, 9, 10, 20, 21, 35},
	{1, 4, 8, 11, 19, 22, 34, 36},
	{5, 7, 12, 18, 23, 33, 37, 48},
	{6, 13, 17, 24, 32, 38, 47, 49},
	{14, 16, 25, 31, 39, 46, 50, 57},
	{15, 26, 30, 40, 45, 51, 56, 58},
	{27, 29, 41, 44, 52, 55, 59, 62},
	{28, 42, 43, 53, 54, 60, 61, 63},
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
	recip  [64]uint32  // |v| * recip >> reciprocal is in steps, with fraction
	little [128]uint32 // |v| up to this is 0 wherever it stands; each twice, for both lanes
	worth  [64]uint32  // by run of zeroes before it: fewer steps are 0
	round  uint32      // is added to the steps before the fraction is cut
}

func (r *recipe) quantiser() (q quantiser) {
	q.step = r.steps()
	for k, i := range zigzag {
		unit := 8 * aanScale[i/8] * aanScale[i%8] * scale1 * scale2 * float64(q.step[k])
		q.recip[k] = uint32((1<<(reciprocal+fractionBits))/unit + 0.5)
		little := uint32(unit * float64(r.first) / one)
		q.little[2*k], q.little[2*k+1] = little, little
	}
	for run := range q.worth {
		q.worth[run] = min(r.first+r.perZero*uint32(run), r.most)
	}
	q.round = r.round
	return q
}

// coefficients are those of two blocks in zigzag order, not divided. masks has a
// bit k for each block where coefficient k is not little. The lane of the second
// is taken for 1 too low where that of the first is negative: a few millionths of
// a step.
type coefficients struct {
	v     pair
	masks [2]uint64
}

// mask finds what is not little.
func (q *quantiser) mask(c *coefficients) {
	var a, b uint64
	for k := 63; k >= 0; k-- {
		// A lane is little where 0 <= lane+little <= 2*little.
		little := uint64(q.little[2*k])
		v := uint64(c.v[k])
		a = a<<1 + (2*little-(v+little)&0xffffffff)>>63
		b = b<<1 + (2*little-(v>>32+little)&0xffffffff)>>63
	}
	c.masks = [2]uint64{a, b}
}
