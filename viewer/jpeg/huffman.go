package jpeg

const (
	lookBits = 10
	codeBits = 16 // of the longest code
)

// symbol is what a code stands for, packed: how many bits it takes, how many zeros
// come before its coefficient, and that coefficient, if its bits were looked at as
// well, else how many there are.
//
//	value 16 | size 4 | run 4 | bits 8
type symbol uint32

func (s symbol) bits() int  { return int(s & 0xff) }
func (s symbol) run() int   { return int(s >> 8 & 15) }
func (s symbol) size() int  { return int(s >> 12 & 15) }
func (s symbol) value() int { return int(int16(s >> 16)) }

// table is a Huffman table.
type table struct {
	look   [1 << lookBits]symbol // by the next bits; 0: the code is longer
	values [256]uint8
	end    [codeBits + 1]uint32 // by length: the first code behind those of it, from the top of 16 bits
	from   [codeBits + 1]int    // by length: what to subtract from a code to have the place of its value
}

// set takes the counts of codes of each length and what they stand for. False: there
// are no such codes.
func (t *table) set(count, values []byte) bool {
	clear(t.look[:])
	copy(t.values[:], values)
	code, k := 0, 0
	for i, n := range count {
		length := i + 1
		t.from[length] = code - k
		for range n {
			if code >= 1<<length {
				return false
			}
			t.spread(code, length, values[k])
			code++
			k++
		}
		t.end[length] = uint32(code) << (codeBits - length)
		code <<= 1
	}
	return true
}

// spread enters a code for all bits that may follow it.
func (t *table) spread(code, length int, value byte) {
	free := lookBits - length
	if free < 0 {
		return
	}
	run, size := int(value>>4), int(value&15)
	for rest := range 1 << free {
		s := symbol(length | run<<8 | size<<12)
		if 0 < size && size <= free {
			v := extend(rest>>(free-size), size)
			s = symbol(uint32(uint16(v))<<16 | uint32(length+size) | uint32(run)<<8)
		}
		t.look[code<<free|rest] = s
	}
}

// extend is the coefficient that size bits stand for.
func extend(bits, size int) int {
	if bits < 1<<size>>1 {
		return bits - 1<<size + 1
	}
	return bits
}

// next takes a code, and the coefficient behind it if it has one. At least 16 bits
// and those of the coefficient are ready. False: there is no such code.
func (t *table) next(r *bitReader) (s symbol, value int, ok bool) {
	s = t.look[r.acc>>(64-lookBits)]
	if s == 0 {
		if s = t.long(uint32(r.acc >> (64 - codeBits))); s == 0 {
			return 0, 0, false
		}
	}
	r.take(s.bits())
	size := s.size()
	if size == 0 {
		return s, s.value(), true
	}
	value = extend(int(r.acc>>(64-uint(size))), size)
	r.take(size)
	return s, value, true
}

// long finds a code of more than lookBits; 0: there is none.
func (t *table) long(bits uint32) symbol {
	for length := lookBits + 1; length <= codeBits; length++ {
		if bits < t.end[length] {
			v := t.values[uint8(int(bits>>(codeBits-length))-t.from[length])]
			return symbol(length | int(v>>4)<<8 | int(v&15)<<12)
		}
	}
	return 0
}
