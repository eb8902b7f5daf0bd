package jpeg

// Quality is one choice between bytes and closeness.
type Quality uint8

// Qualities. What each costs and shows is in docs/adr/0012-jpeg.md.
const (
	// Fine is at or above 40 dB on most photos.
	Fine Quality = iota
	// Coarse is for thin links: a half to two thirds of the bytes.
	Coarse
	// Qualities is how many there are.
	Qualities
)

// Markers of the standard.
const (
	soi  = 0xd8
	eoi  = 0xd9
	sof0 = 0xc0
	dht  = 0xc4
	sos  = 0xda
	dqt  = 0xdb
	app0 = 0xe0
)

// recipe says how coarse the coefficients of luma or chroma are.
//
// Steps hardly grow with frequency: for the same error in R, G and B that takes
// 30 % fewer bytes than the tables of the standard's annex K, which trade error
// for where it is seen, and the exact pixels come soon anyway. Chroma has finer
// steps than luma, because an error of one sample is one of four pixels.
//
// A coefficient has to be worth its bits, in units of 1/256 of a step: first
// directly behind another, and perZero more for each zero in between, up to
// most. What is worth it is rounded up from 1-round.
type recipe struct {
	base, slope                 int // step of the lowest frequency, and how much more the highest has
	first, perZero, most, round uint32
}

func (q Quality) recipes() (luma, chroma recipe) {
	luma = recipe{first: 151, perZero: 7, most: 243, round: 110}
	chroma = recipe{first: 154, perZero: 4, most: 195, round: 102}
	if q == Coarse {
		luma.base, luma.slope = 24, 14
		chroma.base, chroma.slope = 12, 4
	} else {
		luma.base, luma.slope = 13, 7
		chroma.base, chroma.slope = 6, 0
	}
	return luma, chroma
}

func (q Quality) codes() *[4]spec {
	if q == Coarse {
		return &coarseCodes
	}
	return &fineCodes
}

// steps is the table of quantisers, in zigzag order.
func (r *recipe) steps() (steps [64]uint8) {
	for k, i := range zigzag {
		steps[k] = uint8(r.base + (r.slope*int(i/8+i%8)+7)/14)
	}
	return steps
}

// appendTables appends DQT and DHT.
func (e *Encoder) appendTables(dst []byte) []byte {
	for i, q := range [2]*quantiser{&e.luma, &e.chroma} {
		dst = append(dst, 0xff, dqt, 0, 3+64, byte(i))
		dst = append(dst, q.step[:]...)
	}
	for i := range e.specs {
		s := &e.specs[i]
		dst = append(dst, 0xff, dht, 0, byte(3+16+len(s.values)), byte(i&1<<4|i>>1))
		dst = append(dst, s.count[:]...)
		dst = append(dst, s.values...)
	}
	return dst
}
