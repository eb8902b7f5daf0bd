package jpeg

import "encoding/binary"

// mcu is the side of what is coded at once, in pixels: 2x2 blocks of luma over
// one block each of the two kinds of chroma.
const mcu = 16

// pair is two blocks of 8x8 in lanes: a + b<<32.
type pair [64]int64

// The colour transform of JFIF in units of 1/32768.
const (
	yR, yG, yB = 9797, 19235, 3736
	bR, bG, bB = -5530, -10854, 16384
	rR, rG, rB = 16384, -13720, -2664
)

const (
	lanes   = 1<<32 + 1
	evens   = 0x00ff00ff00ff00ff
	lowByte = 0xff * lanes
)

// convert makes the blocks of 16x16 pixels: luma of the upper and of the lower
// half, left block and right block, and both kinds of chroma, all centred on 0.
// Luma keeps no fraction; chroma is that of the sum of 2x2 pixels.
func convert(upper, lower, chroma *pair, pix []byte, stride int) {
	for y := 0; y < mcu; y += 2 {
		row0 := pix[y*stride:][:4*mcu]
		row1 := pix[(y+1)*stride:][:4*mcu]
		half := upper
		if y >= 8 {
			half = lower
		}
		line := half[y%8*8:][:16]
		out := chroma[y/2*8:][:8]
		for x := 0; x < 8; x += 2 {
			// Each word is two pixels, p<<32 the right one. The lanes of luma are
			// this block and the one 8 pixels to the right.
			a0 := binary.LittleEndian.Uint64(row0[4*x:])
			a1 := binary.LittleEndian.Uint64(row0[4*x+32:])
			b0 := binary.LittleEndian.Uint64(row1[4*x:])
			b1 := binary.LittleEndian.Uint64(row1[4*x+32:])
			line[x] = luma(a0&0xffffffff | a1<<32)
			line[x+1] = luma(a0>>32 | a1&^0xffffffff)
			line[x+8] = luma(b0&0xffffffff | b1<<32)
			line[x+9] = luma(b0>>32 | b1&^0xffffffff)
			out[x/2] = chromas(a0, b0)
			out[x/2+4] = chromas(a1, b1)
		}
	}
}

// luma is Y - 128 of a pixel in each lane.
func luma(p uint64) int64 {
	y := (p>>16&lowByte)*yR + (p>>8&lowByte)*yG + (p&lowByte)*yB + 1<<14*lanes
	return int64(y>>15&lowByte) - 128*lanes
}

// chromas is Cb - 128 and Cr - 128, in lanes, of four pixels.
func chromas(a, b uint64) int64 {
	even := a&evens + b&evens
	odd := a>>8&evens + b>>8&evens
	even += even >> 32
	odd += odd >> 32
	blue, red, green := int64(even&0x3ff), int64(even>>16&0x3ff), int64(odd&0x3ff)
	c := red*(bR+rR<<32) + green*(bG+rG<<32) + blue*(bB+rB<<32) + (128<<17+1<<16)*lanes
	return c>>17&(0x1ff*lanes) - 128*lanes
}
