package lossless

import (
	"encoding/binary"

	"github.com/klauspost/compress/huff0"
)

// maxBlock is the largest block of a zstd frame (RFC 8878, 3.1.1.2.4).
const maxBlock = 128 << 10

// appendFrame appends a zstd frame of b that has Huffman codes and no matches:
// the streams here were freed of repetitions, and a search for more of them
// would cost several times as much as everything else.
func (e *Encoder) appendFrame(dst, b []byte) []byte {
	// Magic number; single segment with the content size in four bytes.
	dst = append(dst, 0x28, 0xb5, 0x2f, 0xfd, 2<<6|1<<5)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(b)))
	for len(b) > maxBlock {
		dst = e.appendBlock(dst, b[:maxBlock], 0)
		b = b[maxBlock:]
	}
	return e.appendBlock(dst, b, 1)
}

// appendBlock appends a block of the frame (RFC 8878, 3.1.1.2).
func (e *Encoder) appendBlock(dst, b []byte, last uint32) []byte {
	const raw, rle, compressed = 0, 1, 2
	head := func(kind uint32, size int) {
		v := last | kind<<1 | uint32(size)<<3
		dst = append(dst, byte(v), byte(v>>8), byte(v>>16))
	}
	if same(b) {
		head(rle, len(b))
		return append(dst, b[0])
	}
	four := len(b) >= 256
	var out []byte
	var err error
	if four {
		out, _, err = huff0.Compress4X(b, &e.huff)
	} else {
		out, _, err = huff0.Compress1X(b, &e.huff)
	}
	if err != nil || len(out)+5+1 >= len(b) {
		head(raw, len(b))
		return append(dst, b...)
	}
	var h [5]byte
	n := literalsHeader(&h, len(b), len(out), four)
	head(compressed, n+len(out)+1)
	dst = append(append(dst, h[:n]...), out...)
	return append(dst, 0) // no sequences
}

// literalsHeader is that of literals with a Huffman code (RFC 8878, 3.1.1.3.1.1).
func literalsHeader(h *[5]byte, regenerated, size int, four bool) int {
	const compressedLiterals = 2
	format, width, n := uint64(0), 10, 3
	switch most := max(regenerated, size); {
	case most >= 1<<14:
		format, width, n = 3, 18, 5
	case most >= 1<<10:
		format, width, n = 2, 14, 4
	case four:
		format = 1
	}
	v := compressedLiterals | format<<2 | uint64(regenerated)<<4 | uint64(size)<<(4+width)
	for i := range n {
		h[i] = byte(v >> (8 * i))
	}
	return n
}

func same(b []byte) bool {
	for _, c := range b {
		if c != b[0] {
			return false
		}
	}
	return true
}
