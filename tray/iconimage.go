package tray

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"

	"github.com/alongside-remote/alongside/tray/internal/paint"
)

// iconSize suits panels of 16 to 48 pixels.
const iconSize = 32

// drawIcon draws the product's sign, two that are alongside each other; the
// second is the rep, who is bright while connected.
func drawIcon(s iconState) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, iconSize, iconSize))
	plate, first, second := color.RGBA{0x6b, 0x76, 0x84, 0xff}, color.RGBA{0xe8, 0xec, 0xf1, 0xff}, color.RGBA{0xa3, 0xad, 0xba, 0xff}
	switch s {
	case iconOnline:
		plate, first, second = paint.Accent, paint.OnDark, paint.OnDark2
	case iconSession:
		plate, first, second = paint.Dark, paint.OnDark, paint.Live
	case iconOffline: // grey
	}
	paint.Round(img, image.Rect(1, 1, 31, 31), 8, plate)
	paint.Dot(img, image.Pt(12, 16), 7, first)
	paint.Dot(img, image.Pt(21, 16), 7, second)
	if s == iconSession {
		paint.Outline(img, image.Rect(1, 1, 31, 31), 8, 2, paint.Live)
	}
	return img
}

func iconPNG(s iconState) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, drawIcon(s)); err != nil {
		panic(err) // our own picture, into memory
	}
	return b.Bytes()
}

// iconICO packs the picture as an icon file with one uncompressed entry, which
// every Windows reads.
func iconICO(s iconState) []byte {
	img := drawIcon(s)
	const pixels = iconSize * iconSize * 4
	const mask = iconSize * 4 // one bit a pixel, rows of 32 bits
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) } // to memory
	put([]uint16{0, 1, 1})                                              // an icon, one entry
	put([]uint8{iconSize, iconSize, 0, 0})
	put([]uint16{1, 32})
	put([]uint32{40 + pixels + mask, 22})
	put([]uint32{40, iconSize, iconSize * 2}) // header; the height counts the mask
	put([]uint16{1, 32})
	put([]uint32{0, pixels + mask, 0, 0, 0, 0})
	for y := iconSize - 1; y >= 0; y-- {
		for x := range iconSize {
			c := color.NRGBAModel.Convert(img.RGBAAt(x, y)).(color.NRGBA)
			b.Write([]byte{c.B, c.G, c.R, c.A})
		}
	}
	b.Write(make([]byte, mask))
	return b.Bytes()
}
