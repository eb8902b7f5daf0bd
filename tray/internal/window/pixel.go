package window

import (
	"fmt"
	"image"
	"math/bits"

	"github.com/jezek/xgb/xproto"
)

// pixelFormat is how the server wants pixels of the root's visual.
type pixelFormat struct {
	depth            byte
	bytes            int // per pixel: 2 or 4
	pad              int // bytes that a row is a multiple of
	bigEndian        bool
	red, green, blue channel
}

type channel struct{ shift, width int }

func channelOf(mask uint32) channel {
	return channel{bits.TrailingZeros32(mask), bits.OnesCount32(mask)}
}

// put places the upper bits of an 8-bit value.
func (c channel) put(v byte) uint32 {
	if c.width < 8 {
		return uint32(v>>(8-c.width)) << c.shift
	}
	return uint32(v) << (c.shift + c.width - 8)
}

func formatOf(setup *xproto.SetupInfo, screen *xproto.ScreenInfo) (pixelFormat, error) {
	f := pixelFormat{depth: screen.RootDepth, bigEndian: setup.ImageByteOrder == xproto.ImageOrderMSBFirst}
	for _, p := range setup.PixmapFormats {
		if p.Depth == f.depth {
			f.bytes, f.pad = int(p.BitsPerPixel)/8, int(p.ScanlinePad)/8
		}
	}
	for _, d := range screen.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId == screen.RootVisual && v.Class == xproto.VisualClassTrueColor {
				f.red, f.green, f.blue = channelOf(v.RedMask), channelOf(v.GreenMask), channelOf(v.BlueMask)
			}
		}
	}
	if f.red.width == 0 || (f.bytes != 2 && f.bytes != 4) {
		return f, fmt.Errorf("screen of depth %d without direct colours", f.depth)
	}
	return f, nil
}

func (f pixelFormat) stride(width int) int {
	return (width*f.bytes + f.pad - 1) / f.pad * f.pad
}

// rows packs some rows of a picture.
func (f pixelFormat) rows(img *image.RGBA, y0, y1 int) []byte {
	w := img.Rect.Dx()
	stride := f.stride(w)
	out := make([]byte, stride*(y1-y0))
	for y := y0; y < y1; y++ {
		src := img.Pix[y*img.Stride:]
		dst := out[(y-y0)*stride:]
		for x := range w {
			p := f.red.put(src[4*x]) | f.green.put(src[4*x+1]) | f.blue.put(src[4*x+2])
			for i := range f.bytes {
				at := i
				if f.bigEndian {
					at = f.bytes - 1 - i
				}
				dst[x*f.bytes+at] = byte(p >> (8 * i))
			}
		}
	}
	return out
}
