package lossless

import "encoding/binary"

// The streams of bytes that tokens become, in the order of their sections.
const (
	tokens = iota
	literals
	vectors
	colours
	streams
)

// longRun is the shortest run whose length does not fit into its token.
const longRun = 32

// smallSection is what is never worth a Huffman code and a frame around it.
const smallSection = 48

// appendSection appends a stream: a varint of twice its length, plus one if it
// is a zstd frame, whose length then follows.
func (e *Encoder) appendSection(dst, b []byte) []byte {
	if len(b) >= smallSection {
		at := len(dst)
		if dst = e.appendFrame(dst, b); len(dst)-at < len(b) {
			size := len(dst) - at
			var head [2 * binary.MaxVarintLen32]byte
			n := binary.PutUvarint(head[:], uint64(len(b))<<1|1)
			n += binary.PutUvarint(head[n:], uint64(size))
			dst = append(dst, head[:n]...)
			copy(dst[at+n:], dst[at:at+size])
			copy(dst[at:], head[:n])
			return dst
		}
		dst = dst[:at]
	}
	return append(binary.AppendUvarint(dst, uint64(len(b))<<1), b...)
}
