// Command gen rasterises the Go fonts into the atlas that package glyph embeds,
// so that no font parser is part of the program that shows other people's text.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

type style struct {
	ttf  []byte
	size float64
}

// atlases are the files to be made, with their faces in the order of the constants of
// package glyph.
var atlases = map[string][]style{
	"atlas": {
		{goregular.TTF, 13}, // Small
		{goregular.TTF, 15}, // Body
		{gobold.TTF, 15},    // Strong
		{gobold.TTF, 20},    // Title
	},
	// The same for twice as many pixels, as far as the banner needs them.
	"double": {{goregular.TTF, 26}, {goregular.TTF, 30}, {gobold.TTF, 30}},
}

// ranges are the scripts that the Go fonts draw.
var ranges = [][2]rune{
	{0x20, 0x7e},
	{0xa0, 0x24f},
	{0x2c6, 0x2dd},
	{0x370, 0x3ff},
	{0x400, 0x4ff},
	{0x1e80, 0x1ef9},
	{0x2010, 0x206f},
	{0x20a0, 0x20bf},
	{0x2100, 0x214f},
	{0x2190, 0x2195},
	{0x25a0, 0x25cf},
	{0xfffd, 0xfffd},
}

const width = 1024

// glyph is one entry of the metrics file, big-endian, 18 bytes.
type glyph struct {
	Rune      int32
	X, Y      uint16 // in the atlas
	W, H      uint16
	Left, Top int16 // from the pen to the upper left corner of the mask
	Advance   int16 // in 1/64 pixel
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	for name, faces := range atlases {
		sheet, metrics, err := rasterise(faces)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name+".png", sheet, 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(name+".bin", metrics, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// rasterise draws every glyph of every face into rows of one gray picture.
func rasterise(faces []style) (sheet, metrics []byte, err error) {
	img := image.NewGray(image.Rect(0, 0, width, 2048))
	var out bytes.Buffer
	x, y, row := 0, 0, 0
	for _, f := range faces {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return nil, nil, fmt.Errorf("parse font: %w", err)
		}
		face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			return nil, nil, fmt.Errorf("size font: %w", err)
		}
		var glyphs []glyph
		for _, r := range ranges {
			for c := r[0]; c <= r[1]; c++ {
				if i, err := parsed.GlyphIndex(nil, c); err != nil || i == 0 {
					continue
				}
				b, mask, at, advance, ok := face.Glyph(fixed.P(0, 0), c)
				if !ok {
					continue
				}
				w, h := b.Dx(), b.Dy()
				if x+w+1 > width {
					x, y, row = 0, y+row+1, 0
				}
				draw.Draw(img, image.Rect(x, y, x+w, y+h), mask, at, draw.Src)
				glyphs = append(glyphs, glyph{
					Rune: c, X: uint16(x), Y: uint16(y), W: uint16(w), H: uint16(h),
					Left: int16(b.Min.X), Top: int16(b.Min.Y), Advance: int16(advance),
				})
				x += w + 1
				row = max(row, h)
			}
		}
		m := face.Metrics()
		head := []int16{int16(m.Ascent.Ceil()), int16(m.Descent.Ceil()), int16(len(glyphs))}
		if err := binary.Write(&out, binary.BigEndian, head); err != nil {
			return nil, nil, err
		}
		if err := binary.Write(&out, binary.BigEndian, glyphs); err != nil {
			return nil, nil, err
		}
	}
	used := img.SubImage(image.Rect(0, 0, width, y+row))
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, used); err != nil {
		return nil, nil, fmt.Errorf("encode atlas: %w", err)
	}
	return b.Bytes(), out.Bytes(), nil
}
