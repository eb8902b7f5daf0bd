//go:build linux

package bed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
)

// Size of the wallpaper in pixels.
const (
	wallpaperWidth  = 1280
	wallpaperHeight = 800
)

// writeWallpaper paints a picture that compresses like a photo: a sky, ranges of
// hills and film grain. It is the same every time, and a file that takes no packing
// (PPM): each desktop of the tests writes it, with the race detector looking.
func writeWallpaper(path string) error {
	const channels = 3
	file := fmt.Appendf(nil, "P6 %d %d 255\n", wallpaperWidth, wallpaperHeight)
	head := len(file)
	file = append(file, make([]byte, wallpaperWidth*wallpaperHeight*channels)...)
	grain := rand.New(rand.NewPCG(7, 11))
	const ranges = 5
	for x := range wallpaperWidth {
		var ridge [ranges]float64
		for i := range ridge {
			f := float64(x) / (220 - 30*float64(i))
			ridge[i] = 330 + 85*float64(i) + 60*math.Sin(f+float64(i)*1.7) + 22*math.Sin(2.7*f) + 9*math.Sin(7.1*f)
		}
		for y := range wallpaperHeight {
			t := float64(y) / wallpaperHeight
			r, g, b := 120+120*t, 150+60*t, 200-60*t
			for i, top := range ridge {
				if float64(y) > top {
					shade := float64(ranges-i) / ranges
					r, g, b = 30+90*shade, 60+70*shade, 70+80*shade
				}
			}
			n := grain.NormFloat64() * 5
			at := head + (y*wallpaperWidth+x)*channels
			file[at], file[at+1], file[at+2] = clamp(r+n), clamp(g+n), clamp(b+n)
		}
	}
	return os.WriteFile(path, file, 0o644)
}

func clamp(v float64) uint8 { return uint8(min(max(v, 0), 255)) }

func itoa(n int) string { return strconv.Itoa(n) }
