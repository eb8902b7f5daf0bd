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

// byCode is where the k-th coefficient of a block's code is after transform, which
// leaves them column after column.
var byCode = [64]uint8{
	0, 8, 1, 2, 9, 16, 24, 17,
	10, 3, 4, 11, 18, 25, 32, 40,
	33, 26, 19, 12, 5, 6, 13, 20,
	27, 34, 41, 48, 56, 49, 42, 35,
	28, 21, 14, 7, 15, 22, 29, 36,
	43, 50, 57, 58, 51, 44, 37, 30,
	23, 31, 38, 45, 52, 59, 60, 53,
	46, 39, 47, 54, 61, 62, 55, 63,
}

// order brings masks by column into the order of the code: what each byte of one
// stands for.
type order [8][256]uint64

func newOrder() (o *order) {
	o = new(order)
	for k := range 64 {
		i := int(byCode[k])
		for v := range 256 {
			o[i/8][v] |= uint64(v>>(i%8)&1) << k
		}
	}
	return o
}

func (o *order) sort(mask uint64) uint64 {
	return o[0][mask&255] | o[1][mask>>8&255] | o[2][mask>>16&255] | o[3][mask>>24&255] |
		o[4][mask>>32&255] | o[5][mask>>40&255] | o[6][mask>>48&255] | o[7][mask>>56]
}

// Steps come out of the quantiser with fractionBits of fraction, so that what
// drops them can see how much of a step a coefficient is.
const (
	fractionBits = 8
	reciprocal   = 40
	one          = 1 << fractionBits
)

// quantiser divides the coefficients of a transformed block.
type quantiser struct {
	step   [64]uint8   // in the order of the code
	recip  [64]uint32  // |v| * recip >> reciprocal is in steps, with fraction
	little [128]uint32 // by column: |v| up to this is 0 wherever it stands; each twice, for both lanes
	worth  [64]uint32  // by run of zeroes before it: fewer steps are 0
	round  uint32      // is added to the steps before the fraction is cut
}

func (r *recipe) quantiser() (q quantiser) {
	q.step = r.steps()
	for k, i := range zigzag {
		unit := 8 * aanScale[i/8] * aanScale[i%8] * scale1 * scale2 * float64(q.step[k])
		at := byCode[k]
		q.recip[k] = uint32((1<<(reciprocal+fractionBits))/unit + 0.5)
		little := uint32(unit * float64(r.first) / one)
		q.little[2*at], q.little[2*at+1] = little, little
	}
	for run := range q.worth {
		q.worth[run] = min(r.first+r.perZero*uint32(run), r.most)
	}
	q.round = r.round
	return q
}

// coefficients are those of two blocks, by column, not divided: a&0xffffffff |
// b<<32. masks has a bit k for each block where the k-th of its code is not little.
type coefficients struct {
	v     pair
	masks [2]uint64
}

// mask separates lanes and finds what is not little, by column.
func (q *quantiser) mask(v *pair) (a, b uint64) {
	for i := 63; i >= 0; i-- {
		w := uint64(v[i])
		w += w & (1 << 31) << 1 // what a negative lane a borrowed from b
		v[i] = int64(w)
		// A lane is little where 0 <= lane+little <= 2*little.
		little := uint64(q.little[2*i])
		a = a<<1 + (2*little-(w+little)&0xffffffff)>>63
		b = b<<1 + (2*little-(w>>32+little)&0xffffffff)>>63
	}
	return a, b
}
