//go:build linux

package bed

import (
	"context"
	"image"
	"image/color"

	"github.com/alongside-remote/alongside/tray/chat"
)

// The chat's entry, in pixels from the window's left and lower edge to a point in
// its lower border, and from there to its middle.
const (
	entryFromLeft  = 100
	entryFromBelow = 29
	entryHalf      = 16
)

// writing is the colour of the entry's border while it takes keys.
var writing = color.RGBA{0x0b, 0x6b, 0x6b, 0xff}

// ChatEntry puts the pointer into the entry of the chat window and says where that is
// on the screen.
func (d *Desktop) ChatEntry(ctx context.Context) (image.Point, error) {
	id, err := d.Window(ctx, chat.Title)
	if err != nil {
		return image.Point{}, err
	}
	v, err := d.shell("getwindowgeometry", "--shell", id)
	if err != nil {
		return image.Point{}, err
	}
	// Relative to the window: its position is wrong under a window manager.
	if _, err := d.output("xdotool", "mousemove", "--window", id, itoa(entryFromLeft), itoa(v["HEIGHT"]-entryFromBelow-entryHalf)); err != nil {
		return image.Point{}, err
	}
	return d.Pointer()
}

// Write has the person click into the chat, wait for the cursor, and say something.
func (d *Desktop) Write(ctx context.Context, text string) error {
	at, err := d.ChatEntry(ctx)
	if err != nil {
		return err
	}
	if _, err := d.output("xdotool", "click", "1"); err != nil {
		return err
	}
	if err := Until(ctx, "the chat to take keys", func() (bool, error) {
		img, err := d.Dump()
		if err != nil {
			return false, err
		}
		for y := at.Y; y < at.Y+2*entryHalf; y++ {
			if img.RGBAAt(at.X, y) == writing {
				return true, nil
			}
		}
		return false, nil
	}); err != nil {
		return err
	}
	if _, err := d.output("xdotool", "type", "--delay", "20", text); err != nil {
		return err
	}
	_, err = d.output("xdotool", "key", "Return")
	return err
}

// CloseChat has the person close the chat, which has the keyboard.
func (d *Desktop) CloseChat() error {
	_, err := d.output("xdotool", "key", "Escape")
	return err
}
