package tray

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"testing"
)

func TestIconsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []iconState{iconOffline, iconOnline, iconSession} {
		b := iconPNG(s)
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil || img.Bounds().Dx() != iconSize {
			t.Fatalf("%v, %v", img.Bounds(), err)
		}
		seen[string(b)] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d different icons", len(seen))
	}
}

func TestICOHoldsThePicture(t *testing.T) {
	b := iconICO(iconSession)
	size, at := binary.LittleEndian.Uint32(b[14:]), binary.LittleEndian.Uint32(b[18:])
	if int(size+at) != len(b) || at != 22 {
		t.Fatalf("entry of %d bytes at %d in a file of %d", size, at, len(b))
	}
	img := drawIcon(iconSession)
	const x, y = 16, 3
	i := 22 + 40 + (iconSize-1-y)*iconSize*4 + x*4
	c := img.RGBAAt(x, y)
	if got := [4]byte(b[i : i+4]); got != [4]byte{c.B, c.G, c.R, c.A} {
		t.Errorf("pixel %v, want %v", got, c)
	}
}
