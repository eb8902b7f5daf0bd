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
	smallStep    = 8  // the most that a small step changes a channel
	largeStep    = 40 // what only an edge does
	// photoRows is how many rows of a tile decide: a quarter is as good as all.
	photoRows = 16
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
	var samples, steps, small, large int
	every := max(r.Dy()/photoRows, 1)
	for y := r.Min.Y + every/2; y < r.Max.Y; y += every {
		row := c.line(y, r.Min.X, r.Max.X)
		last := pixel(row)
		for ; len(row) >= 4; row = row[4:] {
			p := pixel(row)
			samples++
			if p == last {
				continue
			}
			steps++
			switch d := distance(p, last); {
			case d <= smallStep:
				small++
			case d > largeStep:
				large++
			}
			last = p
			if seen.n <= photoColours {
				seen.add(p)
			}
		}
	}
	busy := 2*steps > samples && 2*small >= steps
	smooth := 16*steps >= samples && 10*small >= 9*steps && 50*large < steps
	return seen.n > photoColours && (busy || smooth)
}

// distance is the largest difference of a channel.
func distance(a, b uint32) (d int) {
	for range 3 {
		x := int(a&0xff) - int(b&0xff)
		d = max(d, x, -x)
		a, b = a>>8, b>>8
	}
	return d
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
