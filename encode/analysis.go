package encode

import (
	"encoding/binary"
	"image"
)

// class is what kind of picture a tile is.
type class uint8

const (
	solid class = iota // one colour
	text               // letters, lines, icons: exact and small
	photo              // worth a lossy codec
)

// The rule that tells photos: more than photoColours colours, and from pixel to
// pixel either mostly small steps with few equal neighbours, or, where much is
// equal (a sky, an unsharp ground), nearly nothing but small steps. Letters make
// large ones. Counting colours alone takes antialiased text for a photo; asking
// for few equal neighbours alone takes a smooth photo for text, at ten times the
// bytes.
const (
	photoColours = 24
	smallStep    = 8  // a small one changes no channel by more; a power of two
	largeStep    = 32 // a large one changes a channel by more; a power of two
	// photoSamples is about how many pixels of a tile decide, whole rows of it: an
	// eighth of a full tile is as good as all.
	photoSamples = 512
	// minPhotoPixels is where the 60 bytes of a photo's headers and the exact
	// pixels that follow outweigh what it saves.
	minPhotoPixels = 16 * 16
	// colourMask leaves out the X of B, G, R, X.
	colourMask = 0xffffff
)

// classify looks at r, in canvas coordinates; colour is that of a solid one.
func (c *Canvas) classify(r image.Rectangle) (_ class, colour uint32) {
	colour = pixel(c.line(r.Min.Y, r.Min.X, r.Max.X))
	if c.isSolid(r, colour) {
		if c.viewer.allows(solid) {
			return solid, colour
		}
		return text, 0
	}
	if !c.viewer.allows(photo) || r.Dx()*r.Dy() < minPhotoPixels || !c.isPhoto(r) {
		return text, 0
	}
	return photo, 0
}

func (c *Canvas) isSolid(r image.Rectangle, colour uint32) bool {
	two := uint64(colour) | uint64(colour)<<32
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.line(y, r.Min.X, r.Max.X)
		var other uint64
		for ; len(row) >= 8; row = row[8:] {
			other |= binary.LittleEndian.Uint64(row) ^ two
		}
		if len(row) >= 4 {
			other |= uint64(binary.LittleEndian.Uint32(row)) ^ two&0xffffffff
		}
		if other&(colourMask|colourMask<<32) != 0 {
			return false
		}
	}
	return true
}

func (c *Canvas) isPhoto(r image.Rectangle) bool {
	var seen palette
	var samples, steps, small, large int
	every := max(r.Dx()*r.Dy()/photoSamples, 1)
	for y := r.Min.Y + every/2; y < r.Max.Y; y += every {
		row := c.line(y, r.Min.X, r.Max.X)
		samples += len(row) / 4
		last := pixel(row)
		was := spread(last)
		for ; len(row) >= 4; row = row[4:] {
			p := pixel(row)
			if p == last {
				continue
			}
			steps++
			is := spread(p)
			switch d := is + spreadOnes<<8 - was; {
			case (d-(256-smallStep)*spreadOnes)&^((2*smallStep-1)*spreadOnes) == 0:
				small++
			case (d-(256-largeStep)*spreadOnes)&^((2*largeStep-1)*spreadOnes) != 0:
				large++
			}
			last, was = p, is
			if seen.n <= photoColours {
				seen.add(p)
			}
		}
	}
	busy := 2*steps > samples && 2*small >= steps
	smooth := 16*steps >= samples && 10*small >= 9*steps && 50*large < steps
	return seen.n > photoColours && (busy || smooth)
}

// spreadOnes is 1 in each lane of spread.
const spreadOnes = 1 | 1<<16 | 1<<32

// spread is the channels of a pixel in lanes of 16 bits. With 256 more in each
// lane the difference of two pixels borrows nothing, and within a power of two
// only low bits are set.
func spread(p uint32) uint64 {
	return uint64(p)&0xff | uint64(p)&0xff00<<8 | uint64(p)&0xff0000<<16
}

// palette is a set of a few colours.
type palette struct {
	n    int
	slot [64]uint32 // colour + 1, open addressing
}

func (p *palette) add(colour uint32) {
	i := colour * 0x9e3779b1 >> 26
	for p.slot[i] != 0 {
		if p.slot[i] == colour+1 {
			return
		}
		i = (i + 1) % 64
	}
	p.slot[i] = colour + 1
	p.n++
}

func pixel(row []byte) uint32 { return binary.LittleEndian.Uint32(row) & colourMask }
