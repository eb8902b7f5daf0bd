//go:build linux

package bed

import (
	"context"
	"image"
	"image/color"
	"time"
)

// panelHeight is how much of the desktop's lower edge belongs to the panel.
const panelHeight = 40

// iconOnline is a colour that only the icon of a connected agent has.
var iconOnline = color.RGBA{0x0b, 0x6b, 0x6b, 0xff}

// Menu opens the menu of the icon in the panel with a right click and presses
// keys in it, once the icon says that the agent is connected. A key that the menu was slow
// to follow is pressed again, so each must say what to choose, as Home does and Down does not.
func (d *Desktop) Menu(ctx context.Context, keys ...string) error {
	var at image.Point
	if err := Until(ctx, "the icon", func() (bool, error) {
		img, err := d.Dump()
		if err != nil {
			return false, err
		}
		var found image.Rectangle
		for y := img.Rect.Max.Y - panelHeight; y < img.Rect.Max.Y; y++ {
			for x := range img.Rect.Max.X {
				if img.RGBAAt(x, y) == iconOnline {
					found = found.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		at = found.Min.Add(found.Max).Div(2)
		return !found.Empty(), nil
	}); err != nil {
		return err
	}
	// Each step shows: the menu that opens, the item that is chosen, the menu that
	// goes. A step that had no effect came too early and is done again.
	steps := [][]string{{"mousemove", itoa(at.X), itoa(at.Y), "click", "3"}}
	for _, k := range keys {
		steps = append(steps, []string{"key", k})
	}
	for _, step := range steps {
		before, err := d.Dump()
		if err != nil {
			return err
		}
		var last time.Time
		if err := Until(ctx, "the menu to follow", func() (bool, error) {
			if time.Since(last) > answerAgain {
				last = time.Now()
				if _, err := d.output("xdotool", step...); err != nil {
					return false, err
				}
			}
			img, err := d.Dump()
			return err == nil && differsAbove(before, img, at), err
		}); err != nil {
			return err
		}
	}
	return nil
}

// differsAbove says whether something has appeared above the panel near a point.
func differsAbove(a, b *image.RGBA, at image.Point) bool {
	area := image.Rect(at.X-60, at.Y-120, at.X+60, b.Rect.Max.Y-panelHeight).Intersect(b.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				return true
			}
		}
	}
	return false
}
