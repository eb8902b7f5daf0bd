package bed

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Titles of the windows of the endpoint's own prompts.
const (
	ConsentTitle = "Remote support request"
	FormTitle    = "Request support"
)

// Answer waits for the consent prompt and answers it with real events, as the
// person at the desktop does: a click on Yes, or Escape.
func (d *Desktop) Answer(ctx context.Context, yes bool) error {
	id, err := d.Window(ctx, ConsentTitle)
	if err != nil {
		return err
	}
	last := time.Time{}
	return Until(ctx, "the prompt to close", func() (bool, error) {
		if !d.HasWindow(ConsentTitle) {
			return true, nil
		}
		// A window that has just appeared may still be moved by the window
		// manager or not take input yet, so the answer is given again.
		if time.Since(last) < answerAgain {
			return false, nil
		}
		last = time.Now()
		if yes {
			return false, d.clickYes(id)
		}
		_, err := d.output("xdotool", "windowfocus", "--sync", id, "key", "Escape")
		return false, err
	})
}

// answerAgain is how long an answer has to take effect.
const answerAgain = time.Second

// The buttons of a GTK question stand in the lowest row, Yes at its right end.
// In pixels, to the middle of the button.
const (
	yesFromRight = 60
	rowFromBelow = 24
)

func (d *Desktop) clickYes(id string) error {
	out, err := d.output("xdotool", "getwindowgeometry", "--shell", id)
	if err != nil {
		return err
	}
	size := map[string]int{}
	for _, line := range strings.Fields(out) {
		name, value, _ := strings.Cut(line, "=")
		if n, err := strconv.Atoi(value); err == nil {
			size[name] = n
		}
	}
	// Relative to the window: the position above is wrong under a window manager.
	_, err = d.output("xdotool", "mousemove", "--window", id, itoa(size["WIDTH"]-yesFromRight), itoa(size["HEIGHT"]-rowFromBelow), "click", "1")
	return err
}
