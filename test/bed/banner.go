//go:build linux

package bed

import (
	"errors"
	"fmt"
	"image"
	"strings"
)

// Pointer is where the pointer is on the screen.
func (d *Desktop) Pointer() (image.Point, error) {
	v, err := d.shell("getmouselocation", "--shell")
	return image.Pt(v["X"], v["Y"]), err
}

// BannerWidth is the width of the banner, which grows with what it says.
func (d *Desktop) BannerWidth() (int, error) {
	r, err := d.BannerArea()
	return r.Dx(), err
}

// Banner is what the banner shows: equal pictures are equal texts.
func (d *Desktop) Banner() (string, error) {
	r, err := d.BannerArea()
	if err != nil {
		return "", err
	}
	img, err := d.Dump()
	if err != nil {
		return "", err
	}
	r = r.Intersect(img.Rect)
	var b strings.Builder
	for y := r.Min.Y; y < r.Max.Y; y++ {
		b.Write(img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)])
	}
	return b.String(), nil
}

// BannerArea is where the banner is on the screen.
func (d *Desktop) BannerArea() (image.Rectangle, error) {
	out, _ := d.output("xdotool", "search", "--onlyvisible", "--name", BannerTitle)
	ids := strings.Fields(out)
	if len(ids) == 0 {
		return image.Rectangle{}, errors.New("there is no banner")
	}
	v, err := d.shell("getwindowgeometry", "--shell", ids[len(ids)-1])
	return image.Rect(v["X"], v["Y"], v["X"]+v["WIDTH"], v["Y"]+v["HEIGHT"]), err
}

// shell reads the numbers that xdotool prints for a shell.
func (d *Desktop) shell(args ...string) (map[string]int, error) {
	out, err := d.output("xdotool", args...)
	if err != nil {
		return nil, err
	}
	values := map[string]int{}
	for line := range strings.Lines(out) {
		var n int
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			if _, err := fmt.Sscan(value, &n); err == nil {
				values[name] = n
			}
		}
	}
	return values, nil
}
