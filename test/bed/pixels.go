//go:build linux

package bed

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/internal/pixels"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

// Dump is the X server's own picture of the screen.
func (d *Desktop) Dump() (*image.RGBA, error) {
	return x11test.DumpOf(x11.Target{Display: d.Display, Authority: d.auth})
}

// Screenshot writes the screen as a picture.
func (d *Desktop) Screenshot(path string) error {
	img, err := d.Dump()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, img), f.Close())
}

// SamePixels waits until the viewer's canvas equals the X server's own picture
// of the screen (or of a part of it) in every pixel.
func SamePixels(ctx context.Context, c *Console, d *Desktop, part ...image.Rectangle) error {
	return Until(ctx, "the viewer to equal the screen", func() (bool, error) {
		want, err := d.Dump()
		if err != nil {
			return false, err
		}
		if len(part) > 0 {
			want = want.SubImage(part[0]).(*image.RGBA)
		}
		got, w, h, err := c.Snapshot()
		if err != nil {
			return false, err
		}
		err = compare(want, got, w, h)
		return err == nil, err
	})
}

// compare tells where pixels differ.
func compare(want *image.RGBA, got []byte, w, h int) error {
	b := want.Bounds()
	if b.Dx() != w || b.Dy() != h {
		return fmt.Errorf("viewer is %dx%d, the screen %dx%d", w, h, b.Dx(), b.Dy())
	}
	if d := pixels.Difference(&image.RGBA{Pix: got, Stride: 4 * w, Rect: b}, want); !d.Empty() {
		return fmt.Errorf("pixels differ within %v", d)
	}
	return nil
}
