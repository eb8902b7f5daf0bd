package jpeg

import "math/bits"

// spec is a Huffman table as a stream has it: how many codes of each length
// from 1 to 16 there are, and what they stand for.
type spec struct {
	count  [16]uint8
	values string
}

// codes is a spec by value: the code above its length, in bits.
type codes [256]uint32

const lengthBits = 5

func (s *spec) codes() (c codes) {
	code, k := uint32(0), 0
	for i, n := range s.count {
		for range n {
			c[s.values[k]] = code<<lengthBits | uint32(i+1)
			code++
			k++
		}
		code <<= 1
	}
	return c
}

// Values that stand for more than one coefficient.
const (
	endOfBlock = 0x00
	zeroRun    = 0xf0 // 16 zeroes
)

// put writes v of size bits behind the code of value.
func (w *bitWriter) value(c *codes, value, v uint32, size uint) {
	code := c[value&0xff]
	w.put(uint64(code>>lengthBits)<<size|uint64(v), uint(code&(1<<lengthBits-1))+size)
}

// block writes a block of b. Coefficients other than the first that are not worth their
// bits become 0: the longer the run of zeroes before one, the more it costs.
// Lane says which of the two blocks it is.
func (w *bitWriter) block(b *coefficients, lane uint, q *quantiser, dc, ac *codes, last int32) int32 {
	shift := 32 * lane & 63
	first := divideDC(int32(b.v[0]>>shift), q.recip[0])
	diff := first - last
	sign := diff >> 31
	size := uint(bits.Len32(uint32(diff ^ sign - sign)))
	w.value(dc, uint32(size), uint32(diff+sign)&(1<<size-1), size)

	prev := 0
	for m := b.masks[lane&1] &^ 1; m != 0; m &= m - 1 {
		k := bits.TrailingZeros64(m) & 63
		at := byCode[k] & 63
		v := int32(b.v[at] >> shift)
		sign := v >> 31
		steps := uint32(uint64(uint32(v^sign-sign)) * uint64(q.recip[k]) >> reciprocal)
		run := k - prev - 1
		if steps < q.worth[run&63] {
			continue
		}
		prev = k
		for ; run > 15; run -= 16 {
			w.value(ac, zeroRun, 0, 0)
		}
		level := (steps + q.round) >> fractionBits
		size := uint(bits.Len32(level))
		w.value(ac, uint32(run)<<4|uint32(size), (level^uint32(sign))&(1<<size-1), size)
	}
	if prev != 63 {
		w.value(ac, endOfBlock, 0, 0)
	}
	return first
}

func divideDC(v int32, recip uint32) int32 {
	sign := v >> 31
	level := uint64(uint32(v^sign-sign)) * uint64(recip) >> reciprocal
	return int32((level+one/2)>>fractionBits) ^ sign - sign
}
