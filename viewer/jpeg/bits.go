package jpeg

import (
	"bytes"
	"encoding/binary"
)

// pad is how many bytes of zeros follow the data of a scan: what the reader takes
// beyond the end at most before it is noticed.
const pad = 16

// unstuff appends the bytes of a scan that ends with EOI, without those that were
// put behind each 0xff. False: it ends otherwise.
func unstuff(dst, data []byte) ([]byte, bool) {
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 || i+1 >= len(data) {
			return dst, false
		}
		if data[i+1] != 0 {
			return append(dst, data[:i]...), data[i+1] == eoi
		}
		dst = append(dst, data[:i+1]...)
		data = data[i+2:]
	}
}

// bitReader reads a scan. Its next bits are the highest of acc.
type bitReader struct {
	acc  uint64
	n    int    // bits of acc that were read
	at   int    // the next byte
	data []byte // with pad zeros behind it
}

// fill makes at least 32 bits ready. Behind the end they are 0.
func (r *bitReader) fill() {
	if r.n <= 32 && r.at+4 <= len(r.data) {
		r.acc |= uint64(binary.BigEndian.Uint32(r.data[r.at:])) << (32 - r.n)
		r.at += 4
		r.n += 32
	}
}

// take removes k bits, at most 32 that are ready.
func (r *bitReader) take(k int) {
	r.acc <<= uint(k) & 63
	r.n -= k
}

// beyond says that more was taken than there is.
func (r *bitReader) beyond() bool { return r.n < 0 || 8*r.at-r.n > 8*(len(r.data)-pad) }
