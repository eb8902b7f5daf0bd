package pipewire

import (
	"fmt"

	"github.com/alongside-remote/alongside/internal/pipewire/native"
)

// sideLimit bounds a picture's width and height.
const sideLimit = 16384

// Objects that describe parameters.
const (
	objectFormat  = 0x40003
	objectBuffers = 0x40004
	objectMeta    = 0x40005
	objectIO      = 0x40006
)

const (
	formatMediaType    = 1
	formatMediaSubtype = 2
	formatVideoFormat  = 0x20001
	formatVideoSize    = 0x20003
	formatVideoRate    = 0x20004

	mediaVideo = 2
	mediaRaw   = 1
)

// Formats of pixels, by the order of their bytes.
const (
	formatRGBX = 7
	formatBGRX = 8
	formatRGBA = 11
	formatBGRA = 12
)

// order says which byte of a pixel is what.
type order struct {
	r, g, b, a int
	alpha      bool
}

var orders = map[uint32]order{
	formatBGRX: {2, 1, 0, 3, false},
	formatBGRA: {2, 1, 0, 3, true},
	formatRGBX: {0, 1, 2, 3, false},
	formatRGBA: {0, 1, 2, 3, true},
}

// format is what was agreed on.
type format struct {
	pixels        uint32
	width, height int
}

// offered is every format that we can read. It names no modifier, so that nobody
// gives us memory of a graphics card.
func offered() []byte {
	w := &native.Builder{}
	w.Object(objectFormat, native.ParamEnumFormat, func() {
		w.Key(formatMediaType)
		w.ID(mediaVideo)
		w.Key(formatMediaSubtype)
		w.ID(mediaRaw)
		w.Key(formatVideoFormat)
		w.Choice(native.ChoiceEnum, native.TypeID, formatBGRX, formatBGRX, formatBGRA, formatRGBX, formatRGBA)
		w.Key(formatVideoSize)
		w.Choice(native.ChoiceRange, native.TypeRectangle, 1920, 1080, 1, 1, sideLimit, sideLimit)
		w.Key(formatVideoRate)
		w.Choice(native.ChoiceRange, native.TypeFraction, 30, 1, 0, 1, 1000, 1)
	})
	return w.Bytes()
}

// wanted is what we ask of buffers once there is a format.
func wanted() [][]byte {
	w := &native.Builder{}
	w.Object(objectBuffers, native.ParamBuffers, func() {
		w.Key(1) // how many
		w.Choice(native.ChoiceRange, native.TypeInt, 4, 2, 16)
		w.Key(6) // types of memory
		w.Choice(native.ChoiceFlags, native.TypeInt, 1<<native.DataMemPtr|1<<native.DataMemFd)
	})
	all := [][]byte{w.Bytes()}
	const pixels = cursorSide * cursorSide * 4
	for _, m := range []struct{ typ, preferred, least, most uint32 }{
		{metaDamage, regionSize * damageLimit, regionSize, regionSize * damageLimit},
		{metaCursor, cursorHead + bitmapHead + 64*64*4, cursorHead + bitmapHead + 4, cursorHead + bitmapHead + pixels},
	} {
		w := &native.Builder{}
		w.Object(objectMeta, native.ParamMeta, func() {
			w.Key(1) // type
			w.ID(m.typ)
			w.Key(2) // size
			w.Choice(native.ChoiceRange, native.TypeInt, m.preferred, m.least, m.most)
		})
		all = append(all, w.Bytes())
	}
	w = &native.Builder{}
	w.Object(objectIO, native.ParamIO, func() {
		w.Key(1) // which
		w.ID(native.IOBuffers)
		w.Key(2) // size
		w.Int(native.ExchangeSize)
	})
	return append(all, w.Bytes())
}

// parseFormat reads what was agreed on.
func parseFormat(p native.Pod) (format, error) {
	var f format
	var media, sub uint32
	typ, _, err := p.Object(func(key uint32, v native.Pod) {
		one := func(to *uint32) {
			if w, ok := v.Words(native.TypeID, 1); ok {
				*to = w[0]
			}
		}
		switch key {
		case formatMediaType:
			one(&media)
		case formatMediaSubtype:
			one(&sub)
		case formatVideoFormat:
			one(&f.pixels)
		case formatVideoSize:
			if w, ok := v.Words(native.TypeRectangle, 2); ok && w[0] <= sideLimit && w[1] <= sideLimit {
				f.width, f.height = int(w[0]), int(w[1])
			}
		}
	})
	if err != nil {
		return f, err
	}
	if _, known := orders[f.pixels]; typ != objectFormat || media != mediaVideo || sub != mediaRaw || !known || f.width == 0 || f.height == 0 {
		return f, fmt.Errorf("%w: format %d of media %d/%d, %d×%d", native.ErrRefused, f.pixels, media, sub, f.width, f.height)
	}
	return f, nil
}
