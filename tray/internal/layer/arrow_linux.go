package layer

import (
	"image"
	"image/color"
)

// arrowPicture is what the pointer looks like over our surfaces: a client has to say
// so, or the pointer looks as it did over the last window. Its point is its corner.
var arrowPicture = []string{
	"#...........",
	"##..........",
	"#o#.........",
	"#oo#........",
	"#ooo#.......",
	"#oooo#......",
	"#ooooo#.....",
	"#oooooo#....",
	"#ooooooo#...",
	"#oooooooo#..",
	"#ooooo#####.",
	"#oo#oo#.....",
	"#o#.#oo#....",
	"##..#oo#....",
	".....#oo#...",
	".....###....",
}

// drawArrow makes the surface of the pointer.
func (d *Display) drawArrow() error {
	img := image.NewRGBA(image.Rect(0, 0, len(arrowPicture[0]), len(arrowPicture)))
	for y, row := range arrowPicture {
		for x, c := range row {
			switch c {
			case '#':
				img.SetRGBA(x, y, color.RGBA{A: 0xff})
			case 'o':
				img.SetRGBA(x, y, color.RGBA{0xff, 0xff, 0xff, 0xff})
			}
		}
	}
	d.arrow = d.conn.New(nil)
	d.conn.Request(d.compositor, compositorSurface).Uint(d.arrow).Send()
	if err := d.attach(d.arrow, img); err != nil {
		return err
	}
	d.conn.Request(d.arrow, surfaceCommit).Send()
	return nil
}
