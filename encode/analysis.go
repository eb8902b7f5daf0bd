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

// The rule that tells photos: more than photoColours colours, and fewer than
// half of the pixels equal to their left neighbour. It beat counting colours
// alone on desktops with antialiased text.
const (
	photoColours = 24
	// minPhotoPixels is where a JPEG's tables outweigh what it saves.
	minPhotoPixels = 32 * 32
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
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for row := c.line(y, r.Min.X, r.Max.X); len(row) >= 4; row = row[4:] {
			if pixel(row) != colour {
				return false
			}
		}
	}
	return true
}

func (c *Canvas) isPhoto(r image.Rectangle) bool {
	var seen palette
	equal := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.line(y, r.Min.X, r.Max.X)
		last := ^uint32(0)
		for ; len(row) >= 4; row = row[4:] {
			p := pixel(row)
			if p == last {
				equal++
				continue
			}
			last = p
			if seen.n <= photoColours {
				seen.add(p)
			}
		}
	}
	return seen.n > photoColours && 2*equal < r.Dx()*r.Dy()
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
