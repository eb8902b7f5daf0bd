package jpeg

import "encoding/binary"

// bitWriter is the entropy-coded segment being written. Whoever puts bits has made
// room for them.
type bitWriter struct {
	b   []byte // len is cap while blocks are written
	n   int    // bytes of b that are written
	acc uint64 // the low have bits wait
	got uint
}

// put appends the low n bits of v, at most 32; nothing is set above them.
func (w *bitWriter) put(v uint64, n uint) {
	w.acc = w.acc<<n | v
	if w.got += n; w.got >= 32 {
		w.flush()
	}
}

// flush writes 32 bits. A byte 0xff is followed by 0.
func (w *bitWriter) flush() {
	w.got -= 32
	v := uint32(w.acc >> w.got)
	if (^v-0x01010101)&v&0x80808080 == 0 { // no byte of ^v is 0
		binary.BigEndian.PutUint32(w.b[w.n:], v)
		w.n += 4
		return
	}
	for i := 24; i >= 0; i -= 8 {
		w.byte(byte(v >> i))
	}
}

func (w *bitWriter) byte(b byte) {
	w.b[w.n] = b
	w.n++
	if b == 0xff {
		w.b[w.n] = 0
		w.n++
	}
}

// end pads with ones.
func (w *bitWriter) end() {
	if pad := (8 - w.got%8) % 8; pad > 0 {
		w.acc = w.acc<<pad | (1<<pad - 1)
		w.got += pad
	}
	for w.got > 0 {
		w.got -= 8
		w.byte(byte(w.acc >> w.got))
	}
}

// room makes room for n more bytes.
func (w *bitWriter) room(n int) {
	if len(w.b)-w.n < n {
		w.b = append(w.b[:w.n], make([]byte, n)...)
		w.b = w.b[:cap(w.b)]
	}
}
